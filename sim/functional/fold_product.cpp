#include "sim/functional/fold_product.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace systole {
namespace {

constexpr std::size_t kWordBytes = 2;

std::uint32_t rounded_up(std::uint32_t value, std::uint32_t step) {
  return (value + step - 1) / step * step;
}

}  // namespace

FoldProduct::FoldProduct(std::uint32_t columns) {
  buffers_.columns = rounded_up(columns, kColumnStep);
  for (Slot& slot : slots_) {
    slot.weights.start = hwy::AllocateAligned<std::int32_t>(buffers_.columns);
    std::fill_n(slot.weights.start.get(), buffers_.columns, 0);
  }
}

/// Makes room for weights of padded_k products.
void FoldProduct::grow(FoldWeights& weights) {
  const std::size_t k = weights.padded_k;
  if (k > weights.allocated_k) {
    weights.packed = hwy::AllocateAligned<std::uint8_t>(k * buffers_.columns * kWordBytes);
    weights.nonzeros = hwy::AllocateAligned<std::uint32_t>(k);
    weights.allocated_k = weights.padded_k;
  }
  if (k > buffers_.allocated_k) {
    buffers_.ifmap = hwy::AllocateAligned<std::uint8_t>(k * kStagedRows * kWordBytes);
    buffers_.zeros = hwy::AllocateAligned<std::uint32_t>(k);
    buffers_.allocated_k = weights.padded_k;
  }
}

void FoldProduct::take_weights(std::size_t set, const ElementRows& weights, std::uint32_t n,
                               ElementType ifmap) {
  Slot& slot = slots_.at(set);
  slot.ifmap = ifmap;
  slot.weights.k = weights.count;
  slot.weights.padded_k = rounded_up(weights.count, kLaneStep);
  slot.weights.n = n;
  grow(slot.weights);
  pack_fold_weights(slot.weights, buffers_.columns, weights, ifmap);
}

bool FoldProduct::alike(std::size_t a, std::size_t b) const {
  const Slot& x = slots_.at(a);
  const Slot& y = slots_.at(b);
  return x.weights.k == y.weights.k && x.weights.bytes == y.weights.bytes && x.ifmap == y.ifmap;
}

void FoldProduct::move_to_front(std::size_t set) { std::swap(slots_[0], slots_.at(set)); }

/// Of all products those of which neither operand is zero are left out. Products of lanes beyond a
/// vector's k do not exist; zeros stand for the ifmap there.
void FoldProduct::multiply(std::size_t first, std::size_t count, const ElementRows& ifmap,
                           std::uint32_t k, const PsumRows& psums,
                           const std::array<std::ptrdiff_t, kSets>& offsets) {
  std::array<FoldSet, kSets> folds;
  for (std::size_t i = 0; i < count; ++i) {
    if (slots_.at(first + i).ifmap != ifmap.type || !alike(first, first + i)) {
      throw std::logic_error{"the array's weights came for another ifmap"};
    }
    folds[i] = {&slots_[first + i].weights, offsets[first + i]};
  }
  std::fill_n(buffers_.zeros.get(), folds[0].weights->padded_k, 0);
  multiply_fold(buffers_, {folds.data(), count}, ifmap, k, psums);
  for (std::size_t i = 0; i < count; ++i) {
    const ZeroCounts counts = zero_counts(buffers_, *folds[i].weights);
    zero_operands_ += std::uint64_t{ifmap.count} * k * folds[i].weights->n + counts.between -
                      ifmap.count * counts.weights;
  }
}

std::uint64_t FoldProduct::take_zero_operands() { return std::exchange(zero_operands_, 0); }

std::uint64_t FoldProduct::take_overflows() { return std::exchange(buffers_.overflows, 0); }

}  // namespace systole
