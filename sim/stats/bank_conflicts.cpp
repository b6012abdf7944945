#include "sim/stats/bank_conflicts.hpp"

namespace systole {

const char* bank_user_name(BankUser user) {
  constexpr std::array<const char*, kBankUsers> kNames = {"load", "array", "vector", "store"};
  return kNames.at(static_cast<std::size_t>(user));
}

const char* banked_local_name(BankedLocal memory) {
  constexpr std::array<const char*, kBankedLocals> kNames = {"scratchpad", "weight_scratchpad",
                                                             "accumulators"};
  return kNames.at(static_cast<std::size_t>(memory));
}

}  // namespace systole
