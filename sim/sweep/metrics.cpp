#include "sim/sweep/metrics.hpp"

#include <fmt/format.h>

#include <cmath>

#include "sim/energy/area_model.hpp"
#include "sim/report/energy_figures.hpp"
#include "sim/report/totals.hpp"

namespace systole {
namespace {

constexpr MetricInfo kInfo[] = {
    {Metric::Cycles, "cycles", "cycle", false, "of one inference"},
    {Metric::TimeS, "time_s", "s", false, "cycles at clock_mhz"},
    {Metric::Macs, "macs", "MAC", false, "products of the layers' definition"},
    {Metric::Utilization, "utilization", "1", true, "useful MACs / (cycles x rows x cols)"},
    {Metric::DramReadBytes, "dram_read_bytes", "byte", false, "fetched, used or not"},
    {Metric::DramWriteBytes, "dram_write_bytes", "byte", false, "written"},
    {Metric::DramBytes, "dram_bytes", "byte", false, "both"},
    {Metric::BytesPerCycle, "bytes_per_cycle", "byte/cycle", false, "DRAM, on average"},
    {Metric::PeakBytesPerCycle, "peak_bytes_per_cycle", "byte/cycle", false,
     "DRAM, over the busiest 1024 cycles"},
    {Metric::EnergyPj, "energy_pj", "pJ", false, "by the accelerator's table"},
    {Metric::PjPerMac, "pj_per_mac", "pJ/MAC", false, "energy / MACs, the host's apart"},
    {Metric::EnergyDelayJs, "energy_delay_js", "J s", false, "energy x time"},
    {Metric::Tops, "tops", "10^12/s", true, "operations achieved, the host's apart; a MAC is two"},
    {Metric::TopsPerWatt, "tops_per_watt", "10^12/J", true, "operations for the energy"},
    {Metric::AreaMm2, "area_mm2", "mm2", false, "empty unless the table has all areas"},
    {Metric::TopsPerMm2, "tops_per_mm2", "10^12/(s mm2)", true, "tops / area"},
    {Metric::Accuracy, "accuracy", "1", true, "top-1, of labelled inputs"},
    {Metric::PsumOverflows, "psum_overflows", "1", false, "a labelled image, on average"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kMetrics; ++i) {
    if (static_cast<std::size_t>(kInfo[i].metric) != i) {
      return false;
    }
  }
  return true;
}
static_assert(std::size(kInfo) == kMetrics && in_order());

double real(std::uint64_t count) { return static_cast<double>(count); }

}  // namespace

const MetricInfo& info_of(Metric metric) { return kInfo[static_cast<std::size_t>(metric)]; }

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const MetricInfo& info : kInfo) {
    names.emplace_back(info.name);
  }
  return names;
}

std::optional<Metric> metric_named(const std::string& name) {
  for (const MetricInfo& info : kInfo) {
    if (name == info.name) {
      return info.metric;
    }
  }
  return std::nullopt;
}

MetricValues metrics_of(const RunResult& result, const EnergyTable& table) {
  const Summary total = totals_of(result, energy_per_layer(result, table));
  const std::uint32_t clock = result.config.clock_mhz;
  MetricValues values;
  const auto set = [&](Metric metric, double value) {
    values[static_cast<std::size_t>(metric)] = value;
  };
  set(Metric::Cycles, real(total.cycles));
  set(Metric::TimeS, seconds(total.cycles, clock));
  set(Metric::Macs, real(total.macs));
  set(Metric::Utilization, utilization(total, result.config));
  set(Metric::DramReadBytes, real(total.dram_read_bytes()));
  set(Metric::DramWriteBytes, real(total.dram_write_bytes()));
  set(Metric::DramBytes, real(total.dram_bytes()));
  set(Metric::BytesPerCycle, total.bytes_per_cycle());
  set(Metric::PeakBytesPerCycle, total.peak_bytes_per_cycle);
  set(Metric::EnergyPj, total.energy.total().pj);
  if (!table.normalized) {
    set(Metric::EnergyDelayJs, energy_delay_js(total, clock));
  }
  set(Metric::Tops, achieved_tops(total, clock));
  if (total.machine_macs() > 0) {
    set(Metric::PjPerMac, pj_per_mac(total));
  }
  if (total.machine_macs() > 0 && !table.normalized) {
    set(Metric::TopsPerWatt, tops_per_watt(total));
  }
  const Area area = compute_area(result.config, table);
  if (area.not_in_table.empty()) {
    constexpr double kUm2PerMm2 = 1e6;
    set(Metric::AreaMm2, area.total().value / kUm2PerMm2);
    set(Metric::TopsPerMm2, tops_per_mm2(achieved_tops(total, clock), area.total()));
  }
  if (result.accuracy && result.accuracy->images > 0) {
    set(Metric::Accuracy, real(result.accuracy->correct) / real(result.accuracy->images));
    set(Metric::PsumOverflows,
        real(result.accuracy->psum_overflows) / real(result.accuracy->images));
  }
  return values;
}

std::string metric_text(std::optional<double> value) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (!value) {
    return "";
  }
  return std::floor(*value) == *value && std::abs(*value) < kExact ? fmt::format("{:.0f}", *value)
                                                                   : fmt::format("{}", *value);
}

}  // namespace systole
