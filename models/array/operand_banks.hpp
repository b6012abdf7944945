#pragma once

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <set>
#include <vector>

#include "models/array/fold_feed.hpp"
#include "models/scratchpad/bank_map.hpp"

namespace systole {

/// Banks of rows that are read together: each once, in the order in which they are asked.
using Banks = boost::container::small_vector<std::uint32_t, 4>;

inline bool is_in(const Banks* banks, std::uint32_t bank) {
  return banks != nullptr && std::find(banks->begin(), banks->end(), bank) != banks->end();
}
inline bool meet(const Banks* a, const Banks* b) {
  return a != nullptr && b != nullptr &&
         std::any_of(a->begin(), a->end(), [&](std::uint32_t bank) { return is_in(b, bank); });
}
inline void add(Banks& banks, std::uint32_t bank) {
  if (!is_in(&banks, bank)) {
    banks.push_back(bank);
  }
}

/// Finds the banks from which a fold's cycles read.
class OperandBanks {
 public:
  explicit OperandBanks(const BankMap& map);

  /// What a cycle of a load or a stream reads, and the first one behind it that may read others.
  struct Found {
    const Banks* banks = nullptr;
    std::uint32_t until = 0;
    RowsRead rows;
  };
  /// Sets `found`, which is of this cycle or of one before, to that of the pixels of a run.
  void find_pixels(const FoldCommands& fold, const FoldRun& run, std::uint32_t cycle, Found& found);
  /// To that of its weights.
  void find_weights(const PreloadCommand& preload, const FoldRun& run, std::uint32_t cycle,
                    Found& found);

  /// The list with these banks, which stays.
  const Banks* listed(const Banks& banks);

 private:
  void set(Found& found, const Banks& banks, const RowsRead& rows, std::uint32_t cycle,
           std::uint32_t same);

  const BankMap map_;
  std::vector<Banks> single_;  // by bank
  std::set<Banks> others_;
};

}  // namespace systole
