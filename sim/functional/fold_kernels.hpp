#pragma once

#include <hwy/aligned_allocator.h>

#include <cstddef>
#include <cstdint>

namespace systole {

/// Elements as they lie in a row.
enum class ElementType : std::uint8_t { Int8, Uint8, Int16 };

/// Bytes behind the last element of a row that a kernel may read, whatever they are.
constexpr std::size_t kReadBeyond = 64;

/// Columns that kernels take at once, at most: rows of psums are as long as multiples of it.
constexpr std::uint32_t kColumnStep = 16;

/// Products that kernels take at once, at most.
constexpr std::uint32_t kLaneStep = 16;

/// Rows of elements, each readable kReadBeyond bytes further than the products of a fold, rounded
/// up to kLaneStep.
struct ElementRows {
  const std::uint8_t* const* rows = nullptr;
  std::uint32_t count = 0;
  ElementType type = ElementType::Int8;
  std::size_t pitch = 0;  ///< if not 0, of weights: the rows are so far behind rows[0]

  const std::uint8_t* row(std::size_t r) const {
    return pitch != 0 ? rows[0] + r * pitch : rows[r];
  }
};

/// Rows of 32-bit accumulators, each another one, aligned as vectors are.
struct PsumRows {
  std::int32_t* const* rows = nullptr;
  bool saturate = false;  ///< additions to them; else they wrap
};

/// Folds one after the other whose products go to the same rows of psums, `psum_offset`
/// accumulators behind the given ones. They add to what is there but for the first if not
/// `accumulate`.
struct FoldChain {
  const std::uint32_t* folds = nullptr;  ///< whose weights
  std::ptrdiff_t psum_offset = 0;
  bool accumulate = false;
};

/// Several of `steps` folds each. Fold i of all of them has the ifmap vectors that lie
/// ifmap_offsets[i] bytes behind the given rows.
struct FoldChains {
  const FoldChain* chains = nullptr;
  std::size_t count = 0;
  const std::int32_t* ifmap_offsets = nullptr;
  std::size_t steps = 0;
};

/// The weights of folds alike, and room for the kernels. A fold's weights are [group of
/// products][column][product of the group], with zeros where there are none. A group is what is
/// multiplied at once: 4 bytes with AVX-512 VNNI, if the weights are signed bytes; else 2 words, or
/// one where there are no vectors.
struct FoldBuffers {
  std::uint32_t columns = 0;   ///< of the array, rounded up to kColumnStep
  std::uint32_t padded_k = 0;  ///< products of a fold, rounded up to kLaneStep
  ElementType weights = ElementType::Int8;
  ElementType ifmap = ElementType::Int8;
  bool bytes = false;          ///< groups of 4 bytes: signed ifmap elements have 128 added
  std::size_t fold_bytes = 0;  ///< from a fold's weights to the next one's
  hwy::AlignedFreeUniquePtr<std::uint8_t[]> packed;   ///< by fold
  hwy::AlignedFreeUniquePtr<std::int32_t[]> starts;   ///< by fold and column: where sums start
  hwy::AlignedFreeUniquePtr<std::int16_t[]> nonzero;  ///< by fold and product: weights, not zero
  hwy::AlignedFreeUniquePtr<std::uint8_t[]> staged;   ///< kBlockRows vectors of padded_k words
  std::uint64_t overflows = 0;         ///< additions to accumulators that left 32 bits
  std::uint64_t nonzero_products = 0;  ///< of operands that are both not zero
};

constexpr std::size_t kBlockRows = 8;  ///< psum rows that are summed up in registers, at most

/// FoldBuffers::bytes for such operands.
bool multiplies_bytes(ElementType weights, ElementType ifmap);

/// Fills packed and starts of a fold: row r of `weights` holds those of product r, of which the
/// first `n` columns count.
void pack_fold_weights(FoldBuffers& buffers, std::uint32_t fold, const ElementRows& weights,
                       std::uint32_t n);

/// Adds the products of all chains, the first `k` of each fold at least. Adds to overflows and
/// nonzero_products.
void multiply_folds(FoldBuffers& buffers, const FoldChains& chains, const ElementRows& ifmap,
                    std::size_t k, const PsumRows& psums);

}  // namespace systole
