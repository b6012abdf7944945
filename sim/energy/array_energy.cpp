#include "sim/energy/array_energy.hpp"

#include <algorithm>

#include "sim/energy/interpolation.hpp"
#include "sim/energy/operation_energy.hpp"

namespace systole {
namespace {

class ArrayEnergy {
 public:
  ArrayEnergy(const EventCounts& events, const AcceleratorConfig& config, const EnergyTable& table,
              const OperandWidths& widths, EnergyBreakdown& energy)
      : events_{events}, config_{config}, table_{table}, widths_{widths}, energy_{energy} {}

  void add() {
    if (config_.energy.switching_activity) {
      add_switched_array();
    } else {
      add_operations();
    }
  }

 private:
  double n(Event e) const { return static_cast<double>(events_[e]); }
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
    return config_.array.pe == PeKind::Composable ? 1.0 * of_layer * widths_.products_per_pe
                                                  : of_array;
  }

  void add_switched_array() {
    const ArrayConfig& array = config_.array;
    const bool composable = array.pe == PeKind::Composable;
    const double macs = n(Event::Mac) / widths_.products_per_pe;
    const double operands = switched_bits(array.activation_bits, widths_.activation_bits) +
                            switched_bits(array.weight_bits, widths_.weight_bits);
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
    const double slots = (n(Event::Mac) + n(Event::MacPadding)) / widths_.products_per_pe;
    double ifmap = slots * switched_bits(array.activation_bits, widths_.activation_bits);
    double weight = slots * switched_bits(array.weight_bits, widths_.weight_bits);
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
    const Energy bit = bit_energy(table_.register_write);
    const auto registers = [&](EnergyOperand operand, double written, double toggles) {
      energy_.add(EnergyComponent::ArrayRegisters, operand, switched(bit, written, 1, toggles));
    };
    registers(EnergyOperand::Ifmap, ifmap, n(Event::IfmapToggles));
    registers(EnergyOperand::Weight, weight, n(Event::WeightToggles));
    registers(EnergyOperand::Psum, psum, n(Event::PsumToggles) + n(Event::DrainToggles));
  }

  void add_operations() {
    const ArrayConfig& array = config_.array;
    const double bits = square_bits(widths_.activation_bits, widths_.weight_bits);
    const double most_bits = square_bits(array.activation_bits, array.weight_bits);
    const double gated = config_.energy.zero_gating ? n(Event::MacZeroOperand) : 0;
    const double macs = n(Event::Mac) - gated;
    if (priced_format(config_) != NumberFormat::Int) {
      energy_.add(EnergyComponent::ArrayMultiply, EnergyOperand::Arithmetic,
                  macs * float_multiply_energy(config_, table_));
      energy_.add(EnergyComponent::ArrayAdd, EnergyOperand::Arithmetic,
                  macs * float_add_energy(table_));
      add_registers();
      return;
    }
    if (array.pe == PeKind::Composable) {
      add_composable_macs(macs / widths_.products_per_pe,
                          (gated + n(Event::MacPadding)) / widths_.products_per_pe, most_bits);
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

  // In a weight-stationary array every PE passes its ifmap element on and registers a psum for each
  // row that streams by; all other bits are of weights.
  void add_registers() {
    const Energy bit = bit_energy(table_.register_write);
    const double all = n(Event::ArrayRegisterWriteBits);
    const double slots = n(Event::Mac) + n(Event::MacPadding);
    const double ifmap = slots * widths_.activation_bits;
    const double psum = slots / widths_.products_per_pe * config_.array.accumulator_bits;
    const auto add = [&](EnergyOperand operand, const Energy& energy) {
      energy_.add(EnergyComponent::ArrayRegisters, operand, energy);
    };
    if (config_.array.dataflow != Dataflow::WeightStationary || ifmap + psum > all) {
      add(EnergyOperand::Shared, widths_.widened(all * bit));
      return;
    }
    add(EnergyOperand::Ifmap, (widths_.ifmap_wider * ifmap) * bit);
    add(EnergyOperand::Psum, psum * bit);
    add(EnergyOperand::Weight, (widths_.weight_wider * (all - ifmap - psum)) * bit);
  }

  const EventCounts& events_;
  const AcceleratorConfig& config_;
  const EnergyTable& table_;
  const OperandWidths& widths_;
  EnergyBreakdown& energy_;
};

}  // namespace

void add_array_energy(const EventCounts& events, const AcceleratorConfig& config,
                      const EnergyTable& table, const OperandWidths& widths,
                      EnergyBreakdown& energy) {
  ArrayEnergy{events, config, table, widths, energy}.add();
}

}  // namespace systole
