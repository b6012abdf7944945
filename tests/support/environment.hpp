#pragma once

#include <cstdint>

namespace systole::test {

/// The whole number in an environment variable, `otherwise` without one. Throws
/// std::invalid_argument if it holds anything else, or less than `least`.
std::uint64_t from_environment(const char* name, std::uint64_t otherwise, std::uint64_t least = 0);

}  // namespace systole::test
