#include "sim/energy/area_model.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "sim/energy/interpolation.hpp"
#include "sim/energy/operation_energy.hpp"

namespace systole {
namespace {

constexpr const char* kNames[] = {"array",        "scratchpad",     "weight_scratchpad",
                                  "accumulators", "requantization", "vector"};
static_assert(std::size(kNames) == kAreaComponents, "every component has its name");

constexpr double kVectorBits = 32;  // in which the vector unit sums and scales

class Model {
 public:
  Model(const AcceleratorConfig& config, const EnergyTable& table)
      : config_{config}, table_{table} {}

  Area area() {
    add_array();
    const ScratchpadConfig& s = config_.scratchpad;
    add_banks(AreaComponent::Scratchpad, s.activation.capacity_kib, s.activation.banks);
    if (s.organization == ScratchpadOrganization::Split) {
      add_banks(AreaComponent::WeightScratchpad, s.weight.capacity_kib, s.weight.banks);
    }
    add_banks(AreaComponent::Accumulators, config_.accumulators.capacity_kib,
              config_.accumulators.banks);
    add(AreaComponent::Accumulators, config_.array.cols, adder(config_.array.accumulator_bits));
    add_lanes();
    return area_;
  }

 private:
  void add(AreaComponent component, double count, const Bounded& each) {
    area_.um2[static_cast<std::size_t>(component)] += count * each;
  }

  /// The value that `read` takes from the entries; nothing, and a note of it, without entries.
  template <typename Read>
  Bounded known(const TableEntries& entries, const char* what, const Read& read) {
    if (!entries.empty()) {
      return read(entries);
    }
    auto& missing = area_.not_in_table;
    if (std::find(missing.begin(), missing.end(), what) == missing.end()) {
      missing.emplace_back(what);
    }
    return {};
  }
  Bounded linear(const TableEntries& entries, const char* what, double bits) {
    return known(entries, what,
                 [bits](const TableEntries& list) { return linear_in_width(list, bits); });
  }
  Bounded square(const TableEntries& entries, const char* what, double bits) {
    return known(entries, what,
                 [bits](const TableEntries& list) { return log_log_in_width(list, bits, 2); });
  }

  Bounded floating(const TableEntries& entries, const char* what, std::uint32_t bits) {
    const TableEntry* const entry = entry_of_width(entries, bits);
    return entry != nullptr ? entry->value : known({}, what, [](const auto&) { return Bounded{}; });
  }
  Bounded adder(double bits) { return linear(table_.area_adder, "adder", bits); }
  Bounded multiplier(double a_bits, double b_bits) {
    return square(table_.area_multiplier, "multiplier", std::sqrt(a_bits * b_bits));
  }

  // Of the array and of the vector unit.
  Bounded mac_multiplier() {
    const NumberFormat format = priced_format(config_);
    return format == NumberFormat::Int
               ? multiplier(config_.array.activation_bits, config_.array.weight_bits)
               : floating(table_.area_float_multiplier, "floating-point multiplier",
                          format_bits(format, 0));
  }
  Bounded mac_adder() {
    return priced_format(config_) == NumberFormat::Int
               ? adder(config_.array.accumulator_bits)
               : floating(table_.area_float_adder, "floating-point adder", kFloatPsumBits);
  }

  void add_array() {
    const ArrayConfig& array = config_.array;
    const double pes = static_cast<double>(array.rows) * array.cols;
    const bool composable = array.pe == PeKind::Composable;
    const TableEntries& whole_pe = composable ? table_.area_pe_composable : table_.area_pe;
    if (!whole_pe.empty() && priced_format(config_) == NumberFormat::Int) {
      const double bits = std::sqrt(static_cast<double>(array.activation_bits) * array.weight_bits);
      add(AreaComponent::Array, pes, square(whole_pe, "PE", bits));
      return;
    }
    const NumberFormat format = priced_format(config_);
    const double weights = array.overlap == Overlap::Full ? 2 : 1;
    double register_bits = format_bits(format, array.activation_bits) +
                           weights * format_bits(format, array.weight_bits) +
                           array.accumulator_bits;
    if (composable) {  // operands of its most products, 2 bits each
      register_bits = (1 + weights) * 2 * products_per_pe(array, 1, 1) + array.accumulator_bits;
      known({}, "what composing adds to a PE", [](const auto&) { return Bounded{}; });
    }
    add(AreaComponent::Array, pes, mac_multiplier());
    add(AreaComponent::Array, pes, mac_adder());
    add(AreaComponent::Array, pes, linear(table_.area_register, "register", register_bits));
  }

  void add_banks(AreaComponent component, std::uint32_t capacity_kib, std::uint32_t banks) {
    const double bytes = capacity_kib * 1024.0 / banks;
    add(component, banks, known(table_.area_sram, "SRAM", [bytes](const TableEntries& list) {
          return log_log_in_capacity(list, bytes, 1);
        }));
  }

  void add_lanes() {
    const RequantConfig& requant = config_.requant;
    const double accumulator = config_.array.accumulator_bits;
    const auto add_requant = [&](const Bounded& each) {
      add(AreaComponent::Requantization, requant.lanes, each);
    };
    if (requant.mode == RequantMode::FloatScale) {
      add_requant(floating(table_.area_float_multiplier, "floating-point multiplier", 32));
    } else if (requant.mode == RequantMode::MultiplierShift) {
      add_requant(multiplier(accumulator, requant.multiplier_bits));
    }
    add_requant(linear(table_.area_shifter, "shifter", requant_shift_bits(config_)));
    add_requant(adder(accumulator));
    const auto add_vector = [&](const Bounded& each) {
      add(AreaComponent::Vector, config_.vector.lanes, each);
    };
    add_vector(adder(kVectorBits));
    add_vector(multiplier(kVectorBits, kVectorBits));
    add_vector(linear(table_.area_comparator, "comparator", config_.array.activation_bits));
    if (config_.vector.mac_lanes > 0) {
      const auto add_mac = [&](const Bounded& each) {
        add(AreaComponent::Vector, config_.vector.mac_lanes, each);
      };
      add_mac(mac_multiplier());
      add_mac(mac_adder());
    }
  }

  const AcceleratorConfig& config_;
  const EnergyTable& table_;
  Area area_;
};

}  // namespace

const char* area_component_name(AreaComponent component) {
  return kNames[static_cast<std::size_t>(component)];
}

Bounded Area::total() const {
  Bounded sum;
  for (const Bounded& part : um2) {
    sum += part;
  }
  return sum;
}

Area compute_area(const AcceleratorConfig& config, const EnergyTable& table) {
  return Model{config, table}.area();
}

}  // namespace systole
