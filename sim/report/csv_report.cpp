#include "sim/report/csv_report.hpp"

#include <fmt/format.h>

#include "sim/report/csv_field.hpp"
#include "sim/report/energy_figures.hpp"
#include "sim/report/utf8.hpp"

namespace systole {
namespace {

constexpr const char* kLayersFile = "layers.csv";
constexpr const char* kMemoriesFile = "memories.csv";
constexpr const char* kEnergyFile = "energy.csv";

std::string field(const std::string& text) { return csv_field(text); }
std::string field(std::uint64_t value) { return std::to_string(value); }
// The shortest text that reads back as the same number.
std::string field(double value) { return fmt::format("{}", value); }

template <typename... Values>
void add_line(std::string& out, const Values&... values) {
  const char* separator = "";
  ((out += separator + field(values), separator = ","), ...);
  out += "\r\n";
}

std::uint64_t count(std::int64_t value) { return static_cast<std::uint64_t>(value); }

std::string layers_csv(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer,
                       const char* energy_unit) {
  std::string out = fmt::format(
      "layer,op,where,m,n,k,macs [MAC],cycles [cycle],compute_cycles [cycle],utilization [1],"
      "dram_read [byte],dram_write [byte],compulsory_read [byte],compulsory_write [byte],"
      "average_bandwidth [byte/cycle],energy [{0}],energy_low [{0}],energy_high [{0}],"
      "energy_per_mac [{0}/MAC],check\r\n",
      energy_unit);
  for (std::size_t i = 0; i < per_layer.size(); ++i) {
    const LayerResult& layer = result.layers[i];
    const Summary s = summary_of(layer, per_layer[i]);
    const Energy energy = s.energy.total();
    add_line(out, valid_utf8(layer.name), valid_utf8(layer.op),
             std::string{place_name(layer.where)}, count(layer.gemm.m), count(layer.gemm.n),
             count(layer.gemm.k), s.macs, s.cycles, s.compute_cycles, utilization(s, result.config),
             s.dram_read_bytes(), s.dram_write_bytes(), s.compulsory_read_bytes,
             s.compulsory_write_bytes, s.bytes_per_cycle(), energy.pj, energy.low_pj,
             energy.high_pj, s.machine_macs() > 0 ? field(pj_per_mac(s)) : std::string{},
             std::string{check_name(s.check)});
  }
  return out;
}

struct Memory {
  const char* name;
  std::uint32_t capacity_kib;
  std::uint32_t banks;
  Event read;
  Event write;
  EnergyComponent component;
};

std::vector<Memory> memories(const AcceleratorConfig& config) {
  const ScratchpadConfig& s = config.scratchpad;
  std::vector<Memory> all{{"scratchpad", s.activation.capacity_kib, s.activation.banks,
                           Event::ScratchpadReadBits, Event::ScratchpadWriteBits,
                           EnergyComponent::Scratchpad}};
  if (s.organization == ScratchpadOrganization::Split) {
    all.push_back({"weight_scratchpad", s.weight.capacity_kib, s.weight.banks,
                   Event::WeightScratchpadReadBits, Event::WeightScratchpadWriteBits,
                   EnergyComponent::WeightScratchpad});
  }
  all.push_back({"accumulators", config.accumulators.capacity_kib, config.accumulators.banks,
                 Event::AccumulatorReadBits, Event::AccumulatorWriteBits,
                 EnergyComponent::Accumulators});
  return all;
}

std::string memories_csv(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer,
                         const char* energy_unit) {
  std::string out = fmt::format(
      "layer,memory,capacity [KiB],banks,read [bit],write [bit],average_read [bit/cycle],"
      "average_write [bit/cycle],energy [{0}]\r\n",
      energy_unit);
  for (std::size_t i = 0; i < per_layer.size(); ++i) {
    const LayerResult& layer = result.layers[i];
    const auto add = [&](const std::string& memory, const std::string& capacity,
                         const std::string& banks, std::uint64_t read, std::uint64_t write,
                         EnergyComponent component) {
      const auto average = [&](std::uint64_t bits) {
        return layer.cycles == 0 ? 0.0
                                 : static_cast<double>(bits) / static_cast<double>(layer.cycles);
      };
      add_line(out, valid_utf8(layer.name), memory, capacity, banks, read, write, average(read),
               average(write), per_layer[i][component].pj);
    };
    for (const Memory& memory : memories(result.config)) {
      add(memory.name, std::to_string(memory.capacity_kib), std::to_string(memory.banks),
          layer.events[memory.read], layer.events[memory.write], memory.component);
    }
    add("dram", "", "", 8 * layer.events[Event::DramFetchedBytes],
        8 * layer.events[Event::DramWriteBytes], EnergyComponent::Dram);
  }
  return out;
}

std::string energy_csv(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer,
                       const char* energy_unit) {
  std::string out =
      fmt::format("layer,component,energy [{0}],low [{0}],high [{0}],share [1]\r\n", energy_unit);
  for (std::size_t i = 0; i < per_layer.size(); ++i) {
    const double total = per_layer[i].total().pj;
    for (std::size_t c = 0; c < kEnergyComponents; ++c) {
      const auto component = static_cast<EnergyComponent>(c);
      const Energy& e = per_layer[i][component];
      add_line(out, valid_utf8(result.layers[i].name),
               std::string{energy_component_name(component)}, e.pj, e.low_pj, e.high_pj,
               total > 0 ? e.pj / total : 0.0);
    }
  }
  return out;
}

}  // namespace

std::vector<NamedText> csv_report(const RunResult& result,
                                  const std::vector<EnergyBreakdown>& per_layer,
                                  const EnergyTable& table) {
  const char* const unit = energy_unit_name(energy_unit(table));
  return {{kLayersFile, layers_csv(result, per_layer, unit)},
          {kMemoriesFile, memories_csv(result, per_layer, unit)},
          {kEnergyFile, energy_csv(result, per_layer, unit)}};
}

std::vector<std::string> csv_report_files() { return {kLayersFile, kMemoriesFile, kEnergyFile}; }

}  // namespace systole
