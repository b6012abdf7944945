#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace systole {

/// Who uses the banks of a local memory.
enum class BankUser : std::uint8_t { Load, Array, Vector, Store, Count };
constexpr std::size_t kBankUsers = static_cast<std::size_t>(BankUser::Count);
const char* bank_user_name(BankUser user);  ///< the unit's name in the ledger

/// Local memories in banks.
enum class BankedLocal : std::uint8_t { Scratchpad, WeightScratchpad, Accumulators, Count };
constexpr std::size_t kBankedLocals = static_cast<std::size_t>(BankedLocal::Count);
const char* banked_local_name(BankedLocal memory);  ///< snake_case, as in the JSON report

/// Cycles in which an access waited for its bank, by memory, by the unit that waited and by the
/// unit that had the bank. An operand pair of the array that waits for two banks is counted once,
/// for the first of them, the ifmap's before the weights'; weights that wait for their own ifmap
/// have lost to the array.
class BankConflictCounts {
 public:
  void add(BankedLocal memory, BankUser waited, BankUser had, std::uint64_t times = 1) {
    cell(memory, waited, had) += times;
  }
  std::uint64_t at(BankedLocal memory, BankUser waited, BankUser had) const {
    return counts_[index(memory, waited, had)];
  }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts_) {
      sum += count;
    }
    return sum;
  }
  BankConflictCounts& operator+=(const BankConflictCounts& o) {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] += o.counts_[i];
    }
    return *this;
  }
  BankConflictCounts operator-(const BankConflictCounts& o) const {
    BankConflictCounts difference = *this;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      difference.counts_[i] -= o.counts_[i];
    }
    return difference;
  }
  bool operator==(const BankConflictCounts& o) const { return counts_ == o.counts_; }

 private:
  static std::size_t index(BankedLocal memory, BankUser waited, BankUser had) {
    return (static_cast<std::size_t>(memory) * kBankUsers + static_cast<std::size_t>(waited)) *
               kBankUsers +
           static_cast<std::size_t>(had);
  }
  std::uint64_t& cell(BankedLocal memory, BankUser waited, BankUser had) {
    return counts_[index(memory, waited, had)];
  }

  std::array<std::uint64_t, kBankedLocals * kBankUsers * kBankUsers> counts_{};
};

}  // namespace systole
