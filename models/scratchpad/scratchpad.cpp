#include "models/scratchpad/scratchpad.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace systole {
namespace {

constexpr std::uint64_t kNever = ~std::uint64_t{0};

}  // namespace

Scratchpad::Scratchpad(const sc_core::sc_module_name& name, const Clock& clock,
                       const ScratchpadBlockConfig& config, Measurements& measurements)
    : ClockedModule{name, clock},
      dual_ported_{config.ports == BankPorts::Dual},
      read_latency_{config.read_latency},
      unified_{config.organization == ScratchpadOrganization::Unified},
      banks_{config.banks},
      rows_{config.array_rows},
      cols_{config.array_cols},
      read_taken_(banks_.banks()),
      write_taken_(banks_.banks()),
      operand_queue_{config.operand_queue, config.read_latency, config.steps_in_array,
                     config.cycles_in_array},
      measurements_{measurements} {
  activation_.row_bytes = config.activation.row_bytes;
  activation_.bytes.resize(std::size_t{config.activation.rows} * activation_.row_bytes);
  if (!unified_) {
    weight_.row_bytes = config.weight.row_bytes;
    weight_.bytes.resize(std::size_t{config.weight.rows} * weight_.row_bytes);
  }
  configure({});
}

void Scratchpad::configure(const LayerRegisters& registers) {
  operand_queue_.start();
  ifmap_row_bits_ = rows_ * registers.ifmap.bits;
  weight_row_bits_ = cols_ * registers.weight.bits;
}

void Scratchpad::tick() {
  write_from(load_write, &load_write_done, BankUser::Load);
  write_from(load_write, &load_write_done, BankUser::Load);  // padding, beside data
  write_from(vector_write, &vector_write_done, BankUser::Vector);
  write_from(store_write, nullptr, BankUser::Store);
  read_operands();
  operands_stalled_.write(has_pending_);
  queue_full_wire_.write(queue_full_);
  read_from(vector_read, to_vector_, BankUser::Vector);
  read_from(store_read, to_store_, BankUser::Store);
  deliver(to_array_, operands);
  deliver(to_vector_, vector_data);
  deliver(to_store_, store_data);
}

/// Completions go to `done`; null: to nobody.
void Scratchpad::write_from(FifoIn<LocalWrite>& requests, FifoOut<Completion>* done,
                            BankUser user) {
  if (!requests->can_pop()) {
    return;
  }
  const LocalWrite& head = requests->front();
  if (!claim_write(head.to, user)) {
    return;
  }
  Memory& memory = memory_of(head.to.memory);
  invariant(head.offset + head.bytes.size() <= memory.row_bytes &&
                (head.to.row + 1ULL) * memory.row_bytes <= memory.bytes.size(),
            *this, "write outside a row");
  std::copy(head.bytes.begin(), head.bytes.end(),
            memory.bytes.begin() + static_cast<std::ptrdiff_t>(
                                       std::size_t{head.to.row} * memory.row_bytes + head.offset));
  measurements_.events.add(
      &memory == &weight_ ? Event::WeightScratchpadWriteBits : Event::ScratchpadWriteBits,
      8 * head.bytes.size());
  if (done != nullptr && head.last) {
    (*done)->push({head.entry});
  }
  requests->drop();
}

void Scratchpad::read_operands() {
  queue_full_ = false;
  if (!has_pending_) {
    if (!operand_read->can_pop()) {
      return;
    }
    to_array_.push_back({operand_read->pop(), kNever});
    has_pending_ = true;
    ifmap_read_ = false;
    weight_read_ = false;
  }
  if (operand_queue_.full(now())) {
    queue_full_ = true;
    return;
  }
  OperandPair& pair = to_array_.back().item;
  const bool ifmap_was_read = ifmap_read_;
  const bool weight_was_read = weight_read_;
  const bool in_turns = pair.together && !pair.ifmap.reads.empty() &&
                        banks_.bank_of({LocalMemory::Scratchpad, pair.ifmap.reads.front().row}) ==
                            banks_.bank_of(pair.weight.from);
  const bool weights_turn = ifmap_read_ || !in_turns;
  blocked_.reset();
  if (!ifmap_read_) {
    ifmap_read_ = !pair.ifmap.valid || read_ifmap(pair.ifmap);
  }
  if (!weight_read_ && weights_turn) {
    weight_read_ = !pair.weight.valid || pair.weight.zero || read_weights(pair.weight);
  }
  if (operand_queue_.exists()) {
    enter_queue(pair,
                (ifmap_read_ != ifmap_was_read && pair.ifmap.valid) ||
                    (weight_read_ != weight_was_read && pair.weight.valid && !pair.weight.zero));
  }
  if (ifmap_read_ && weight_read_) {
    if (pair.computing && pair.last_of_step) {
      operand_read_done->push({pair.compute_entry});
    }
    if (pair.last_of_step && pair.keeping_entry) {
      operand_read_done->push({*pair.keeping_entry});
    }
    if (!operand_queue_.exists()) {
      to_array_.back().due = now() + read_latency_ - 1;
    }
    has_pending_ = false;
    return;
  }
  if (!blocked_) {  // the ifmap's turn it was
    note_blocked(banks_.bank_of(pair.weight.from), BankUser::Array);
  }
  measurements_.lost_bank(banks_.memory_of(blocked_->bank), BankUser::Array, blocked_->had);
}

