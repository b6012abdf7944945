#include "sim/energy/energy_model.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace systole {
namespace {

// Multipliers of the requantization unit are Q0.31 (sim/network/requantizer.hpp).
constexpr double kMultiplierBits = 32;
// A binary32 multiplier is, for the most part, one of two 24-bit significands.
constexpr double kSignificandBits = 24;
// The vector unit sums and scales in 32 bits whatever the width of its operands.
constexpr double kVectorBits = 32;

// Straight line through (ln x0, ln y0) and (ln x1, ln y1), read at x.
double power_law(double x0, double y0, double x1, double y1, double x) {
  const double exponent = std::log(y1 / y0) / std::log(x1 / x0);
  return y0 * std::pow(x / x0, exponent);
}

// Index of the segment [i, i + 1] of growing positions that holds x, or the nearest one.
template <typename Position>
std::size_t segment(const std::vector<EnergyEntry>& points, double x, const Position& position) {
  std::size_t i = 0;
  while (i + 2 < points.size() && position(points[i + 1]) < x) {
    ++i;
  }
  return i;
}

Energy through(const Energy& a, const Energy& b, double xa, double xb, double x) {
  return {power_law(xa, a.pj, xb, b.pj, x), power_law(xa, a.low_pj, xb, b.low_pj, x),
          power_law(xa, a.high_pj, xb, b.high_pj, x)};
}

// Log-log interpolation of energies that `energy` takes from the points; with one
// point, a power law of `lone_exponent` through it.
template <typename Position, typename Value>
Energy log_log(const std::vector<EnergyEntry>& points, double x, double lone_exponent,
               const Position& position, const Value& energy) {
  if (points.empty()) {
    throw std::logic_error("energy table has no points to interpolate");
  }
  if (points.size() == 1) {
    return std::pow(x / position(points[0]), lone_exponent) * energy(points[0]);
  }
  const std::size_t i = segment(points, x, position);
  return through(energy(points[i]), energy(points[i + 1]), position(points[i]),
                 position(points[i + 1]), x);
}

double width_of(const EnergyEntry& e) { return static_cast<double>(e.bits); }

Energy per_bit(const EnergyEntry& e) { return (1.0 / width_of(e)) * e.energy; }

double count(const EventCounts& events, Event e) { return static_cast<double>(events[e]); }

double bank_bytes(double capacity_kib, std::uint32_t banks) {
  return capacity_kib * 1024 / static_cast<double>(banks);
}

// What one value that is requantized shifts: its high half after the doubling high
// multiply, the whole product, or the accumulator itself.
double requant_shift_bits(const AcceleratorConfig& config) {
  const double accumulator = config.array.accumulator_bits;
  const bool wide = config.requant.mode == RequantMode::MultiplierShift &&
                    config.requant.variant == RequantVariant::Single;
  return wide ? accumulator + kMultiplierBits : accumulator;
}

Energy requant_multiply(const AcceleratorConfig& config, const EnergyTable& table) {
  return config.requant.mode == RequantMode::FloatScale
             ? multiplier_energy(table, kSignificandBits, kSignificandBits)
             : multiplier_energy(table, config.array.accumulator_bits, kMultiplierBits);
}

}  // namespace

Energy linear_in_width(const std::vector<EnergyEntry>& points, double bits) {
  if (points.empty()) {
    throw std::logic_error("energy table has no points to interpolate");
  }
  if (bits <= width_of(points.front())) {
    return bits * per_bit(points.front());
  }
  if (bits >= width_of(points.back())) {
    return bits * per_bit(points.back());
  }
  const std::size_t i = segment(points, bits, width_of);
  const double x0 = width_of(points[i]);
  const double part = (bits - x0) / (width_of(points[i + 1]) - x0);
  return (1 - part) * points[i].energy + part * points[i + 1].energy;
}

