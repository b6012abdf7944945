#include "sim/functional/instruction_sets.hpp"

#include <hwy/targets.h>

#include <atomic>

namespace systole {
namespace {

bool computer_has_vnni() {
#if HWY_ARCH_X86
  return __builtin_cpu_supports("avx512vnni") != 0;
#else
  return false;
#endif
}

// Of all threads, as the target that Highway has chosen is.
std::atomic<bool> takes_byte_products{true};

}  // namespace

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    const std::string name = hwy::TargetName(target);
    const bool by_words = target != HWY_AVX3_DL;
    if (computer_has_vnni() && (target == HWY_AVX3 || target == HWY_AVX3_DL)) {
      sets.push_back({by_words ? name + " with VNNI" : name, target, true});
    }
    if (by_words) {
      sets.push_back({name, target, false});
    }
  }
  return sets;
}

void force(const InstructionSet& set) {
  hwy::SetSupportedTargetsForTest(set.target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  takes_byte_products = set.byte_products;
}

bool has_byte_products() {
  static const bool has_vnni = computer_has_vnni();
  return has_vnni && takes_byte_products.load(std::memory_order_relaxed);
}

}  // namespace systole
