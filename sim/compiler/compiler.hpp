#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/compiler/kept_tensor.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"
#include "sim/program/dram_places.hpp"
#include "sim/program/packed_commands.hpp"

namespace systole {

/// Layers that this accelerator cannot run; a line for each fault, naming the layer, the key or the
/// memory, and what was expected. In a layer's `mapping:` it starts with "FILE:LINE:COLUMN: KEY".
class CompileError : public std::runtime_error {
 public:
  struct Line {
    bool has_place = false;  ///< starts with FILE:LINE:COLUMN
    std::string text;
  };
  explicit CompileError(const std::vector<Line>& lines);
  const std::vector<Line>& lines() const { return lines_; }

 private:
  std::vector<Line> lines_;
};

/// Where a tensor lies in DRAM: the bytes that pack_tensor makes of it, in one run or, if it is a
/// part of a concatenation, pixel by pixel at a pitch.
struct TensorPlacement {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;        ///< of the tensor
  std::uint64_t pixel_bytes = 0;  ///< of a run
  std::uint64_t pixel_pitch = 0;  ///< from run to run; 0: all is one run

  /// run(address, first byte of the tensor, bytes), run by run.
  template <typename Run>
  void for_each_run(Run run) const {
    const std::uint64_t length = pixel_pitch == 0 ? bytes : pixel_bytes;
    std::uint64_t to = address;
    for (std::uint64_t first = 0; first < bytes; first += length, to += pixel_pitch) {
      run(to, first, length);
    }
  }
};

/// Bytes that are in DRAM before the first layer: weights, biases, requantization constants.
struct DramSegment {
  std::uint64_t address = 0;
  std::vector<std::uint8_t> bytes;
};

/// Biases of a layer whose ifmap has a zero point and whose weights are computed: the host adds
/// these up, column by column, before the layer runs.
struct RunTimeBias {
  TensorId weights = 0;
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};

/// How a layer was cut, for people to read (`systole show mapping`).
struct LayerMapping {
  std::int64_t tile_oh = 0, tile_ow = 0, tile_oc = 0, tile_ic = 0;
  std::int64_t tile_taps = 0;      ///< of a reduction step
  std::int64_t tiles = 0;          ///< output tiles
  std::int64_t folds = 0;          ///< preload and compute pairs with new weights
  std::string loop_order;          ///< outermost first, "oc, oh, ow, ic" say
  bool vector_unit = false;        ///< compiler.depthwise: vector
  bool one_group_a_block = false;  ///< compiler.depthwise: column
  std::int64_t packed_taps = 1;    ///< taps of a kernel row that loads put side by side
  bool double_buffered_ifmap = false;
  bool double_buffered_weights = false;
  bool double_buffered_accumulators = false;
  std::uint32_t activation_bits = 0, weight_bits = 0;  ///< 0: no products
  std::uint32_t products_per_pe = 1;
  std::uint64_t scratchpad_rows = 0, weight_rows = 0, accumulator_rows = 0, table_rows = 0;
  /// Each operand once: what no schedule of the layer alone can avoid.
  std::array<std::uint64_t, kOperands> compulsory_bytes{};

  std::uint64_t& compulsory(Operand operand) {
    return compulsory_bytes[static_cast<std::size_t>(operand)];
  }
  std::uint64_t compulsory(Operand operand) const {
    return compulsory_bytes[static_cast<std::size_t>(operand)];
  }
  std::uint64_t compulsory_read_bytes() const {
    return compulsory(Operand::Ifmap) + compulsory(Operand::Weight) + compulsory(Operand::Bias) +
           compulsory(Operand::Requant);
  }
  std::uint64_t compulsory_write_bytes() const { return compulsory(Operand::Ofmap); }
};

/// A tensor that stays in the scratchpad between layers, and what that saves.
struct KeptReport {
  KeptTensor tensor;
  // What the layers of its life want of the DRAM less than without it, all operands together.
  std::int64_t not_read = 0;     ///< bytes; below 0, where other bytes count, if they want more
  std::int64_t not_written = 0;  ///< bytes
};

/// Cycles that a program takes on the accelerator.
using LayerClock = std::function<std::uint64_t(const PackedProgram&)>;

/// Turns a network into programs for one accelerator. The network must already be
/// legal for it (legalize.hpp) and outlive the compiler.
class Compiler {
 public:
  /// Chooses every layer's tiling and the DRAM map. Throws CompileError with one
  /// line per layer that cannot run. With a clock, of compiler.candidates tilings the fastest is
  /// taken, and no tensor stays in the scratchpad that costs cycles, unless the objective is
  /// traffic; without one, bytes alone decide.
  Compiler(const Network& network, const AcceleratorConfig& config, LayerClock clock = {});
  ~Compiler();

  const TensorPlacement& placement(TensorId tensor) const;  ///< activations only
  /// A concatenation whose inputs are written where they belong: nothing is left to do.
  bool is_in_place(std::size_t layer) const;
  std::vector<DramSegment> dram_image() const;  ///< empty where the network has no data
  /// None: all of the layer's biases are in the image.
  std::optional<RunTimeBias> run_time_bias(std::size_t layer) const;
  std::vector<std::uint8_t> run_time_bias_bytes(std::size_t layer, const TensorData& weights) const;
  std::uint64_t dram_bytes() const;  ///< all of the map
  const LayerMapping& mapping(std::size_t layer) const;
  /// By producer. Empty unless compiler.fusion is `keep`.
  const std::vector<KeptReport>& kept() const;
  /// Where the tensor, or the one whose bytes it names, lies if that is not in DRAM; else null.
  const KeptTensor* only_in_scratchpad(TensorId tensor) const;

  /// In which order the layer's products are added up, for each `accumulation_channels` output
  /// channels; empty for layers without products.
  std::vector<std::vector<FoldSpan>> accumulation_order(std::size_t layer) const;
  std::int64_t accumulation_channels(std::size_t layer) const;

  /// Layers with the same likeness have the same program but for places in DRAM, which a machine
  /// that knows of `places` so much cannot tell apart. Empty: like no other.
  std::vector<std::uint64_t> likeness(std::size_t layer, const DramPlaces& places) const;

  /// The same for layers compiled for different machines, which are alike but for the capacity of
  /// their scratchpads.
  std::vector<std::uint64_t> likeness_of_plan(std::size_t layer, const DramPlaces& places) const;

  /// Whether commands of the layer go to the array, or rows of it to the accumulators: not of
  /// pooling and sums.
  bool needs_array(std::size_t layer) const;

  /// No commands for layers of the host.
  LayerProgram lower(std::size_t layer) const;
  /// The same, packed; not of layers that the hardware's loop unrollers run.
  PackedProgram lower_packed(std::size_t layer) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace systole
