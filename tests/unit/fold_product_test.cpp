#include "sim/functional/fold_product.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/functional/instruction_sets.hpp"
#include "sim/storage/psum.hpp"

namespace systole {
namespace {

using Random = std::mt19937;

std::int32_t least(ElementType type) {
  return type == ElementType::Int8 ? -128 : type == ElementType::Uint8 ? 0 : -32768;
}

std::int32_t most(ElementType type) {
  return type == ElementType::Int8 ? 127 : type == ElementType::Uint8 ? 255 : 32767;
}

/// Its ends and zero come often.
std::int32_t element(ElementType type, Random& random) {
  switch (random() % 6) {
    case 0:
      return least(type);
    case 1:
      return most(type);
    case 2:
      return 0;
    default:
      return std::uniform_int_distribution<std::int32_t>{least(type), most(type)}(random);
  }
}

std::int32_t psum(Random& random) {
  constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
  const auto small = static_cast<std::int32_t>(random() % 100000);
  switch (random() % 4) {
    case 0:
      return kMax - small;
    case 1:
      return -kMax - 1 + small;
    case 2:
      return small;
    default:
      return static_cast<std::int32_t>(random());
  }
}

/// A matrix, and its rows as kernels read them. What lies behind a row is not 0.
struct Matrix {
  Matrix(std::uint32_t count, std::uint32_t columns, ElementType type_, Random& random)
      : type{type_}, bytes(count), values(count) {
    const std::size_t element_bytes = type == ElementType::Int16 ? 2 : 1;
    for (std::uint32_t r = 0; r < count; ++r) {
      bytes[r].assign(columns * element_bytes + kReadBeyond, 0x5a);
      for (std::uint32_t c = 0; c < columns; ++c) {
        values[r].push_back(element(type, random));
        const auto word = static_cast<std::uint16_t>(values[r].back());
        std::memcpy(bytes[r].data() + c * element_bytes, &word, element_bytes);
      }
      rows.push_back(bytes[r].data());
    }
  }
  Matrix(const Matrix&) = delete;

  ElementRows all() const { return {rows.data(), static_cast<std::uint32_t>(rows.size()), type}; }

  ElementType type;
  std::vector<std::vector<std::uint8_t>> bytes;
  std::vector<std::vector<std::int32_t>> values;
  std::vector<const std::uint8_t*> rows;
};

struct Outcome {
  std::vector<std::int32_t> psums;
  std::uint64_t nonzero_products = 0;
  std::uint64_t overflows = 0;
  bool operator==(const Outcome& o) const {
    return psums == o.psums && nonzero_products == o.nonzero_products && overflows == o.overflows;
  }
};

/// Some chains of as many folds each, multiplied twice: the second time the last fold alone. The
/// steps have offsets of their own.
struct Folds {
  Folds(ElementType ifmap_type, ElementType weight_type, Random& random)
      : chains{1 + random() % 3},
        steps{1 + random() % 4},
        cols{1 + static_cast<std::uint32_t>(random() % 50)},
        k{1 + static_cast<std::uint32_t>(random() % 40)},
        pitch{(cols + kColumnStep - 1) / kColumnStep * std::size_t{kColumnStep}},
        saturate{random() % 2 == 0},
        ifmap{1 + static_cast<std::uint32_t>(random() % 80), k + kMostOffset, ifmap_type, random} {
    for (std::size_t fold = 0; fold < chains * steps; ++fold) {
      n.push_back(1 + static_cast<std::uint32_t>(random() % cols));
      // Of one number of products when rounded up, which is that of the ifmap or less.
      const std::uint32_t least_k = (k - 1) / kLaneStep * kLaneStep + 1;
      const auto own_k = least_k + static_cast<std::uint32_t>(random() % (k - least_k + 1));
      weights.push_back(std::make_unique<Matrix>(own_k, cols, weight_type, random));
    }
    for (std::size_t step = 0; step < steps; ++step) {
      offsets.push_back(random() % (kMostOffset + 1));
    }
    const bool small = random() % 2 == 0;
    for (std::size_t i = 0; i < chains * chain_size(); ++i) {
      const auto value = small ? static_cast<std::int32_t>(random() % 100000) : psum(random);
      psums.push_back(i % pitch < cols ? value : 0);
    }
  }

