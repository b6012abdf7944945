#pragma once

#include <verilated.h>

#include <cstddef>
#include <cstdint>

namespace systole::rtl {

/// Lanes of a packed port of a Verilated model: lane i is its bits [i * bits +: bits], 1 to 32 of
/// them. Verilator makes a port of up to 64 bits an integer and a wider one an array of words.
template <std::size_t Words>
void set_lane(VlWide<Words>& port, std::size_t lane, std::uint32_t bits, std::uint32_t value) {
  const std::size_t word = lane * bits / 32;
  const std::size_t offset = lane * bits % 32;
  const std::uint64_t mask = ((std::uint64_t{1} << bits) - 1) << offset;
  std::uint64_t window = port[word];
  if (word + 1 < Words) {
    window |= std::uint64_t{port[word + 1]} << 32;
  }
  window = (window & ~mask) | ((std::uint64_t{value} << offset) & mask);
  port[word] = static_cast<EData>(window);
  if (word + 1 < Words) {
    port[word + 1] = static_cast<EData>(window >> 32);
  }
}

template <typename Integer>
void set_lane(Integer& port, std::size_t lane, std::uint32_t bits, std::uint32_t value) {
  const std::size_t offset = lane * bits;
  const std::uint64_t mask = ((std::uint64_t{1} << bits) - 1) << offset;
  port = static_cast<Integer>((port & ~mask) | ((std::uint64_t{value} << offset) & mask));
}

inline std::int32_t sign_extended(std::uint64_t value, std::uint32_t bits) {
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  value &= (sign << 1) - 1;
  return static_cast<std::int32_t>(static_cast<std::int64_t>(value ^ sign) -
                                   static_cast<std::int64_t>(sign));
}

/// The lane as a signed number.
template <std::size_t Words>
std::int32_t lane_of(const VlWide<Words>& port, std::size_t lane, std::uint32_t bits) {
  const std::size_t word = lane * bits / 32;
  std::uint64_t window = port[word];
  if (word + 1 < Words) {
    window |= std::uint64_t{port[word + 1]} << 32;
  }
  return sign_extended(window >> (lane * bits % 32), bits);
}

template <typename Integer>
std::int32_t lane_of(const Integer& port, std::size_t lane, std::uint32_t bits) {
  return sign_extended(std::uint64_t{port} >> (lane * bits), bits);
}

/// One clock: the inputs settle, then the edge.
template <typename Model>
void clock_edge(Model& model) {
  model.clk = 0;
  model.eval();
  model.clk = 1;
  model.eval();
}

template <typename Model>
void reset(Model& model) {
  model.rst_n = 0;
  clock_edge(model);
  model.rst_n = 1;
}

}  // namespace systole::rtl
