// Sums of products by vectors, once for each instruction set that Highway compiles for.

#if defined(SYSTOLE_FOLD_SUMS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SYSTOLE_FOLD_SUMS_INL
#undef SYSTOLE_FOLD_SUMS_INL
#else
#define SYSTOLE_FOLD_SUMS_INL
#endif

#include <hwy/highway.h>

#include "sim/functional/fold_kernels.hpp"

HWY_BEFORE_NAMESPACE();
namespace systole {
namespace HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR

namespace hn = hwy::HWY_NAMESPACE;

using Sums = hn::ScalableTag<std::int32_t>;
using SumVector = hn::Vec<Sums>;
using Bytes = hn::CappedTag<std::uint8_t, 16>;
using ByteVector = hn::Vec<Bytes>;
using Words = hn::CappedTag<std::int16_t, 8>;
using WordVector = hn::Vec<Words>;

/// Four bytes a sum: unsigned ifmap times signed weights, added up in 32 bits without saturation.
struct ByteSum {
  static constexpr std::size_t kProducts = 4;
  SumVector sum;

  void start() { sum = hn::Zero(Sums()); }
  void add(SumVector ifmap, SumVector weights) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
    // In assembly, for Highway 1.0 compiles these targets without avx512vnni, whose intrinsics are
    // then refused. Only where has_byte_products().
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

  void start() { low = high = hn::Zero(Sums()); }
  void add(SumVector ifmap, SumVector weights) {
    const hn::Repartition<std::int16_t, Sums> words;
    low = hn::ReorderWidenMulAccumulate(Sums(), hn::BitCast(words, ifmap),
                                        hn::BitCast(words, weights), low, high);
  }
  SumVector total() const { return hn::RearrangeToOddPlusEven(low, high); }
};

/// Eight elements of a row as words, from `at` on.
template <ElementType type>
HWY_INLINE WordVector load_words(const std::uint8_t* row, std::size_t at) {
  const Words d;
  if constexpr (type == ElementType::Int16) {
    return hn::LoadU(d, reinterpret_cast<const std::int16_t*>(row) + at);
  } else if constexpr (type == ElementType::Int8) {
    const hn::Rebind<std::int8_t, Words> narrow;
    return hn::PromoteTo(d, hn::LoadU(narrow, reinterpret_cast<const std::int8_t*>(row) + at));
  } else {
    const hn::Rebind<std::uint8_t, Words> narrow;
    return hn::PromoteTo(d, hn::LoadU(narrow, row + at));
  }
}

/// `count` lanes of a vector, at most as many as there are; the others are 0.
template <class D>
HWY_INLINE hn::Vec<D> first_lanes(D d, hn::Vec<D> v, std::size_t count) {
  return count < hn::Lanes(d) ? hn::IfThenElseZero(hn::FirstN(d, count), v) : v;
}

#endif  // HWY_TARGET != HWY_SCALAR
}  // namespace HWY_NAMESPACE
}  // namespace systole
HWY_AFTER_NAMESPACE();

#endif