  std::size_t chain_size() const { return ifmap.rows.size() * pitch; }
  std::size_t fold(std::size_t chain, std::size_t step) const { return chain * steps + step; }

  Outcome by_kernel() const {
    FoldProduct product{cols};
    const auto aligned = hwy::AllocateAligned<std::int32_t>(psums.size());
    std::copy(psums.begin(), psums.end(), aligned.get());
    std::vector<std::int32_t*> rows;
    for (std::size_t r = 0; r < ifmap.rows.size(); ++r) {
      rows.push_back(aligned.get() + r * pitch);
    }
    std::vector<std::vector<std::uint32_t>> all_folds(chains);
    std::vector<std::int32_t> ifmap_offsets;
    for (const std::size_t offset : offsets) {
      ifmap_offsets.push_back(
          static_cast<std::int32_t>(offset * (ifmap.type == ElementType::Int16 ? 2 : 1)));
    }
    std::vector<FoldChain> all_chains;
    for (std::size_t chain = 0; chain < chains; ++chain) {
      for (std::size_t step = 0; step < steps; ++step) {
        const auto number = static_cast<std::uint32_t>(fold(chain, step)) % product.folds();
        const Matrix& matrix = *weights[fold(chain, step)];
        if (chain == 0 && step == 0) {
          product.start(matrix.all().count, matrix.type, ifmap.type);
        }
        EXPECT_TRUE(product.keeps_beside(matrix.all().count, matrix.type, ifmap.type));
        product.take_weights(number, matrix.all(), n[fold(chain, step)]);
        all_folds[chain].push_back(number);
      }
      all_chains.push_back({all_folds[chain].data(),
                            static_cast<std::ptrdiff_t>(chain * chain_size()), accumulates[0]});
    }
    product.multiply({all_chains.data(), chains, ifmap_offsets.data(), steps}, ifmap.all(), k,
                     {rows.data(), saturate});
    const FoldChain last{&all_folds.back().back(), all_chains.back().psum_offset, accumulates[1]};
    product.multiply({&last, 1, &ifmap_offsets.back(), 1}, ifmap.all(), k, {rows.data(), saturate});
    return {{aligned.get(), aligned.get() + psums.size()},
            product.take_nonzero_products(),
            product.take_overflows()};
  }

  Outcome one_by_one() const {
    Outcome outcome{psums};
    for (std::size_t chain = 0; chain < chains; ++chain) {
      for (std::size_t step = 0; step < steps; ++step) {
        add_one_by_one(chain, step, accumulates[0] || step > 0, outcome);
      }
    }
    add_one_by_one(chains - 1, steps - 1, accumulates[1], outcome);
    return outcome;
  }

  void add_one_by_one(std::size_t chain, std::size_t step, bool accumulate,
                      Outcome& outcome) const {
    const PsumFormat format{32, saturate ? Overflow::Saturate : Overflow::Wrap};
    const Matrix& matrix = *weights[fold(chain, step)];
    for (std::size_t r = 0; r < ifmap.rows.size(); ++r) {
      for (std::uint32_t c = 0; c < cols; ++c) {
        std::int64_t sum = 0;
        for (std::uint32_t i = 0; i < matrix.rows.size() && c < n[fold(chain, step)]; ++i) {
          const std::int64_t product =
              std::int64_t{ifmap.values[r][offsets[step] + i]} * matrix.values[i][c];
          sum += product;
          outcome.nonzero_products += product != 0 ? 1 : 0;
        }
        std::int32_t& to = outcome.psums[chain * chain_size() + r * pitch + c];
        sum = wrapped_to(sum, 32);
        to = static_cast<std::int32_t>(accumulate ? add_psum(to, sum, format, outcome.overflows)
                                                  : sum);
      }
    }
  }

  static constexpr std::uint32_t kMostOffset = 20;

