#include "sim/functional/fold_kernels.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/functional/fold_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sim/functional/fold_kernels_portable.hpp"
#include "sim/functional/fold_sums.inl"
#include "sim/functional/nonzero_kernels.hpp"
#include "sim/network/ceil_div.hpp"

// Of a lambda: else arrays that it works on would lie in memory.
#ifndef SYSTOLE_INLINE
#define SYSTOLE_INLINE __attribute__((always_inline))
#endif

HWY_BEFORE_NAMESPACE();
namespace systole {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

void multiply(FoldBuffers& buffers, const FoldChains& chains, const ElementRows& ifmap, std::size_t,
              const PsumRows& psums) {
  portable::multiply_folds(buffers, chains, ifmap, psums);
}

#else

/// Calls body(r) for each r below `count`, each a constant: arrays stay in registers then.
template <typename Body, std::size_t... r>
HWY_INLINE void for_each_constant(std::index_sequence<r...>, const Body& body) {
  (body(std::integral_constant<std::size_t, r>{}), ...);
}
template <std::size_t count, typename Body>
HWY_INLINE void for_rows(const Body& body) {
  for_each_constant(std::make_index_sequence<count>{}, body);
}

/// Negative where old + sum, which is `result`, left 32 bits: the operands have one sign and it the
/// other.
HWY_INLINE SumVector overflow(SumVector old, SumVector sum, SumVector result) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  constexpr int kBothUnlikeThird = 0x42;
  return SumVector{_mm512_ternarylogic_epi32(old.raw, sum.raw, result.raw, kBothUnlikeThird)};
#else
  return hn::AndNot(hn::Xor(old, sum), hn::Xor(old, result));
#endif
}

/// Adds sums, each of one step, to the psums of their rows.
template <std::size_t count>
HWY_INLINE void add_step(const SumVector (&sums)[count], std::int32_t* const* to,
                         std::ptrdiff_t column, bool saturate, std::uint64_t& overflows) {
  const Sums d;
  SumVector results[count];
  SumVector left[count];  // negative where 32 bits were left
  SumVector any = hn::Zero(d);
  for_rows<count>([&](auto r) SYSTOLE_INLINE {
    const SumVector old = hn::Load(d, to[r] + column);
    results[r] = hn::Add(old, sums[r]);
    left[r] = overflow(old, sums[r], results[r]);
    any = hn::Or(any, left[r]);
  });
  if (HWY_UNLIKELY(!hn::AllFalse(d, hn::Lt(any, hn::Zero(d))))) {
    for_rows<count>([&](auto r) SYSTOLE_INLINE {
      const auto beyond = hn::Lt(left[r], hn::Zero(d));
      overflows += hn::CountTrue(d, beyond);
      if (saturate) {  // a wrapped sum has the other sign
        const SumVector sign = hn::ShiftRight<31>(results[r]);
        const SumVector end = hn::Xor(sign, hn::Set(d, hwy::LimitsMin<std::int32_t>()));
        results[r] = hn::IfThenElse(beyond, end, results[r]);
      }
    });
  }
  for_rows<count>([&](auto r) SYSTOLE_INLINE { hn::Store(results[r], d, to[r] + column); });
}

/// Adds sums of several steps, unless one of them might have left 32 bits: then it does nothing and
/// returns false. None does if the psum was at most `room` from zero.
template <std::size_t count>
HWY_INLINE bool add_steps(const SumVector (&sums)[count], std::int32_t* const* to,
                          std::ptrdiff_t column, std::int32_t room) {
  const Sums d;
  const hn::RebindToUnsigned<Sums> magnitudes;
  auto largest = hn::Zero(magnitudes);
  for_rows<count>([&](auto r) SYSTOLE_INLINE {
    const SumVector old = hn::Load(d, to[r] + column);
    largest = hn::Max(largest, hn::BitCast(magnitudes, hn::Abs(old)));
  });
  const auto most = hn::Set(magnitudes, static_cast<std::uint32_t>(room));
  if (HWY_UNLIKELY(!hn::AllTrue(magnitudes, hn::Eq(hn::Max(largest, most), most)))) {
    return false;
  }
  for_rows<count>([&](auto r) SYSTOLE_INLINE {
    hn::Store(hn::Add(hn::Load(d, to[r] + column), sums[r]), d, to[r] + column);
  });
  return true;
}

/// All that is the same for the folds of a call.
struct Task {
  FoldBuffers& buffers;
  std::size_t groups;  ///< of a fold
  bool saturate;
  std::int64_t step_products;  ///< what the products of a step may add up to
};

/// The columns of a vector, from `column` on, of `count` rows.
struct Block {
  const std::uint8_t* const* ifmap;
  std::int32_t* const* to;
  std::size_t column;
};

