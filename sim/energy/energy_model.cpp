#include "sim/energy/energy_model.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/energy/interpolation.hpp"

namespace systole {
namespace {

// A binary32 multiplier is, for the most part, one of two 24-bit significands.
constexpr double kSignificandBits = 24;
// The vector unit sums and scales in 32 bits whatever the width of its operands.
constexpr double kVectorBits = 32;

double count(const EventCounts& events, Event e) { return static_cast<double>(events[e]); }

double bank_bytes(double capacity_kib, std::uint32_t banks) {
  return capacity_kib * 1024 / static_cast<double>(banks);
}

Energy linear_energy(const TableEntries& points, double bits) {
  return points.empty() ? Energy{} : Energy{linear_in_width(points, bits)};
}

Energy per_bit(const TableEntries& single) {
  return single.empty() ? Energy{} : Energy{(1.0 / single.front().bits) * single.front().value};
}

// Width of a square multiplier with as many partial products.
double square_bits(double a_bits, double b_bits) { return std::sqrt(a_bits * b_bits); }

Energy sram_energy(const EnergyTable& table, const TableEntries& points, double bytes,
                   double access_bits) {
  if (points.empty()) {
    return {};
  }
  const Energy sram{sram_bit(points, bytes, access_bits)};
  const Energy floor = per_bit(table.register_file);
  return {std::max(sram.pj, floor.pj), std::max(sram.low_pj, floor.low_pj),
          std::max(sram.high_pj, floor.high_pj)};
}

// A memory of the machine: its own cost, where the table has one, or that of its banks.
struct Memory {
  double bytes;  // of one bank
  double access_bits;
  const TableEntries& own_read;
  const TableEntries& own_write;

