#include "sim/engine/layer_clock.hpp"

#include <memory>
#include <utility>

#include "sim/engine/fast_engine.hpp"

namespace systole {

std::function<std::uint64_t(const PackedProgram&)> layer_clock(
    const AcceleratorConfig& config, std::function<void(std::uint64_t)> on_program) {
  // Of programs of commands alone. Without the queues that machines for loops have (dma.bus_queue,
  // scratchpad.operand_queue), which the recurrences do not know: near, not equal, there.
  AcceleratorConfig of_commands = config;
  of_commands.sequencer.unroller = Unroller::None;
  // Made for the first program: most compilers never ask.
  return [config = of_commands, on_program = std::move(on_program),
          engine = std::shared_ptr<FastEngine>{},
          timed = std::uint64_t{0}](const PackedProgram& program) mutable {
    ++timed;
    if (on_program) {
      on_program(timed);
    }
    if (engine == nullptr) {
      constexpr bool kWithData = false;
      engine = std::make_shared<FastEngine>(config, kWithData);
    }
    return engine->measure(program).cycles;
  };
}

}  // namespace systole
