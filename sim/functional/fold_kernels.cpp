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

void pack(FoldBuffers& buffers, const ElementRows& weights, std::size_t n, ElementType) {
  portable::pack_fold_weights(buffers, weights, n);
}

void multiply(FoldBuffers& buffers, const ElementRows& ifmap, std::size_t k,
              const PsumRows& psums) {
  portable::multiply_fold(buffers, ifmap, k, psums);
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

/// Puts `count` rows of sums, of the same columns, where their psums are.
template <std::size_t count>
HWY_INLINE void finish(const SumVector (&sums)[count], std::int32_t* const* to, std::size_t column,
                       const PsumRows& psums, std::uint64_t& overflows) {
  const Sums d;
  if (!psums.accumulate) {
    for (std::size_t r = 0; r < count; ++r) {
      hn::Store(sums[r], d, to[r] + column);
    }
    return;
  }
  SumVector results[count];
  SumVector left[count];  // negative where 32 bits were left
  SumVector any = hn::Zero(d);
  for (std::size_t r = 0; r < count; ++r) {
    const SumVector old = hn::Load(d, to[r] + column);
    results[r] = hn::Add(old, sums[r]);
    left[r] = overflow(old, sums[r], results[r]);
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

/// `count` ifmap vectors times all weights. With `flip`, the ifmap is signed bytes as they lie.
template <typename Sum, bool flip, std::size_t count>
HWY_INLINE void multiply_rows(FoldBuffers& buffers, const std::uint8_t* const* ifmap,
                              std::int32_t* const* to, const PsumRows& psums) {
  constexpr std::int32_t kSignBits = static_cast<std::int32_t>(0x80808080U);
  const Sums d;
  const std::size_t groups = (buffers.k + Sum::kProducts - 1) / Sum::kProducts;
  const std::size_t group_bytes = std::size_t{buffers.columns} * 4;
  for (std::size_t column = 0; column < buffers.columns; column += hn::Lanes(d)) {
    Sum sums[count];
    for (std::size_t r = 0; r < count; ++r) {
      sums[r].start(buffers.start.get() + column);
    }
    const std::uint8_t* from = buffers.weights.get() + column * 4;
    for (std::size_t group = 0; group < groups; ++group, from += group_bytes) {
      const SumVector weights = hn::Load(d, reinterpret_cast<const std::int32_t*>(from));
      for (std::size_t r = 0; r < count; ++r) {
        std::int32_t elements = 0;
        std::memcpy(&elements, ifmap[r] + group * 4, sizeof elements);
        SumVector x = hn::Set(d, elements);
        if constexpr (flip) {
          x = hn::Xor(x, hn::Set(d, kSignBits));
        }
        sums[r].add(x, weights);
      }
    }
    SumVector totals[count];
    for (std::size_t r = 0; r < count; ++r) {
      totals[r] = sums[r].total();
    }
    finish<count>(totals, to, column, psums, buffers.overflows);
  }
}

template <typename Sum, bool flip>
HWY_INLINE void multiply_blocks(FoldBuffers& buffers, const std::uint8_t* const* ifmap,
                                std::int32_t* const* to, std::size_t rows, const PsumRows& psums) {
  std::size_t r = 0;
  for (; r + kBlockRows <= rows; r += kBlockRows) {
    multiply_rows<Sum, flip, kBlockRows>(buffers, ifmap + r, to + r, psums);
  }
  for (; r + 4 <= rows; r += 4) {
    multiply_rows<Sum, flip, 4>(buffers, ifmap + r, to + r, psums);
  }
  for (; r < rows; ++r) {
    multiply_rows<Sum, flip, 1>(buffers, ifmap + r, to + r, psums);
  }
}

HWY_INLINE ByteVector zeros_of(ByteVector v) {  // -1 each
  return hn::VecFromMask(Bytes(), hn::Eq(v, hn::Zero(Bytes())));
}

HWY_INLINE WordVector zeros_of(WordVector v) {
  return hn::VecFromMask(Words(), hn::Eq(v, hn::Zero(Words())));
}

HWY_INLINE void add_counts(ByteVector counts, std::uint32_t* lanes) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  const hn::Rebind<std::uint32_t, Bytes> d;
  hn::StoreU(hn::Add(hn::LoadU(d, lanes), hn::PromoteTo(d, counts)), d, lanes);
#else
  HWY_ALIGN std::uint8_t each[16];
  hn::Store(counts, Bytes(), each);
  for (std::size_t i = 0; i < 16; ++i) {
    lanes[i] += each[i];
  }
#endif
}

HWY_INLINE void add_counts(WordVector counts, std::uint32_t* lanes) {
  HWY_ALIGN std::int16_t each[8];
  hn::Store(counts, Words(), each);
  for (std::size_t i = 0; i < 8; ++i) {
    lanes[i] += static_cast<std::uint32_t>(each[i]);
  }
}

/// Where each ifmap vector has all of the weights' products: bytes as they lie. Elements beyond
/// them are multiplied by zero.
template <bool flip>
void multiply_whole_bytes(FoldBuffers& buffers, const ElementRows& ifmap, const PsumRows& psums) {
  for (std::size_t first = 0; first < ifmap.count; first += kCountedRows) {
    const std::size_t end = std::min<std::size_t>(first + kCountedRows, ifmap.count);
    for (std::size_t at = 0; at < buffers.k; at += hn::Lanes(Bytes())) {
      ByteVector zeros = hn::Zero(Bytes());
      for (std::size_t r = first; r < end; ++r) {
        zeros = hn::Sub(zeros, zeros_of(hn::LoadU(Bytes(), ifmap.rows[r] + at)));
      }
      add_counts(zeros, buffers.zeros.data() + at);
    }
  }
  multiply_blocks<ByteSum, flip>(buffers, ifmap.rows, psums.rows, ifmap.count, psums);
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
  using Vector = ByteVector;
  static constexpr std::size_t kElementBytes = 1;
  static Vector zero() { return hn::Zero(Bytes()); }
  static Vector load(const std::uint8_t* row, std::size_t at, std::size_t end) {
    return load_lanes(Bytes(), row + at, end > at ? end - at : 0);
  }
  static void store(Vector v, std::uint8_t* to) { hn::Store(v, Bytes(), to); }
  static constexpr std::size_t kLanes = 16;
};

template <ElementType type>
struct WordStage {
  using Vector = WordVector;
  static constexpr std::size_t kElementBytes = 2;
  static Vector zero() { return hn::Zero(Words()); }
  static Vector load(const std::uint8_t* row, std::size_t at, std::size_t end) {
    return load_words<type>(row, at, end);
  }
  static void store(Vector v, std::uint8_t* to) {
    hn::Store(v, Words(), reinterpret_cast<std::int16_t*>(to));
  }
  static constexpr std::size_t kLanes = 8;
};

/// The first `k` elements of each ifmap vector, with zeros behind them.
template <typename Sum, bool flip, typename Stage>
void multiply_staged(FoldBuffers& buffers, const ElementRows& ifmap, std::size_t k,
                     const PsumRows& psums) {
  const std::size_t pitch = buffers.padded_k * Stage::kElementBytes;
  std::uint8_t* const staged = buffers.ifmap.get();
  const std::uint8_t* rows[kStagedRows];
  for (std::size_t r = 0; r < kStagedRows; ++r) {
    rows[r] = staged + r * pitch;
  }
  for (std::size_t first = 0; first < ifmap.count; first += kStagedRows) {
    const std::size_t count = std::min<std::size_t>(kStagedRows, ifmap.count - first);
    for (std::size_t at = 0; at < buffers.padded_k; at += Stage::kLanes) {
      typename Stage::Vector zeros = Stage::zero();
      for (std::size_t r = 0; r < count; ++r) {
        const auto v = Stage::load(ifmap.rows[first + r], at, k);
        zeros = hn::Sub(zeros, zeros_of(v));
        Stage::store(v, staged + r * pitch + at * Stage::kElementBytes);
      }
      add_counts(zeros, buffers.zeros.data() + at);
    }
    multiply_blocks<Sum, flip>(buffers, rows, psums.rows + first, count, psums);
  }
}

void multiply(FoldBuffers& buffers, const ElementRows& ifmap, std::size_t k,
              const PsumRows& psums) {
  if (buffers.bytes && k >= buffers.k) {
    return ifmap.type == ElementType::Int8 ? multiply_whole_bytes<true>(buffers, ifmap, psums)
                                           : multiply_whole_bytes<false>(buffers, ifmap, psums);
  }
  if (buffers.bytes) {
    return ifmap.type == ElementType::Int8
               ? multiply_staged<ByteSum, true, ByteStage>(buffers, ifmap, k, psums)
               : multiply_staged<ByteSum, false, ByteStage>(buffers, ifmap, k, psums);
  }
  switch (ifmap.type) {
    case ElementType::Int8:
      return multiply_staged<WordSum, false, WordStage<ElementType::Int8> >(buffers, ifmap, k,
                                                                            psums);
    case ElementType::Uint8:
      return multiply_staged<WordSum, false, WordStage<ElementType::Uint8> >(buffers, ifmap, k,
                                                                             psums);
    case ElementType::Int16:
      return multiply_staged<WordSum, false, WordStage<ElementType::Int16> >(buffers, ifmap, k,
                                                                             psums);
  }
}

void pack_bytes(FoldBuffers& buffers, const ElementRows& weights, std::size_t n) {
  const Bytes d;
  const hn::Repartition<std::uint16_t, Bytes> pairs;
  for (std::size_t r = 0; r < buffers.padded_k; r += ByteSum::kProducts) {
    std::uint8_t* to = buffers.weights.get() + r * buffers.columns;
    for (std::size_t column = 0; column < buffers.columns; column += hn::Lanes(d), to += 64) {
      ByteVector v[4];
      for (std::size_t i = 0; i < 4; ++i) {
        v[i] = r + i < weights.count && column < n
                   ? load_lanes(d, weights.rows[r + i] + column, n - column)
                   : hn::Zero(d);
        buffers.nonzeros[r + i] +=
            static_cast<std::uint32_t>(hn::CountTrue(d, hn::Ne(v[i], hn::Zero(d))));
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
void pack_words(FoldBuffers& buffers, const ElementRows& weights, std::size_t n) {
  const Words d;
  for (std::size_t r = 0; r < buffers.padded_k; r += WordSum::kProducts) {
    auto* to = reinterpret_cast<std::int16_t*>(buffers.weights.get()) + r * buffers.columns;
    for (std::size_t column = 0; column < buffers.columns; column += hn::Lanes(d), to += 16) {
      WordVector v[2] = {hn::Zero(d), hn::Zero(d)};
      for (std::size_t i = 0; i < 2; ++i) {
        if (r + i < weights.count && column < n) {
          v[i] = load_words<type>(weights.rows[r + i], column, n);
        }
        buffers.nonzeros[r + i] +=
            static_cast<std::uint32_t>(hn::CountTrue(d, hn::Ne(v[i], hn::Zero(d))));
      }
      hn::Store(hn::InterleaveLower(d, v[0], v[1]), d, to);
      hn::Store(hn::InterleaveUpper(d, v[0], v[1]), d, to + 8);
    }
  }
}

/// Takes off the sums what 128 more in each ifmap element will add.
void start_sums(FoldBuffers& buffers) {
  const Sums d;
  const SumVector offsets = hn::Set(d, static_cast<std::int32_t>(0x80808080U));
  for (std::size_t column = 0; column < buffers.columns; column += hn::Lanes(d)) {
    ByteSum sum{hn::Zero(d)};
    for (std::size_t r = 0; r < buffers.padded_k; r += ByteSum::kProducts) {
      const std::uint8_t* from = buffers.weights.get() + r * buffers.columns + column * 4;
      sum.add(offsets, hn::Load(d, reinterpret_cast<const std::int32_t*>(from)));
    }
    hn::Store(hn::Sub(hn::Zero(d), sum.total()), d, buffers.start.get() + column);
  }
}

void pack(FoldBuffers& buffers, const ElementRows& weights, std::size_t n, ElementType ifmap) {
  buffers.bytes =
      HWY_TARGET == HWY_AVX3_DL && ifmap != ElementType::Int16 && weights.type == ElementType::Int8;
  if (buffers.bytes) {
    pack_bytes(buffers, weights, n);
    if (ifmap == ElementType::Int8) {
      start_sums(buffers);
    }
    return;
  }
  switch (weights.type) {
    case ElementType::Int8:
      return pack_words<ElementType::Int8>(buffers, weights, n);
    case ElementType::Uint8:
      return pack_words<ElementType::Uint8>(buffers, weights, n);
    case ElementType::Int16:
      return pack_words<ElementType::Int16>(buffers, weights, n);
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

HWY_EXPORT(multiply);
HWY_EXPORT(pack);

}  // namespace

void pack_fold_weights(FoldBuffers& buffers, const ElementRows& weights, std::size_t n,
                       ElementType ifmap) {
  HWY_DYNAMIC_DISPATCH(pack)(buffers, weights, n, ifmap);
}

void multiply_fold(FoldBuffers& buffers, const ElementRows& ifmap, std::size_t k,
                   const PsumRows& psums) {
  HWY_DYNAMIC_DISPATCH(multiply)(buffers, ifmap, k, psums);
}

}  // namespace systole
#endif  // HWY_ONCE
