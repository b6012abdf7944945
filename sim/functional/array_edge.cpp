#include "sim/functional/array_edge.hpp"

#include <algorithm>
#include <variant>
#include <vector>

#include "sim/network/packing.hpp"
#include "sim/program/ifmap_parts.hpp"

namespace systole {

ArrayEdge::ArrayEdge(const AcceleratorConfig& config)
    : config_{config}, activity_{config.array}, left_(config.array.rows), top_(config.array.cols) {}

void ArrayEdge::begin_layer(const LayerRegisters& registers) {
  registers_ = registers;
  fresh_ = false;
  activity_.begin_layer(registers.ifmap.bits, registers.weight.bits);
}

void ArrayEdge::enter(const Command& command, LocalMemories& memories, EventCounts& events) {
  if (const auto* preloading = std::get_if<PreloadCommand>(&command.body)) {
    preload(*preloading, memories, events);
  } else if (const auto* computing = std::get_if<ComputeCommand>(&command.body)) {
    compute(*computing, memories, events);
  }
}

void ArrayEdge::preload(const PreloadCommand& preload, LocalMemories& memories,
                        EventCounts& events) {
  preload_ = preload;
  if (config_.array.dataflow != Dataflow::WeightStationary || !preload.new_weights) {
    return;
  }
  for (std::uint32_t row = config_.array.rows; row-- > 0;) {
    std::fill(top_.begin(), top_.end(), std::int16_t{0});
    for (std::uint32_t c = 0; row < preload.k && c < preload.n; ++c) {
      top_[c] = weight(preload.weights.row + row, c, memories);
    }
    shift(row, events);
  }
  fresh_ = true;
}

void ArrayEdge::compute(const ComputeCommand& compute, LocalMemories& memories,
                        EventCounts& events) {
  switch (config_.array.dataflow) {
    case Dataflow::WeightStationary:
      stream_pixels(compute, memories, events);
      break;
    case Dataflow::OutputStationary:
      multiply_pixels(compute, memories, events);
      break;
    case Dataflow::InputStationary:
      stream_channels(compute, memories, events);
      break;
  }
}

void ArrayEdge::shift(std::uint32_t row, EventCounts& events) {
  ArrayInput input;
  input.weights = &top_;
  input.weight_row = row;
  activity_.enter(input, events);
}

void ArrayEdge::stream_pixels(const ComputeCommand& compute, LocalMemories& memories,
                              EventCounts& events) {
  for (std::uint32_t pixel = 0; pixel < compute.rows(); ++pixel) {
    left_ = products_of(compute, pixel, memories);
    left_.resize(config_.array.rows);
    ArrayInput input;
    input.ifmap = &left_;
    input.swap = fresh_;
    fresh_ = false;
    activity_.enter(input, events);
  }
}

/// A product of all pixels a cycle.
void ArrayEdge::multiply_pixels(const ComputeCommand& compute, LocalMemories& memories,
                                EventCounts& events) {
  std::vector<OperandRow> pixels;
  for (std::uint32_t pixel = 0; pixel < compute.rows(); ++pixel) {
    pixels.push_back(products_of(compute, pixel, memories));
  }
  for (std::uint32_t product = 0; product < compute.k; ++product) {
    std::fill(left_.begin(), left_.end(), std::int16_t{0});
    std::fill(top_.begin(), top_.end(), std::int16_t{0});
    for (std::size_t pixel = 0; pixel < pixels.size(); ++pixel) {
      left_[pixel] = pixels[pixel][product];
    }
    for (std::uint32_t c = 0; c < preload_.n; ++c) {
      top_[c] = weight(preload_.weights.row + product, c, memories);
    }
    ArrayInput input;
    input.ifmap = &left_;
    input.weights = &top_;
    input.last = product + 1 == compute.k;
    activity_.enter(input, events);
  }
}

/// The pixels stay, one in each column, and the channels of all blocks stream.
void ArrayEdge::stream_channels(const ComputeCommand& compute, LocalMemories& memories,
                                EventCounts& events) {
  const std::uint32_t cols = config_.array.cols;
  std::vector<OperandRow> pixels;
  for (std::uint32_t pixel = 0; pixel < compute.rows(); ++pixel) {
    pixels.push_back(products_of(compute, pixel, memories));
  }
  for (std::uint32_t row = config_.array.rows; row-- > 0;) {
    std::fill(top_.begin(), top_.end(), std::int16_t{0});
    for (std::size_t pixel = 0; row < compute.k && pixel < pixels.size(); ++pixel) {
      top_[pixel] = pixels[pixel][row];
    }
    shift(row, events);
  }
  for (std::uint32_t channel = 0; channel < preload_.n; ++channel) {
    const std::uint32_t first = preload_.weights.row + channel / cols * preload_.weights_pitch;
    std::fill(left_.begin(), left_.end(), std::int16_t{0});
    for (std::uint32_t k = 0; k < preload_.k; ++k) {
      left_[k] = weight(first + k, channel % cols, memories);
    }
    ArrayInput input;
    input.ifmap = &left_;
    input.swap = channel == 0;
    activity_.enter(input, events);
  }
}

OperandRow ArrayEdge::products_of(const ComputeCommand& compute, std::uint32_t pixel,
                                  LocalMemories& memories) const {
  OperandRow products;
  for (const IfmapPart& part : ifmap_parts(compute, config_.array.rows)) {
    const std::uint8_t* const row =
        memories.rows(LocalMemory::Scratchpad, compute.pixel_row(pixel) + part.row);
    for (std::uint32_t i = 0; i < part.count; ++i) {
      products.push_back(
          static_cast<std::int16_t>(unpack_element(row, part.lane + i, registers_.ifmap)));
    }
  }
  return products;
}

std::int16_t ArrayEdge::weight(std::uint32_t row, std::uint32_t channel,
                               LocalMemories& memories) const {
  return static_cast<std::int16_t>(
      unpack_element(memories.rows(preload_.weights.memory, row), channel, registers_.weight));
}

}  // namespace systole
