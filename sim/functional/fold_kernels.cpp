#include "sim/functional/fold_kernels.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/functional/fold_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sim/functional/fold_kernels_portable.hpp"

HWY_BEFORE_NAMESPACE();
namespace systole {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

void pack(FoldWeights& to, std::uint32_t columns, const ElementRows& weights, ElementType) {
  portable::pack_fold_weights(to, columns, weights);
}

void multiply(FoldBuffers& buffers, const FoldSets& folds, const ElementRows& ifmap, std::size_t k,
              const PsumRows& psums) {
  portable::multiply_fold(buffers, folds, ifmap, k, psums);
}

ZeroCounts count_zeros(const FoldBuffers& buffers, const FoldWeights& weights) {
  return portable::zero_counts(buffers, weights);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

using Sums = hn::ScalableTag<std::int32_t>;
using SumVector = hn::Vec<Sums>;
using Bytes = hn::CappedTag<std::uint8_t, 16>;
using ByteVector = hn::Vec<Bytes>;
using Words = hn::CappedTag<std::int16_t, 8>;
using WordVector = hn::Vec<Words>;

constexpr std::size_t kBlockRows = 8;      // psum rows that are summed up in registers
constexpr std::size_t kCountedRows = 255;  // zeros are counted in bytes

/// Four bytes a sum: unsigned ifmap times signed weights, added up in 32 bits without saturation.
struct ByteSum {
  static constexpr std::size_t kProducts = 4;
  SumVector sum;

  void start(const std::int32_t* from) { sum = hn::Load(Sums(), from); }
  void add(SumVector ifmap, SumVector weights) {
#if HWY_TARGET == HWY_AVX3_DL
    // In assembly, for Highway 1.0 compiles this target without avx512vnni, whose intrinsics are
    // then refused; that the computer has it, it does check.
    asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(ifmap.raw), "v"(weights.raw));
#else
    (void)ifmap, (void)weights;
#endif
  }
  SumVector total() const { return sum; }
};

/// Two words a sum.
struct WordSum {
  static constexpr std::size_t kProducts = 2;
  SumVector low, high;

  void start(const std::int32_t* from) {
    low = hn::Load(Sums(), from);
    high = hn::Zero(Sums());
  }
  void add(SumVector ifmap, SumVector weights) {
    const hn::Repartition<std::int16_t, Sums> words;
    low = hn::ReorderWidenMulAccumulate(Sums(), hn::BitCast(words, ifmap),
                                        hn::BitCast(words, weights), low, high);
  }
  SumVector total() const { return hn::RearrangeToOddPlusEven(low, high); }
};

/// Negative where old + sum, which is `result`, left 32 bits: the operands have one sign and it the
/// other.
HWY_INLINE SumVector overflow(SumVector old, SumVector sum, SumVector result) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  constexpr int kBothUnlikeThird = 0x42;
  return SumVector{_mm512_ternarylogic_epi32(old.raw, sum.raw, result.raw, kBothUnlikeThird)};
#else
  return hn::AndNot(hn::Xor(old, sum), hn::Xor(old, result));
#endif
}

/// Puts the sums of `count` rows, of the same columns, where their psums are.
template <std::size_t count, typename Sum>
HWY_INLINE void finish(const Sum (&sums)[count], std::int32_t* const* to, std::ptrdiff_t column,
                       const PsumRows& psums, std::uint64_t& overflows) {
  const Sums d;
  if (!psums.accumulate) {
    for (std::size_t r = 0; r < count; ++r) {
      hn::Store(sums[r].total(), d, to[r] + column);
    }
    return;
  }
  SumVector results[count];
  SumVector left[count];  // negative where 32 bits were left
  SumVector any = hn::Zero(d);
  for (std::size_t r = 0; r < count; ++r) {
    const SumVector old = hn::Load(d, to[r] + column);
    const SumVector sum = sums[r].total();
    results[r] = hn::Add(old, sum);
    left[r] = overflow(old, sum, results[r]);
    any = hn::Or(any, left[r]);
  }
  if (HWY_UNLIKELY(!hn::AllFalse(d, hn::Lt(any, hn::Zero(d))))) {
    for (std::size_t r = 0; r < count; ++r) {
      const auto beyond = hn::Lt(left[r], hn::Zero(d));
      overflows += hn::CountTrue(d, beyond);
      if (psums.saturate) {  // a wrapped sum has the other sign
        const SumVector sign = hn::ShiftRight<31>(results[r]);
        const SumVector end = hn::Xor(sign, hn::Set(d, hwy::LimitsMin<std::int32_t>()));
        results[r] = hn::IfThenElse(beyond, end, results[r]);
      }
    }
  }
  for (std::size_t r = 0; r < count; ++r) {
    hn::Store(results[r], d, to[r] + column);
  }
}

