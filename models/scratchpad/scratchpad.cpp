#include "models/scratchpad/scratchpad.hpp"

#include <algorithm>

namespace systole {
namespace {

constexpr std::uint64_t kNever = ~std::uint64_t{0};

}  // namespace

Scratchpad::Scratchpad(const sc_core::sc_module_name& name, const Clock& clock,
                       const AcceleratorConfig& config, Measurements& measurements)
    : ClockedModule{name, clock},
      dual_ported_{config.scratchpad.ports == BankPorts::Dual},
      read_latency_{config.scratchpad.read_latency},
      unified_{config.scratchpad.organization == ScratchpadOrganization::Unified},
      measurements_{measurements} {
  const std::uint32_t activation_banks = config.scratchpad.activation.banks;
  activation_.row_bytes = activation_row_bytes(config);
  activation_.rows_per_bank = activation_rows(config) / activation_banks;
  activation_.bytes.resize(std::size_t{activation_rows(config)} * activation_.row_bytes);
  std::uint32_t banks = activation_banks;
  if (!unified_) {
    weight_.row_bytes = weight_row_bytes(config);
    weight_.rows_per_bank = weight_rows(config) / config.scratchpad.weight.banks;
    weight_.first_bank = activation_banks;
    weight_.bytes.resize(std::size_t{weight_rows(config)} * weight_.row_bytes);
    banks += config.scratchpad.weight.banks;
  }
  read_taken_.resize(banks, kNever);
  write_taken_.resize(banks, kNever);
}

void Scratchpad::tick() {
  write_from(load_write, load_write_done);
  write_from(load_write, load_write_done);  // padding, beside data
  write_from(vector_write, vector_write_done);
  read_operands();
  operands_stalled_.write(has_pending_);
  read_from(vector_read, to_vector_);
  read_from(store_read, to_store_);
  deliver(to_array_, operands);
  deliver(to_vector_, vector_data);
  deliver(to_store_, store_data);
}

void Scratchpad::write_from(FifoIn<LocalWrite>& requests, FifoOut<Completion>& done) {
  if (!requests->can_pop()) {
    return;
  }
  const LocalWrite& head = requests->front();
  if (!claim_write(head.to)) {
    measurements_.events.add(Event::BankConflicts);
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
  if (head.last) {
    done->push({head.entry});
  }
  requests->drop();
}

void Scratchpad::read_operands() {
  if (!has_pending_) {
    if (!operand_read->can_pop()) {
      return;
    }
    operand_read->pop(pending_);
    has_pending_ = true;
    ifmap_read_ = false;
    weight_read_ = false;
  }
  const bool in_turns = pending_.together && !pending_.ifmap.reads.empty() &&
                        bank_of({LocalMemory::Scratchpad, pending_.ifmap.reads.front().row}) ==
                            bank_of(pending_.weight.from);
  const bool weights_turn = ifmap_read_ || !in_turns;
  if (!ifmap_read_) {
    ifmap_read_ = !pending_.ifmap.valid || read_ifmap(pending_.ifmap);
  }
  if (!weight_read_ && weights_turn) {
    weight_read_ = !pending_.weight.valid || pending_.weight.zero || read_weights(pending_.weight);
  }
  if (ifmap_read_ && weight_read_) {
    if (pending_.computing && pending_.last_of_step) {
      operand_read_done->push({pending_.compute_entry});
    }
    to_array_.push_back({std::move(pending_), now() + read_latency_ - 1});
    has_pending_ = false;
  } else {
    measurements_.events.add(Event::BankConflicts);
  }
}

bool Scratchpad::read_ifmap(IfmapStep& ifmap) {
  constexpr LocalMemory kMemory = LocalMemory::Scratchpad;
  for (const IfmapRead& read : ifmap.reads) {
    if (!may_read(bank_of({kMemory, read.row}))) {
      return false;
    }
  }
  for (const IfmapRead& read : ifmap.reads) {
    read_taken_[bank_of({kMemory, read.row})] = now();
    append_row({kMemory, read.row}, ifmap.bytes);
  }
  return true;
}

bool Scratchpad::read_weights(WeightStep& weight) {
  const auto address = [&](std::uint32_t i) {
    return LocalAddress{weight.from.memory, weight.from.row + i};
  };
  for (std::uint32_t i = 0; i < weight.rows; ++i) {
    if (!may_read(bank_of(address(i)))) {
      return false;
    }
  }
  for (std::uint32_t i = 0; i < weight.rows; ++i) {
    read_taken_[bank_of(address(i))] = now();
    append_row(address(i), weight.bytes);
  }
  return true;
}

void Scratchpad::append_row(LocalAddress address, ByteRow& bytes) {
  const ByteRow read = row(address);
  bytes.insert(bytes.end(), read.begin(), read.end());
}

void Scratchpad::read_from(FifoIn<RowRead>& requests, Pipeline<RowData>& pipeline) {
  if (!requests->can_pop()) {
    return;
  }
  const RowRead& head = requests->front();
  const LocalAddress address{LocalMemory::Scratchpad, head.row};
  if (!claim_read(address)) {
    measurements_.events.add(Event::BankConflicts);
    return;
  }
  pipeline.push_back({{row(address)}, now() + read_latency_ - 1});
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

std::uint32_t Scratchpad::bank_of(LocalAddress address) {
  const Memory& memory = memory_of(address.memory);
  return memory.first_bank + address.row / memory.rows_per_bank;
}

bool Scratchpad::may_read(std::uint32_t bank) const {
  return read_taken_[bank] != now() && (dual_ported_ || write_taken_[bank] != now());
}

bool Scratchpad::claim_read(LocalAddress address) {
  const std::uint32_t bank = bank_of(address);
  if (!may_read(bank)) {
    return false;
  }
  read_taken_[bank] = now();
  return true;
}

bool Scratchpad::claim_write(LocalAddress address) {
  const std::uint32_t bank = bank_of(address);
  if (write_taken_[bank] == now() || (!dual_ported_ && read_taken_[bank] == now())) {
    return false;
  }
  write_taken_[bank] = now();
  return true;
}

ByteRow Scratchpad::row(LocalAddress address) {
  const Memory& memory = memory_of(address.memory);
  const auto first = static_cast<std::ptrdiff_t>(std::size_t{address.row} * memory.row_bytes);
  invariant(static_cast<std::size_t>(first) + memory.row_bytes <= memory.bytes.size(), *this,
            "read outside the memory");
  measurements_.events.add(
      &memory == &weight_ ? Event::WeightScratchpadReadBits : Event::ScratchpadReadBits,
      8ULL * memory.row_bytes);
  return {memory.bytes.begin() + first, memory.bytes.begin() + first + memory.row_bytes};
}

}  // namespace systole
