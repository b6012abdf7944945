#pragma once

#include <cstdint>
#include <vector>

#include "models/vector/depthwise_lanes.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/functional/local_memories.hpp"
#include "sim/program/command.hpp"

namespace systole {

/// What the vector unit's commands do to the scratchpad.
class VectorCommands {
 public:
  VectorCommands(const AcceleratorConfig& config, LocalMemories& local);

  void begin_layer(const LayerRegisters& registers);

  void pool(const PoolCommand& pool);
  void depthwise(const DepthwiseCommand& command);
  void add(const AddCommand& add);

  /// Additions so far that left the lanes' sums; starts again.
  std::uint64_t take_overflows();

 private:
  void pool_most_bytes(const PoolCommand& pool);
  void find_sums();
  bool in_one_piece(const AddCommand& add) const;
  void add_bytes(const AddCommand& add);
  void write_row(std::uint32_t row, std::uint32_t count, const std::int32_t* values);

  const AcceleratorConfig& config_;
  LocalMemories& local_;
  DepthwiseLanes depthwise_;
  LayerRegisters registers_;
  std::vector<std::uint8_t> sums_;  // by a pair of bytes, of the layer's additions; empty at first
  std::uint64_t overflows_ = 0;
};

}  // namespace systole