/// `count` ifmap vectors times the weights of one or two folds, `known_groups` groups of them if
/// that is not 0. With `flip`, the ifmap is signed bytes as they lie.
template <typename Sum, bool flip, std::size_t known_groups, std::size_t sets, std::size_t count>
HWY_INLINE void multiply_rows(FoldBuffers& buffers, const FoldSet* folds,
                              const std::uint8_t* const* ifmap, std::int32_t* const* to,
                              const PsumRows& psums) {
  constexpr auto kSignBits = static_cast<std::int32_t>(0x80808080U);
  const Sums d;
  const std::size_t groups = known_groups != 0
                                 ? known_groups
                                 : (folds[0].weights->k + Sum::kProducts - 1) / Sum::kProducts;
  const std::size_t group_bytes = std::size_t{buffers.columns} * 4;
  for (std::size_t column = 0; column < buffers.columns; column += hn::Lanes(d)) {
    Sum sums[count];
    Sum others[count];  // of the second fold; two arrays stay in registers, one of both does not
    for (std::size_t r = 0; r < count; ++r) {
      sums[r].start(folds[0].weights->start.get() + column);
      others[r].start(folds[sets - 1].weights->start.get() + column);
    }
    for (std::size_t group = 0; group < groups; ++group) {
      const std::size_t at = column * 4 + group * group_bytes;
      const auto weights_of = [&](const FoldSet& fold) {
        const std::uint8_t* from = fold.weights->packed.get() + at;
        return hn::Load(d, reinterpret_cast<const std::int32_t*>(from));
      };
      const SumVector weights = weights_of(folds[0]);
      const SumVector other_weights = weights_of(folds[sets - 1]);
      for (std::size_t r = 0; r < count; ++r) {
        std::int32_t elements = 0;
        std::memcpy(&elements, ifmap[r] + group * 4, sizeof elements);
        SumVector x = hn::Set(d, elements);
        if constexpr (flip) {
          x = hn::Xor(x, hn::Set(d, kSignBits));
        }
        sums[r].add(x, weights);
        if constexpr (sets == 2) {
          others[r].add(x, other_weights);
        }
      }
    }
    const auto at = static_cast<std::ptrdiff_t>(column);
    finish<count>(sums, to, folds[0].offset + at, psums, buffers.overflows);
    if constexpr (sets == 2) {
      finish<count>(others, to, folds[1].offset + at, psums, buffers.overflows);
    }
  }
}

template <typename Sum, bool flip, std::size_t known_groups, std::size_t sets>
HWY_INLINE void multiply_sets(FoldBuffers& buffers, const FoldSet* folds,
                              const std::uint8_t* const* ifmap, std::int32_t* const* to,
                              std::size_t rows, const PsumRows& psums) {
  std::size_t r = 0;
  for (; r + kBlockRows <= rows; r += kBlockRows) {
    multiply_rows<Sum, flip, known_groups, sets, kBlockRows>(buffers, folds, ifmap + r, to + r,
                                                             psums);
  }
  for (; r + 4 <= rows; r += 4) {
    multiply_rows<Sum, flip, known_groups, sets, 4>(buffers, folds, ifmap + r, to + r, psums);
  }
  for (; r < rows; ++r) {
    multiply_rows<Sum, flip, known_groups, sets, 1>(buffers, folds, ifmap + r, to + r, psums);
  }
}

/// Two folds share what is done to an ifmap vector, where there are registers enough.
template <typename Sum, bool flip, std::size_t known_groups = 0>
HWY_INLINE void multiply_blocks(FoldBuffers& buffers, const FoldSets& folds,
                                const std::uint8_t* const* ifmap, std::int32_t* const* to,
                                std::size_t rows, const PsumRows& psums) {
  constexpr std::size_t kPair = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL ? 2 : 1;
  std::size_t set = 0;
  for (; set + kPair <= folds.count; set += kPair) {
    multiply_sets<Sum, flip, known_groups, kPair>(buffers, folds.sets + set, ifmap, to, rows,
                                                  psums);
  }
  for (; set < folds.count; ++set) {
    multiply_sets<Sum, flip, known_groups, 1>(buffers, folds.sets + set, ifmap, to, rows, psums);
  }
}

