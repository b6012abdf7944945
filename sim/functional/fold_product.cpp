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

void grow(hwy::AlignedFreeUniquePtr<std::uint8_t[]>& buffer, std::size_t& size,
          std::size_t wanted) {
  if (wanted > size) {
    buffer = hwy::AllocateAligned<std::uint8_t>(wanted);
    size = wanted;
  }
}

}  // namespace

FoldProduct::FoldProduct(std::uint32_t columns) {
  buffers_.columns = rounded_up(columns, kColumnStep);
  buffers_.start = hwy::AllocateAligned<std::int32_t>(buffers_.columns);
  std::fill_n(buffers_.start.get(), buffers_.columns, 0);
}

void FoldProduct::take_weights(const ElementRows& weights, std::uint32_t n, ElementType ifmap) {
  count_zeros();
  n_ = n;
  ifmap_ = ifmap;
  FoldBuffers& b = buffers_;
  b.k = weights.count;
  b.padded_k = rounded_up(weights.count, kLaneStep);
  grow(b.weights, b.weight_bytes, std::size_t{b.padded_k} * b.columns * kWordBytes);
  grow(b.ifmap, b.ifmap_bytes, b.padded_k * kStagedRows * kWordBytes);
  std::fill_n(b.start.get(), b.columns, 0);
  b.nonzeros.assign(b.padded_k, 0);
  b.zeros.assign(b.padded_k, 0);
  pack_fold_weights(b, weights, n, ifmap);
}

void FoldProduct::multiply(const ElementRows& ifmap, std::uint32_t k, const PsumRows& psums) {
  if (ifmap.type != ifmap_) {
    throw std::logic_error{"the array's weights came for another type of ifmap"};
  }
  vectors_ += ifmap.count;
  products_ += std::uint64_t{ifmap.count} * k * n_;
  multiply_fold(buffers_, ifmap, k, psums);
}

/// Of all products those of which neither operand is zero are left out. Products of lanes beyond a
/// vector's k do not exist; zeros stand for the ifmap there.
void FoldProduct::count_zeros() {
  std::uint64_t weights = 0;  // that are not zero
  std::uint64_t between = 0;  // products of these with an ifmap element of zero
  for (std::size_t r = 0; r < buffers_.zeros.size(); ++r) {
    weights += buffers_.nonzeros[r];
    between += std::uint64_t{buffers_.zeros[r]} * buffers_.nonzeros[r];
    buffers_.zeros[r] = 0;
  }
  zero_operands_ += products_ + between - vectors_ * weights;
  vectors_ = 0;
  products_ = 0;
}

std::uint64_t FoldProduct::take_zero_operands() {
  count_zeros();
  return std::exchange(zero_operands_, 0);
}

std::uint64_t FoldProduct::take_overflows() { return std::exchange(buffers_.overflows, 0); }

}  // namespace systole