Energy multiplier_energy(const EnergyTable& table, double a_bits, double b_bits) {
  return log_log(table.multiplier, std::sqrt(a_bits * b_bits), 2.0, width_of,
                 [](const EnergyEntry& e) { return e.energy; });
}

Energy sram_bit_energy(const EnergyTable& table, double bytes) {
  const Energy sram = log_log(
      table.sram, bytes, 0.5,
      [](const EnergyEntry& e) { return static_cast<double>(e.capacity_kib) * 1024; }, per_bit);
  const Energy floor = per_bit(table.register_file);
  return {std::max(sram.pj, floor.pj), std::max(sram.low_pj, floor.low_pj),
          std::max(sram.high_pj, floor.high_pj)};
}

EnergyBreakdown compute_energy(const EventCounts& events, std::uint64_t cycles,
                               const AcceleratorConfig& config, const EnergyTable& table) {
  const auto n = [&events](Event e) { return count(events, e); };
  const double accumulator_bits = config.array.accumulator_bits;
  const Energy accumulator_add = linear_in_width(table.adder, accumulator_bits);
  EnergyBreakdown energy;

  energy.add(EnergyComponent::ArrayMultiply,
             n(Event::Mac) *
                 multiplier_energy(table, config.array.activation_bits, config.array.weight_bits));
  energy.add(EnergyComponent::ArrayAdd, n(Event::Mac) * accumulator_add);
  energy.add(EnergyComponent::ArrayRegisters,
             n(Event::ArrayRegisterWriteBits) * per_bit(table.register_write));

  const ScratchpadBankConfig& activation = config.scratchpad.activation;
  energy.add(EnergyComponent::Scratchpad,
             (n(Event::ScratchpadReadBits) + n(Event::ScratchpadWriteBits)) *
                 sram_bit_energy(table, bank_bytes(activation.capacity_kib, activation.banks)));
  if (config.scratchpad.organization == ScratchpadOrganization::Split) {
    const ScratchpadBankConfig& weight = config.scratchpad.weight;
    energy.add(EnergyComponent::WeightScratchpad,
               (n(Event::WeightScratchpadReadBits) + n(Event::WeightScratchpadWriteBits)) *
                   sram_bit_energy(table, bank_bytes(weight.capacity_kib, weight.banks)));
  } else if (events[Event::WeightScratchpadReadBits] + events[Event::WeightScratchpadWriteBits]) {
    throw std::logic_error("a unified scratchpad has no accesses to a weight scratchpad");
  }
  energy.add(EnergyComponent::Accumulators,
             (n(Event::AccumulatorReadBits) + n(Event::AccumulatorWriteBits)) *
                     sram_bit_energy(table, bank_bytes(config.accumulators.capacity_kib,
                                                       config.accumulators.banks)) +
                 n(Event::AccumulatorAdd) * accumulator_add);

  energy.add(
      EnergyComponent::Requantization,
      n(Event::RequantMultiply) * requant_multiply(config, table) +
          n(Event::RequantShift) * linear_in_width(table.shifter, requant_shift_bits(config)) +
          n(Event::RequantAdd) * accumulator_add);
  energy.add(EnergyComponent::Vector,
             n(Event::VectorAdd) * linear_in_width(table.adder, kVectorBits) +
                 n(Event::VectorMultiply) * multiplier_energy(table, kVectorBits, kVectorBits) +
                 n(Event::VectorCompare) *
                     linear_in_width(table.comparator, config.array.activation_bits));

  energy.add(EnergyComponent::Dram,
             8 * (n(Event::DramFetchedBytes) + n(Event::DramWriteBytes)) * per_bit(table.dram));
  if (table.static_power) {
    const double ns = static_cast<double>(cycles) * 1000 / config.clock_mhz;
    const StaticPower& power = *table.static_power;  // 1 mW for 1 ns is 1 pJ
    energy.add(EnergyComponent::Static,
               ns * Energy{power.milliwatt, power.low_milliwatt, power.high_milliwatt});
  }
  return energy;
}

}  // namespace systole
