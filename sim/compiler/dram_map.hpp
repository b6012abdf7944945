#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// Hands out DRAM, so that no burst serves two tensors. A network that fits a block of 256 KiB is
/// packed, each piece on its own 64-byte line; of larger ones each piece has blocks of its own. On
/// a banked DRAM whose rows are no further apart, layers that are like each other then meet the
/// same banks and rows.
class DramMap {
 public:
  explicit DramMap(const Network& network);

  std::uint64_t alignment() const { return alignment_; }  ///< bytes, of each piece
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
  /// Gives up what was allocated since bytes() was `mark`; no tensor was placed since then.
  void free_from(std::uint64_t mark) { next_ = mark; }

 private:
  const Network& network_;
  const std::uint64_t alignment_;
  std::vector<std::optional<TensorPlacement>> placements_;
  std::uint64_t next_ = 0;
};

}  // namespace systole
