#pragma once

#include "models/array/switching_activity.hpp"
#include "sim/functional/local_memories.hpp"
#include "sim/program/command.hpp"
#include "sim/stats/events.hpp"

namespace systole {

/// What commands send into the array, in the order in which it enters, for SwitchingActivity.
class ArrayEdge {
 public:
  explicit ArrayEdge(const AcceleratorConfig& config);

  void begin_layer(const LayerRegisters& registers);

  /// The program's next command, before it and those behind it change the memories.
  void enter(const Command& command, LocalMemories& memories, EventCounts& events);

 private:
  void preload(const PreloadCommand& preload, LocalMemories& memories, EventCounts& events);
  void compute(const ComputeCommand& compute, LocalMemories& memories, EventCounts& events);
  void shift(std::uint32_t row, EventCounts& events);
  void stream_pixels(const ComputeCommand& compute, LocalMemories& memories, EventCounts& events);
  void multiply_pixels(const ComputeCommand& compute, LocalMemories& memories, EventCounts& events);
  void stream_channels(const ComputeCommand& compute, LocalMemories& memories, EventCounts& events);
  void take_weights(std::uint32_t row, LocalMemories& memories);
  /// Lanes of pixel `pixel`: its products, those of each part from a PE of their own on.
  OperandRow products_of(const ComputeCommand& compute, std::uint32_t pixel,
                         LocalMemories& memories) const;
  std::int16_t weight(std::uint32_t row, std::uint32_t element, LocalMemories& memories) const;

  const AcceleratorConfig config_;
  LayerRegisters registers_;
  PreloadCommand preload_;  // of the computes to come
  bool fresh_ = false;      // its weights are in the shadow registers
  SwitchingActivity activity_;
  std::uint32_t at_once_ = 1;  // products of a PE
  OperandRow left_;
  OperandRow top_;
};

}  // namespace systole