  Energy read_bit(const EnergyTable& table) const {
    return own_read.empty() ? sram_read_energy(table, bytes, access_bits) : per_bit(own_read);
  }
  Energy write_bit(const EnergyTable& table) const {
    if (!own_write.empty()) {
      return per_bit(own_write);
    }
    return own_read.empty() ? sram_write_energy(table, bytes, access_bits) : per_bit(own_read);
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

Energy entry_energy(const TableEntries& entries, std::uint32_t bits) {
  const TableEntry* const entry = entry_of_width(entries, bits);
  if (entry == nullptr) {
    throw std::logic_error("the energy table was not asked for this number format");
  }
  return Energy{entry->value};
}

Energy requant_multiply(const AcceleratorConfig& config, const EnergyTable& table) {
  if (config.requant.mode != RequantMode::FloatScale) {
    return multiplier_energy(table, config.array.accumulator_bits, config.requant.multiplier_bits);
  }
  const TableEntry* const published = entry_of_width(table.float_multiplier, 32);
  return published != nullptr ? Energy{published->value}
                              : multiplier_energy(table, kSignificandBits, kSignificandBits);
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
        activation_bits_{operands.activation_bits == 0 ? config.array.activation_bits
                                                       : operands.activation_bits},
        weight_bits_{operands.weight_bits == 0 ? config.array.weight_bits : operands.weight_bits},
        products_per_pe_{operands.products_per_pe},
        ifmap_wider_{wider(operands.ifmap_bits)},
        weight_wider_{operands.ifmap_bits != 0 && operands.weight_bits == 0 ? ifmap_wider_
                                                                            : wider(weight_bits_)},
        ofmap_wider_{wider(operands.ofmap_bits)} {}

  EnergyBreakdown breakdown() {
    add_array();
    add_memories();
    add_requantization();
    add_vector();
    add_dram();
    add_static();
    return energy_;
  }

 private:
  double n(Event e) const { return count(events_, e); }
  // How much wider an operand is than the integers that were run; 0: those that are multiplied.
  double wider(std::uint32_t integer_bits) const {
    const std::uint32_t bits = integer_bits == 0 ? activation_bits_ : integer_bits;
    return static_cast<double>(operand_bits(bits)) / bits;
  }
  // Of ifmaps and weights together, of which nobody has counted how much is which.
  Energy widened(const Energy& both) const {
    return {std::sqrt(ifmap_wider_ * weight_wider_) * both.pj,
            std::min(ifmap_wider_, weight_wider_) * both.low_pj,
            std::max(ifmap_wider_, weight_wider_) * both.high_pj};
  }
  std::uint32_t operand_bits(std::uint32_t integer_bits) const {
    return format_bits(priced_format(config_), integer_bits);
  }
  Energy adder(double bits) const { return linear_energy(table_.adder, bits); }

  // As many operations on random operands as there were bits that toggled. A figure holds for
  // random operands; how much of it follows them is not published: all of it, or, at the other end
  // of the range, nothing.
  static Energy switched(const Energy& one, double count, double bits_of_one, double toggles) {
    const double random = toggles / (kRandomActivity * bits_of_one);
    return {random * one.pj, std::min(random, count) * one.low_pj,
            std::max(random, count) * one.high_pj};
  }

  // Bits of an operand that the figure for a PE is of: those of its width; composed, those of all
  // that it takes in a cycle, for it costs the same whatever it forms.
  double switched_bits(std::uint32_t of_array, std::uint32_t of_layer) const {
    return config_.array.pe == PeKind::Composable ? 1.0 * of_layer * products_per_pe_ : of_array;
  }

  void add_switched_array() {
    const ArrayConfig& array = config_.array;
    const bool composable = array.pe == PeKind::Composable;
    const double macs = n(Event::Mac) / products_per_pe_;
    const double operands = switched_bits(array.activation_bits, activation_bits_) +
                            switched_bits(array.weight_bits, weight_bits_);
    const double multiplied = n(Event::MultiplierToggles);
    const double summed = n(Event::PsumToggles);
    const auto arithmetic = [&](EnergyComponent component, const Energy& one, double bits,
                                double toggles) {
      energy_.add(component, EnergyOperand::Arithmetic, switched(one, macs, bits, toggles));
    };
    const double bits = square_bits(array.activation_bits, array.weight_bits);
    const TableEntries& pe = composable ? table_.pe_composable : table_.pe;
    const TableEntries& whole = pe.empty() ? table_.mac : pe;
    if (!whole.empty()) {
      arithmetic(EnergyComponent::ArrayMultiply, Energy{log_log_in_width(whole, bits, 2)},
                 operands + array.accumulator_bits, multiplied + summed);
    } else {
      arithmetic(EnergyComponent::ArrayMultiply,
                 multiplier_energy(table_, array.activation_bits, array.weight_bits), operands,
                 multiplied);
      arithmetic(EnergyComponent::ArrayAdd, adder(array.accumulator_bits), array.accumulator_bits,
                 summed);
    }
    if (pe.empty()) {
      add_switched_registers();
    }
  }

  // Streamed operands and psums are written at every PE with each vector or product; the rest is of
  // what is stationary, or leaves.
  void add_switched_registers() {
    const ArrayConfig& array = config_.array;
    const double slots = (n(Event::Mac) + n(Event::MacPadding)) / products_per_pe_;
    double ifmap = slots * switched_bits(array.activation_bits, activation_bits_);
    double weight = slots * switched_bits(array.weight_bits, weight_bits_);
    double psum = slots * array.accumulator_bits;
    const double all = n(Event::ArrayRegisterWriteBits);
    switch (array.dataflow) {
      case Dataflow::WeightStationary:
        weight = std::max(0.0, all - ifmap - psum);
        break;
      case Dataflow::InputStationary:
        ifmap = std::max(0.0, all - weight - psum);
        break;
      case Dataflow::OutputStationary:
        psum = std::max(0.0, all - ifmap - weight);
        break;
    }
    const Energy bit = per_bit(table_.register_write);
    const auto registers = [&](EnergyOperand operand, double written, double toggles) {
      energy_.add(EnergyComponent::ArrayRegisters, operand, switched(bit, written, 1, toggles));
    };
    registers(EnergyOperand::Ifmap, ifmap, n(Event::IfmapToggles));
    registers(EnergyOperand::Weight, weight, n(Event::WeightToggles));
    registers(EnergyOperand::Psum, psum, n(Event::PsumToggles) + n(Event::DrainToggles));
  }

  void add_array() {
    if (config_.energy.switching_activity) {
      add_switched_array();
      return;
    }
    const ArrayConfig& array = config_.array;
    const double bits = square_bits(activation_bits_, weight_bits_);
    const double most_bits = square_bits(array.activation_bits, array.weight_bits);
    const double gated = config_.energy.zero_gating ? n(Event::MacZeroOperand) : 0;
    const double macs = n(Event::Mac) - gated;
    if (priced_format(config_) != NumberFormat::Int) {
      add_float_macs(macs);
      add_registers();
      return;
    }
    if (array.pe == PeKind::Composable) {
      add_composable_macs(macs / products_per_pe_,
                          (gated + n(Event::MacPadding)) / products_per_pe_, most_bits);
      return;
    }
    if (!table_.pe.empty()) {
      // Synthesised PEs come with their registers; how much of a PE outside the fold still
      // switches is not published: nothing at best, all of it at worst.
      const Energy pe =
          at_own_width([&](double width) { return Energy{log_log_in_width(table_.pe, width, 2)}; },
                       bits, most_bits);
      const double idle = gated + n(Event::MacPadding);
      energy_.add(EnergyComponent::ArrayMultiply, EnergyOperand::Arithmetic,
                  {macs * pe.pj, macs * pe.low_pj, (macs + idle) * pe.high_pj});
      return;
    }
    if (!table_.mac.empty()) {
      energy_.add(
          EnergyComponent::ArrayMultiply, EnergyOperand::Arithmetic,
          macs * at_own_width(
                     [&](double width) { return Energy{log_log_in_width(table_.mac, width, 2)}; },
                     bits, most_bits));
    } else {
      energy_.add(
          EnergyComponent::ArrayMultiply, EnergyOperand::Arithmetic,
          macs * at_own_width([&](double width) { return multiplier_energy(table_, width, width); },
                              bits, most_bits));
      energy_.add(EnergyComponent::ArrayAdd, EnergyOperand::Arithmetic,
                  macs * adder(array.accumulator_bits));
    }
    add_registers();
  }

  /// Of operands narrower than the hardware: what hardware of their width takes, and at most what
  /// the hardware takes at its own.
  template <typename OfWidth>
  static Energy at_own_width(OfWidth of_width, double bits, double most_bits) {
    const Energy own = of_width(bits);
    return {own.pj, own.low_pj, std::max(own.high_pj, of_width(most_bits).high_pj)};
  }

  /// `busy` cycles of PEs, all of whose parts work whatever they are put together to.
  void add_composable_macs(double busy, double idle, double bits) {
    if (!table_.pe_composable.empty()) {
      const Energy pe{log_log_in_width(table_.pe_composable, bits, 2)};
      energy_.add(EnergyComponent::ArrayMultiply, EnergyOperand::Arithmetic,
                  {busy * pe.pj, busy * pe.low_pj, (busy + idle) * pe.high_pj});
      return;
    }
    if (!table_.mac.empty()) {
      energy_.add(EnergyComponent::ArrayMultiply, EnergyOperand::Arithmetic,
                  busy * Energy{log_log_in_width(table_.mac, bits, 2)});
    } else {
      energy_.add(EnergyComponent::ArrayMultiply, EnergyOperand::Arithmetic,
                  busy * multiplier_energy(table_, bits, bits));
      energy_.add(EnergyComponent::ArrayAdd, EnergyOperand::Arithmetic,
                  busy * adder(config_.array.accumulator_bits));
    }
    add_registers();
  }

  void add_float_macs(double macs) {
    const std::uint32_t bits = operand_bits(0);
    energy_.add(EnergyComponent::ArrayMultiply, EnergyOperand::Arithmetic,
                macs * entry_energy(table_.float_multiplier, bits));
    energy_.add(EnergyComponent::ArrayAdd, EnergyOperand::Arithmetic,
                macs * entry_energy(table_.float_adder, kFloatPsumBits));
  }

  // In a weight-stationary array every PE passes its ifmap element on and registers a psum for each
  // row that streams by; all other bits are of weights.
  void add_registers() {
    const Energy bit = per_bit(table_.register_write);
    const double all = n(Event::ArrayRegisterWriteBits);
    const double slots = n(Event::Mac) + n(Event::MacPadding);
    const double ifmap = slots * activation_bits_;
    const double psum = slots / products_per_pe_ * config_.array.accumulator_bits;
    const auto add = [&](EnergyOperand operand, const Energy& energy) {
      energy_.add(EnergyComponent::ArrayRegisters, operand, energy);
    };
    if (config_.array.dataflow != Dataflow::WeightStationary || ifmap + psum > all) {
      add(EnergyOperand::Shared, widened(all * bit));
      return;
    }
    add(EnergyOperand::Ifmap, (ifmap_wider_ * ifmap) * bit);
    add(EnergyOperand::Psum, psum * bit);
    add(EnergyOperand::Weight, (weight_wider_ * (all - ifmap - psum)) * bit);
  }

  void add_memories() {
    const auto of = [&](const Memory& memory, Event read, Event write) {
      return n(read) * memory.read_bit(table_) + n(write) * memory.write_bit(table_);
    };
    const Energy scratchpad = of(scratchpad_memory(config_, table_), Event::ScratchpadReadBits,
                                 Event::ScratchpadWriteBits);
    if (is_split(config_)) {
      energy_.add(EnergyComponent::Scratchpad, EnergyOperand::Ifmap, ifmap_wider_ * scratchpad);
      energy_.add(
          EnergyComponent::WeightScratchpad, EnergyOperand::Weight,
          weight_wider_ * of(weight_memory(config_, table_), Event::WeightScratchpadReadBits,
                             Event::WeightScratchpadWriteBits));
    } else {
      energy_.add(EnergyComponent::Scratchpad, EnergyOperand::Shared, widened(scratchpad));
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
                n(Event::RequantMultiply) * each.multiply + n(Event::RequantShift) * each.shift +
                    n(Event::RequantAdd) * each.add);
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
      return float_mac();
    }
    return multiplier_energy(table_, config_.array.activation_bits, config_.array.weight_bits) +
           adder(config_.array.accumulator_bits);
  }

  Energy float_mac() const {
    return entry_energy(table_.float_multiplier, operand_bits(0)) +
           entry_energy(table_.float_adder, kFloatPsumBits);
  }

  void add_dram() {
    const Energy byte = 8 * per_bit(table_.dram);
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
    add(EnergyOperand::Ifmap, (ifmap_wider_ * ifmap) * byte);
    add(EnergyOperand::Weight, (weight_wider_ * weight) * byte);
    add(EnergyOperand::Constants, constants * byte);
    add(EnergyOperand::Unused, widened(unused * byte));
    add(EnergyOperand::Ofmap, (ofmap_wider_ * n(Event::DramWriteBytes)) * byte);
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
  std::uint64_t cycles_;
  const AcceleratorConfig& config_;
  const EnergyTable& table_;
  const std::uint32_t activation_bits_, weight_bits_;  // of the layer
  const std::uint32_t products_per_pe_;
  const double ifmap_wider_, weight_wider_, ofmap_wider_;  // than the integers that were run
  EnergyBreakdown energy_;
};

}  // namespace

double requant_shift_bits(const AcceleratorConfig& config) {
  const double accumulator = config.array.accumulator_bits;
  const bool wide = config.requant.mode == RequantMode::MultiplierShift &&
                    config.requant.variant == RequantVariant::Single;
  return wide ? accumulator + config.requant.multiplier_bits : accumulator;
}

RequantCost requant_cost(const AcceleratorConfig& config, const EnergyTable& table) {
  RequantCost cost;
  if (config.requant.mode != RequantMode::ShiftOnly) {
    cost.multiply = requant_multiply(config, table);
  }
  cost.shift = linear_energy(table.shifter, requant_shift_bits(config));
  cost.add = linear_energy(table.adder, config.array.accumulator_bits);
  return cost;
}

Energy RequantCost::total() const { return multiply + shift + add; }

Energy multiplier_energy(const EnergyTable& table, double a_bits, double b_bits) {
  return table.multiplier.empty()
             ? Energy{}
             : Energy{log_log_in_width(table.multiplier, square_bits(a_bits, b_bits), 2)};
}

Energy sram_read_energy(const EnergyTable& table, double bank_bytes, double access_bits) {
  return sram_energy(table, table.sram, bank_bytes, access_bits);
}

Energy sram_write_energy(const EnergyTable& table, double bank_bytes, double access_bits) {
  return sram_energy(table, table.sram_write.empty() ? table.sram : table.sram_write, bank_bytes,
                     access_bits);
}

EnergyBreakdown compute_energy(const EventCounts& events, std::uint64_t cycles,
                               const AcceleratorConfig& config, const EnergyTable& table,
                               const LayerOperands& operands) {
  return Model{events, cycles, config, table, operands}.breakdown();
}

}  // namespace systole
