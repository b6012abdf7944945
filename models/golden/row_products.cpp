#include "models/golden/row_products.hpp"

// Plain loops, which the compiler turns into 16-bit multiply-adds; with this attribute once for
// each of these instruction sets, of which the computer's best is taken when the program starts:
// before ThreadSanitizer is there, which that would need.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__) && \
    !defined(__SANITIZE_THREAD__)
#define SYSTOLE_CLONED __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define SYSTOLE_CLONED
#endif

namespace systole::golden {
namespace {

std::uint32_t product(std::int16_t a, std::int16_t b) {
  return static_cast<std::uint32_t>(std::int32_t{a} * b);
}

// Rows of b that stay in the cache while all rows of a pass them.
constexpr std::size_t kBlockRows = 4;

}  // namespace

SYSTOLE_CLONED
void row_products(const std::int16_t* a, std::size_t m, const std::int16_t* b, std::size_t n,
                  std::size_t k, std::uint32_t* sums) {
  std::size_t j = 0;
  for (; j + kBlockRows <= n; j += kBlockRows) {
    const std::int16_t* const b0 = b + j * k;
    const std::int16_t* const b1 = b0 + k;
    const std::int16_t* const b2 = b1 + k;
    const std::int16_t* const b3 = b2 + k;
    std::size_t i = 0;
    for (; i + 2 <= m; i += 2) {
      const std::int16_t* const a0 = a + i * k;
      const std::int16_t* const a1 = a0 + k;
      std::uint32_t s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
      for (std::size_t at = 0; at < k; ++at) {
        s00 += product(a0[at], b0[at]);
        s01 += product(a0[at], b1[at]);
        s02 += product(a0[at], b2[at]);
        s03 += product(a0[at], b3[at]);
        s10 += product(a1[at], b0[at]);
        s11 += product(a1[at], b1[at]);
        s12 += product(a1[at], b2[at]);
        s13 += product(a1[at], b3[at]);
      }
      std::uint32_t* const to = sums + i * n + j;
      to[0] = s00, to[1] = s01, to[2] = s02, to[3] = s03;
      to[n] = s10, to[n + 1] = s11, to[n + 2] = s12, to[n + 3] = s13;
    }
    for (; i < m; ++i) {
      const std::int16_t* const row = a + i * k;
      std::uint32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (std::size_t at = 0; at < k; ++at) {
        s0 += product(row[at], b0[at]);
        s1 += product(row[at], b1[at]);
        s2 += product(row[at], b2[at]);
        s3 += product(row[at], b3[at]);
      }
      std::uint32_t* const to = sums + i * n + j;
      to[0] = s0, to[1] = s1, to[2] = s2, to[3] = s3;
    }
  }
  for (; j < n; ++j) {
    for (std::size_t i = 0; i < m; ++i) {
      std::uint32_t sum = 0;
      for (std::size_t at = 0; at < k; ++at) {
        sum += product(a[i * k + at], b[j * k + at]);
      }
      sums[i * n + j] = sum;
    }
  }
}

}  // namespace systole::golden