/// What comes of this cycle's reads waits for the array.
void Scratchpad::enter_queue(const OperandPair& pair, bool has_data) {
  const std::uint64_t leaves = operand_queue_.enter(now(), has_data);
  if (ifmap_read_ && weight_read_) {
    to_array_.back().due = leaves - 1;
    if (pair.last_of_step) {
      operand_queue_.end_step();
    }
  }
}

bool Scratchpad::read_ifmap(IfmapStep& ifmap) {
  constexpr LocalMemory kMemory = LocalMemory::Scratchpad;
  for (const IfmapRead& read : ifmap.reads) {
    const std::uint32_t bank = banks_.bank_of({kMemory, read.row});
    if (!may_read(bank)) {
      note_blocked(bank, who_reads_or_writes(bank));
      return false;
    }
  }
  for (const IfmapRead& read : ifmap.reads) {
    read_taken_[banks_.bank_of({kMemory, read.row})] = {now(), BankUser::Array};
    append_row({kMemory, read.row}, ifmap.products_per_pe * ifmap_row_bits_, ifmap.bytes);
  }
  return true;
}

bool Scratchpad::read_weights(WeightStep& weight) {
  const auto address = [&](std::uint32_t i) {
    return LocalAddress{weight.from.memory, weight.from.row + i};
  };
  for (std::uint32_t i = 0; i < weight.rows; ++i) {
    const std::uint32_t bank = banks_.bank_of(address(i));
    if (!may_read(bank)) {
      note_blocked(bank, who_reads_or_writes(bank));
      return false;
    }
  }
  for (std::uint32_t i = 0; i < weight.rows; ++i) {
    read_taken_[banks_.bank_of(address(i))] = {now(), BankUser::Array};
    append_row(address(i), weight.products_per_pe * weight_row_bits_, weight.bytes);
  }
  return true;
}

void Scratchpad::append_row(LocalAddress address, std::uint32_t bits, ByteRow& bytes) {
  const Memory& memory = memory_of(address.memory);
  const std::size_t first = std::size_t{address.row} * memory.row_bytes;
  invariant(first + memory.row_bytes <= memory.bytes.size(), *this, "read outside the memory");
  measurements_.events.add(
      &memory == &weight_ ? Event::WeightScratchpadReadBits : Event::ScratchpadReadBits, bits);
  const std::uint8_t* const row = memory.bytes.data() + first;
  bytes.insert(bytes.end(), row, row + memory.row_bytes);
}

void Scratchpad::read_from(FifoIn<RowRead>& requests, Pipeline<RowData>& pipeline, BankUser user) {
  if (!requests->can_pop()) {
    return;
  }
  const RowRead& head = requests->front();
  const LocalAddress address{LocalMemory::Scratchpad, head.row};
  if (!claim_read(address, user)) {
    return;
  }
  RowData data;
  append_row(address, ifmap_row_bits_, data.bytes);
  pipeline.push_back({std::move(data), now() + read_latency_ - 1});
  if (head.last) {
    store_read_done->push({head.entry});
  }
  requests->drop();
}

template <typename T>
void Scratchpad::deliver(Pipeline<T>& pipeline, FifoOut<T>& port) {
  if (!pipeline.empty() && pipeline.front().due <= now()) {
    port->push(std::move(pipeline.front().item));
    pipeline.pop_front();
  }
}

Scratchpad::Memory& Scratchpad::memory_of(LocalMemory memory) {
  invariant(
      memory == LocalMemory::Scratchpad || (memory == LocalMemory::WeightScratchpad && !unified_),
      *this, "not a memory of this scratchpad");
  return memory == LocalMemory::Scratchpad ? activation_ : weight_;
}

bool Scratchpad::may_read(std::uint32_t bank) const {
  return read_taken_[bank].cycle != now() && (dual_ported_ || write_taken_[bank].cycle != now());
}

/// Who has the port that a read of this bank, in vain, wanted.
BankUser Scratchpad::who_reads_or_writes(std::uint32_t bank) const {
  return read_taken_[bank].cycle == now() ? read_taken_[bank].by : write_taken_[bank].by;
}

/// A part of the operand pair cannot be read; the first one counts.
void Scratchpad::note_blocked(std::uint32_t bank, BankUser had) {
  if (!blocked_) {
    blocked_ = Blocked{bank, had};
  }
}

bool Scratchpad::claim_read(LocalAddress address, BankUser user) {
  const std::uint32_t bank = banks_.bank_of(address);
  if (!may_read(bank)) {
    measurements_.lost_bank(banks_.memory_of(bank), user, who_reads_or_writes(bank));
    return false;
  }
  read_taken_[bank] = {now(), user};
  return true;
}

/// Writes come first in a cycle: only another write can have the port.
bool Scratchpad::claim_write(LocalAddress address, BankUser user) {
  const std::uint32_t bank = banks_.bank_of(address);
  if (write_taken_[bank].cycle == now()) {
    measurements_.lost_bank(banks_.memory_of(bank), user, write_taken_[bank].by);
    return false;
  }
  write_taken_[bank] = {now(), user};
  return true;
}

void Scratchpad::list_signals(SignalList& list) const {
  list.add_flag("operands_stalled", [this] { return has_pending_; });
  for (std::size_t bank = 0; bank < read_taken_.size(); ++bank) {
    list.in_scope("bank" + std::to_string(bank), [&](SignalList& ports) {
      ports.add_flag("read", [this, bank] { return read_taken_[bank].cycle == now(); });
      ports.add_flag("write", [this, bank] { return write_taken_[bank].cycle == now(); });
    });
  }
}

}  // namespace systole
