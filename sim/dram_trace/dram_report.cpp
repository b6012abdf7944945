#include "sim/dram_trace/dram_report.hpp"

#include <fmt/format.h>

#include "sim/report/bandwidth.hpp"
#include "sim/report/units.hpp"
#include "sim/report/utf8.hpp"
#include "sim/report/version.hpp"

namespace systole {
namespace {

/// Figures that both reports derive in the same way.
struct Derived {
  double ns = 0;
  double gb_per_s = 0;
  double peak_percent = 0;
  double row_hit_rate = 0;  ///< of column commands
  double pj_per_bit = 0;
};

double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }

Derived derive(const dram::Config& memory, const TraceRunResult& result) {
  Derived derived;
  derived.ns = static_cast<double>(result.cycles) * memory.timing.tck_ns;
  const auto bytes = static_cast<double>(result.bytes);
  derived.gb_per_s = ratio(bytes, derived.ns);
  derived.peak_percent = 100 * ratio(derived.gb_per_s, memory.peak_gb_per_s());
  derived.row_hit_rate = ratio(static_cast<double>(result.stats.row_hits),
                               static_cast<double>(result.stats.reads + result.stats.writes));
  derived.pj_per_bit = ratio(result.energy.total_pj(), bytes * 8);
  return derived;
}

std::string line(const char* label, const std::string& value) {
  return fmt::format("  {:<12} {}\n", label, value);
}

}  // namespace

std::string dram_text_report(const dram::Config& memory, const std::string& trace,
                             const TraceRunResult& result) {
  const Derived derived = derive(memory, result);
  const dram::Stats& stats = result.stats;
  const LatencySummary& latency = result.read_latency;
  std::string text = fmt::format("{} on {}\n", printable(trace), printable(memory.name));
  text += line("requests", fmt::format("{} of {} B: {} read, {} written", grouped(result.requests),
                                       memory.request_bytes, grouped(stats.read_requests),
                                       grouped(stats.write_requests)));
  text += line("time", fmt::format("{} cycles of {:.4g} ns = {}", grouped(result.cycles),
                                   memory.timing.tck_ns, human_time(derived.ns * 1e-9)));
  text += line("bandwidth",
               fmt::format("{:.2f} GB/s, {:.1f} % of the peak of {:.2f} GB/s", derived.gb_per_s,
                           derived.peak_percent, memory.peak_gb_per_s()));
  text += line("rows", fmt::format("{} hits ({:.1f} %), {} misses, {} conflicts",
                                   grouped(stats.row_hits), 100 * derived.row_hit_rate,
                                   grouped(stats.row_misses), grouped(stats.row_conflicts)));
  text += line("commands",
               fmt::format("{} activates, {} precharges, {} precharges of all, {} refreshes",
                           grouped(stats.activates), grouped(stats.precharges),
                           grouped(stats.precharges_all), grouped(stats.refreshes)));
  if (stats.read_requests != 0) {
    text += line("read latency",
                 fmt::format("mean {:.1f}, min {}, median {}, 99 % {}, max {} cycles", latency.mean,
                             latency.min, latency.median, latency.percentile_99, latency.max));
  }
  if (result.energy.total_pj() > 0) {
    const dram::Energy& energy = result.energy;
    text +=
        line("energy", fmt::format("{} = {:.2f} pJ/bit: activate {}, read {}, write {}, refresh "
                                   "{}, background {}",
                                   human_energy(energy.total_pj()), derived.pj_per_bit,
                                   human_energy(energy.activate_pj), human_energy(energy.read_pj),
                                   human_energy(energy.write_pj), human_energy(energy.refresh_pj),
                                   human_energy(energy.background_pj)));
  }
  return text;
}

nlohmann::ordered_json dram_json_report(const dram::Config& memory, const std::string& trace,
                                        const TraceRunResult& result) {
  const Derived derived = derive(memory, result);
  const dram::Stats& stats = result.stats;
  const LatencySummary& latency = result.read_latency;
  const dram::Energy& energy = result.energy;
  return {
      {"systole", version()},
      {"memory", valid_utf8(memory.name)},
      {"trace", valid_utf8(trace)},
      {"tck_ns", memory.timing.tck_ns},
      {"requests", result.requests},
      {"bytes", result.bytes},
      {"cycles", result.cycles},
      {"ns", derived.ns},
      {"bandwidth_gb_per_s", derived.gb_per_s},
      {"peak_gb_per_s", memory.peak_gb_per_s()},
      {"peak_percent", derived.peak_percent},
      {"read_requests", stats.read_requests},
      {"write_requests", stats.write_requests},
      {"row_hits", stats.row_hits},
      {"row_misses", stats.row_misses},
      {"row_conflicts", stats.row_conflicts},
      {"commands",
       {{"read", stats.reads},
        {"write", stats.writes},
        {"activate", stats.activates},
        {"precharge", stats.precharges},
        {"precharge_all", stats.precharges_all},
        {"refresh", stats.refreshes}}},
      {"read_latency_cycles",
       {{"mean", latency.mean},
        {"min", latency.min},
        {"median", latency.median},
        {"percentile_99", latency.percentile_99},
        {"max", latency.max}}},
      {"energy_pj", command_energy_json({energy.activate_pj, energy.read_pj, energy.write_pj,
                                         energy.refresh_pj, energy.background_pj})},
      {"pj_per_bit", derived.pj_per_bit},
  };
}

}  // namespace systole
