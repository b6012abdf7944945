#include "sim/energy/energy_model.hpp"

#include <stdexcept>

#include "sim/energy/array_energy.hpp"
#include "sim/energy/interpolation.hpp"
#include "sim/energy/operation_energy.hpp"

namespace systole {
namespace {

// The vector unit sums and scales in 32 bits whatever the width of its operands.
constexpr double kVectorBits = 32;

double bank_bytes(double capacity_kib, std::uint32_t banks) {
  return capacity_kib * 1024 / static_cast<double>(banks);
}

// A memory of the machine: its own cost, where the table has one, or that of its banks.
struct Memory {
  double bytes;  // of one bank
  double access_bits;
  const TableEntries& own_read;
  const TableEntries& own_write;

  Energy read_bit(const EnergyTable& table) const {
    return own_read.empty() ? sram_read_energy(table, bytes, access_bits) : bit_energy(own_read);
  }
  Energy write_bit(const EnergyTable& table) const {
    if (!own_write.empty()) {
      return bit_energy(own_write);
    }
    return own_read.empty() ? sram_write_energy(table, bytes, access_bits) : bit_energy(own_read);
  }
};

Memory scratchpad_memory(const AcceleratorConfig& config, const EnergyTable& table) {
  const ScratchpadBankConfig& banks = config.scratchpad.activation;
  return {bank_bytes(banks.capacity_kib, banks.banks), 8.0 * activation_row_bytes(config),
          table.scratchpad_read, table.scratchpad_write};
}

Memory weight_memory(const AcceleratorConfig& config, const EnergyTable& table) {
  const ScratchpadBankConfig& banks = config.scratchpad.weight;
  return {bank_bytes(banks.capacity_kib, banks.banks), 8.0 * weight_row_bytes(config),
          table.weight_scratchpad_read, table.weight_scratchpad_write};
}

Memory accumulator_memory(const AcceleratorConfig& config, const EnergyTable& table) {
  const AccumulatorConfig& banks = config.accumulators;
  return {bank_bytes(banks.capacity_kib, banks.banks), 8.0 * accumulator_row_bytes(config),
          table.accumulators_read, table.accumulators_write};
}

bool is_split(const AcceleratorConfig& config) {
  return config.scratchpad.organization == ScratchpadOrganization::Split;
}

/// The parts of a breakdown, one function each, over the same inputs.
class Model {
 public:
  Model(const EventCounts& events, std::uint64_t cycles, const AcceleratorConfig& config,
        const EnergyTable& table, const LayerOperands& operands)
      : events_{events},
        cycles_{cycles},
        config_{config},
        table_{table},
        widths_{config, operands} {}

  EnergyBreakdown breakdown() {
    add_array_energy(events_, config_, table_, widths_, energy_);
    add_memories();
    add_requantization();
    add_vector();
    add_dram();
    add_static();
    return energy_;
  }

 private:
  double n(Event e) const { return static_cast<double>(events_[e]); }
  Energy adder(double bits) const { return linear_energy(table_.adder, bits); }

  void add_memories() {
    const auto of = [&](const Memory& memory, Event read, Event write) {
      return n(read) * memory.read_bit(table_) + n(write) * memory.write_bit(table_);
    };
    const Energy scratchpad = of(scratchpad_memory(config_, table_), Event::ScratchpadReadBits,
                                 Event::ScratchpadWriteBits);
    if (is_split(config_)) {
      energy_.add(EnergyComponent::Scratchpad, EnergyOperand::Ifmap,
                  widths_.ifmap_wider * scratchpad);
      energy_.add(
          EnergyComponent::WeightScratchpad, EnergyOperand::Weight,
          widths_.weight_wider * of(weight_memory(config_, table_), Event::WeightScratchpadReadBits,
                                    Event::WeightScratchpadWriteBits));
    } else {
      energy_.add(EnergyComponent::Scratchpad, EnergyOperand::Shared, widths_.widened(scratchpad));
    }
    if (!is_split(config_) &&
        events_[Event::WeightScratchpadReadBits] + events_[Event::WeightScratchpadWriteBits] != 0) {
      throw std::logic_error("a unified scratchpad has no accesses to a weight scratchpad");
    }
    energy_.add(EnergyComponent::Accumulators, EnergyOperand::Psum,
                of(accumulator_memory(config_, table_), Event::AccumulatorReadBits,
                   Event::AccumulatorWriteBits));
    energy_.add(EnergyComponent::Accumulators, EnergyOperand::Arithmetic,
                n(Event::AccumulatorAdd) * adder(config_.array.accumulator_bits));
  }

