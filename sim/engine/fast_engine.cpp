#include "sim/engine/fast_engine.hpp"

#include <algorithm>
#include <stdexcept>
#include <variant>

#include "sim/functional/program_events.hpp"

namespace systole {

namespace {

/// Programs of the compiler are; those that tests write to hold the machine against RTL may not be.
void check_supported(const LayerProgram& program) {
  const bool widens =
      std::any_of(program.commands.begin(), program.commands.end(), [](const Command& command) {
        const auto* load = std::get_if<LoadCommand>(&command.body);
        return load != nullptr && load->widen;
      });
  if (widens || program.unrolled()) {
    throw std::invalid_argument{
        "the fast engine runs no widened loads and no loops of the hardware's unroller: use "
        "systemc"};
  }
}

}  // namespace

FastEngine::FastEngine(const AcceleratorConfig& config, bool with_data,
                       std::uint64_t watchdog_cycles)
    : config_{config}, with_data_{with_data}, watchdog_cycles_{watchdog_cycles}, state_{config_} {
  if (config_.dram.model == DramModel::Ideal) {
    timing_.emplace(config_);
  }
}

void FastEngine::write_dram(std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
  state_.dram().write(address, bytes.data(), bytes.size());
}

std::vector<std::uint8_t> FastEngine::read_dram(std::uint64_t address, std::uint64_t size) const {
  std::vector<std::uint8_t> bytes(size);
  state_.dram().read(address, bytes.data(), size);
  return bytes;
}

LayerMeasurement FastEngine::run(const LayerProgram& program) {
  if (program.commands.empty() && !program.unrolled()) {
    return {};
  }
  check_supported(program);
  LayerMeasurement layer = timing_ ? timing_->run(program, watchdog_cycles_)
                                   : MachineTiming{config_}.run(program, watchdog_cycles_);
  layer.events += program_events(program, config_);
  if (with_data_) {
    state_.run(program, layer.events);
  }
  check_ledger(layer);
  return layer;
}

LayerMeasurement FastEngine::run_again(const LayerProgram& program, const LayerMeasurement& first) {
  LayerMeasurement layer = first;
  if (with_data_ && !program.commands.empty()) {
    EventCounts of_data;
    state_.run(program, of_data);
  }
  return layer;
}

}  // namespace systole
