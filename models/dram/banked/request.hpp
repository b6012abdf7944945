#pragma once

#include <cstdint>

#include "models/dram/banked/config.hpp"

namespace systole::dram {

/// A read or write of `request_bytes` at a multiple of them.
struct Request {
  std::uint64_t address = 0;
  bool write = false;
  std::uint64_t id = 0;  ///< the caller's own, given back on completion
};

/// The last data of a request are on the bus in the cycle before `finish`.
struct Completion {
  std::uint64_t id = 0;
  bool write = false;
  Cycle arrival = 0;
  Cycle finish = 0;
};

}  // namespace systole::dram