/// Makes `rows` those of the ifmap at `offset`, as words.
template <ElementType type, std::size_t count>
HWY_INLINE void stage(const Task& task, const Block& block, std::ptrdiff_t offset,
                      const std::uint8_t* (&rows)[count]) {
  const std::size_t k = task.groups * WordSum::kProducts;
  auto* staged = reinterpret_cast<std::int16_t*>(task.buffers.staged.get());
  for (std::size_t r = 0; r < count; ++r, staged += task.buffers.padded_k) {
    for (std::size_t at = 0; at < k; at += hn::Lanes(Words())) {
      hn::Store(load_words<type>(block.ifmap[r] + offset, at), Words(), staged + at);
    }
    rows[r] = reinterpret_cast<const std::uint8_t*>(staged);
  }
}

/// How a kind of sums multiplies, `known_groups` groups of a fold if that is not 0.
template <typename Sum_, ElementType type_, std::size_t known_groups_ = 0>
struct Kind {
  using Sum = Sum_;
  static constexpr ElementType type = type_;
  static constexpr std::size_t known_groups = known_groups_;
  static constexpr bool kBytes = std::is_same_v<Sum, ByteSum>;
  static constexpr bool kFlip = kBytes && type == ElementType::Int8;
  static constexpr bool kStaged = !kBytes && type != ElementType::Int16;
};

/// The sums of one or two chains over all steps, of `count` ifmap vectors.
template <class K, std::size_t sets, std::size_t count>
void multiply_block(const Task& task, const FoldChains& chains, const Block& block);

/// What multiply_block does for one of its chains, one step after the other.
template <class K, std::size_t count>
HWY_NOINLINE void multiply_steps(const Task& task, const FoldChain& chain,
                                 const std::int32_t* offsets, std::size_t steps,
                                 const Block& block) {
  for (std::size_t s = 0; s < steps; ++s) {
    const FoldChain step{chain.folds + s, chain.psum_offset, chain.accumulate || s > 0};
    multiply_block<K, 1, count>(task, {&step, 1, offsets + s, 1}, block);
  }
}

/// Puts the sums of a chain where they belong.
template <class K, std::size_t count>
HWY_INLINE void finish(const Task& task, const FoldChains& chains, std::size_t set,
                       const Block& block, const typename K::Sum (&sums)[count], SumVector start) {
  const Sums d;
  const FoldChain& chain = chains.chains[set];
  const auto column = static_cast<std::ptrdiff_t>(block.column) + chain.psum_offset;
  SumVector totals[count];
  for_rows<count>([&](auto r) SYSTOLE_INLINE {
    totals[r] = K::kFlip ? hn::Add(sums[r].total(), start) : sums[r].total();
  });
  const std::int64_t room =
      hwy::LimitsMax<std::int32_t>() - static_cast<std::int64_t>(chains.steps) * task.step_products;
  const auto step_by_step = [&] {
    multiply_steps<K, count>(task, chain, chains.ifmap_offsets, chains.steps, block);
  };
  if (chains.steps > 1 && room < 0) {
    step_by_step();
  } else if (!chain.accumulate) {
    for_rows<count>([&](auto r) SYSTOLE_INLINE { hn::Store(totals[r], d, block.to[r] + column); });
  } else if (chains.steps == 1) {
    add_step<count>(totals, block.to, column, task.saturate, task.buffers.overflows);
  } else if (!add_steps<count>(totals, block.to, column, static_cast<std::int32_t>(room))) {
    step_by_step();
  }
}

template <class K, std::size_t sets, std::size_t count>
HWY_NOINLINE void multiply_block(const Task& task, const FoldChains& chains, const Block& block) {
  using Sum = typename K::Sum;
  constexpr auto kSignBits = static_cast<std::int32_t>(0x80808080U);
  const Sums d;
  const FoldBuffers& buffers = task.buffers;
  const std::size_t groups = K::known_groups != 0 ? K::known_groups : task.groups;
  const std::size_t group_bytes = std::size_t{buffers.columns} * 4;
  const std::uint32_t* const folds = chains.chains[0].folds;
  const std::uint32_t* const other_folds = chains.chains[sets - 1].folds;
  Sum sums[count];
  Sum others[count];  // of the second chain; two arrays stay in registers, one of both does not
  for_rows<count>([&](auto r) SYSTOLE_INLINE {
    sums[r].start();
    others[r].start();
  });
  SumVector start = hn::Zero(d);
  SumVector other_start = hn::Zero(d);
  for (std::size_t s = 0; s < chains.steps; ++s) {
    const std::uint32_t fold = folds[s];
    const std::uint32_t other_fold = other_folds[s];
    const std::uint8_t* packed = buffers.packed.get() + block.column * 4;
    const std::uint8_t* other_packed = packed + other_fold * buffers.fold_bytes;
    packed += fold * buffers.fold_bytes;
    if constexpr (K::kFlip) {
      const std::int32_t* starts = buffers.starts.get() + block.column;
      start = hn::Add(start, hn::Load(d, starts + std::size_t{fold} * buffers.columns));
      other_start =
          hn::Add(other_start, hn::Load(d, starts + std::size_t{other_fold} * buffers.columns));
    }
    const std::ptrdiff_t offset = chains.ifmap_offsets[s];
    const std::uint8_t* rows[count];
    if constexpr (K::kStaged) {
      stage<K::type, count>(task, block, offset, rows);
    } else {
      for_rows<count>([&](auto r) SYSTOLE_INLINE { rows[r] = block.ifmap[r] + offset; });
    }
    for (std::size_t group = 0; group < groups; ++group) {
      const auto weights_of = [&](const std::uint8_t* from) {
        return hn::Load(d, reinterpret_cast<const std::int32_t*>(from + group * group_bytes));
      };
      const SumVector weights = weights_of(packed);
      const SumVector other_weights = weights_of(other_packed);
      for_rows<count>([&](auto r) SYSTOLE_INLINE {
        std::int32_t elements = 0;
        std::memcpy(&elements, rows[r] + group * 4, sizeof elements);
        SumVector x = hn::Set(d, elements);
        if constexpr (K::kFlip) {
          x = hn::Xor(x, hn::Set(d, kSignBits));
        }
        sums[r].add(x, weights);
        if constexpr (sets == 2) {
          others[r].add(x, other_weights);
        }
      });
    }
  }
  finish<K, count>(task, chains, 0, block, sums, start);
  if constexpr (sets == 2) {
    finish<K, count>(task, chains, 1, block, others, other_start);
  }
}