  std::size_t chains, steps;
  std::uint32_t cols, k;
  std::size_t pitch;
  bool saturate;
  Matrix ifmap;
  std::vector<std::uint32_t> n;
  std::vector<std::unique_ptr<Matrix>> weights;
  std::vector<std::size_t> offsets;  // in elements
  std::vector<std::int32_t> psums;
  std::array<bool, 2> accumulates = {true, true};
};

constexpr ElementType kTypes[] = {ElementType::Int8, ElementType::Uint8, ElementType::Int16};

TEST(FoldProduct, IsTheSumOfProductsOnEveryInstructionSet) {
  for (const InstructionSet& set : instruction_sets()) {
    force(set);
    Random random{7};
    for (const ElementType ifmap : kTypes) {
      for (const ElementType weights : kTypes) {
        for (int i = 0; i < 16; ++i) {
          Folds folds{ifmap, weights, random};
          folds.accumulates[0] = random() % 2 == 0;
          ASSERT_TRUE(folds.by_kernel() == folds.one_by_one())
              << set.name << ", " << folds.chains << " chains of " << folds.steps << " folds of "
              << folds.ifmap.rows.size() << " x " << folds.k << " x " << folds.cols << ", types "
              << static_cast<int>(ifmap) << " and " << static_cast<int>(weights);
        }
      }
    }
  }
}

TEST(FoldProduct, HoldsTheLargestSumsOfBytesOnEveryInstructionSet) {
  constexpr std::uint32_t kProducts = 256;
  for (const InstructionSet& set : instruction_sets()) {
    force(set);
    for (const auto byte : std::array<std::uint8_t, 3>{0x80, 0x7f, 0xff}) {
      const std::vector<std::uint8_t> row(kProducts + kReadBeyond, byte);
      const std::vector<std::uint8_t> least_weights(16 + kReadBeyond, 0x80);
      const std::vector<const std::uint8_t*> weights(kProducts, least_weights.data());
      const std::uint8_t* ifmap = row.data();
      for (const ElementType type : {ElementType::Int8, ElementType::Uint8}) {
        FoldProduct product{16};
        const auto psums = hwy::AllocateAligned<std::int32_t>(16);
        product.start(kProducts, ElementType::Int8, type);
        product.take_weights(0, {weights.data(), kProducts, ElementType::Int8}, 16);
        std::int32_t* const to = psums.get();
        const std::uint32_t fold = 0;
        const FoldChain chain{&fold, 0, false};
        const std::int32_t offset = 0;
        product.multiply({&chain, 1, &offset, 1}, {&ifmap, 1, type}, kProducts, {&to, false});
        const std::int32_t value =
            type == ElementType::Uint8 ? byte : static_cast<std::int8_t>(byte);
        for (int c = 0; c < 16; ++c) {
          EXPECT_EQ(psums[static_cast<std::size_t>(c)], value * -128 * 256) << set.name;
        }
      }
    }
  }
}

TEST(FoldProduct, MultipliesBytesWhereTheInstructionSetDoes) {
  for (const InstructionSet& set : instruction_sets()) {
    force(set);
    for (const ElementType ifmap : {ElementType::Int8, ElementType::Uint8}) {
      EXPECT_EQ(multiplies_bytes(ElementType::Int8, ifmap), set.byte_products) << set.name;
    }
    EXPECT_FALSE(multiplies_bytes(ElementType::Int16, ElementType::Int8)) << set.name;
    EXPECT_FALSE(multiplies_bytes(ElementType::Int8, ElementType::Int16)) << set.name;
  }
  force(instruction_sets().front());
}

TEST(FoldProduct, HasAPortableInstructionSetBesideThoseOfTheComputer) {
  ASSERT_FALSE(instruction_sets().empty());
#if defined(__x86_64__) && !defined(__SSSE3__)
  // EMU128 of compilers that get its loops right: clang, and g++ from 12.3 on.
  const std::string portable = instruction_sets().back().name;
  EXPECT_TRUE(portable == "SCALAR" || portable == "EMU128") << portable;
#endif
}

TEST(FoldProduct, WithoutWeightsIsAnErrorOfOurs) {
  FoldProduct product{4};
  const std::uint32_t fold = 0;
  const FoldChain chain{&fold, 0, false};
  const std::int32_t offset = 0;
  const std::vector<std::uint8_t> row(8 + kReadBeyond, 3);
  const std::uint8_t* ifmap = row.data();
  const auto psums = hwy::AllocateAligned<std::int32_t>(16);
  std::int32_t* const to = psums.get();
  EXPECT_THROW(
      product.multiply({&chain, 1, &offset, 1}, {&ifmap, 1, ElementType::Int8}, 8, {&to, true}),
      std::logic_error);
}

}  // namespace
}  // namespace systole
