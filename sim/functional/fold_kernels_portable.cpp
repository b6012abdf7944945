#include "sim/functional/fold_kernels_portable.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "sim/kernel/psum.hpp"

namespace systole::portable {
namespace {

std::int16_t element(const std::uint8_t* row, ElementType type, std::size_t at) {
  switch (type) {
    case ElementType::Int8:
      return static_cast<std::int8_t>(row[at]);
    case ElementType::Uint8:
      return row[at];
    case ElementType::Int16:
      break;
  }
  std::int16_t word = 0;
  std::memcpy(&word, row + at * sizeof word, sizeof word);
  return word;
}

}  // namespace

void pack_fold_weights(FoldBuffers& buffers, const ElementRows& weights, std::size_t n) {
  buffers.bytes = false;
  auto* words = reinterpret_cast<std::int16_t*>(buffers.weights.get());
  std::fill_n(words, std::size_t{buffers.padded_k} * buffers.columns, std::int16_t{0});
  for (std::size_t r = 0; r < weights.count; ++r) {
    for (std::size_t c = 0; c < n; ++c) {
      const std::int16_t weight = element(weights.rows[r], weights.type, c);
      words[r * buffers.columns + c] = weight;
      buffers.nonzeros[r] += weight != 0 ? 1 : 0;
    }
  }
}

void multiply_fold(FoldBuffers& buffers, const ElementRows& ifmap, std::size_t k,
                   const PsumRows& psums) {
  const std::size_t columns = buffers.columns;
  const auto* weights = reinterpret_cast<const std::int16_t*>(buffers.weights.get());
  const PsumFormat format{32, psums.saturate ? Overflow::Saturate : Overflow::Wrap};
  std::vector<std::uint32_t> sums(columns);
  for (std::size_t row = 0; row < ifmap.count; ++row) {
    std::fill(sums.begin(), sums.end(), 0);
    for (std::size_t r = 0; r < buffers.padded_k; ++r) {
      const std::int32_t x = r < k ? element(ifmap.rows[row], ifmap.type, r) : 0;
      if (x == 0) {
        ++buffers.zeros[r];
        continue;
      }
      for (std::size_t c = 0; c < columns; ++c) {
        sums[c] += static_cast<std::uint32_t>(x * weights[r * columns + c]);
      }
    }
    std::int32_t* to = psums.rows[row];
    for (std::size_t c = 0; c < columns; ++c) {
      const auto sum = static_cast<std::int32_t>(sums[c]);
      to[c] = static_cast<std::int32_t>(
          psums.accumulate ? add_psum(to[c], sum, format, buffers.overflows) : sum);
    }
  }
}

}  // namespace systole::portable
