#include "sim/compiler/scratchpad_places.hpp"

#include <algorithm>
#include <variant>

#include "sim/compiler/conv_bases.hpp"
#include "sim/compiler/conv_folds.hpp"
#include "sim/compiler/vector_tiling.hpp"

namespace systole {
namespace {

class Collector {
 public:
  Collector(const MachineLimits& machine, std::vector<std::uint64_t>& numbers)
      : machine_{machine}, numbers_{numbers} {}

  bool operator()(const ConvPlan& plan) {
    const ConvTiling& t = plan.tiling;
    add(plan.layer.packed.has_value(), t.tile_oh, t.tile_ow, t.blocks, t.tile_ic, t.tile_taps,
        t.oc_outermost, t.ifmap_slots, t.weight_slots, t.acc_slots, t.table_slots, t.ifmap_rows,
        t.weight_rows, t.acc_rows, t.whole_table);
    add_buffers(LocalMemory::Scratchpad, ifmap_bases(machine_, t),
                t.ifmap_rows + passed_by(plan.layer, t));
    // A fold that brings fewer rows of weights than the array has passes by those behind.
    add_buffers(weight_memory(machine_.config), weight_bases(plan.layer, machine_, t),
                t.weight_rows + (weights_stay() ? machine_.config.array.rows : 0));
    return true;
  }
  bool operator()(const DepthwisePlan& plan) {
    const DepthwiseTiling& t = plan.tiling;
    add(t.tile_oh, t.tile_ow, t.blocks, t.slots, t.constant_slots, t.input_rows, t.output_rows,
        t.constant_rows);
    add_buffers(LocalMemory::Scratchpad, constant_bases(machine_, t), t.blocks * t.constant_rows);
    add_buffers(LocalMemory::Scratchpad,
                tile_bases(machine_, t.slots, t.tile_rows(), t.all_constant_rows()), t.tile_rows());
    return true;
  }
  bool operator()(const PoolPlan& plan) {
    const PoolTiling& t = plan.tiling;
    add(t.tile_oh, t.tile_ow, t.blocks, t.slots, t.input_rows, t.output_rows);
    add_buffers(LocalMemory::Scratchpad, tile_bases(machine_, t.slots, t.tile_rows()),
                t.tile_rows());
    return true;
  }
  bool operator()(const AddPlan& plan) {
    const AddTiling& t = plan.tiling;
    add(t.rows, t.blocks, t.slots, t.bytes, t.bits);
    add_buffers(LocalMemory::Scratchpad, tile_bases(machine_, t.slots, t.chunk_rows()),
                t.chunk_rows());
    return true;
  }
  template <typename Other>
  bool operator()(const Other& /*plan*/) {
    return false;
  }

 private:
  template <typename... Values>
  void add(Values... values) {
    (numbers_.push_back(static_cast<std::uint64_t>(values)), ...);
  }

  bool weights_stay() const { return machine_.config.array.dataflow == Dataflow::WeightStationary; }

  /// Rows behind the ifmap that folds of fewer pixels than their steps have cycles pass by: they go
  /// on as their pixels do, read nothing, and still wait their turn there.
  std::int64_t passed_by(const ConvLayer& layer, const ConvTiling& tiling) const {
    if (!weights_stay()) {
      return 0;
    }
    std::int64_t most = 0;
    for (const std::int64_t rows : {tiling.tile_oh, layer.out_h % tiling.tile_oh}) {
      for (const std::int64_t cols : {tiling.tile_ow, layer.out_w % tiling.tile_ow}) {
        if (rows * cols > 0) {
          most = std::max(most, passed_by_tile(layer, rows, cols));
        }
      }
    }
    return most;
  }
  std::int64_t passed_by_tile(const ConvLayer& layer, std::int64_t rows, std::int64_t cols) const {
    const ArrayConfig& array = machine_.config.array;
    const std::int64_t step = std::max(array.rows, array.min_step_rows);
    const std::int64_t pitch = layer.window.stride_h * layer.ifmap_pitch(cols);
    std::int64_t most = 0;
    for (const PixelChunk& chunk : pixel_chunks(layer, rows, cols, machine_)) {
      const std::int64_t last = (step - 1 + chunk.skip) / chunk.count_w;
      most = std::max(most, (last - chunk.count_h + 1) * pitch);
    }
    return most;
  }

  void add_buffers(LocalMemory memory, const std::vector<std::int64_t>& firsts, std::int64_t rows) {
    const ScratchpadConfig& scratchpad = machine_.config.scratchpad;
    const std::int64_t bank = memory == LocalMemory::Scratchpad
                                  ? activation_rows(machine_.config) / scratchpad.activation.banks
                                  : weight_rows(machine_.config) / scratchpad.weight.banks;
    add(firsts.size());
    for (const std::int64_t first : firsts) {
      if (scratchpad.interleave_rows != 0) {
        add(first);
        continue;
      }
      const std::int64_t to_next = bank - first % bank;
      add(first / bank, to_next < rows ? to_next : 0, to_next + bank < rows ? bank : 0);
    }
  }

  const MachineLimits& machine_;
  std::vector<std::uint64_t>& numbers_;
};

}  // namespace

bool append_plan(const Plan& plan, const MachineLimits& machine,
                 std::vector<std::uint64_t>& numbers) {
  numbers.push_back(plan.cut.index());
  return std::visit(Collector{machine, numbers}, plan.cut);
}

}  // namespace systole
