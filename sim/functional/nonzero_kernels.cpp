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

/// Rows of kLaneStep bytes each, one behind the other; if it is one, of any length.
struct Piece {
  const std::uint8_t* first;
  std::size_t rows;
};

/// As few pieces as there are in rows [first, end) of the ifmap.
HWY_INLINE std::size_t find_pieces(const ElementRows& ifmap, std::size_t first, std::size_t end,
                                   std::size_t products, Piece (&pieces)[kCountedRows]) {
  std::size_t count = 0;
  for (std::size_t r = first; r < end; ++r) {
    Piece* const last = count == 0 ? nullptr : pieces + count - 1;
    if (last != nullptr && products == kLaneStep && ifmap.type != ElementType::Int16 &&
        last->first + last->rows * kLaneStep == ifmap.rows[r]) {
      ++last->rows;
    } else {
      pieces[count++] = {ifmap.rows[r], 1};
    }
  }
  return count;
}

/// By product: the elements that are not zero, `offset` bytes behind at most kCountedRows rows.
template <ElementType type>
HWY_INLINE void count_elements(const Piece* pieces, std::size_t count, std::ptrdiff_t offset,
                               std::size_t products, std::int16_t* counts) {
  const Words words;
  if constexpr (type == ElementType::Int16) {
    for (std::size_t at = 0; at < products; at += hn::Lanes(words)) {
      WordVector nonzero = hn::Set(words, static_cast<std::int16_t>(count));
      for (const Piece* piece = pieces; piece != pieces + count; ++piece) {
        const WordVector elements = load_words<type>(piece->first + offset, at);
        const auto zero = hn::Eq(elements, hn::Zero(words));
        nonzero = hn::Add(nonzero, hn::VecFromMask(words, zero));  // -1 each
      }
      hn::Store(nonzero, words, counts + at);
    }
  } else {
    const Bytes bytes;
    const hn::Rebind<std::uint8_t, Words> half;
    const hn::ScalableTag<std::uint8_t> several;  // rows
    const std::size_t rows = hn::Lanes(several) / kLaneStep;
    HWY_ALIGN std::uint8_t by_row[64];
    for (std::size_t at = 0; at < products; at += hn::Lanes(bytes)) {
      ByteVector nonzero = hn::Zero(bytes);
      auto by_rows = hn::Zero(several);
      for (const Piece* piece = pieces; piece != pieces + count; ++piece) {
        const std::uint8_t* from = piece->first + offset + at;
        std::size_t rest = piece->rows;
        for (; rest >= rows; rest -= rows, from += rows * kLaneStep) {
          const auto elements = hn::LoadU(several, from);
          by_rows = hn::Add(by_rows, hn::Min(elements, hn::Set(several, 1)));
        }
        for (; rest > 0; --rest, from += kLaneStep) {
          nonzero = hn::Add(nonzero, hn::Min(hn::LoadU(bytes, from), hn::Set(bytes, 1)));
        }
      }
      hn::Store(by_rows, several, by_row);
      for (std::size_t r = 0; r < rows; ++r) {
        nonzero = hn::Add(nonzero, hn::Load(bytes, by_row + r * kLaneStep));
      }
      hn::Store(hn::PromoteTo(words, hn::LowerHalf(half, nonzero)), words, counts + at);
      hn::Store(hn::PromoteTo(words, hn::UpperHalf(half, nonzero)), words,
                counts + at + hn::Lanes(words));
    }
  }
}

/// Of all chains: how many products have operands that are both not zero. Of a product, these are
/// the ifmap's elements times the weights.
template <ElementType type>
std::uint64_t nonzero_products(const FoldBuffers& buffers, const FoldChains& chains,
                               const ElementRows& ifmap) {
  const Words words;
  const hn::RepartitionToWide<Words> pairs;
  // Of two products each: so many fit a sum.
  const std::size_t addends = hwy::LimitsMax<std::int32_t>() / (2 * kCountedRows * buffers.columns);
  const std::int16_t* const of_weights = buffers.nonzero.get();
  auto* const counts = reinterpret_cast<std::int16_t*>(buffers.staged.get());
  Piece pieces[kCountedRows];
  std::uint64_t nonzero = 0;
  auto sum = hn::Zero(pairs);
  std::size_t added = 0;
  const auto flush = [&] {
    HWY_ALIGN std::int32_t lanes[8];
    hn::Store(sum, pairs, lanes);
    for (std::size_t i = 0; i < hn::Lanes(pairs); ++i) {
      nonzero += static_cast<std::uint32_t>(lanes[i]);
    }
    sum = hn::Zero(pairs);
    added = 0;
  };
  for (std::size_t first = 0; first < ifmap.count; first += kCountedRows) {
    const std::size_t end = std::min<std::size_t>(first + kCountedRows, ifmap.count);
    const std::size_t count = find_pieces(ifmap, first, end, buffers.padded_k, pieces);
    for (std::size_t s = 0; s < chains.steps; ++s) {
      count_elements<type>(pieces, count, chains.ifmap_offsets[s], buffers.padded_k, counts);
      for (std::size_t at = 0; at < buffers.padded_k; at += hn::Lanes(words)) {
        const WordVector elements = hn::Load(words, counts + at);
        for (std::size_t chain = 0; chain < chains.count; ++chain) {
          const std::size_t fold = chains.chains[chain].folds[s];
          const WordVector weights = hn::Load(words, of_weights + fold * buffers.padded_k + at);
          auto odd = hn::Zero(pairs);
          sum = hn::Add(hn::ReorderWidenMulAccumulate(pairs, elements, weights, sum, odd), odd);
          if (++added == addends) {
            flush();
          }
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
