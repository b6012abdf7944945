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

/// A terminal, as far as it is one, that only ever goes on.
bool is_dumb() {
  const char* const terminal = std::getenv("TERM");
  return terminal == nullptr || std::string_view{terminal} == "dumb";
}

}  // namespace

bool use_color(ColorMode mode) {
  if (mode != ColorMode::Auto) {
    return mode == ColorMode::Always;
  }
  const char* const no_color = std::getenv("NO_COLOR");
  const bool refused = no_color != nullptr && *no_color != '\0';
  return isatty(STDOUT_FILENO) != 0 && !refused && !is_dumb();
}

std::size_t error_terminal_columns() { return is_dumb() ? 0 : columns_of(STDERR_FILENO); }
std::size_t output_terminal_columns() { return columns_of(STDOUT_FILENO); }

void erase_line() {
  [[maybe_unused]] const ssize_t written =
      ::write(STDERR_FILENO, kEraseLine, sizeof kEraseLine - 1);
}

}  // namespace systole::app
