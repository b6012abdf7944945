#include "models/requant/float_scale.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>

// CMakeLists.txt turns off the fusing of products with sums.
#if defined(__FAST_MATH__)
#error "float_scale needs IEEE arithmetic: build without -ffast-math"
#endif

namespace systole {

static_assert(FLT_EVAL_METHOD == 0, "float_scale needs float expressions without excess precision");
static_assert(FLT_RADIX == 2 && FLT_MANT_DIG == 24, "float is not IEEE 754 binary32");

float nearest_float(std::int64_t x) { return static_cast<float>(x); }

float float_product(float a, float b) { return a * b; }

float float_sum(float a, float b) { return a + b; }

std::int64_t nearest_integer(float x) {
  constexpr float kLargest = 4611686018427387904.0F;  // 2^62
  return std::llrint(std::clamp(x, -kLargest, kLargest));
}

}  // namespace systole
