#include "sim/app/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace systole::app {
namespace {

std::size_t columns_of(int file) {
  constexpr std::size_t kUsual = 80;
  if (isatty(file) == 0) {
    return 0;
  }
  winsize size{};
  if (ioctl(file, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return kUsual;
  }
  return size.ws_col;
}

}  // namespace

bool use_color(ColorMode mode) {
  if (mode != ColorMode::Auto) {
    return mode == ColorMode::Always;
  }
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  const bool refused = no_color != nullptr && *no_color != '\0';
  const bool dumb = terminal == nullptr || std::string_view{terminal} == "dumb";
  return isatty(STDOUT_FILENO) != 0 && !refused && !dumb;
}

std::size_t error_terminal_columns() { return columns_of(STDERR_FILENO); }
std::size_t output_terminal_columns() { return columns_of(STDOUT_FILENO); }

}  // namespace systole::app
