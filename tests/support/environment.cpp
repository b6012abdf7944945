#include "tests/support/environment.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace systole::test {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise, std::uint64_t least) {
  const char* const value = std::getenv(name);
  if (value == nullptr) {
    return otherwise;
  }
  const std::string_view text{value};
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least) {
    throw std::invalid_argument{
        fmt::format("{}: expected a whole number from {} on, found '{}'", name, least, text)};
  }
  return number;
}

}  // namespace systole::test