template <class D>
HWY_INLINE void add_each(D d, hn::Vec<D> counts, std::uint32_t* lanes) {
  HWY_ALIGN hn::TFromD<D> each[16];
  hn::Store(counts, d, each);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) {
    lanes[i] += static_cast<std::uint32_t>(each[i]);
  }
}

HWY_INLINE void add_counts(Bytes bytes, ByteVector counts, std::uint32_t* lanes) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  const hn::Rebind<std::uint32_t, Bytes> d;
  hn::StoreU(hn::Add(hn::LoadU(d, lanes), hn::PromoteTo(d, counts)), d, lanes);
  (void)bytes;
#else
  add_each(bytes, counts, lanes);
#endif
}

HWY_INLINE void add_counts(Words words, WordVector counts, std::uint32_t* lanes) {
  add_each(words, counts, lanes);
}

/// Where each ifmap vector has all of the weights' products: bytes as they lie. Elements beyond
/// them are multiplied by zero.
template <bool flip>
void multiply_whole_bytes(FoldBuffers& buffers, const FoldSets& folds, const ElementRows& ifmap,
                          const PsumRows& psums) {
  const std::size_t k = folds.sets[0].weights->k;
  for (std::size_t first = 0; first < ifmap.count; first += kCountedRows) {
    const std::size_t end = std::min<std::size_t>(first + kCountedRows, ifmap.count);
    for (std::size_t at = 0; at < k; at += hn::Lanes(Bytes())) {
      const ByteVector one = hn::Set(Bytes(), 1);
      ByteVector zeros = hn::Set(Bytes(), static_cast<std::uint8_t>(end - first));
      for (std::size_t r = first; r < end; ++r) {
        zeros = hn::Sub(zeros, hn::Min(hn::LoadU(Bytes(), ifmap.rows[r] + at), one));
      }
      add_counts(Bytes(), zeros, buffers.zeros.get() + at);
    }
  }
  constexpr std::size_t kCommonGroups = kLaneStep / ByteSum::kProducts;
  if (k == kLaneStep) {  // of all folds that fill an array of 16 rows
    multiply_blocks<ByteSum, flip, kCommonGroups>(buffers, folds, ifmap.rows, psums.rows,
                                                  ifmap.count, psums);
  } else {
    multiply_blocks<ByteSum, flip>(buffers, folds, ifmap.rows, psums.rows, ifmap.count, psums);
  }
}

/// `count` lanes from `row` on, at most as many as there are; the others are 0.
template <class D>
HWY_INLINE hn::Vec<D> load_lanes(D d, const hn::TFromD<D>* row, std::size_t count) {
  const hn::Vec<D> v = hn::LoadU(d, row);
  return count < hn::Lanes(d) ? hn::IfThenElseZero(hn::FirstN(d, count), v) : v;
}

/// Eight elements of a row as words, from `at` on; zeros from `end` on.
template <ElementType type>
HWY_INLINE WordVector load_words(const std::uint8_t* row, std::size_t at, std::size_t end) {
  const Words d;
  const std::size_t count = end > at ? end - at : 0;
  if constexpr (type == ElementType::Int16) {
    return load_lanes(d, reinterpret_cast<const std::int16_t*>(row) + at, count);
  } else if constexpr (type == ElementType::Int8) {
    const hn::Rebind<std::int8_t, Words> narrow;
    const auto* bytes = reinterpret_cast<const std::int8_t*>(row);
    return hn::PromoteTo(d, load_lanes(narrow, bytes + at, count));
  } else {
    const hn::Rebind<std::uint8_t, Words> narrow;
    return hn::PromoteTo(d, load_lanes(narrow, row + at, count));
  }
}

/// How elements are copied to where kernels read them, eight or sixteen at a time.
struct ByteStage {
  using Lanes = Bytes;
  static constexpr std::size_t kElementBytes = 1;
  static hn::Vec<Lanes> load(const std::uint8_t* row, std::size_t at, std::size_t end) {
    return load_lanes(Bytes(), row + at, end > at ? end - at : 0);
  }
  static void store(hn::Vec<Lanes> v, std::uint8_t* to) { hn::Store(v, Bytes(), to); }
};

