#include "sim/top/dram_oracle.hpp"

#include "models/dram/make_dram.hpp"
#include "sim/blocks/block_configs.hpp"

namespace systole {

DramOracle::DramOracle(const AcceleratorConfig& config, const dram::Config& memory)
    : bursts_{config.dma}, memory_{memory, port_config(dram_config(config), kMasters)} {}

void DramOracle::begin_layer(const PackedProgram& program) {
  bursts_.begin(program);
  memory_.start_layer(0);
}

void DramOracle::finish_layer(Cycle cycles, LayerMeasurement& layer) {
  const dram::LayerActivity activity = memory_.finish_layer(cycles);
  layer.ledger += activity.ledger(cycles);
  layer.events += activity.events();
  layer.peak_bytes_per_window = memory_.bandwidth().peak_bytes();
  layer.windows = memory_.bandwidth().windows();
}

std::optional<DramItem> DramOracle::run_before(Cycle end) {
  for (Cycle now = next_event(); now < start_ + end; now = next_event()) {
    memory_.tick(now);
    const auto& answer = memory_.answered();
    if (!answer && memory_.released().empty()) {
      continue;
    }
    DramItem event;
    event.kind = DramItem::Kind::Event;
    event.at = now - start_;
    if (answer) {
      event.master = static_cast<std::uint8_t>(answer->master);
    }
    for (const std::uint32_t master : memory_.released()) {
      event.released |= static_cast<std::uint8_t>(1U << master);
    }
    return event;
  }
  return std::nullopt;
}

bool DramOracle::request(Master master, Cycle at) {
  const bool write = master == kStoreMaster;
  requested_ = write ? bursts_.next_of_stores() : bursts_.next_of_loads();
  return memory_.request(
      master,
      {requested_.address, requested_.size, write, 0, write ? requested_.useful : requested_.size},
      start_ + at);
}

}  // namespace systole