template <class K, std::size_t sets>
HWY_INLINE void multiply_sets(const Task& task, const FoldChains& chains, const ElementRows& ifmap,
                              std::int32_t* const* to) {
  for (std::size_t column = 0; column < task.buffers.columns; column += hn::Lanes(Sums())) {
    std::size_t r = 0;
    const auto block = [&] { return Block{ifmap.rows + r, to + r, column}; };
    for (; r + kBlockRows <= ifmap.count; r += kBlockRows) {
      multiply_block<K, sets, kBlockRows>(task, chains, block());
    }
    for (; r + 4 <= ifmap.count; r += 4) {
      multiply_block<K, sets, 4>(task, chains, block());
    }
    for (; r < ifmap.count; ++r) {
      multiply_block<K, sets, 1>(task, chains, block());
    }
  }
}

/// Two chains share what is done to an ifmap vector, where there are registers enough.
template <class K>
void multiply_chains(const Task& task, const FoldChains& chains, const ElementRows& ifmap,
                     std::int32_t* const* to) {
  constexpr std::size_t kPair = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL ? 2 : 1;
  std::size_t set = 0;
  const auto from = [&](std::size_t count) {
    return FoldChains{chains.chains + set, count, chains.ifmap_offsets, chains.steps};
  };
  for (; set + kPair <= chains.count; set += kPair) {
    multiply_sets<K, kPair>(task, from(kPair), ifmap, to);
  }
  for (; set < chains.count; ++set) {
    multiply_sets<K, 1>(task, from(1), ifmap, to);
  }
}

std::int64_t largest(ElementType type) {
  return type == ElementType::Int8 ? 128 : type == ElementType::Uint8 ? 255 : 32768;
}

void multiply(FoldBuffers& buffers, const FoldChains& chains, const ElementRows& ifmap,
              std::size_t k, const PsumRows& psums) {
  const std::size_t products = buffers.bytes ? ByteSum::kProducts : WordSum::kProducts;
  const std::size_t groups = ceil_div(k, products);
  const Task task{buffers, groups, psums.saturate,
                  static_cast<std::int64_t>(k) * largest(buffers.weights) * largest(ifmap.type)};
  const auto run = [&](auto kind) {
    multiply_chains<decltype(kind)>(task, chains, ifmap, psums.rows);
  };
  const auto run_bytes = [&](auto type) {
    constexpr std::size_t kCommonGroups = kLaneStep / ByteSum::kProducts;  // of arrays of 16 rows
    if (groups == kCommonGroups) {
      run(Kind<ByteSum, type(), kCommonGroups>{});
    } else {
      run(Kind<ByteSum, type()>{});
    }
  };
  switch (ifmap.type) {
    case ElementType::Int8:
      return buffers.bytes ? run_bytes(std::integral_constant<ElementType, ElementType::Int8>{})
                           : run(Kind<WordSum, ElementType::Int8>{});
    case ElementType::Uint8:
      return buffers.bytes ? run_bytes(std::integral_constant<ElementType, ElementType::Uint8>{})
                           : run(Kind<WordSum, ElementType::Uint8>{});
    case ElementType::Int16:
      return run(Kind<WordSum, ElementType::Int16>{});
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace systole
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace systole {
namespace {

HWY_EXPORT(multiply);

}  // namespace

void multiply_folds(FoldBuffers& buffers, const FoldChains& chains, const ElementRows& ifmap,
                    std::size_t k, const PsumRows& psums) {
  count_nonzero_products(buffers, chains, ifmap);
  HWY_DYNAMIC_DISPATCH(multiply)(buffers, chains, ifmap, k, psums);
}

}  // namespace systole
#endif  // HWY_ONCE
