#include "sim/explain/doublings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "models/dram/make_dram.hpp"
#include "sim/config/error_log.hpp"
#include "sim/report/config_json.hpp"

namespace systole {
namespace {

/// "array.rows=16" for each key of `wanted` that `config` has otherwise.
std::vector<std::string> differences(const AcceleratorConfig& config,
                                     const AcceleratorConfig& wanted) {
  const nlohmann::ordered_json has = config_json(config).flatten();
  const nlohmann::ordered_json wants = config_json(wanted).flatten();
  std::vector<std::string> keys;
  for (const auto& [path, value] : wants.items()) {
    if (has.at(path) != value) {
      std::string key = path.substr(1);  // "/array/rows"
      std::replace(key.begin(), key.end(), '/', '.');
      keys.push_back(fmt::format("{}={}", key, value.dump()));
    }
  }
  return keys;
}

/// Collects machines, each changed key by key.
class Doubler {
 public:
  explicit Doubler(const MachineWith& machine) : machine_{machine}, base_{machine({})} {}

  Doubler& begin(const char* resource, const char* bound) {
    current_ = {resource, bound, {}, base_};
    return *this;
  }
  /// `key` of the current machine becomes `value`.
  Doubler& set(const char* key, std::uint32_t& member, std::uint32_t value) {
    if (member != value) {
      member = value;
      current_.keys.push_back(fmt::format("{}={}", key, value));
    }
    return *this;
  }
  Doubler& twice(const char* key, std::uint32_t& member) { return set(key, member, 2 * member); }

  /// Whether there is such a machine.
  bool end() {
    if (current_.keys.empty() || !can_be_set()) {
      return false;
    }
    all_.push_back(std::move(current_));
    return true;
  }

  AcceleratorConfig& now() { return current_.config; }
  const AcceleratorConfig& base() const { return base_; }
  std::vector<Doubling> take() { return std::move(all_); }

 private:
  /// Within the keys' ranges and the rules between them; names what would follow the keys. A
  /// memory's file has rules of its own: its mapping may lay out no channels, say.
  bool can_be_set() {
    try {
      const AcceleratorConfig config = machine_(current_.keys);
      const std::vector<std::string> followers = differences(config, current_.config);
      current_.keys.insert(current_.keys.end(), followers.begin(), followers.end());
      banked_dram_config(current_.config.dram);
      return followers.empty() || machine_(current_.keys) == current_.config;
    } catch (const ConfigError&) {
      return false;
    }
  }

