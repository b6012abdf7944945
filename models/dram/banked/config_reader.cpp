#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/dram/banked/address_mapping.hpp"
#include "models/dram/banked/config.hpp"
#include "sim/config/reader.hpp"

namespace systole::dram {
namespace {

constexpr InRange kCycles{1U, 100'000U};
constexpr InRange kCyclesOrNone{0U, 100'000U};
constexpr Choice<PagePolicy> kPagePolicies[] = {{"open", PagePolicy::Open},
                                                {"closed", PagePolicy::Closed}};

void require_power_of_two(ConfigReader& node, const std::string& key, std::uint32_t value) {
  if ((value & (value - 1)) != 0) {
    node.error(key, std::to_string(value) + " is no power of two, expected one");
  }
}

void read_size(ConfigReader& node, const std::string& key, std::uint32_t& out,
               InRange<std::uint32_t> range) {
  node.optional(key, out, range);
  require_power_of_two(node, key, out);
}

void require_size(ConfigReader& node, const std::string& key, std::uint32_t& out,
                  InRange<std::uint32_t> range) {
  node.required(key, out, range);
  require_power_of_two(node, key, out);
}

Organization read_organization(ConfigReader node) {
  Organization config;
  read_size(node, "channels", config.channels, {1, 64});
  read_size(node, "pseudo_channels", config.pseudo_channels, {1, 2});
  read_size(node, "ranks", config.ranks, {1, 16});
  read_size(node, "bank_groups", config.bank_groups, {1, 16});
  require_size(node, "banks_per_group", config.banks_per_group, {1, 64});
  require_size(node, "rows", config.rows, {1, 1U << 24U});
  require_size(node, "columns", config.columns, {1, 1U << 16U});
  require_size(node, "bus_bits", config.bus_bits, {8, 1024});
  require_size(node, "burst_length", config.burst_length, {2, 64});
  node.reject_unknown();
  if (config.banks() > kMostBanks) {
    node.error("banks_per_group",
               fmt::format("{} banks in a channel with its bank groups, ranks and pseudo "
                           "channels, expected at most {}",
                           config.banks(), kMostBanks));
  }
  if (config.pseudo_channels > 1 && config.ranks > 1) {
    node.error("ranks", "cannot be combined with pseudo_channels, expected 1");
  }
  if (config.columns < config.burst_length) {
    node.error("burst_length", fmt::format("{} is more than the {} columns of a row",
                                           config.burst_length, config.columns));
  }
  return config;
}

/// `value` when the key is absent.
void read_or(ConfigReader& node, const std::string& key, std::uint32_t& out, std::uint32_t value) {
  out = value;
  node.optional(key, out, kCycles);
}

void require_at_least(ConfigReader& node, const std::string& key, std::uint32_t value,
                      const char* other_key, std::uint32_t other) {
  if (value < other) {
    node.error(key, fmt::format("{} is less than {} {}", value, other_key, other));
  }
}

Timing read_timing(ConfigReader node, std::uint32_t burst_cycles) {
  Timing config;
  node.required("tck_ns", config.tck_ns, InRange{0.01, 1000.0});
  node.required("cl", config.cl, kCycles);
  node.required("cwl", config.cwl, kCycles);
  node.required("rcd", config.rcd, kCycles);
  read_or(node, "rcd_wr", config.rcd_wr, config.rcd);
  node.required("rp", config.rp, kCycles);
  read_or(node, "rp_ab", config.rp_ab, config.rp);
  node.required("ras", config.ras, kCycles);
  node.required("rc", config.rc, kCycles);
  node.required("ccd_s", config.ccd_s, kCycles);
  read_or(node, "ccd_l", config.ccd_l, config.ccd_s);
  node.required("rrd_s", config.rrd_s, kCycles);
  read_or(node, "rrd_l", config.rrd_l, config.rrd_s);
  node.required("faw", config.faw, kCycles);
  node.required("wr", config.wr, kCycles);
  node.required("wtr_s", config.wtr_s, kCycles);
  read_or(node, "wtr_l", config.wtr_l, config.wtr_s);
  node.required("rtp", config.rtp, kCycles);
  // Data of the read leave the bus two cycles before those of the write come, as in JESD79-4.
  const std::uint32_t read_end = config.cl + burst_cycles + 2;
  read_or(node, "rtw", config.rtw, read_end > config.cwl ? read_end - config.cwl : 1);
  config.rtrs = 2;
  node.optional("rtrs", config.rtrs, kCyclesOrNone);
  node.required("rfc", config.rfc, kCycles);
  node.required("refi", config.refi, kCyclesOrNone);
  node.reject_unknown();
  if (config.ccd_s < burst_cycles) {
    node.error("ccd_s",
               fmt::format("{} is less than the {} cycles of a burst", config.ccd_s, burst_cycles));
  }
  require_at_least(node, "ccd_l", config.ccd_l, "ccd_s", config.ccd_s);
  require_at_least(node, "rrd_l", config.rrd_l, "rrd_s", config.rrd_s);
  require_at_least(node, "wtr_l", config.wtr_l, "wtr_s", config.wtr_s);
  require_at_least(node, "rc", config.rc, "ras", config.ras);
  if (config.rtw + config.cwl < config.cl + burst_cycles) {
    node.error("rtw", fmt::format("{} is less than the {} of cl - cwl + burst: data of a write "
                                  "would meet those of the read before",
                                  config.rtw, config.cl + burst_cycles - config.cwl));
  }
  if (config.refi != 0 && config.refi <= config.rfc) {
    node.error("refi", fmt::format("{} is not above rfc {}: only refreshes would fit", config.refi,
                                   config.rfc));
  }
  return config;
}

CommandBus read_command_bus(ConfigReader node) {
  CommandBus config;
  constexpr InRange kCommandCycles{1U, kMostCommandCycles};
  node.optional("activate_cycles", config.activate_cycles, kCommandCycles);
  node.optional("precharge_cycles", config.precharge_cycles, kCommandCycles);
  node.optional("column_cycles", config.column_cycles, kCommandCycles);
  node.optional("refresh_cycles", config.refresh_cycles, kCommandCycles);
  node.optional("separate_column_bus", config.separate_column_bus);
  node.reject_unknown();
  return config;
}

Controller read_controller(ConfigReader node, std::uint32_t bursts_per_request) {
  Controller config;
  constexpr InRange kEntries{1U, 1024U};
  constexpr InRange kPercent{0U, 100U};
  node.optional("page_policy", config.page_policy, OneOf{kPagePolicies});
  node.optional("read_entries", config.read_entries, kEntries);
  node.optional("write_entries", config.write_entries, kEntries);
  node.optional("write_high_percent", config.write_high_percent, kPercent);
  node.optional("write_low_percent", config.write_low_percent, kPercent);
  node.optional("reads_in_a_row", config.reads_in_a_row, InRange{1U, 1024U});
  node.optional("max_wait", config.max_wait, InRange{100U, 10'000'000U});
  node.reject_unknown();
  if (config.write_low_percent > config.write_high_percent) {
    node.error("write_low_percent",
               fmt::format("{} is above write_high_percent {}", config.write_low_percent,
                           config.write_high_percent));
  }
  for (const auto& [key, entries] : {std::pair{"read_entries", config.read_entries},
                                     std::pair{"write_entries", config.write_entries}}) {
    if (entries < bursts_per_request) {
      node.error(key, fmt::format("{} entries do not hold the {} bursts of one request", entries,
                                  bursts_per_request));
    }
  }
  return config;
}

Rail read_rail(ConfigReader& rail) {
  constexpr InRange kMilliampere{0.0, 100'000.0};
  Rail config;
  rail.required("volts", config.volts, InRange{0.1, 10.0});
  rail.required("idd0", config.idd0, kMilliampere);
  rail.required("idd2n", config.idd2n, kMilliampere);
  rail.required("idd3n", config.idd3n, kMilliampere);
  rail.required("idd4r", config.idd4r, kMilliampere);
  rail.required("idd4w", config.idd4w, kMilliampere);
  rail.required("idd5", config.idd5, kMilliampere);
  rail.reject_unknown();
  return config;
}

/// An energy is a difference of currents. One rail of several may have a negative part in it, as
/// data sheets round each current by itself; their sum may not.
struct EnergyRule {
  const char* key;
  double Rail::*current;
  double OperationEnergies::*energy;
  std::string (*expected)(const Rail& rail, const Timing& timing);
};

std::string not_below_idd3n(const Rail& rail, const Timing& /*timing*/) {
  return fmt::format("at least idd3n {}", rail.idd3n);
}

/// What a row cycle draws without its activation, mA times cycles: IDD0 is the average of both.
double standby(const Rail& rail, const Timing& timing) {
  return rail.idd3n * timing.ras + rail.idd2n * (timing.rc - timing.ras);
}

std::string not_below_standby(const Rail& rail, const Timing& timing) {
  return fmt::format(
      "at least {:.6g}, for over rc {} it contains idd3n {} over ras {} and "
      "idd2n {} over the rest",
      standby(rail, timing) / timing.rc, timing.rc, rail.idd3n, timing.ras, rail.idd2n);
}

constexpr EnergyRule kEnergyRules[] = {
    {"idd0", &Rail::idd0, &OperationEnergies::activate_pj, not_below_standby},
    {"idd4r", &Rail::idd4r, &OperationEnergies::read_pj, not_below_idd3n},
    {"idd4w", &Rail::idd4w, &OperationEnergies::write_pj, not_below_idd3n},
    {"idd5", &Rail::idd5, &OperationEnergies::refresh_pj, not_below_idd3n},
};

/// Refuses currents that give a negative energy, at the rail that takes most from it.
void check_energies(std::vector<ConfigReader>& readers, const std::vector<Rail>& rails,
                    const OperationEnergies& sum, const Config& config) {
  for (const EnergyRule& rule : kEnergyRules) {
    if (sum.*rule.energy >= 0) {
      continue;
    }
    const auto part = [&](const Rail& rail) {
      return energies_of_currents({rail}, 1, config.timing, config.burst_cycles()).*rule.energy;
    };
    const auto worst =
        std::min_element(rails.begin(), rails.end(),
                         [&](const Rail& a, const Rail& b) { return part(a) < part(b); });
    const auto index = static_cast<std::size_t>(worst - rails.begin());
    readers[index].error(
        rule.key, fmt::format("{} gives a negative energy, expected {}", (*worst).*rule.current,
                              rule.expected(*worst, config.timing)));
  }
}

OperationEnergies read_currents(ConfigReader& node, const Config& config, bool has_timing) {
  double devices = 1;
  node.required("devices", devices, InRange{0.01, 1024.0});
  const std::size_t errors = node.error_count();
  std::vector<ConfigReader> readers = node.children("rails");
  if (readers.empty() && node.error_count() == errors) {
    node.error("rails", "is empty, expected at least one rail");
  }
  std::vector<Rail> rails;
  rails.reserve(readers.size());
  for (ConfigReader& rail : readers) {
    rails.push_back(read_rail(rail));
  }
  const OperationEnergies energies =
      energies_of_currents(rails, devices, config.timing, config.burst_cycles());
  if (has_timing && node.error_count() == errors) {
    check_energies(readers, rails, energies, config);
  }
  return energies;
}

OperationEnergies read_operations(ConfigReader node) {
  constexpr InRange kAny{0.0, 1e12};
  OperationEnergies config;
  node.required("activate_pj", config.activate_pj, kAny);
  node.required("read_pj", config.read_pj, kAny);
  node.required("write_pj", config.write_pj, kAny);
  node.required("refresh_pj", config.refresh_pj, kAny);
  node.required("active_mw", config.active_mw, kAny);
  node.required("precharged_mw", config.precharged_mw, kAny);
  node.reject_unknown();
  return config;
}

OperationEnergies read_energies(ConfigReader node, const Config& config, bool has_timing) {
  OperationEnergies energies;
  if (auto operations = node.optional_child("operations")) {
    energies = read_operations(*std::move(operations));
    const bool rails = node.has("rails");
    const bool devices = node.has("devices");  // each asked for, and so no unknown key
    if (rails || devices) {
      node.error("operations", "cannot be combined with rails and devices, expected one of them");
    }
  } else {
    energies = read_currents(node, config, has_timing);
  }
  node.reject_unknown();
  return energies;
}

Config read_config(ConfigReader root) {
  Config config;
  root.required("name", config.name, NotEmpty{});
  const std::size_t errors = root.error_count();
  config.organization = read_organization(root.child("organization"));
  read_size(root, "request_bytes", config.request_bytes, {8, 4096});
  const bool sizes_are_good = root.error_count() == errors;
  if (sizes_are_good && config.request_bytes < config.organization.burst_bytes()) {
    root.error("request_bytes",
               fmt::format("{} is less than the {} bytes of a burst", config.request_bytes,
                           config.organization.burst_bytes()));
  }
  const bool request_is_good = root.error_count() == errors;
  const std::size_t errors_before_timing = root.error_count();
  ConfigReader timing = root.child("timing");
  config.timing = read_timing(timing, config.burst_cycles());
  const bool timing_is_good = root.error_count() == errors_before_timing;
  config.command_bus = read_command_bus(root.child_or_empty("command_bus"));
  config.controller = read_controller(root.child_or_empty("controller"),
                                      sizes_are_good ? config.bursts_per_request() : 1);
  root.required("mapping", config.mapping, NotEmpty{});
  if (!config.mapping.empty()) {
    for (const std::string& mistake : request_is_good
                                          ? AddressMapping::mistakes_in(config)
                                          : AddressMapping::misnamed_in(config.mapping)) {
      root.error("mapping", mistake);
    }
  }
  if (auto power = root.optional_child("power")) {
    config.energies = read_energies(*std::move(power), config, timing_is_good);
  }
  root.reject_unknown();
  if (root.error_count() == errors) {
    const std::uint32_t shortest = shortest_refi(config);
    if (config.timing.refi != 0 && config.timing.refi < shortest) {
      timing.error("refi", fmt::format("{} is less than the {} cycles in which rows are surely "
                                       "closed, refreshed (rfc {}) and one of them read or written",
                                       config.timing.refi, shortest, config.timing.rfc));
    }
  }
  return config;
}

Config read_file(const ConfigFile& file) {
  Config config = read_config(file.root());
  file.check();
  return config;
}

}  // namespace

OperationEnergies energies_of_currents(const std::vector<Rail>& rails, double devices,
                                       const Timing& timing, std::uint32_t burst_cycles) {
  OperationEnergies sum;  // mA V ns = pJ
  for (const auto& rail : rails) {
    const double power = rail.volts * devices;  // for each mA
    const double pj = power * timing.tck_ns;    // for each mA and cycle
    const double row_cycle = rail.idd0 * timing.rc;
    const double activate = row_cycle - standby(rail, timing);
    // What binary numbers leave of equal currents is no energy, and no negative one.
    sum.activate_pj += std::abs(activate) > 1e-12 * row_cycle ? pj * activate : 0;
    sum.read_pj += pj * (rail.idd4r - rail.idd3n) * burst_cycles;
    sum.write_pj += pj * (rail.idd4w - rail.idd3n) * burst_cycles;
    sum.refresh_pj += pj * (rail.idd5 - rail.idd3n) * timing.rfc;
    sum.active_mw += power * rail.idd3n;
    sum.precharged_mw += power * rail.idd2n;
  }
  return sum;
}

std::uint32_t shortest_refi(const Config& config) {
  const Timing& t = config.timing;
  const CommandBus& bus = config.command_bus;
  const std::uint32_t units = config.organization.units();
  // Nothing starts any more when a refresh is due; what started before takes effect within this.
  const std::uint32_t under_way =
      std::max({bus.activate_cycles, bus.precharge_cycles, bus.column_cycles, bus.refresh_cycles});
  const std::uint32_t written = t.cwl + config.burst_cycles();
  const std::uint32_t closed = std::max({t.ras, t.rtp, written + t.wr}) + t.rp_ab;
  const std::uint32_t refreshed = under_way + std::max({closed, t.rp, t.rc, t.rrd_s, t.rrd_l}) +
                                  units * (bus.precharge_cycles + bus.refresh_cycles) + t.rfc;
  const std::uint32_t opened = std::max(refreshed, under_way + t.faw) + bus.activate_cycles;
  const std::uint32_t bus_is_free =
      std::max({t.ccd_l, t.rtw, written + std::max(t.wtr_s, t.wtr_l),
                std::max(t.cl, t.cwl) + config.burst_cycles() + t.rtrs});
  return std::max(opened + std::max(t.rcd, t.rcd_wr), under_way + bus_is_free) + bus.column_cycles;
}

Config load_config(const std::string& file, const std::vector<std::string>& overrides) {
  return read_file(ConfigFile::load(file, overrides));
}

Config parse_config(const std::string& text, const std::string& file) {
  return read_file(ConfigFile::parse(text, file));
}

}  // namespace systole::dram