template <ElementType type>
struct WordStage {
  using Lanes = Words;
  static constexpr std::size_t kElementBytes = 2;
  static hn::Vec<Lanes> load(const std::uint8_t* row, std::size_t at, std::size_t end) {
    return load_words<type>(row, at, end);
  }
  static void store(hn::Vec<Lanes> v, std::uint8_t* to) {
    hn::Store(v, Words(), reinterpret_cast<std::int16_t*>(to));
  }
};

/// The first `k` elements of each ifmap vector, with zeros behind them.
template <typename Sum, bool flip, typename Stage>
void multiply_staged(FoldBuffers& buffers, const FoldSets& folds, const ElementRows& ifmap,
                     std::size_t k, const PsumRows& psums) {
  const std::size_t padded_k = folds.sets[0].weights->padded_k;
  const std::size_t pitch = padded_k * Stage::kElementBytes;
  const typename Stage::Lanes d;
  std::uint8_t* const staged = buffers.ifmap.get();
  const std::uint8_t* rows[kStagedRows];
  for (std::size_t r = 0; r < kStagedRows; ++r) {
    rows[r] = staged + r * pitch;
  }
  for (std::size_t first = 0; first < ifmap.count; first += kStagedRows) {
    const std::size_t count = std::min<std::size_t>(kStagedRows, ifmap.count - first);
    for (std::size_t at = 0; at < padded_k; at += hn::Lanes(d)) {
      auto zeros = hn::Zero(d);
      for (std::size_t r = 0; r < count; ++r) {
        const auto v = Stage::load(ifmap.rows[first + r], at, k);
        zeros = hn::Sub(zeros, hn::VecFromMask(d, hn::Eq(v, hn::Zero(d))));  // -1 each
        Stage::store(v, staged + r * pitch + at * Stage::kElementBytes);
      }
      add_counts(d, zeros, buffers.zeros.get() + at);
    }
    multiply_blocks<Sum, flip>(buffers, folds, rows, psums.rows + first, count, psums);
  }
}

void multiply(FoldBuffers& buffers, const FoldSets& folds, const ElementRows& ifmap, std::size_t k,
              const PsumRows& psums) {
  const FoldWeights& weights = *folds.sets[0].weights;
  if (weights.bytes && k >= weights.k) {
    return ifmap.type == ElementType::Int8
               ? multiply_whole_bytes<true>(buffers, folds, ifmap, psums)
               : multiply_whole_bytes<false>(buffers, folds, ifmap, psums);
  }
  if (weights.bytes) {
    return ifmap.type == ElementType::Int8
               ? multiply_staged<ByteSum, true, ByteStage>(buffers, folds, ifmap, k, psums)
               : multiply_staged<ByteSum, false, ByteStage>(buffers, folds, ifmap, k, psums);
  }
  const auto words = [&](auto type) {
    multiply_staged<WordSum, false, WordStage<type> >(buffers, folds, ifmap, k, psums);
  };
  switch (ifmap.type) {
    case ElementType::Int8:
      return words(std::integral_constant<ElementType, ElementType::Int8>{});
    case ElementType::Uint8:
      return words(std::integral_constant<ElementType, ElementType::Uint8>{});
    case ElementType::Int16:
      return words(std::integral_constant<ElementType, ElementType::Int16>{});
  }
}

