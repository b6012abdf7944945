#include "models/array/multiply_pairs.hpp"

#if defined(__GNUC__) && defined(__x86_64__)
#define SYSTOLE_X86_VECTORS 1
#include <immintrin.h>
#endif

namespace systole {
namespace {

using Pair = OperandPairOfRows;

std::uint32_t dot(Pair a, Pair b) {
  return static_cast<std::uint32_t>(std::int32_t{a.upper} * b.upper) +
         static_cast<std::uint32_t>(std::int32_t{a.lower} * b.lower);
}

void multiply_portable(std::uint32_t* sums, const Pair* weights_0, const Pair* ifmap_0,
                       const Pair* weights_1, const Pair* ifmap_1, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    sums[i] += dot(weights_0[i], ifmap_0[i]) + dot(weights_1[i], ifmap_1[i]);
  }
}

#ifdef SYSTOLE_X86_VECTORS

// The multiply-add of 16-bit pairs is the same sum modulo 2^32.

__attribute__((target("avx2"))) inline __m256i load_8(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

__attribute__((target("avx2"))) void multiply_avx2(std::uint32_t* sums, const Pair* weights_0,
                                                   const Pair* ifmap_0, const Pair* weights_1,
                                                   const Pair* ifmap_1, std::size_t count) {
  constexpr std::size_t kLanes = 8;
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const __m256i first = _mm256_madd_epi16(load_8(weights_0 + i), load_8(ifmap_0 + i));
    const __m256i second = _mm256_madd_epi16(load_8(weights_1 + i), load_8(ifmap_1 + i));
    const __m256i sum = _mm256_add_epi32(load_8(sums + i), _mm256_add_epi32(first, second));
    _mm256_storeu_si256(static_cast<__m256i*>(static_cast<void*>(sums + i)), sum);
  }
  multiply_portable(sums + i, weights_0 + i, ifmap_0 + i, weights_1 + i, ifmap_1 + i, count - i);
}

__attribute__((target("avx512f,avx512bw"))) void multiply_avx512(
    std::uint32_t* sums, const Pair* weights_0, const Pair* ifmap_0, const Pair* weights_1,
    const Pair* ifmap_1, std::size_t count) {
  constexpr std::size_t kLanes = 16;
  for (std::size_t i = 0; i < count; i += kLanes) {
    const std::size_t left = count - i;
    const auto lanes = static_cast<__mmask16>(left >= kLanes ? 0xFFFFU : (1U << left) - 1U);
    const auto load = [lanes](const void* from)
        __attribute__((target("avx512f,avx512bw"), always_inline)) {
      return _mm512_maskz_loadu_epi32(lanes, from);
    };
    const __m512i first = _mm512_madd_epi16(load(weights_0 + i), load(ifmap_0 + i));
    const __m512i second = _mm512_madd_epi16(load(weights_1 + i), load(ifmap_1 + i));
    const __m512i sum = _mm512_add_epi32(load(sums + i), _mm512_add_epi32(first, second));
    _mm512_mask_storeu_epi32(sums + i, lanes, sum);
  }
}

#endif

}  // namespace

std::vector<MultiplyPairs> multiply_pairs_here() {
  std::vector<MultiplyPairs> all{multiply_portable};
#ifdef SYSTOLE_X86_VECTORS
  if (__builtin_cpu_supports("avx2")) {
    all.push_back(multiply_avx2);
  }
  if (__builtin_cpu_supports("avx512bw")) {
    all.push_back(multiply_avx512);
  }
#endif
  return all;
}

}  // namespace systole
