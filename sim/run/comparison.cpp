#include "sim/run/comparison.hpp"

#include <cstddef>

namespace systole {
namespace {

std::vector<std::int64_t> index_of(const Shape& shape, std::size_t element) {
  std::vector<std::int64_t> index(shape.size());
  auto rest = static_cast<std::int64_t>(element);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = rest % shape[axis];
    rest /= shape[axis];
  }
  return index;
}

}  // namespace

std::optional<Mismatch> compare(const Shape& shape, const TensorData& expected,
                                const TensorData& got) {
  std::optional<Mismatch> mismatch;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] == got[i]) {
      continue;
    }
    if (!mismatch) {
      mismatch.emplace();
      mismatch->index = index_of(shape, i);
      mismatch->expected = expected[i];
      mismatch->got = got[i];
    }
    ++mismatch->mismatches;
  }
  return mismatch;
}

}  // namespace systole
