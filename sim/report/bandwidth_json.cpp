#include <algorithm>

#include "sim/report/bandwidth.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

Json operands_json(const LayerBandwidth& bandwidth) {
  Json json = Json::object();
  for (const OperandTraffic& operand : bandwidth.operands) {
    json[stream_name(operand.stream)] = {
        {operand.written ? "written_bytes" : "read_bytes", operand.bytes},
        {"compulsory_bytes", operand.compulsory_bytes},
        {"times_compulsory", operand.times_compulsory()}};
  }
  return json;
}

Json banks_json(const LayerBandwidth& bandwidth, const EventCounts& events) {
  const DramCommandEnergy& energy = bandwidth.energy;
  const double bits = 8 * static_cast<double>(bandwidth.read_bytes + bandwidth.written_bytes);
  return {{"device_bytes", bandwidth.device_bytes},
          {"percent_of_peak", bandwidth.device_percent_of_peak},
          {"row_hits", bandwidth.row_hits},
          {"row_misses", bandwidth.row_misses},
          {"row_conflicts", bandwidth.row_conflicts},
          {"row_hit_rate", bandwidth.row_hit_rate()},
          {"refreshes", events[Event::DramRefreshes]},
          {"energy_pj", command_energy_json(energy)},
          {"pj_per_bit", bits == 0 ? 0 : energy.total_pj() / bits}};
}

/// Memories and streams without a byte are left out.
Json local_json(const LayerResult& layer) {
  Json json = Json::object();
  for (std::size_t m = 0; m < kTrafficMemories; ++m) {
    const auto memory = static_cast<TrafficMemory>(m);
    const StreamBytes total = layer.traffic.total(memory);
    if (memory == TrafficMemory::Dram || total.read + total.written == 0) {
      continue;
    }
    Json& entry = json[traffic_memory_name(memory)] = {
        {"read_bytes", total.read},
        {"written_bytes", total.written},
        {"average_bytes_per_cycle", layer.cycles == 0
                                        ? 0.0
                                        : static_cast<double>(total.read + total.written) /
                                              static_cast<double>(layer.cycles)}};
    Json& streams = entry["streams"] = Json::object();
    for (std::size_t s = 0; s < kStreams; ++s) {
      const auto stream = static_cast<Stream>(s);
      const StreamBytes& bytes = layer.traffic.at(memory, stream);
      if (bytes.read + bytes.written != 0) {
        streams[stream_name(stream)] = {{"read_bytes", bytes.read},
                                        {"written_bytes", bytes.written}};
      }
    }
  }
  return json;
}

/// Waits of each unit; the whole ledger stands beside.
Json stalls_json(const Ledger& ledger) {
  Json json = Json::object();
  for (std::size_t c = 0; c < kCauses; ++c) {
    const auto cause = static_cast<Cause>(c);
    for (std::size_t u = 0; u < kLedgerUnits; ++u) {
      const auto unit = static_cast<LedgerUnit>(u);
      const bool waits = cause >= Cause::WaitWeights && cause < Cause::Idle &&
                         unit != LedgerUnit::Dram;  // which waits for itself
      if (waits && ledger.at(unit, cause) != 0) {
        json[cause_name(cause)][ledger_unit_name(unit)] = ledger.at(unit, cause);
      }
    }
  }
  return json;
}

/// By memory, by who waited, by who had the bank.
Json conflicts_json(const BankConflictCounts& conflicts) {
  Json json = Json::object();
  for (std::size_t m = 0; m < kBankedLocals; ++m) {
    for (std::size_t w = 0; w < kBankUsers; ++w) {
      for (std::size_t h = 0; h < kBankUsers; ++h) {
        const auto memory = static_cast<BankedLocal>(m);
        const auto waited = static_cast<BankUser>(w);
        const auto had = static_cast<BankUser>(h);
        if (conflicts.at(memory, waited, had) != 0) {
          json[banked_local_name(memory)][bank_user_name(waited)][bank_user_name(had)] =
              conflicts.at(memory, waited, had);
        }
      }
    }
  }
  return json;
}

Json roofline_json(const LayerResult& layer, const LayerBandwidth& bandwidth) {
  Json roofs = Json::object();
  for (const Roof& roof : bandwidth.roofs) {
    roofs[roof.what] = roof.cycles;
  }
  const std::uint64_t bytes = bandwidth.read_bytes + bandwidth.written_bytes;
  const double limit = bandwidth.limit().cycles;
  return {{"macs_per_byte",
           bytes == 0 ? 0.0 : static_cast<double>(layer.gemm.macs) / static_cast<double>(bytes)},
          {"limit", limit == 0 ? Json(nullptr) : Json(bandwidth.limit().what)},
          {"times_limit", limit == 0 ? 0.0 : static_cast<double>(layer.cycles) / limit},
          {"roof_cycles", roofs}};
}

constexpr std::size_t kMostPoints = 64;  ///< of a layer

/// DRAM bytes over the layer's time, in as few of the measured windows as kMostPoints hold.
Json over_time_json(const LayerResult& layer) {
  std::size_t together = 1;
  while (layer.windows.size() > kMostPoints * together) {
    together *= 2;
  }
  Json read = Json::array();
  Json written = Json::array();
  for (std::size_t first = 0; first < layer.windows.size(); first += together) {
    BandwidthSeries::Window sum;
    for (std::size_t i = first; i < std::min(first + together, layer.windows.size()); ++i) {
      sum.read_bytes += layer.windows[i].read_bytes;
      sum.write_bytes += layer.windows[i].write_bytes;
    }
    read.push_back(sum.read_bytes);
    written.push_back(sum.write_bytes);
  }
  return {{"window_cycles", kBandwidthWindow * together},
          {"read_bytes", read},
          {"written_bytes", written}};
}

}  // namespace

nlohmann::ordered_json command_energy_json(const DramCommandEnergy& energy) {
  return {{"activate", energy.activate_pj},     {"read", energy.read_pj},
          {"write", energy.write_pj},           {"refresh", energy.refresh_pj},
          {"background", energy.background_pj}, {"total", energy.total_pj()}};
}

Json bandwidth_json(const LayerResult& layer, const RunResult& run) {
  const LayerBandwidth bandwidth = bandwidth_of(layer, run);
  Json json{{"operands", operands_json(bandwidth)},
            {"over_fetch_bytes", bandwidth.over_fetch_bytes},
            {"read_percent_of_peak", bandwidth.read_percent_of_peak},
            {"write_percent_of_peak", bandwidth.write_percent_of_peak},
            {"banks", run.dram_part ? banks_json(bandwidth, layer.events) : Json(nullptr)},
            {"local", local_json(layer)},
            {"stall_cycles", stalls_json(layer.ledger)},
            {"bank_conflicts", conflicts_json(layer.bank_conflicts)},
            {"roofline", roofline_json(layer, bandwidth)},
            {"over_time", over_time_json(layer)}};
  return json;
}

}  // namespace systole
