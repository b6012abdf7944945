#include "sim/energy/operation_energy.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/energy/interpolation.hpp"

namespace systole {
namespace {

// A binary32 multiplier is, for the most part, one of two 24-bit significands.
constexpr double kSignificandBits = 24;

Energy sram_energy(const EnergyTable& table, const TableEntries& points, double bytes,
                   double access_bits) {
  if (points.empty()) {
    return {};
  }
  const Energy sram{sram_bit(points, bytes, access_bits)};
  const Energy floor = bit_energy(table.register_file);
  return {std::max(sram.pj, floor.pj), std::max(sram.low_pj, floor.low_pj),
          std::max(sram.high_pj, floor.high_pj)};
}

Energy entry_energy(const TableEntries& entries, std::uint32_t bits) {
  const TableEntry* const entry = entry_of_width(entries, bits);
  if (entry == nullptr) {
    throw std::logic_error("the energy table was not asked for this number format");
  }
  return Energy{entry->value};
}

std::optional<Energy> requant_multiply(const AcceleratorConfig& config, const EnergyTable& table) {
  if (config.requant.mode == RequantMode::ShiftOnly) {
    return Energy{};
  }
  const bool is_float = config.requant.mode == RequantMode::FloatScale;
  if (const TableEntry* const published = entry_of_width(table.float_multiplier, 32);
      is_float && published != nullptr) {
    return Energy{published->value};
  }
  if (table.multiplier.empty()) {
    return std::nullopt;
  }
  return is_float ? multiplier_energy(table, kSignificandBits, kSignificandBits)
                  : multiplier_energy(table, config.array.accumulator_bits,
                                      config.requant.multiplier_bits);
}

std::optional<Energy> known_linear_energy(const TableEntries& points, double bits) {
  return points.empty() ? std::nullopt : std::optional{linear_energy(points, bits)};
}

}  // namespace

Energy linear_energy(const TableEntries& points, double bits) {
  return points.empty() ? Energy{} : Energy{linear_in_width(points, bits)};
}

Energy bit_energy(const TableEntries& single) {
  return single.empty() ? Energy{} : Energy{(1.0 / single.front().bits) * single.front().value};
}

double square_bits(double a_bits, double b_bits) { return std::sqrt(a_bits * b_bits); }

Energy float_multiply_energy(const AcceleratorConfig& config, const EnergyTable& table) {
  return entry_energy(table.float_multiplier, format_bits(priced_format(config), 0));
}

Energy float_add_energy(const EnergyTable& table) {
  return entry_energy(table.float_adder, kFloatPsumBits);
}

double requant_shift_bits(const AcceleratorConfig& config) {
  const double accumulator = config.array.accumulator_bits;
  const bool wide = config.requant.mode == RequantMode::MultiplierShift &&
                    config.requant.variant == RequantVariant::Single;
  return wide ? accumulator + config.requant.multiplier_bits : accumulator;
}

RequantCost requant_cost(const AcceleratorConfig& config, const EnergyTable& table) {
  return {requant_multiply(config, table),
          known_linear_energy(table.shifter, requant_shift_bits(config)),
          known_linear_energy(table.adder, config.array.accumulator_bits)};
}

std::optional<Energy> RequantCost::total() const {
  return multiply && shift && add ? std::optional{*multiply + *shift + *add} : std::nullopt;
}

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

}  // namespace systole
