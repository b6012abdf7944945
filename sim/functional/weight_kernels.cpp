#include <algorithm>
#include <cstring>

#include "sim/functional/fold_kernels.hpp"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/functional/weight_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sim/functional/fold_kernels_portable.hpp"
#include "sim/functional/fold_sums.inl"
#include "sim/functional/instruction_sets.hpp"
#include "sim/functional/nonzero_kernels.hpp"

HWY_BEFORE_NAMESPACE();
namespace systole {
namespace HWY_NAMESPACE {
namespace {

bool takes_bytes(ElementType weights, ElementType ifmap) {
  return (HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL) && has_byte_products() &&
         ifmap != ElementType::Int16 && weights == ElementType::Int8;
}

#if HWY_TARGET == HWY_SCALAR

void pack(FoldBuffers& buffers, std::uint32_t fold, const ElementRows& weights, std::uint32_t n) {
  portable::pack_fold_weights(buffers, fold, weights, n);
}

#else

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL

/// Four rows of 16 columns in one piece: 4 x 4 words of 4 columns change places, then the 4 x 4
/// bytes of each.
HWY_INLINE SumVector pack_piece(const std::uint8_t* from) {
  const Sums d;
  const hn::Repartition<std::uint8_t, Sums> bytes;
  HWY_ALIGN static constexpr std::int32_t kWords[16] = {0, 4, 8,  12, 1, 5, 9,  13,
                                                        2, 6, 10, 14, 3, 7, 11, 15};
  HWY_ALIGN static constexpr std::uint8_t kColumns[16] = {0, 4, 8,  12, 1, 5, 9,  13,
                                                          2, 6, 10, 14, 3, 7, 11, 15};
  const auto rows = hn::BitCast(d, hn::LoadU(bytes, from));
  const auto by_four = hn::TableLookupLanes(rows, hn::SetTableIndices(d, kWords));
  return hn::BitCast(
      d, hn::TableLookupBytes(hn::BitCast(bytes, by_four), hn::LoadDup128(bytes, kColumns)));
}

#endif

/// Four rows of bytes from the `first` on, of which `n` columns count, as a group.
void pack_group(const ElementRows& rows, std::size_t first, std::size_t columns, std::size_t n,
                std::uint8_t* to) {
  const Bytes d;
  const hn::Repartition<std::uint16_t, Bytes> pairs;
  for (std::size_t column = 0; column < columns; column += hn::Lanes(d), to += 64) {
    ByteVector v[4];
    for (std::size_t i = 0; i < 4; ++i) {
      v[i] = first + i < rows.count && column < n
                 ? first_lanes(d, hn::LoadU(d, rows.row(first + i) + column), n - column)
                 : hn::Zero(d);
    }
    const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, v[0], v[1]));
    const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, v[2], v[3]));
    const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, v[0], v[1]));
    const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, v[2], v[3]));
    const auto store = [&](auto quads, std::size_t at) {
      hn::Store(hn::BitCast(d, quads), d, to + at);
    };
    store(hn::InterleaveLower(pairs, low01, low23), 0);
    store(hn::InterleaveUpper(pairs, low01, low23), 16);
    store(hn::InterleaveLower(pairs, high01, high23), 32);
    store(hn::InterleaveUpper(pairs, high01, high23), 48);
  }
}

/// Takes off the sums what 128 more in each ifmap element will add.
void start_sums(const FoldBuffers& buffers, const std::uint8_t* packed, std::int32_t* starts) {
  const Sums d;
  const SumVector offsets = hn::Set(d, static_cast<std::int32_t>(0x80808080U));
  for (std::size_t column = 0; column < buffers.columns; column += hn::Lanes(d)) {
    ByteSum sum{};
    sum.start();
    for (std::size_t r = 0; r < buffers.padded_k; r += ByteSum::kProducts) {
      const std::uint8_t* from = packed + r * buffers.columns + column * 4;
      sum.add(offsets, hn::Load(d, reinterpret_cast<const std::int32_t*>(from)));
    }
    hn::Store(hn::Sub(hn::Zero(d), sum.total()), d, starts + column);
  }
}

void pack_bytes(const FoldBuffers& buffers, const ElementRows& weights, std::uint32_t n,
                std::uint8_t* packed) {
  const std::size_t columns = buffers.columns;
  std::size_t r = 0;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  if (columns == 16 && is_square_piece(weights, n)) {
    for (; r + ByteSum::kProducts <= weights.count; r += ByteSum::kProducts) {
      auto* const to = reinterpret_cast<std::int32_t*>(packed + r * columns);
      hn::Store(pack_piece(weights.row(r)), Sums(), to);
    }
  }
#endif
  for (; r < buffers.padded_k; r += ByteSum::kProducts) {
    pack_group(weights, r, columns, n, packed + r * columns);
  }
}

template <ElementType type>
void pack_words(const FoldBuffers& buffers, const ElementRows& weights, std::uint32_t n,
                std::uint8_t* packed) {
  const Words d;
  for (std::size_t r = 0; r < buffers.padded_k; r += WordSum::kProducts) {
    auto* to = reinterpret_cast<std::int16_t*>(packed) + r * buffers.columns;
    for (std::size_t column = 0; column < buffers.columns; column += hn::Lanes(d), to += 16) {
      WordVector v[2] = {hn::Zero(d), hn::Zero(d)};
      for (std::size_t i = 0; i < 2; ++i) {
        if (r + i < weights.count && column < n) {
          v[i] = first_lanes(d, load_words<type>(weights.row(r + i), column), n - column);
        }
      }
      hn::Store(hn::InterleaveLower(d, v[0], v[1]), d, to);
      hn::Store(hn::InterleaveUpper(d, v[0], v[1]), d, to + 8);
    }
  }
}

void pack(FoldBuffers& buffers, std::uint32_t fold, const ElementRows& weights, std::uint32_t n) {
  std::uint8_t* const packed = buffers.packed.get() + fold * buffers.fold_bytes;
  std::int32_t* const starts = buffers.starts.get() + std::size_t{fold} * buffers.columns;
  if (buffers.bytes) {
    pack_bytes(buffers, weights, n, packed);
  } else if (weights.type == ElementType::Int8) {
    pack_words<ElementType::Int8>(buffers, weights, n, packed);
  } else if (weights.type == ElementType::Uint8) {
    pack_words<ElementType::Uint8>(buffers, weights, n, packed);
  } else {
    pack_words<ElementType::Int16>(buffers, weights, n, packed);
  }
  if (buffers.bytes && buffers.ifmap == ElementType::Int8) {
    start_sums(buffers, packed, starts);
  } else {
    std::fill_n(starts, buffers.columns, 0);
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace systole
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace systole {
namespace {

HWY_EXPORT(takes_bytes);
HWY_EXPORT(pack);

}  // namespace

bool multiplies_bytes(ElementType weights, ElementType ifmap) {
  return HWY_DYNAMIC_DISPATCH(takes_bytes)(weights, ifmap);
}

void pack_fold_weights(FoldBuffers& buffers, std::uint32_t fold, const ElementRows& weights,
                       std::uint32_t n) {
  count_nonzero_weights(buffers, fold, weights, n);
  HWY_DYNAMIC_DISPATCH(pack)(buffers, fold, weights, n);
}

}  // namespace systole
#endif  // HWY_ONCE
