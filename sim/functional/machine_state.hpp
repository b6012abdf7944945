#pragma once

#include <cstdint>
#include <vector>

#include "models/dram/backing_store.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/functional/local_memories.hpp"
#include "sim/kernel/psum.hpp"
#include "sim/program/command.hpp"
#include "sim/stats/events.hpp"

namespace systole {

/// The bytes of a machine, and what commands do to them, without time: the order of the program is
/// one of the orders that the scoreboard allows, and all of those give the same bytes.
class MachineState {
 public:
  explicit MachineState(const AcceleratorConfig& config);

  BackingStore& dram() { return dram_; }
  const BackingStore& dram() const { return dram_; }

  /// Runs the commands; counts products with a zero operand, which only the bytes know.
  void run(const LayerProgram& program, EventCounts& events);

 private:
  struct Execute;

  const AcceleratorConfig config_;
  BackingStore dram_;
  LocalMemories local_;
  std::vector<std::int16_t> weights_;    // of a fold: [product][column]
  std::vector<std::uint32_t> nonzeros_;  // by product: weights that are not zero
  PreloadCommand destination_;           // of the next compute
  const PsumFormat psum_format_;
  std::vector<std::int16_t> ifmap_;      // one vector
  std::vector<std::int64_t> psums_;      // its products with the weights, by column
  std::vector<std::uint32_t> products_;  // the same modulo 2^32
  std::vector<std::uint8_t> bytes_;      // of a row on its way
  std::vector<std::int32_t> elements_;   // of an ofmap row on its way
};

}  // namespace systole