  void add_requantization() {
    const RequantCost each = requant_cost(config_, table_);
    energy_.add(EnergyComponent::Requantization, EnergyOperand::Arithmetic,
                n(Event::RequantMultiply) * each.multiply.value_or(Energy{}) +
                    n(Event::RequantShift) * each.shift.value_or(Energy{}) +
                    n(Event::RequantAdd) * each.add.value_or(Energy{}));
  }

  void add_vector() {
    energy_.add(EnergyComponent::Vector, EnergyOperand::Arithmetic,
                n(Event::VectorAdd) * adder(kVectorBits) +
                    n(Event::VectorMultiply) * multiplier_energy(table_, kVectorBits, kVectorBits) +
                    n(Event::VectorCompare) *
                        linear_energy(table_.comparator, config_.array.activation_bits) +
                    n(Event::VectorMac) * vector_mac());
  }

  Energy vector_mac() const {
    if (priced_format(config_) != NumberFormat::Int) {
      return float_multiply_energy(config_, table_) + float_add_energy(table_);
    }
    return multiplier_energy(table_, config_.array.activation_bits, config_.array.weight_bits) +
           adder(config_.array.accumulator_bits);
  }

  void add_dram() {
    const Energy byte = 8 * bit_energy(table_.dram);
    const auto add = [&](EnergyOperand operand, const Energy& energy) {
      energy_.add(EnergyComponent::Dram, operand, energy);
    };
    const double ifmap = n(Event::DramReadIfmapBytes);
    const double weight = n(Event::DramReadWeightBytes);
    const double constants = n(Event::DramReadBiasBytes) + n(Event::DramReadRequantBytes);
    // Written by DramFetchedBytes alone where nobody said what for (tests, reports of others).
    const double unused = n(Event::DramFetchedBytes) - ifmap - weight - constants;
    if (unused < 0) {
      throw std::logic_error("more bytes of DRAM were used than were fetched");
    }
    add(EnergyOperand::Ifmap, (widths_.ifmap_wider * ifmap) * byte);
    add(EnergyOperand::Weight, (widths_.weight_wider * weight) * byte);
    add(EnergyOperand::Constants, constants * byte);
    add(EnergyOperand::Unused, widths_.widened(unused * byte));
    add(EnergyOperand::Ofmap, (widths_.ofmap_wider * n(Event::DramWriteBytes)) * byte);
  }

  // 1 mW for 1 ns is 1 pJ.
  void add_static() {
    Bounded milliwatt;
    if (!table_.static_power.empty()) {
      milliwatt += table_.static_power.front().value;
    }
    if (!table_.leakage_sram.empty()) {
      const auto banks = [&](std::uint32_t capacity_kib, std::uint32_t count) {
        milliwatt +=
            count * log_log_in_capacity(table_.leakage_sram, bank_bytes(capacity_kib, count), 1);
      };
      const ScratchpadConfig& s = config_.scratchpad;
      banks(s.activation.capacity_kib, s.activation.banks);
      if (is_split(config_)) {
        banks(s.weight.capacity_kib, s.weight.banks);
      }
      banks(config_.accumulators.capacity_kib, config_.accumulators.banks);
    }
    const bool composable = config_.array.pe == PeKind::Composable;
    const TableEntries& leakage_pe = composable ? table_.leakage_pe_composable : table_.leakage_pe;
    if (!leakage_pe.empty()) {
      const double pes = static_cast<double>(config_.array.rows) * config_.array.cols;
      const double bits = square_bits(config_.array.activation_bits, config_.array.weight_bits);
      milliwatt += pes * log_log_in_width(leakage_pe, bits, 2);
    }
    const double ns = static_cast<double>(cycles_) * 1000 / config_.clock_mhz;
    energy_.add(EnergyComponent::Static, EnergyOperand::Shared, Energy{ns * milliwatt});
  }

  const EventCounts& events_;
  const std::uint64_t cycles_;
  const AcceleratorConfig& config_;
  const EnergyTable& table_;
  const OperandWidths widths_;
  EnergyBreakdown energy_;
};

}  // namespace

EnergyBreakdown compute_energy(const EventCounts& events, std::uint64_t cycles,
                               const AcceleratorConfig& config, const EnergyTable& table,
                               const LayerOperands& operands) {
  return Model{events, cycles, config, table, operands}.breakdown();
}

}  // namespace systole
