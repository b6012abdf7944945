#pragma once

#include <cstdint>
#include <vector>

#include "models/accumulators/accumulator_messages.hpp"
#include "models/accumulators/accumulators_block_config.hpp"
#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/kernel/wire.hpp"
#include "sim/stats/measurements.hpp"
#include "sim/storage/psum.hpp"
#include "sim/storage/ring.hpp"

namespace systole {

/// Rows of partial sums (array.accumulator_bits) in banks of consecutive rows, each with a read and
/// a write port.
///
/// Arbitration: in each cycle each bank serves, in this order and as far as its ports reach, a
/// result row of the array (which takes both ports when it accumulates), the load unit's write, the
/// store's read; results never wait. A store's row is read while there is room for it in all the
/// stages up to the store unit: for read_latency and requant.pipeline_entries rows.
///
/// Timing: a request pushed in cycle t is looked at in t + 1; a row read in cycle g is at the
/// requantization unit in g + read_latency, a cycle earlier, if that is more than one, what is
/// outside of the ofmap that a store pools, for which nothing is read. Completions go out with the
/// access. Sums wrap or saturate (sim/storage/psum.hpp). In loads the sums of a row lie packed, one
/// behind the other.
class Accumulators final : public ClockedModule {
 public:
  FifoIn<ResultRow> results{"results"};
  FifoIn<LocalWrite> load_write{"load_write"};
  FifoOut<Completion> load_write_done{"load_write_done"};
  FifoIn<AccumulatorRead> store_read{"store_read"};
  FifoOut<Completion> store_read_done{"store_read_done"};
  FifoOut<PsumBlock> psums{"psums"};

  /// `gathered` counts the blocks that the store unit has taken from the requantization unit.
  Accumulators(const sc_core::sc_module_name& name, const Clock& clock,
               const AccumulatorsBlockConfig& config, const Wire<std::uint64_t>& gathered,
               Measurements& measurements);

  void list_signals(SignalList& list) const;

  /// Contents for tests, row-major.
  std::vector<std::int64_t>& contents() { return values_; }

 private:
  void tick() override;
  void take_result();
  void take_load();
  void serve_store();
  bool read_for_store(const AccumulatorRead& read);
  void deliver();
  std::uint32_t bank_of(std::uint32_t row) const { return row / rows_per_bank_; }
  std::int64_t* row(std::uint32_t index);

  const std::uint32_t cols_;
  const std::uint32_t rows_;
  const std::uint32_t rows_per_bank_;
  const PsumFormat format_;
  const std::uint64_t row_bits_;
  std::vector<std::int64_t> values_;
  std::vector<std::uint8_t> row_bytes_;     // of a row that is being loaded
  std::vector<std::uint64_t> read_taken_;   // cycle in which a bank's read port was last used
  std::vector<std::uint64_t> write_taken_;  // the same of its write port
  struct Delayed {
    PsumBlock block;
    std::uint64_t due = 0;
  };
  const std::uint32_t read_latency_;
  Ring<Delayed> leaving_;       // read, on the way to the requantization unit
  const std::uint64_t stages_;  // rows between here and the store unit at most
  std::uint64_t stored_ = 0;    // rows read for stores
  const Wire<std::uint64_t>& gathered_;
  Measurements& measurements_;
};

}  // namespace systole
