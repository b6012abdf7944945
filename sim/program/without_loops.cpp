#include "sim/program/without_loops.hpp"

#include "sim/program/conv_loop_commands.hpp"
#include "sim/program/loop_place.hpp"
#include "sim/program/matmul_loop_commands.hpp"

namespace systole {
namespace {

void append(const ConvLoopCommands& loop, std::vector<Command>& commands) {
  for (const std::vector<Command>* part :
       {&loop.bias, &loop.input, &loop.weights, &loop.execute, &loop.store}) {
    commands.insert(commands.end(), part->begin(), part->end());
  }
}

void append(const MatmulLoop& loop, const LoopPlace& place, const LoopShape& shape,
            std::vector<Command>& commands) {
  const MatmulLoopCommands of{loop, place, shape};
  const std::uint32_t blocks = shape.max_blocks;
  if (loop.has_bias) {
    for (std::uint32_t i = 0; i < loop.tiles_i; ++i) {
      for (std::uint32_t j = 0; j < loop.tiles_j; ++j) {
        commands.push_back({of.load_d(i, j)});
      }
    }
  }
  for (std::uint32_t i = 0; i < loop.tiles_i; ++i) {
    for (std::uint32_t k = 0; k < loop.tiles_k; k += blocks) {
      commands.push_back({of.load_a(i, k)});
    }
  }
  for (std::uint32_t k = 0; k < loop.tiles_k; ++k) {
    for (std::uint32_t j = 0; j < loop.tiles_j; j += blocks) {
      commands.push_back({of.load_b(k, j)});
    }
  }
  for (std::uint32_t k = 0; k < loop.tiles_k; ++k) {
    for (std::uint32_t j = 0; j < loop.tiles_j; ++j) {
      for (std::uint32_t i = 0; i < loop.tiles_i; ++i) {
        commands.push_back({of.preload(k, j, i)});
        commands.push_back({of.compute(k, i)});
      }
    }
  }
  for (std::uint32_t i = 0; loop.stores && i < loop.tiles_i; ++i) {
    for (std::uint32_t j = 0; j < loop.tiles_j; j += of.store_blocks()) {
      commands.push_back({of.store(i, j)});
    }
  }
}

}  // namespace

LayerProgram without_loops(const LayerProgram& program, const AcceleratorConfig& config) {
  LayerProgram result{program.registers, program.commands};
  const LoopShape shape = loop_shape(config);
  LoopPlaces places{shape};
  for (const MatmulLoop& loop : program.loops) {
    append(loop, places.next(loop.stores), shape, result.commands);
  }
  for (const ConvLoop& loop : program.conv_loops) {
    append(conv_loop_commands(loop, places.next(loop.stores), shape), result.commands);
  }
  return result;
}

}  // namespace systole
