#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/scratchpad/operand_queue.hpp"
#include "models/scratchpad/scratchpad_block_config.hpp"
#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/kernel/wire.hpp"
#include "sim/stats/measurements.hpp"
#include "sim/storage/ring.hpp"

namespace systole {

/// The scratchpads: one of activations and weights, or one of each, in banks (BankMap).
///
/// Arbitration: in each cycle each bank serves, in this order and as far as its ports reach, the
/// load unit's write, the vector unit's write, the store unit's write, the pair of operand reads
/// for the array (ifmap before weights; the rows of one part together, several of a bank in one
/// access), the vector unit's read, the store unit's read; who is not served tries again in the
/// next cycle. Rows of a compute and a preload that go together and lie in one bank go in turns,
/// the weights' in a later cycle than the ifmap's, even where one of them is padding (Gemmini's
/// ExecuteController compares addresses only).
///
/// Timing: a request pushed in cycle t is looked at in t + 1. A row, or the last of a pair, that is
/// read in cycle g goes to its reader's queue in g + read_latency - 1. A write that is served in g
/// is seen by reads of the same row served in g or later; completions go out with the access.
class Scratchpad final : public ClockedModule {
 public:
  FifoIn<LocalWrite> load_write{"load_write"};
  FifoOut<Completion> load_write_done{"load_write_done"};
  FifoIn<LocalWrite> vector_write{"vector_write"};
  FifoOut<Completion> vector_write_done{"vector_write_done"};
  FifoIn<LocalWrite> store_write{"store_write"};  ///< what stays for layers to come
  FifoIn<OperandPair> operand_read{"operand_read"};
  FifoOut<Completion> operand_read_done{"operand_read_done"};  ///< a compute's last row
  FifoOut<OperandPair> operands{"operands"};
  FifoIn<RowRead> vector_read{"vector_read"};
  FifoOut<RowData> vector_data{"vector_data"};
  FifoIn<RowRead> store_read{"store_read"};
  FifoOut<RowData> store_data{"store_data"};
  FifoOut<Completion> store_read_done{"store_read_done"};

  Scratchpad(const sc_core::sc_module_name& name, const Clock& clock,
             const ScratchpadBlockConfig& config, Measurements& measurements);

  /// A read takes out the bits of the array's lanes, as wide as the layer's operands are.
  void configure(const LayerRegisters& registers);

  /// An operand pair could not be read in the last cycle.
  const Wire<bool>& operands_stalled() const { return operands_stalled_; }
  /// They are because the operand queue is full, not because of a bank.
  const Wire<bool>& operand_queue_full() const { return queue_full_wire_; }

  /// The banks, with those of the weights numbered on.
  void list_signals(SignalList& list) const;

  /// Contents for tests: faults are injected and rows are looked at here.
  std::vector<std::uint8_t>& contents(LocalMemory memory) { return memory_of(memory).bytes; }

 private:
  struct Memory {
    std::vector<std::uint8_t> bytes;
    std::uint32_t row_bytes = 0;
  };
  template <typename T>
  struct Delayed {
    T item;
    std::uint64_t due = 0;
  };
  template <typename T>
  using Pipeline = Ring<Delayed<T>>;

  void tick() override;
  void write_from(FifoIn<LocalWrite>& requests, FifoOut<Completion>* done, BankUser user);
  void read_operands();
  void enter_queue(const OperandPair& pair, bool has_data);
  void read_from(FifoIn<RowRead>& requests, Pipeline<RowData>& pipeline, BankUser user);
  template <typename T>
  void deliver(Pipeline<T>& pipeline, FifoOut<T>& port);

  Memory& memory_of(LocalMemory memory);
  bool claim_read(LocalAddress address, BankUser user);
  bool read_ifmap(IfmapStep& ifmap);
  bool read_weights(WeightStep& weight);
  bool may_read(std::uint32_t bank) const;
  void note_blocked(std::uint32_t bank, BankUser had);
  BankUser who_reads_or_writes(std::uint32_t bank) const;
  void append_row(LocalAddress address, std::uint32_t bits, ByteRow& bytes);
  bool claim_write(LocalAddress address, BankUser user);

  const bool dual_ported_;
  const std::uint32_t read_latency_;
  const bool unified_;
  const BankMap banks_;
  const std::uint32_t rows_, cols_;                         // of the array
  std::uint32_t ifmap_row_bits_ = 0, weight_row_bits_ = 0;  // that a read takes out
  Memory activation_;
  Memory weight_;
  /// When a bank's port was last used, and by whom.
  struct Taken {
    std::uint64_t cycle = ~std::uint64_t{0};
    BankUser by = BankUser::Load;
  };
  std::vector<Taken> read_taken_;   // by bank
  std::vector<Taken> write_taken_;  // the same of its write port; both the only one if single
  OperandQueue operand_queue_;
  bool has_pending_ = false;  // the youngest pair on the way to the array is being read
  Wire<bool> operands_stalled_{false};
  bool queue_full_ = false;  // in this cycle, in which operands were to be read
  Wire<bool> queue_full_wire_{false};
  bool ifmap_read_ = false;
  bool weight_read_ = false;
  struct Blocked {
    std::uint32_t bank = 0;
    BankUser had = BankUser::Array;
  };
  std::optional<Blocked> blocked_;  // in this cycle: the first bank of the pair that was taken
  Pipeline<OperandPair> to_array_;  // read, on the way; due with its last part
  Pipeline<RowData> to_vector_;
  Pipeline<RowData> to_store_;
  Measurements& measurements_;
};

}  // namespace systole
