#include "sim/report/scalesim_report.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

namespace systole {
namespace {

constexpr const char* kComputeFile = "COMPUTE_REPORT.csv";
constexpr const char* kBandwidthFile = "BANDWIDTH_REPORT.csv";
constexpr const char* kAccessFile = "DETAILED_ACCESS_REPORT.csv";

constexpr double kPercent = 100.0;

double ratio(double a, double b) { return b == 0 ? 0 : a / b; }

/// Cycles in which the array had work and waited for it.
std::uint64_t stalls(const LayerResult& layer) {
  std::uint64_t cycles = 0;
  for (const Cause cause : {Cause::WaitWeights, Cause::WaitActivations, Cause::WaitDram,
                            Cause::WaitBank, Cause::WaitAccumulator, Cause::WaitRequant}) {
    cycles += layer.ledger.at(LedgerUnit::Array, cause);
  }
  return cycles;
}

/// What crosses a memory's port, in the order of the columns.
struct Accesses {
  const char* memory = "";
  const char* what = "";
  bool sram = false;
  std::optional<std::uint64_t> count;  ///< nothing: not measured
};

std::array<Accesses, 6> accesses_of(const LayerResult& layer, const AcceleratorConfig& config) {
  const Traffic& traffic = layer.traffic;
  std::optional<std::uint64_t> ifmap, filter;
  // A unified scratchpad counts what the array reads of both operands as one.
  if (config.scratchpad.organization == ScratchpadOrganization::Split) {
    ifmap = traffic.at(TrafficMemory::Scratchpad, Stream::Array).read;
    filter = traffic.at(TrafficMemory::WeightScratchpad, Stream::Array).read;
  }
  const std::uint64_t psum_rows =
      traffic.at(TrafficMemory::Accumulators, Stream::Psum).written / accumulator_row_bytes(config);
  const std::uint64_t psums = psum_rows * config.array.cols;
  const auto dram = [&](Stream stream) { return traffic.at(TrafficMemory::Dram, stream); };
  return {{{"SRAM IFMAP", "Reads", true, ifmap},
           {"SRAM Filter", "Reads", true, filter},
           {"SRAM OFMAP", "Writes", true, psums},
           {"DRAM IFMAP", "Reads", false, dram(Stream::Ifmap).read},
           {"DRAM Filter", "Reads", false, dram(Stream::Weight).read},
           {"DRAM OFMAP", "Writes", false, dram(Stream::Ofmap).written}}};
}

std::string compute_row(std::size_t id, const LayerResult& layer, const ArrayConfig& array) {
  const double pes = static_cast<double>(array.rows) * static_cast<double>(array.cols);
  // Of PEs that take several products at once, and without the zeros between groups.
  const auto products = static_cast<double>(layer.operands.products_per_pe);
  const double macs = static_cast<double>(layer.gemm.macs) / products;
  const double slots =
      static_cast<double>(layer.events[Event::Mac] + layer.events[Event::MacPadding]) / products;
  const auto percent = [&](double of) { return ratio(kPercent * macs, of); };
  return fmt::format("{}, {}, {}, {}, {}, {}, {},\n", id, layer.cycles, layer.compute_cycles,
                     stalls(layer), percent(static_cast<double>(layer.cycles) * pes),
                     percent(slots), percent(static_cast<double>(layer.compute_cycles) * pes));
}

std::string bandwidth_row(std::size_t id, const LayerResult& layer,
                          const std::array<Accesses, 6>& accesses) {
  std::string row = std::to_string(id);
  for (const Accesses& a : accesses) {
    const auto cycles = static_cast<double>(a.sram ? layer.compute_cycles : layer.cycles);
    row += a.count ? fmt::format(", {}", ratio(static_cast<double>(*a.count), cycles)) : ", ";
  }
  return row + ",\n";
}

std::string access_header(const std::array<Accesses, 6>& accesses) {
  std::string header = "LayerID";
  for (const Accesses& a : accesses) {
    header += fmt::format(", {0} Start Cycle, {0} Stop Cycle, {0} {1}", a.memory, a.what);
  }
  return header + ",\n";
}

std::string access_row(std::size_t id, const std::array<Accesses, 6>& accesses) {
  std::string row = std::to_string(id);
  for (const Accesses& a : accesses) {
    // When the first and the last were is not recorded.
    row += ", , , " + (a.count ? std::to_string(*a.count) : "");
  }
  return row + ",\n";
}

}  // namespace

std::vector<NamedText> scalesim_report(const RunResult& result) {
  std::string compute =
      "LayerID, Total Cycles (incl. prefetch), Total Cycles, Stall Cycles, Overall Util %, Mapping "
      "Efficiency %, Compute Util %,\n";
  std::string bandwidth =
      "LayerID, Avg IFMAP SRAM BW, Avg FILTER SRAM BW, Avg OFMAP SRAM BW, Avg IFMAP DRAM BW, Avg "
      "FILTER DRAM BW, Avg OFMAP DRAM BW,\n";
  std::string access = access_header(accesses_of({}, result.config));
  std::size_t id = 0;
  for (const LayerResult& layer : result.layers) {
    if (layer.events[Event::Mac] == 0) {
      continue;  // not on the array: SCALE-Sim has no such layers
    }
    const std::array<Accesses, 6> accesses = accesses_of(layer, result.config);
    compute += compute_row(id, layer, result.config.array);
    bandwidth += bandwidth_row(id, layer, accesses);
    access += access_row(id, accesses);
    ++id;
  }
  return {{kComputeFile, compute}, {kBandwidthFile, bandwidth}, {kAccessFile, access}};
}

std::vector<std::string> scalesim_report_files() {
  return {kComputeFile, kBandwidthFile, kAccessFile};
}

}  // namespace systole
