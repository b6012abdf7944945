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

const std::int16_t* words_of(const FoldWeights& weights) {
  return reinterpret_cast<const std::int16_t*>(weights.packed.get());
}

void multiply_row(FoldBuffers& buffers, const FoldSet& fold, const std::int16_t* ifmap,
                  std::int32_t* to, const PsumRows& psums) {
  const PsumFormat format{32, psums.saturate ? Overflow::Saturate : Overflow::Wrap};
  const std::size_t columns = buffers.columns;
  std::vector<std::uint32_t> sums(columns);
  for (std::size_t r = 0; r < fold.weights->k; ++r) {
    const std::int32_t x = ifmap[r];
    const std::int16_t* weights = words_of(*fold.weights) + r * columns;
    for (std::size_t c = 0; c < columns && x != 0; ++c) {
      sums[c] += static_cast<std::uint32_t>(x * weights[c]);
    }
  }
  for (std::size_t c = 0; c < columns; ++c) {
    const auto sum = static_cast<std::int32_t>(sums[c]);
    to[c] = static_cast<std::int32_t>(
        psums.accumulate ? add_psum(to[c], sum, format, buffers.overflows) : sum);
  }
}

}  // namespace

void pack_fold_weights(FoldWeights& to, std::uint32_t columns, const ElementRows& weights) {
  to.bytes = false;
  auto* words = reinterpret_cast<std::int16_t*>(to.packed.get());
  std::fill_n(words, std::size_t{to.padded_k} * columns, std::int16_t{0});
  std::fill_n(to.nonzeros.get(), to.padded_k, 0);
  std::fill_n(to.start.get(), columns, 0);
  for (std::size_t r = 0; r < weights.count; ++r) {
    for (std::size_t c = 0; c < to.n; ++c) {
      const std::int16_t weight = element(weights.rows[r], weights.type, c);
      words[r * columns + c] = weight;
      to.nonzeros[r] += weight != 0 ? 1U : 0U;
    }
  }
}

ZeroCounts zero_counts(const FoldBuffers& buffers, const FoldWeights& weights) {
  ZeroCounts counts;
  for (std::size_t r = 0; r < weights.padded_k; ++r) {
    counts.weights += weights.nonzeros[r];
    counts.between += std::uint64_t{buffers.zeros[r]} * weights.nonzeros[r];
  }
  return counts;
}

void multiply_fold(FoldBuffers& buffers, const FoldSets& folds, const ElementRows& ifmap,
                   std::size_t k, const PsumRows& psums) {
  std::vector<std::int16_t> vector(folds.sets[0].weights->padded_k);
  for (std::size_t row = 0; row < ifmap.count; ++row) {
    for (std::size_t r = 0; r < vector.size(); ++r) {
      vector[r] = r < k ? element(ifmap.rows[row], ifmap.type, r) : std::int16_t{0};
      buffers.zeros[r] += vector[r] == 0 ? 1U : 0U;
    }
    for (std::size_t fold = 0; fold < folds.count; ++fold) {
      multiply_row(buffers, folds.sets[fold], vector.data(),
                   psums.rows[row] + folds.sets[fold].offset, psums);
    }
  }
}

}  // namespace systole::portable
