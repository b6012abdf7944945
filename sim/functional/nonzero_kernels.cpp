#include "sim/functional/nonzero_kernels.hpp"

#include <algorithm>

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/functional/nonzero_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sim/functional/fold_sums.inl"

HWY_BEFORE_NAMESPACE();
namespace systole {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

void weights_of_fold(FoldBuffers&, std::uint32_t, const ElementRows&, std::uint32_t) {}
void products_of_chains(FoldBuffers&, const FoldChains&, const ElementRows&) {}

#else

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL

/// How many weights of each row are not zero.
HWY_INLINE void count_piece(const std::uint8_t* from, std::int16_t* counts) {
  const Sums d;
  const hn::Repartition<std::uint8_t, Sums> bytes;
  const hn::Repartition<std::uint64_t, Sums> halves;  // of rows
  HWY_ALIGN static constexpr std::int32_t kWords[16] = {0, 4, 8,  12, 1, 5, 9,  13,
                                                        2, 6, 10, 14, 3, 7, 11, 15};
  HWY_ALIGN static constexpr std::uint8_t kRows[16] = {0, 1, 4, 5, 8,  9,  12, 13,
                                                       2, 3, 6, 7, 10, 11, 14, 15};
  auto sums = hn::Zero(halves);
  for (int i = 3; i >= 0; --i) {  // word i of half 2 j of row 4 i + j
    const auto ones = hn::Min(hn::LoadU(bytes, from + 64 * i), hn::Set(bytes, 1));
    sums = hn::Or(hn::ShiftLeft<16>(sums), hn::SumsOf8(ones));
  }
  sums = hn::Add(sums, hn::Shuffle01(sums));
  const auto by_word = hn::TableLookupLanes(hn::BitCast(d, sums), hn::SetTableIndices(d, kWords));
  const auto by_row =
      hn::TableLookupBytes(hn::BitCast(bytes, by_word), hn::LoadDup128(bytes, kRows));
  const hn::Half<decltype(bytes)> lower;
  hn::StoreU(hn::LowerHalf(lower, by_row), lower, reinterpret_cast<std::uint8_t*>(counts));
}

#endif

/// By product: how many of its `n` weights are not zero.
void count_weights(const ElementRows& weights, std::uint32_t n, std::int16_t* counts) {
  const Bytes bytes;
  const Words words;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  if (is_square_piece(weights, n)) {
    return count_piece(weights.row(0), counts);
  }
#endif
  for (std::size_t r = 0; r < weights.count; ++r) {
    const std::uint8_t* const row = weights.row(r);
    std::size_t counted = 0;
    if (weights.type == ElementType::Int16) {
      for (std::size_t c = 0; c < n; c += hn::Lanes(words)) {
        const WordVector v = first_lanes(words, load_words<ElementType::Int16>(row, c), n - c);
        counted += hn::CountTrue(words, hn::Ne(v, hn::Zero(words)));
      }
    } else {
      for (std::size_t c = 0; c < n; c += hn::Lanes(bytes)) {
        const ByteVector v = first_lanes(bytes, hn::LoadU(bytes, row + c), n - c);
        counted += hn::CountTrue(bytes, hn::Ne(v, hn::Zero(bytes)));
      }
    }
    counts[r] = static_cast<std::int16_t>(counted);
  }
}

constexpr std::size_t kCountedRows = 255;  // so many ones fit a byte

using StepWords =
    hn::CappedTag<std::int16_t, kLaneStep>;         // the products of a step, or half of them
using SeveralRows = hn::ScalableTag<std::uint8_t>;  // of kLaneStep bytes

/// Ifmap rows whose elements are counted at once. Those of kLaneStep bytes that lie one behind the
/// other are taken as vectors of SeveralRows.
struct CountedRows {
  const std::uint8_t** several = nullptr;
  const std::uint8_t** single = nullptr;
  std::size_t several_count = 0, single_count = 0;
};

/// Of rows [first, end) of the ifmap.
HWY_INLINE void find_rows(const ElementRows& ifmap, std::size_t first, std::size_t end,
                          std::size_t products, CountedRows& found) {
  const std::size_t rows = hn::Lanes(SeveralRows()) / kLaneStep;
  const bool short_rows = products == kLaneStep && ifmap.type != ElementType::Int16;
  const auto several_from = [&](std::size_t r) {
    bool beside = short_rows && r + rows <= end;
    for (std::size_t i = 1; beside && i < rows; ++i) {
      beside = ifmap.rows[r + i] == ifmap.rows[r] + i * kLaneStep;
    }
    return beside;
  };
  found.several_count = found.single_count = 0;
  for (std::size_t r = first; r < end;) {
    if (several_from(r)) {
      found.several[found.several_count++] = ifmap.rows[r];
      r += rows;
    } else {
      found.single[found.single_count++] = ifmap.rows[r++];
    }
  }
}

/// The sum of the rows in a vector of several.
template <class D>
HWY_INLINE ByteVector add_rows(D d, hn::Vec<D> rows) {
  if constexpr (hn::MaxLanes(d) == kLaneStep) {
    return rows;
  } else {
    const hn::Half<D> half;
    return add_rows(half, hn::Add(hn::LowerHalf(half, rows), hn::UpperHalf(half, rows)));
  }
}

template <class D>
HWY_INLINE void store_words(D words, ByteVector bytes, std::int16_t* to) {
  if constexpr (hn::MaxLanes(words) == kLaneStep) {
    hn::Store(hn::PromoteTo(words, bytes), words, to);
  } else {
    const hn::Half<Bytes> half;
    hn::Store(hn::PromoteTo(words, hn::LowerHalf(half, bytes)), words, to);
    hn::Store(hn::PromoteTo(words, hn::UpperHalf(half, bytes)), words, to + kLaneStep / 2);
  }
}

/// By product of a step: the elements that are not zero, `offset` bytes behind the rows.
template <ElementType type>
HWY_INLINE void count_elements(const CountedRows& rows, std::ptrdiff_t offset,
                               std::int16_t* counts) {
  if constexpr (type == ElementType::Int16) {
    const StepWords words;
    for (std::size_t i = 0; i < kLaneStep; i += hn::Lanes(words)) {
      auto nonzero = hn::Set(words, static_cast<std::int16_t>(rows.single_count));
      for (std::size_t r = 0; r < rows.single_count; ++r) {
        const auto* const row = reinterpret_cast<const std::int16_t*>(rows.single[r] + offset);
        const auto zero = hn::Eq(hn::LoadU(words, row + i), hn::Zero(words));
        nonzero = hn::Add(nonzero, hn::VecFromMask(words, zero));  // -1 each
      }
      hn::Store(nonzero, words, counts + i);
    }
  } else {
    const auto ones = [&](auto d, const std::uint8_t* row) {
      return hn::Min(hn::LoadU(d, row + offset), hn::Set(d, 1));
    };
    const Bytes bytes;
    const SeveralRows several;
    auto by_rows = hn::Zero(several);
    for (std::size_t r = 0; r < rows.several_count; ++r) {
      by_rows = hn::Add(by_rows, ones(several, rows.several[r]));
    }
    ByteVector nonzero = add_rows(several, by_rows);
    for (std::size_t r = 0; r < rows.single_count; ++r) {
      nonzero = hn::Add(nonzero, ones(bytes, rows.single[r]));
    }
    store_words(StepWords(), nonzero, counts);
  }
}

/// Of all chains: how many products have operands that are both not zero. Of a product, these are
/// the ifmap's elements times the weights of the chains.
template <ElementType type>
std::uint64_t nonzero_products(const FoldBuffers& buffers, const FoldChains& chains,
                               const ElementRows& ifmap) {
  const StepWords words;
  const hn::RepartitionToWide<StepWords> pairs;
  constexpr std::size_t kElementBytes = type == ElementType::Int16 ? 2 : 1;
  // Chains whose weights of a product fit a word together, and the sums of two products each that
  // fit 32 bits.
  const std::size_t together =
      std::min<std::size_t>(chains.count, hwy::LimitsMax<std::int16_t>() / buffers.columns);
  const std::size_t addends =
      hwy::LimitsMax<std::int32_t>() / (2 * kCountedRows * together * buffers.columns);
  HWY_ALIGN std::int16_t counts[kLaneStep];
  const std::uint8_t* several[kCountedRows];
  const std::uint8_t* single[kCountedRows];
  CountedRows rows{several, single, 0, 0};
  std::uint64_t nonzero = 0;
  auto sum = hn::Zero(pairs);
  std::size_t added = 0;
  const auto flush = [&] {
    HWY_ALIGN std::int32_t lanes[kLaneStep / 2];
    hn::Store(sum, pairs, lanes);
    for (std::size_t i = 0; i < hn::Lanes(pairs); ++i) {
      nonzero += static_cast<std::uint32_t>(lanes[i]);
    }
    sum = hn::Zero(pairs);
    added = 0;
  };
  const auto add_step = [&](std::size_t s, std::size_t chain, std::size_t at) {
    count_elements<type>(
        rows, chains.ifmap_offsets[s] + static_cast<std::ptrdiff_t>(at * kElementBytes), counts);
    const std::int16_t* const of_weights = buffers.nonzero.get() + at;
    const std::size_t end = std::min(chain + together, chains.count);
    for (std::size_t i = 0; i < kLaneStep; i += hn::Lanes(words)) {
      auto weights = hn::Zero(words);
      for (std::size_t c = chain; c < end; ++c) {
        const std::size_t fold = chains.chains[c].folds[s];
        weights = hn::Add(weights, hn::Load(words, of_weights + fold * buffers.padded_k + i));
      }
      auto odd = hn::Zero(pairs);
      const auto elements = hn::Load(words, counts + i);
      sum = hn::Add(hn::ReorderWidenMulAccumulate(pairs, elements, weights, sum, odd), odd);
      if (++added == addends) {
        flush();
      }
    }
  };
  for (std::size_t first = 0; first < ifmap.count; first += kCountedRows) {
    const std::size_t end = std::min<std::size_t>(first + kCountedRows, ifmap.count);
    find_rows(ifmap, first, end, buffers.padded_k, rows);
    for (std::size_t chain = 0; chain < chains.count; chain += together) {
      for (std::size_t s = 0; s < chains.steps; ++s) {
        for (std::size_t at = 0; at < buffers.padded_k; at += kLaneStep) {
          add_step(s, chain, at);
        }
      }
    }
  }
  flush();
  return nonzero;
}

void weights_of_fold(FoldBuffers& buffers, std::uint32_t fold, const ElementRows& weights,
                     std::uint32_t n) {
  std::int16_t* const counts = buffers.nonzero.get() + std::size_t{fold} * buffers.padded_k;
  count_weights(weights, n, counts);
  std::fill(counts + weights.count, counts + buffers.padded_k, std::int16_t{0});
}

void products_of_chains(FoldBuffers& buffers, const FoldChains& chains, const ElementRows& ifmap) {
  buffers.nonzero_products += ifmap.type == ElementType::Int16
                                  ? nonzero_products<ElementType::Int16>(buffers, chains, ifmap)
                                  : nonzero_products<ElementType::Uint8>(buffers, chains, ifmap);
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace systole
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace systole {
namespace {

HWY_EXPORT(weights_of_fold);
HWY_EXPORT(products_of_chains);

}  // namespace

void count_nonzero_weights(FoldBuffers& buffers, std::uint32_t fold, const ElementRows& weights,
                           std::uint32_t n) {
  HWY_DYNAMIC_DISPATCH(weights_of_fold)(buffers, fold, weights, n);
}

void count_nonzero_products(FoldBuffers& buffers, const FoldChains& chains,
                            const ElementRows& ifmap) {
  HWY_DYNAMIC_DISPATCH(products_of_chains)(buffers, chains, ifmap);
}

}  // namespace systole
#endif  // HWY_ONCE
