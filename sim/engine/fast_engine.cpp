#include "sim/engine/fast_engine.hpp"

#include <algorithm>
#include <stdexcept>
#include <variant>

#include "models/dram/banked/address_mapping.hpp"
#include "models/dram/make_dram.hpp"
#include "sim/functional/program_events.hpp"
#include "sim/network/refusal.hpp"
#include "sim/program/timing_key.hpp"

namespace systole {

namespace {

/// Whether reads overtake each other, or operands wait for the array: the recurrences do not know.
bool has_queues(const AcceleratorConfig& config) {
  return config.sequencer.unroller == Unroller::Loops &&
         (config.dma.bus_queue > 0 || config.scratchpad.operand_queue > 0);
}

/// Programs of the compiler are; those that tests write to hold the machine against RTL may not be.
void check_supported(const LayerProgram& program, const AcceleratorConfig& config) {
  const bool unknown =
      std::any_of(program.commands.begin(), program.commands.end(), [](const Command& command) {
        const auto* load = std::get_if<LoadCommand>(&command.body);
        const auto* preload = std::get_if<PreloadCommand>(&command.body);
        return (load != nullptr && load->widen) || (preload != nullptr && preload->keeps_sums);
      });
  if (!program.has_loops() && has_queues(config)) {
    throw Refusal{
        "the fast engine has no crossbar (dma.bus_queue) and no operand queue "
        "(scratchpad.operand_queue), as machines with sequencer.unroller: loops do, expected "
        "--engine systemc or sequencer.unroller: none"};
  }
  if (unknown || program.has_loops()) {
    throw Refusal{
        "the fast engine runs no widened loads, no sums kept in the PEs and no loops of the "
        "hardware's unroller, expected --engine systemc or sequencer.unroller: none"};
  }
}

/// What is in the optional.
template <typename State>
auto& bytes_of(State& state) {
  if (!state) {
    throw std::logic_error{"an engine without data has no bytes"};
  }
  return *state;
}

}  // namespace

FastEngine::FastEngine(const AcceleratorConfig& config, bool with_data,
                       std::uint64_t watchdog_cycles, const DramObservers& observers)
    : config_{config},
      with_data_{with_data},
      watchdog_cycles_{watchdog_cycles},
      dram_{banked_dram_config(config.dram), observers} {
  if (with_data_) {
    state_.emplace(config_);
  }
  if (observed()) {
    return;
  }
  if (dram_.banked) {
    timing_.emplace(config_, *dram_.banked);
  } else {
    timing_.emplace(config_);
  }
}

void FastEngine::write_dram(std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
  bytes_of(state_).dram().write(address, bytes.data(), bytes.size());
}

std::vector<std::uint8_t> FastEngine::read_dram(std::uint64_t address, std::uint64_t size) const {
  std::vector<std::uint8_t> bytes(size);
  bytes_of(state_).dram().read(address, bytes.data(), size);
  return bytes;
}

std::vector<std::uint8_t> FastEngine::read_scratchpad(std::uint32_t first_row, std::uint32_t rows) {
  const std::uint8_t* bytes =
      bytes_of(state_).local().rows(LocalMemory::Scratchpad, first_row, rows);
  return {bytes, bytes + std::size_t{rows} * activation_row_bytes(config_)};
}

LayerMeasurement FastEngine::run(const LayerProgram& program) {
  if (program.commands.empty() && !program.has_loops()) {
    return {};
  }
  check_supported(program, config_);
  LayerMeasurement layer = time(program);
  layer.events += program_events(program, config_);
  if (with_data_) {
    state_->run(program, layer.events);
  }
  check_ledger(layer);
  return layer;
}

DramPlaces FastEngine::dram_places() const {
  const std::uint64_t burst = TimingKey{config_}.alignment();
  if (!dram_.banked) {
    return {burst, false};
  }
  return {std::max(burst, dram::AddressMapping{*dram_.banked}.row_period()), true};
}

LayerMeasurement FastEngine::measure(const PackedProgram& program) {
  if (!measures_alone()) {
    return Engine::measure(program);
  }
  if (program.commands.size() == 0) {
    return {};
  }
  LayerMeasurement layer =
      timing_ ? timing_->run(program, watchdog_cycles_) : time(program.unpacked());
  layer.events += program_events(program, config_);
  check_ledger(layer);
  return layer;
}

EventCounts FastEngine::compute(const PackedProgram& program) {
  EventCounts counts;
  if (with_data_ && program.commands.size() > 0) {
    state_->run(program, counts);
  }
  return counts;
}

LayerMeasurement FastEngine::time(const LayerProgram& program) {
  if (timing_ && observer_ == nullptr) {
    return timing_->run(program, watchdog_cycles_);
  }
  MachineTiming machine{config_, dram_};
  machine.observe(observer_, now_);
  LayerMeasurement layer = machine.run(program, watchdog_cycles_);
  now_ += layer.cycles;
  return layer;
}

}  // namespace systole
