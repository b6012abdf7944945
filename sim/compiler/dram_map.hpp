#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// Hands out DRAM, each piece in blocks of its own: no burst serves two tensors, and on a banked
/// DRAM with rows no further apart layers that are like each other meet the same banks and rows.
class DramMap {
 public:
  static constexpr std::uint64_t kAlignment = 256 * 1024;  ///< bytes, of each piece

  explicit DramMap(const Network& network)
      : network_{network}, placements_(network.tensors.size()) {}

  std::uint64_t allocate(std::uint64_t bytes);

  /// Gives the tensor a place of its own unless it has one.
  std::uint64_t place(TensorId tensor);
  /// The tensor is a part of `whole`, from byte `offset` of each of its pixels on.
  void place_inside(TensorId tensor, TensorId whole, std::uint64_t offset);
  /// The tensor is another name for the bytes of `original`.
  void alias(TensorId tensor, TensorId original);

  const std::optional<TensorPlacement>& placement(TensorId tensor) const {
    return placements_.at(tensor);
  }
  std::uint64_t bytes() const { return next_; }

 private:
  const Network& network_;
  std::vector<std::optional<TensorPlacement>> placements_;
  std::uint64_t next_ = 0;
};

}  // namespace systole
