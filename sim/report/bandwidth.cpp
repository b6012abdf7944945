#include "sim/report/bandwidth.hpp"

#include <algorithm>

namespace systole {
namespace {

double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }
double ratio(std::uint64_t part, std::uint64_t whole) {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

std::uint32_t write_bytes_per_cycle(const DramConfig& dram) {
  const bool same = dram.model != DramModel::Ideal || dram.write_bytes_per_cycle == 0;
  return same ? dram.bytes_per_cycle : dram.write_bytes_per_cycle;
}

std::vector<OperandTraffic> operands_of(const LayerResult& layer) {
  std::vector<OperandTraffic> all;
  for (const Operand operand :
       {Operand::Ifmap, Operand::Weight, Operand::Bias, Operand::Requant, Operand::Ofmap}) {
    OperandTraffic traffic;
    traffic.stream = stream_of(operand);
    traffic.written = operand == Operand::Ofmap;
    const StreamBytes& bytes = layer.traffic.at(TrafficMemory::Dram, traffic.stream);
    traffic.bytes = traffic.written ? bytes.written : bytes.read;
    traffic.compulsory_bytes = layer.compulsory_bytes[static_cast<std::size_t>(operand)];
    all.push_back(traffic);
  }
  return all;
}

DramCommandEnergy command_energy(const EventCounts& events, const DramPart& part) {
  const auto times = [&](Event event, double each) {
    return static_cast<double>(events[event]) * each;
  };
  DramCommandEnergy energy;
  energy.activate_pj = times(Event::DramActivates, part.activate_pj);
  energy.read_pj = times(Event::DramReadAccesses, part.read_pj);
  energy.write_pj = times(Event::DramWriteAccesses, part.write_pj);
  energy.refresh_pj = times(Event::DramRefreshes, part.refresh_pj);
  energy.background_pj = times(Event::DramActiveCycles, part.active_mw * part.tck_ns) +
                         times(Event::DramPrechargedCycles, part.precharged_mw * part.tck_ns);
  return energy;
}

/// Elements that pass the lanes of pooling and sums: each operand's goes through one, and the first
/// of a result, which meets nothing, is no operation. Results are counted by their bytes, so narrow
/// ones that share a byte as one.
std::uint64_t lane_elements(const LayerResult& layer) {
  const std::uint32_t element_bytes = std::max(1U, (layer.operands.ofmap_bits + 7) / 8);
  const std::uint64_t results =
      layer.traffic.at(TrafficMemory::Scratchpad, Stream::Vector).written / element_bytes;
  return layer.events[Event::VectorAdd] + layer.events[Event::VectorCompare] + results;
}

std::vector<Roof> roofs_of(const LayerResult& layer, const LayerBandwidth& bandwidth,
                           const RunResult& run, double device_bytes_per_cycle) {
  const AcceleratorConfig& config = run.config;
  const EventCounts& events = layer.events;
  const auto cycles = [](std::uint64_t work, std::uint64_t a_cycle) {
    return ratio(work, a_cycle);
  };
  std::vector<Roof> roofs;
  if (layer.where == Place::Array) {
    roofs.push_back({"array", cycles(static_cast<std::uint64_t>(layer.gemm.macs),
                                     std::uint64_t{config.array.rows} * config.array.cols *
                                         layer.operands.products_per_pe)});
  }
  const std::uint64_t vector_macs = events[Event::VectorMac];
  roofs.push_back({"vector", vector_macs > 0 ? cycles(vector_macs, config.vector.mac_lanes)
                                             : cycles(lane_elements(layer), config.vector.lanes)});
  roofs.push_back({"requant", cycles(events[Event::RequantShift], config.requant.lanes)});
  roofs.push_back({"dram_read", cycles(bandwidth.read_bytes, config.dram.bytes_per_cycle)});
  roofs.push_back(
      {"dram_write", cycles(bandwidth.written_bytes, write_bytes_per_cycle(config.dram))});
  if (run.dram_part) {
    roofs.push_back(
        {"dram_banks", ratio(static_cast<double>(bandwidth.device_bytes), device_bytes_per_cycle)});
  }
  std::stable_sort(roofs.begin(), roofs.end(),
                   [](const Roof& a, const Roof& b) { return a.cycles > b.cycles; });
  return roofs;
}

}  // namespace

double OperandTraffic::times_compulsory() const { return ratio(bytes, compulsory_bytes); }

double LayerBandwidth::row_hit_rate() const {
  return ratio(row_hits, row_hits + row_misses + row_conflicts);
}

LayerBandwidth bandwidth_of(const LayerResult& layer, const RunResult& run) {
  const EventCounts& events = layer.events;
  LayerBandwidth bandwidth;
  bandwidth.operands = operands_of(layer);
  bandwidth.read_bytes = events[Event::DramFetchedBytes];
  bandwidth.written_bytes = events[Event::DramWriteBytes];
  bandwidth.over_fetch_bytes = bandwidth.read_bytes - layer.traffic.total(TrafficMemory::Dram).read;
  const auto percent_of = [&](std::uint64_t bytes, std::uint32_t bytes_per_cycle) {
    return 100 * ratio(static_cast<double>(bytes),
                       static_cast<double>(layer.cycles) * static_cast<double>(bytes_per_cycle));
  };
  bandwidth.read_percent_of_peak =
      percent_of(bandwidth.read_bytes, run.config.dram.bytes_per_cycle);
  bandwidth.write_percent_of_peak =
      percent_of(bandwidth.written_bytes, write_bytes_per_cycle(run.config.dram));
  double device_bytes_per_cycle = 0;
  if (run.dram_part) {
    const DramPart& part = *run.dram_part;
    bandwidth.device_bytes =
        part.access_bytes * (events[Event::DramReadAccesses] + events[Event::DramWriteAccesses]);
    device_bytes_per_cycle = part.peak_gb_per_s * 1000 / run.config.clock_mhz;
    bandwidth.device_percent_of_peak =
        100 * ratio(static_cast<double>(bandwidth.device_bytes),
                    static_cast<double>(layer.cycles) * device_bytes_per_cycle);
    bandwidth.energy = command_energy(events, part);
  }
  bandwidth.row_hits = events[Event::DramRowHits];
  bandwidth.row_misses = events[Event::DramRowMisses];
  bandwidth.row_conflicts = events[Event::DramRowConflicts];
  bandwidth.roofs = roofs_of(layer, bandwidth, run, device_bytes_per_cycle);
  return bandwidth;
}

}  // namespace systole
