#include "sim/functional/fold_kernels_portable.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "sim/storage/psum.hpp"

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

std::int16_t* words_of(const FoldBuffers& buffers, std::uint32_t fold) {
  return reinterpret_cast<std::int16_t*>(buffers.packed.get() + fold * buffers.fold_bytes);
}

/// By product: weights that are not zero.
std::vector<std::uint32_t> nonzero_weights(const FoldBuffers& buffers, std::uint32_t fold) {
  std::vector<std::uint32_t> nonzeros(buffers.padded_k);
  const std::int16_t* weights = words_of(buffers, fold);
  for (std::uint32_t& count : nonzeros) {
    const std::int16_t* const end = weights + buffers.columns;
    count = static_cast<std::uint32_t>(end - weights - std::count(weights, end, 0));
    weights = end;
  }
  return nonzeros;
}

void multiply_row(FoldBuffers& buffers, std::uint32_t fold,
                  const std::vector<std::uint32_t>& nonzeros, const std::uint8_t* ifmap,
                  std::int32_t* to, bool accumulate, const PsumFormat& format) {
  const std::size_t columns = buffers.columns;
  std::vector<std::uint32_t> sums(columns);
  for (std::size_t r = 0; r < buffers.padded_k; ++r) {
    const std::int32_t x = element(ifmap, buffers.ifmap, r);
    const std::int16_t* weights = words_of(buffers, fold) + r * columns;
    for (std::size_t c = 0; c < columns && x != 0; ++c) {
      sums[c] += static_cast<std::uint32_t>(x * weights[c]);
    }
    buffers.nonzero_products += x != 0 ? nonzeros[r] : 0U;
  }
  for (std::size_t c = 0; c < columns; ++c) {
    const auto sum = static_cast<std::int32_t>(sums[c]);
    to[c] = static_cast<std::int32_t>(accumulate ? add_psum(to[c], sum, format, buffers.overflows)
                                                 : sum);
  }
}

}  // namespace

void pack_fold_weights(FoldBuffers& buffers, std::uint32_t fold, const ElementRows& weights,
                       std::uint32_t n) {
  std::int16_t* const words = words_of(buffers, fold);
  std::fill_n(words, std::size_t{buffers.padded_k} * buffers.columns, std::int16_t{0});
  for (std::size_t r = 0; r < weights.count; ++r) {
    for (std::size_t c = 0; c < n; ++c) {
      words[r * buffers.columns + c] = element(weights.row(r), weights.type, c);
    }
  }
}

void multiply_folds(FoldBuffers& buffers, const FoldChains& chains, const ElementRows& ifmap,
                    const PsumRows& psums) {
  const PsumFormat format{32, psums.saturate ? Overflow::Saturate : Overflow::Wrap};
  for (std::size_t c = 0; c < chains.count; ++c) {
    const FoldChain& chain = chains.chains[c];
    for (std::size_t s = 0; s < chains.steps; ++s) {
      const std::uint32_t fold = chain.folds[s];
      const std::vector<std::uint32_t> nonzeros = nonzero_weights(buffers, fold);
      for (std::size_t row = 0; row < ifmap.count; ++row) {
        multiply_row(buffers, fold, nonzeros, ifmap.rows[row] + chains.ifmap_offsets[s],
                     psums.rows[row] + chain.psum_offset, chain.accumulate || s > 0, format);
      }
    }
  }
}

}  // namespace systole::portable