  const MachineWith& machine_;
  const AcceleratorConfig base_;
  Doubling current_;
  std::vector<Doubling> all_;
};

bool add_rows(Doubler& all, bool longer_streams) {
  all.begin("array rows", "compute").twice("array.rows", all.now().array.rows);
  if (longer_streams) {
    all.twice("array.max_compute_rows", all.now().array.max_compute_rows);
  }
  return all.end();
}

/// Weights that shift in under a fold take as many cycles as the array has rows: a taller array
/// takes longer streams along, unless they are as long as their key can say.
void add_array(Doubler& all) {
  const bool weights_stay = all.base().array.dataflow == Dataflow::WeightStationary;
  if (!add_rows(all, weights_stay) && weights_stay) {
    add_rows(all, false);
  }
  all.begin("array columns", "compute").twice("array.cols", all.now().array.cols).end();
  if (weights_stay) {
    all.begin("pixels a weight load", "weights")
        .twice("array.max_compute_rows", all.now().array.max_compute_rows)
        .end();
  }
}

void add_memories(Doubler& all) {
  all.begin("scratchpad", "scratchpad");
  const bool split = all.now().scratchpad.organization == ScratchpadOrganization::Split;
  all.twice(split ? "scratchpad.activation.capacity_kib" : "scratchpad.capacity_kib",
            all.now().scratchpad.activation.capacity_kib)
      .end();
  if (split) {
    all.begin("weight scratchpad", "weights")
        .twice("scratchpad.weight.capacity_kib", all.now().scratchpad.weight.capacity_kib)
        .end();
  }
  all.begin("scratchpad banks", "activations");
  all.twice(split ? "scratchpad.activation.banks" : "scratchpad.banks",
            all.now().scratchpad.activation.banks)
      .end();
  all.begin("accumulators", "accumulators")
      .twice("accumulators.capacity_kib", all.now().accumulators.capacity_kib)
      .end();
}

/// Reads and writes apart: the one that is not doubled keeps its pace.
void add_dram(Doubler& all) {
  const std::optional<dram::Config> memory = banked_dram_config(all.base().dram);
  const bool banked = memory.has_value();
  if (memory) {
    // Those of its file, where the key leaves it to that.
    all.begin("DRAM channels", "dram")
        .set("dram.channels", all.now().dram.channels, 2 * memory->organization.channels)
        .end();
  }
  all.begin(banked ? "DRAM bus" : "DRAM read bandwidth", banked ? "dram" : "dram_read");
  const auto widen_bus = [&](std::uint32_t bytes) {
    DmaConfig& dma = all.now().dma;
    all.set("dma.bus_bytes", dma.bus_bytes, std::max(dma.bus_bytes, bytes));
    all.set("dma.max_burst_bytes", dma.max_burst_bytes,
            std::max(dma.max_burst_bytes, dma.bus_bytes));
  };
  const auto writes = [&] {
    const DramConfig& dram = all.now().dram;
    return dram.write_bytes_per_cycle == 0 ? dram.bytes_per_cycle : dram.write_bytes_per_cycle;
  };
  if (!banked) {
    all.set("dram.write_bytes_per_cycle", all.now().dram.write_bytes_per_cycle, writes());
  }
  all.twice("dram.bytes_per_cycle", all.now().dram.bytes_per_cycle);
  widen_bus(all.now().dram.bytes_per_cycle);
  all.end();
  if (banked) {
    return;
  }
  all.begin("DRAM write bandwidth", "dram_write");
  all.set("dram.write_bytes_per_cycle", all.now().dram.write_bytes_per_cycle, 2 * writes());
  widen_bus(all.now().dram.write_bytes_per_cycle);
  all.end();
  all.begin("DRAM speed of response", "dram_latency")
      .set("dram.latency_cycles", all.now().dram.latency_cycles,
           std::max(2U, all.now().dram.latency_cycles / 2));
  if (all.now().dram.write_latency_cycles > 0) {
    all.set("dram.write_latency_cycles", all.now().dram.write_latency_cycles,
            std::max(2U, all.now().dram.write_latency_cycles / 2));
  }
  all.end();
}

void add_units(Doubler& all) {
  all.begin("read bursts in flight", "dram_requests")
      .twice("dma.max_outstanding_reads", all.now().dma.max_outstanding_reads)
      .end();
  all.begin("write bursts in flight", "dram_requests")
      .twice("dma.max_outstanding_writes", all.now().dma.max_outstanding_writes)
      .end();
  all.begin("loads in flight", "dram_requests")
      .twice("dma.commands_in_flight", all.now().dma.commands_in_flight)
      .end();
  all.begin("requantization lanes", "requant")
      .twice("requant.lanes", all.now().requant.lanes)
      .end();
  all.begin("vector lanes", "vector").twice("vector.lanes", all.now().vector.lanes).end();
  all.begin("vector multipliers", "vector")
      .twice("vector.mac_lanes", all.now().vector.mac_lanes)
      .end();
  all.begin("reservation station", "station")
      .twice("sequencer.load_entries", all.now().sequencer.load_entries)
      .twice("sequencer.execute_entries", all.now().sequencer.execute_entries)
      .twice("sequencer.store_entries", all.now().sequencer.store_entries)
      .end();
}

}  // namespace

std::vector<Doubling> doublings(const MachineWith& machine) {
  Doubler all{machine};
  add_array(all);
  add_memories(all);
  add_dram(all);
  add_units(all);
  return all.take();
}

}  // namespace systole
