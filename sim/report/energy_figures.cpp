#include "sim/report/energy_figures.hpp"

namespace systole {

EnergyUnit energy_unit(const EnergyTable& table) {
  return table.normalized ? EnergyUnit::Mac : EnergyUnit::Joule;
}

const char* energy_unit_name(EnergyUnit unit) { return unit == EnergyUnit::Mac ? "MAC" : "pJ"; }

double pj_per_mac(const Summary& summary) {
  const std::uint64_t macs = summary.machine_macs();
  return macs == 0 ? 0 : summary.energy.total().pj / static_cast<double>(macs);
}

// 1 operation for 1 pJ is 10^12 operations for 1 J.
double tops_per_watt(const Summary& summary) {
  const double pj = summary.energy.total().pj;
  return pj > 0 ? 2 * static_cast<double>(summary.machine_macs()) / pj : 0;
}

double energy_delay_js(const Summary& summary, std::uint32_t clock_mhz) {
  return summary.energy.total().pj * 1e-12 * seconds(summary.cycles, clock_mhz);
}

double peak_tops(const Summary& summary, const AcceleratorConfig& config) {
  const double products = summary.cycles == 0 ? 1
                                              : static_cast<double>(summary.product_cycles) /
                                                    static_cast<double>(summary.cycles);
  return 2e-6 * config.array.rows * config.array.cols * products * config.clock_mhz;
}

double achieved_tops(const Summary& summary, std::uint32_t clock_mhz) {
  return summary.cycles == 0 ? 0
                             : 2e-12 * static_cast<double>(summary.machine_macs()) /
                                   seconds(summary.cycles, clock_mhz);
}

double tops_per_mm2(double tops, const Bounded& um2) {
  return um2.value > 0 ? tops / (um2.value * 1e-6) : 0;
}

}  // namespace systole
