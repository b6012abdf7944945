#include "sim/functional/fold_product.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "sim/network/ceil_div.hpp"

namespace systole {
namespace {

constexpr std::size_t kWordBytes = 2;
constexpr std::size_t kKeptBytes = std::size_t{1} << 18;  // of weights: of a cache near the core

constexpr std::size_t kLeastFolds = 4;

std::uint32_t padded(std::uint32_t k) { return round_up(std::max(k, 1U), kLaneStep); }

}  // namespace

FoldProduct::FoldProduct(std::uint32_t columns) {
  buffers_.columns = round_up(columns, kColumnStep);
}

bool FoldProduct::keeps_beside(std::uint32_t k, ElementType weights, ElementType ifmap) const {
  return buffers_.padded_k == padded(k) && buffers_.weights == weights && buffers_.ifmap == ifmap;
}

void FoldProduct::start(std::uint32_t k, ElementType weights, ElementType ifmap) {
  const std::size_t columns = buffers_.columns;
  buffers_.padded_k = padded(k);
  buffers_.weights = weights;
  buffers_.ifmap = ifmap;
  buffers_.bytes = multiplies_bytes(weights, ifmap);
  buffers_.fold_bytes = buffers_.padded_k * columns * (buffers_.bytes ? 1 : kWordBytes);
  folds_ = static_cast<std::uint32_t>(
      std::max<std::size_t>(kKeptBytes / buffers_.fold_bytes, kLeastFolds));
  buffers_.packed = hwy::AllocateAligned<std::uint8_t>(folds_ * buffers_.fold_bytes);
  buffers_.starts = hwy::AllocateAligned<std::int32_t>(folds_ * columns);
  buffers_.nonzero = hwy::AllocateAligned<std::int16_t>(std::size_t{folds_} * buffers_.padded_k);
  buffers_.staged = hwy::AllocateAligned<std::uint8_t>(kBlockRows * buffers_.padded_k * kWordBytes);
}

void FoldProduct::take_weights(std::uint32_t fold, const ElementRows& weights, std::uint32_t n) {
  if (fold >= folds_ || padded(weights.count) != buffers_.padded_k ||
      weights.type != buffers_.weights) {
    throw std::logic_error{"weights that are not kept beside the others"};
  }
  pack_fold_weights(buffers_, fold, weights, n);
}

void FoldProduct::multiply(const FoldChains& chains, const ElementRows& ifmap, std::uint32_t k,
                           const PsumRows& psums) {
  if (ifmap.type != buffers_.ifmap || buffers_.padded_k == 0) {
    throw std::logic_error{"the array's weights came for another ifmap"};
  }
  multiply_folds(buffers_, chains, ifmap, std::min(k, buffers_.padded_k), psums);
}

std::uint64_t FoldProduct::take_nonzero_products() {
  return std::exchange(buffers_.nonzero_products, 0);
}

std::uint64_t FoldProduct::take_overflows() { return std::exchange(buffers_.overflows, 0); }

}  // namespace systole
