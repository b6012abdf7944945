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

/// Rows of elements, each readable kReadBeyond bytes further.
struct ElementRows {
  const std::uint8_t* const* rows = nullptr;
  std::uint32_t count = 0;
  ElementType type = ElementType::Int8;
};

/// Rows of 32-bit accumulators, each another one, aligned as vectors are.
struct PsumRows {
  std::int32_t* const* rows = nullptr;
  bool accumulate = false;  ///< add to what is there
  bool saturate = false;    ///< those additions; else they wrap
};

/// The weights of a fold, [group of products][column][product of the group], with zeros where there
/// are none. A group is what is multiplied at once: 4 bytes with AVX-512 VNNI, if the weights are
/// signed bytes; else 2 words, or one where there are no vectors.
struct FoldWeights {
  std::uint32_t k = 0;         ///< products
  std::uint32_t padded_k = 0;  ///< rounded up to kLaneStep
  std::uint32_t n = 0;         ///< columns that count
  bool bytes = false;          ///< groups of 4 bytes: signed ifmap elements have 128 added
  std::uint32_t allocated_k = 0;
  hwy::AlignedFreeUniquePtr<std::uint8_t[]> packed;
  hwy::AlignedFreeUniquePtr<std::int32_t[]> start;      ///< by column: where its sums start
  hwy::AlignedFreeUniquePtr<std::uint32_t[]> nonzeros;  ///< by product: weights that are not zero
};

/// Of all folds.
struct FoldBuffers {
  std::uint32_t columns = 0;  ///< of the array, rounded up to kColumnStep
  std::uint32_t allocated_k = 0;
  hwy::AlignedFreeUniquePtr<std::uint8_t[]> ifmap;   ///< kStagedRows vectors of padded_k words
  hwy::AlignedFreeUniquePtr<std::uint32_t[]> zeros;  ///< by product: ifmap elements of zero so far
  std::uint64_t overflows = 0;
};

constexpr std::size_t kStagedRows = 64;

/// Weights that an ifmap meets, and how far behind the rows of psums theirs are, in accumulators.
struct FoldSet {
  const FoldWeights* weights = nullptr;
  std::ptrdiff_t offset = 0;
};

/// Several at once: of one k, and packed alike.
struct FoldSets {
  const FoldSet* sets = nullptr;
  std::size_t count = 0;
};

/// Fills packed, start and nonzeros, all of padded_k, and chooses the groups.
void pack_fold_weights(FoldWeights& to, std::uint32_t columns, const ElementRows& weights,
                       ElementType ifmap);

/// Weights that are not zero, and their products with the ifmap elements of zero.
struct ZeroCounts {
  std::uint64_t weights = 0;
  std::uint64_t between = 0;
};
ZeroCounts zero_counts(const FoldBuffers& buffers, const FoldWeights& weights);

/// Adds to zeros and overflows.
void multiply_fold(FoldBuffers& buffers, const FoldSets& folds, const ElementRows& ifmap,
                   std::size_t k, const PsumRows& psums);

}  // namespace systole
