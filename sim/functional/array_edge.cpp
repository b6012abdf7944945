#include "sim/functional/array_edge.hpp"

#include <algorithm>
#include <variant>
#include <vector>

#include "sim/network/ceil_div.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/ifmap_parts.hpp"

namespace systole {

ArrayEdge::ArrayEdge(const AcceleratorConfig& config) : config_{config}, activity_{config.array} {}

void ArrayEdge::begin_layer(const LayerRegisters& registers) {
  registers_ = registers;
  fresh_ = false;
  at_once_ = registers.products_per_pe;
  left_.assign(std::size_t{config_.array.rows} * at_once_, 0);
  top_.assign(std::size_t{config_.array.cols} * at_once_, 0);
  activity_.begin_layer(registers);
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
    if (row < preload.weight_rows()) {
      take_weights(preload.weights.row + row, memories);
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
    left_.resize(std::size_t{config_.array.rows} * at_once_);
    ArrayInput input;
    input.ifmap = &left_;
    input.swap = fresh_;
    fresh_ = false;
    activity_.enter(input, events);
  }
}

/// A product of all pixels a cycle, or as many as a PE takes.
void ArrayEdge::multiply_pixels(const ComputeCommand& compute, LocalMemories& memories,
                                EventCounts& events) {
  std::vector<OperandRow> pixels;
  for (std::uint32_t pixel = 0; pixel < compute.rows(); ++pixel) {
    pixels.push_back(products_of(compute, pixel, memories));
  }
  const std::uint32_t rows = preload_.weight_rows();
  for (std::uint32_t row = 0; row < rows; ++row) {
    std::fill(left_.begin(), left_.end(), std::int16_t{0});
    std::fill(top_.begin(), top_.end(), std::int16_t{0});
    for (std::size_t pixel = 0; pixel < pixels.size(); ++pixel) {
      for (std::size_t p = 0; p < at_once_; ++p) {
        left_[pixel * at_once_ + p] = pixels[pixel][std::size_t{row} * at_once_ + p];
      }
    }
    take_weights(preload_.weights.row + row, memories);
    ArrayInput input;
    input.ifmap = &left_;
    input.weights = &top_;
    input.last = row + 1 == rows;
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
    for (std::size_t pixel = 0; row < preload_.weight_rows() && pixel < pixels.size(); ++pixel) {
      for (std::size_t p = 0; p < at_once_; ++p) {
        top_[p * cols + pixel] = pixels[pixel][std::size_t{row} * at_once_ + p];
      }
    }
    shift(row, events);
  }
  for (std::uint32_t channel = 0; channel < preload_.n; ++channel) {
    const std::uint32_t block = channel / cols;
    const std::uint32_t first = preload_.weights.row + block * preload_.weights_pitch;
    const std::uint32_t n = std::min(cols, preload_.n - block * cols);
    std::fill(left_.begin(), left_.end(), std::int16_t{0});
    for (std::uint32_t i = 0; i < preload_.weight_rows() * at_once_; ++i) {
      left_[i] = weight(first + i / at_once_, i % at_once_ * n + channel % cols, memories);
    }
    ArrayInput input;
    input.ifmap = &left_;
    input.swap = channel == 0;
    activity_.enter(input, events);
  }
}

/// One row of weights, each product's columns from a column of `top_` of its own on.
void ArrayEdge::take_weights(std::uint32_t row, LocalMemories& memories) {
  const std::uint32_t cols = config_.array.cols;
  for (std::uint32_t p = 0; p < at_once_; ++p) {
    for (std::uint32_t c = 0; c < preload_.n; ++c) {
      top_[p * cols + c] = weight(row, p * preload_.n + c, memories);
    }
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
    products.resize(round_up(products.size(), at_once_));
  }
  return products;
}

std::int16_t ArrayEdge::weight(std::uint32_t row, std::uint32_t element,
                               LocalMemories& memories) const {
  return static_cast<std::int16_t>(
      unpack_element(memories.rows(preload_.weights.memory, row), element, registers_.weight));
}

}  // namespace systole
