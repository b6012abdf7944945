#include "sim/report/totals.hpp"

#include <algorithm>
#include <stdexcept>

namespace systole {
namespace {

Check combined(Check a, Check b) {
  if (a == Check::Fail || b == Check::Fail) {
    return Check::Fail;
  }
  return a == Check::Pass || b == Check::Pass ? Check::Pass : Check::Skipped;
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// A layer shorter than the window has all of its traffic in it. Windows begin at multiples of their
// length, and the last one is as long as it happens to be: a layer of little more than a window can
// be busier as a whole than its busiest one.
void set_peak(Summary& s, const LayerResult& layer) {
  const std::uint64_t window = std::min(layer.cycles, kBandwidthWindow);
  const double busiest = ratio(layer.peak_bytes_per_window, window);
  const double average = s.bytes_per_cycle();
  s.peak_bytes_per_cycle = std::max(average, busiest);
  s.peak_cycles = average > busiest ? layer.cycles : window;
}

}  // namespace

double Summary::bytes_per_cycle() const {
  return cycles == 0 ? 0 : static_cast<double>(dram_bytes()) / static_cast<double>(cycles);
}

Summary summary_of(const LayerResult& layer, const EnergyBreakdown& energy) {
  Summary s;
  s.cycles = layer.cycles;
  s.compute_cycles = layer.compute_cycles;
  s.product_cycles = layer.cycles * layer.operands.products_per_pe;
  s.macs = static_cast<std::uint64_t>(layer.gemm.macs);
  s.events = layer.events;
  s.ledger = layer.ledger;
  s.energy = energy;
  s.compulsory_read_bytes = layer.compulsory_read_bytes;
  s.compulsory_write_bytes = layer.compulsory_write_bytes;
  set_peak(s, layer);
  s.check = layer.check;
  if (layer.where != Place::Array) {
    s.off_array_macs = s.macs;
    s.host_macs = layer.where == Place::Host ? s.macs : 0;
    s.off_array_bytes = s.dram_bytes() + s.host_bytes();
  }
  return s;
}

std::vector<EnergyBreakdown> energy_per_layer(const RunResult& result, const EnergyTable& table) {
  std::vector<EnergyBreakdown> energies;
  for (const LayerResult& layer : result.layers) {
    energies.push_back(
        compute_energy(layer.events, layer.cycles, result.config, table, layer.operands));
  }
  return energies;
}

Summary totals_of(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer) {
  if (result.layers.size() != per_layer.size()) {
    throw std::logic_error("the report needs one energy breakdown per layer");
  }
  Summary total;
  for (std::size_t i = 0; i < per_layer.size(); ++i) {
    const Summary layer = summary_of(result.layers[i], per_layer[i]);
    total.cycles += layer.cycles;
    total.compute_cycles += layer.compute_cycles;
    total.product_cycles += layer.product_cycles;
    total.macs += layer.macs;
    total.off_array_macs += layer.off_array_macs;
    total.host_macs += layer.host_macs;
    total.off_array_bytes += layer.off_array_bytes;
    total.events += layer.events;
    total.ledger += layer.ledger;
    total.energy += layer.energy;
    total.compulsory_read_bytes += layer.compulsory_read_bytes;
    total.compulsory_write_bytes += layer.compulsory_write_bytes;
    if (layer.peak_bytes_per_cycle > total.peak_bytes_per_cycle) {
      total.peak_bytes_per_cycle = layer.peak_bytes_per_cycle;
      total.peak_cycles = layer.peak_cycles;
    }
    total.check = combined(total.check, layer.check);
  }
  return total;
}

double utilization(const Summary& summary, const AcceleratorConfig& config) {
  const double slots =
      static_cast<double>(summary.product_cycles) * config.array.rows * config.array.cols;
  const std::uint64_t macs = summary.macs - summary.off_array_macs;
  return slots == 0 ? 0 : static_cast<double>(macs) / slots;
}

double off_array_macs_ratio(const Summary& summary) {
  return ratio(summary.off_array_macs, summary.macs);
}

double off_array_bytes_ratio(const Summary& summary) {
  return ratio(summary.off_array_bytes, summary.dram_bytes() + summary.host_bytes());
}

double gb_per_s(double bytes_per_cycle, std::uint32_t clock_mhz) {
  return bytes_per_cycle * clock_mhz / 1000;
}

double seconds(std::uint64_t cycles, std::uint32_t clock_mhz) {
  return static_cast<double>(cycles) / (clock_mhz * 1e6);
}

const char* check_name(Check check) {
  return check == Check::Pass ? "pass" : check == Check::Fail ? "fail" : "skipped";
}

const char* data_source_name(DataSource data) {
  return data == DataSource::Workload ? "workload" : data == DataSource::Random ? "random" : "none";
}

}  // namespace systole