void pack_bytes(FoldWeights& packed, std::size_t columns, const ElementRows& weights) {
  const Bytes d;
  const hn::Repartition<std::uint16_t, Bytes> pairs;
  for (std::size_t r = 0; r < packed.padded_k; r += ByteSum::kProducts) {
    std::uint8_t* to = packed.packed.get() + r * columns;
    for (std::size_t column = 0; column < columns; column += hn::Lanes(d), to += 64) {
      ByteVector v[4];
      for (std::size_t i = 0; i < 4; ++i) {
        v[i] = r + i < weights.count && column < packed.n
                   ? load_lanes(d, weights.rows[r + i] + column, packed.n - column)
                   : hn::Zero(d);
        const auto nonzeros =
            static_cast<std::uint32_t>(hn::CountTrue(d, hn::Ne(v[i], hn::Zero(d))));
        packed.nonzeros[r + i] = nonzeros + (column == 0 ? 0 : packed.nonzeros[r + i]);
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
}

template <ElementType type>
void pack_words(FoldWeights& packed, std::size_t columns, const ElementRows& weights) {
  const Words d;
  for (std::size_t r = 0; r < packed.padded_k; r += WordSum::kProducts) {
    auto* to = reinterpret_cast<std::int16_t*>(packed.packed.get()) + r * columns;
    for (std::size_t column = 0; column < columns; column += hn::Lanes(d), to += 16) {
      WordVector v[2] = {hn::Zero(d), hn::Zero(d)};
      for (std::size_t i = 0; i < 2; ++i) {
        if (r + i < weights.count && column < packed.n) {
          v[i] = load_words<type>(weights.rows[r + i], column, packed.n);
        }
        const auto nonzeros =
            static_cast<std::uint32_t>(hn::CountTrue(d, hn::Ne(v[i], hn::Zero(d))));
        packed.nonzeros[r + i] = nonzeros + (column == 0 ? 0 : packed.nonzeros[r + i]);
      }
      hn::Store(hn::InterleaveLower(d, v[0], v[1]), d, to);
      hn::Store(hn::InterleaveUpper(d, v[0], v[1]), d, to + 8);
    }
  }
}

/// Takes off the sums what 128 more in each ifmap element will add.
void start_sums(FoldWeights& packed, std::size_t columns) {
  const Sums d;
  const SumVector offsets = hn::Set(d, static_cast<std::int32_t>(0x80808080U));
  for (std::size_t column = 0; column < columns; column += hn::Lanes(d)) {
    ByteSum sum{hn::Zero(d)};
    for (std::size_t r = 0; r < packed.padded_k; r += ByteSum::kProducts) {
      const std::uint8_t* from = packed.packed.get() + r * columns + column * 4;
      sum.add(offsets, hn::Load(d, reinterpret_cast<const std::int32_t*>(from)));
    }
    hn::Store(hn::Sub(hn::Zero(d), sum.total()), d, packed.start.get() + column);
  }
}

void pack(FoldWeights& to, std::uint32_t columns, const ElementRows& weights, ElementType ifmap) {
  to.bytes =
      HWY_TARGET == HWY_AVX3_DL && ifmap != ElementType::Int16 && weights.type == ElementType::Int8;
  if (to.bytes) {
    pack_bytes(to, columns, weights);
  } else if (weights.type == ElementType::Int8) {
    pack_words<ElementType::Int8>(to, columns, weights);
  } else if (weights.type == ElementType::Uint8) {
    pack_words<ElementType::Uint8>(to, columns, weights);
  } else {
    pack_words<ElementType::Int16>(to, columns, weights);
  }
  if (to.bytes && ifmap == ElementType::Int8) {
    start_sums(to, columns);
  } else {
    std::fill_n(to.start.get(), columns, 0);
  }
}

ZeroCounts count_zeros(const FoldBuffers& buffers, const FoldWeights& packed) {
  const hn::ScalableTag<std::uint32_t> d;
  const hn::RepartitionToWide<decltype(d)> wide;
  auto weights = hn::Zero(d);  // at most columns in each of padded_k
  auto between = hn::Zero(wide);
  for (std::size_t r = 0; r < packed.padded_k; r += hn::Lanes(d)) {
    const auto nonzeros = hn::Load(d, packed.nonzeros.get() + r);
    const auto zeros = hn::Load(d, buffers.zeros.get() + r);
    const auto odd = [&](auto v) {
      return hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, v)));
    };
    weights = hn::Add(weights, nonzeros);
    between = hn::Add(between, hn::MulEven(nonzeros, zeros));
    between = hn::Add(between, hn::MulEven(odd(nonzeros), odd(zeros)));
  }
  return {hn::GetLane(hn::SumOfLanes(d, weights)), hn::GetLane(hn::SumOfLanes(wide, between))};
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace systole
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace systole {
namespace {

HWY_EXPORT(multiply);
HWY_EXPORT(pack);
HWY_EXPORT(count_zeros);

}  // namespace

void pack_fold_weights(FoldWeights& to, std::uint32_t columns, const ElementRows& weights,
                       ElementType ifmap) {
  HWY_DYNAMIC_DISPATCH(pack)(to, columns, weights, ifmap);
}

ZeroCounts zero_counts(const FoldBuffers& buffers, const FoldWeights& weights) {
  return HWY_DYNAMIC_DISPATCH(count_zeros)(buffers, weights);
}

void multiply_fold(FoldBuffers& buffers, const FoldSets& folds, const ElementRows& ifmap,
                   std::size_t k, const PsumRows& psums) {
  HWY_DYNAMIC_DISPATCH(multiply)(buffers, folds, ifmap, k, psums);
}

}  // namespace systole
#endif  // HWY_ONCE
