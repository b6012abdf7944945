#include "sim/engine/systemc_engine.hpp"

#include <utility>

#include "sim/engine/machine_probe.hpp"
#include "sim/kernel/clock.hpp"
#include "sim/kernel/monitor.hpp"
#include "sim/top/accelerator.hpp"

namespace systole {
namespace {

// Cycles between two calls of on_progress: some hundredths of a second.
constexpr int kChunk = 1 << 15;

/// Anything that moves changes an event count or completes a command.
std::uint64_t progress_of(const Accelerator& accelerator) {
  return accelerator.sequencer.completed() + accelerator.measurements.events.sum();
}

}  // namespace

struct SystemcEngine::Kernel {
  Kernel(const AcceleratorConfig& machine, SystemcEngineOptions chosen)
      : config{machine},
        options{std::move(chosen)},
        accelerator{"accelerator", clock, config, options.make_pes(config.array),
                    options.dram_observers} {
    accelerator.sequencer.observe(options.command_observer);
    if (options.probe != nullptr) {
      options.probe->attach(accelerator, clock);
    }
  }

  const AcceleratorConfig config;
  SystemcEngineOptions options;
  Clock clock{"clock"};
  Accelerator accelerator;
  Monitor monitor{"monitor", clock, [this] { return accelerator.idle(); },
                  [this] { return progress_of(accelerator); }};
};

SystemcEngine::SystemcEngine(const AcceleratorConfig& config, SystemcEngineOptions options)
    : kernel_{std::make_unique<Kernel>(config, std::move(options))} {
  sc_core::sc_start(sc_core::SC_ZERO_TIME);  // elaborates
}

SystemcEngine::~SystemcEngine() = default;

Accelerator& SystemcEngine::accelerator() { return kernel_->accelerator; }

void SystemcEngine::write_dram(std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
  kernel_->accelerator.dram->contents().write(address, bytes.data(), bytes.size());
}

std::vector<std::uint8_t> SystemcEngine::read_dram(std::uint64_t address,
                                                   std::uint64_t size) const {
  std::vector<std::uint8_t> bytes(size);
  kernel_->accelerator.dram->contents().read(address, bytes.data(), size);
  return bytes;
}

std::vector<std::uint8_t> SystemcEngine::read_scratchpad(std::uint32_t first_row,
                                                         std::uint32_t rows) {
  const std::vector<std::uint8_t>& bytes =
      kernel_->accelerator.scratchpad.contents(LocalMemory::Scratchpad);
  const std::size_t row_bytes = bytes.size() / activation_rows(kernel_->config);
  const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(first_row * row_bytes);
  return {first, first + static_cast<std::ptrdiff_t>(rows * row_bytes)};
}

LayerMeasurement SystemcEngine::run(const LayerProgram& program) {
  LayerMeasurement layer;
  if (program.commands.empty()) {
    return layer;
  }
  Accelerator& accelerator = kernel_->accelerator;
  const Measurements before = accelerator.measurements;
  const DramBytes moved_before = accelerator.dram->moved();
  const std::uint64_t start = Clock::now();
  accelerator.start(program);
  kernel_->monitor.start(kernel_->options.watchdog_cycles);
  while (kernel_->monitor.state() == Monitor::State::Running) {
    sc_core::sc_start(kChunk * Clock::period());
    if (kernel_->options.on_progress) {
      kernel_->options.on_progress(Clock::now());
    }
  }
  if (kernel_->monitor.state() == Monitor::State::Stuck) {
    const std::uint64_t cycles = kernel_->options.watchdog_cycles;
    throw StuckError{
        "no progress for " + std::to_string(cycles) + (cycles == 1 ? " cycle" : " cycles"),
        accelerator.describe_state()};
  }
  accelerator.finish();
  layer.cycles = Clock::now() - start;
  layer.compute_cycles = accelerator.measurements.compute_cycles - before.compute_cycles;
  layer.events = accelerator.measurements.events - before.events;
  layer.ledger = accelerator.measurements.ledger - before.ledger;
  layer.bank_conflicts = accelerator.measurements.bank_conflicts - before.bank_conflicts;
  layer.peak_bytes_per_window = accelerator.dram->bandwidth().peak_bytes();
  layer.windows = accelerator.dram->bandwidth().windows();
  const DramBytes moved = accelerator.dram->moved();
  if (moved.read - moved_before.read != layer.events[Event::DramFetchedBytes] ||
      moved.written - moved_before.written != layer.events[Event::DramWriteBytes]) {
    throw std::logic_error{"the DRAM moved other bytes than the load and store units"};
  }
  check_ledger(layer);
  return layer;
}

}  // namespace systole
