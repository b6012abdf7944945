#include <fmt/format.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <string>

#include "sim/compiler/compiler.hpp"
#include "sim/config/accelerator_file.hpp"
#include "sim/engine/systemc_engine.hpp"
#include "sim/program/fold_timing.hpp"
#include "sim/scalesim/topology.hpp"
#include "tests/validation/rtl_table.hpp"

namespace systole {
namespace {

// Layers of more compute cycles are held by their folds alone: the machine also brings the operands
// in, which takes longer than the folds do.
constexpr long kMostSimulated = 9'000;

/// configs/scalesim.yaml with the array and the dataflow of a row of SCALE-Sim's.
AcceleratorConfig machine_of(const test::RtlCase& row) {
  static const std::map<std::string, Dataflow> dataflows = {{"ws", Dataflow::WeightStationary},
                                                            {"os", Dataflow::OutputStationary},
                                                            {"is", Dataflow::InputStationary}};
  AcceleratorConfig config = load_accelerator(SYSTOLE_SOURCE_DIR "/configs/scalesim.yaml");
  config.array.rows = static_cast<std::uint32_t>(row.number("array_rows"));
  config.array.cols = static_cast<std::uint32_t>(row.number("array_cols"));
  config.array.dataflow = dataflows.at(row.text("dataflow"));
  return config;
}

/// The layer as its topology has it: a matrix product, or a convolution.
Network network_of(const test::RtlCase& row) {
  const auto n = [&](const char* column) { return row.number(column); };
  const std::string& topology = row.text("topology");
  if (topology == "vit_s" || topology == "test_mnk") {
    return read_topology(
        fmt::format("Layer, M, N, K,\nlayer, {}, {}, {},\n", n("M"), n("N"), n("K")), topology,
        TopologyKind::Gemm);
  }
  return read_topology(
      fmt::format("Layer, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, "
                  "Num Filter, Strides,\nlayer, {}, {}, {}, {}, {}, {}, {},\n",
                  n("ifmap_h"), n("ifmap_w"), n("filt_h"), n("filt_w"), n("channels"),
                  n("num_filters"), n("stride_h")),
      topology, TopologyKind::Conv);
}

/// All of the layer as one tile.
void pin_whole_layer(Network& network) {
  Layer& layer = network.layers.at(0);
  const Shape& out = network.tensor(layer.output).shape;
  const bool image = out.size() == 4;
  layer.mapping.tile_oh = image ? out.at(1) : 1;
  layer.mapping.tile_ow = image ? out.at(2) : out.at(0);
  layer.mapping.tile_oc = out.back();
  layer.mapping.tile_ic = network.tensor(layer.inputs.at(0)).shape.back();
}

/// Operands that stream past a fold.
long streamed(const test::RtlCase& row) {
  const std::string& dataflow = row.text("dataflow");
  return row.number(dataflow == "ws" ? "M" : dataflow == "os" ? "K" : "N");
}

std::string name_of(const test::RtlCase& row) {
  return fmt::format("{} {} {}x{} {}", row.text("topology"), row.text("layer"),
                     row.number("array_rows"), row.number("array_cols"), row.text("dataflow"));
}

// What the compiler cuts every layer into, and what each fold takes: SCALE-Sim reports the sum less
// one, the index of the last cycle.
TEST(ScaleSim, CutsEveryLayerIntoAsManyFoldsOfAsManyCycles) {
  std::map<std::string, std::int64_t> folds_of;  // nets repeat their layers
  int held = 0;
  for (const test::RtlCase& row : test::read_table("scalesim_layers.csv")) {
    std::string shape;
    for (const char* column : {"array_rows", "array_cols", "dataflow", "ifmap_h", "ifmap_w",
                               "filt_h", "filt_w", "channels", "num_filters", "stride_h", "M"}) {
      shape += row.text(column) + ",";
    }
    const AcceleratorConfig config = machine_of(row);
    if (folds_of.count(shape) == 0) {
      Network network = network_of(row);
      pin_whole_layer(network);
      folds_of[shape] = Compiler{network, config}.mapping(0).folds;
    }
    const std::int64_t folds = folds_of.at(shape);
    const std::uint64_t fold =
        lone_fold_cycles(config.array, static_cast<std::uint64_t>(streamed(row)));
    EXPECT_EQ(folds, row.number("row_folds") * row.number("col_folds")) << name_of(row);
    EXPECT_EQ(static_cast<long>(fold), row.number("cycles_per_fold")) << name_of(row);
    EXPECT_EQ(folds * static_cast<long>(fold) - 1, row.number("total_cycles")) << name_of(row);
    ++held;
  }
  std::cout << fmt::format("held {} layers of {} shapes, arrays and dataflows\n", held,
                           folds_of.size());
  EXPECT_EQ(held, 1086);
}

/// Array and dataflow, and how many of the table's layers are short enough for the machine.
struct SimulatedLayers {
  long rows;
  const char* dataflow;
  std::size_t layers;
};

class ScaleSimRun : public ::testing::TestWithParam<SimulatedLayers> {};

// The compiler chooses the tiling itself: where folds show, it takes the fewest array cycles.
TEST_P(ScaleSimRun, TakesTheComputeCyclesOfScaleSimPlusOne) {
  std::unique_ptr<SystemcEngine> engine;
  std::map<std::string, long> seen;
  for (const test::RtlCase& row : test::read_table("scalesim_layers.csv")) {
    const bool here = row.number("array_rows") == GetParam().rows &&
                      row.text("dataflow") == GetParam().dataflow &&
                      row.number("compute_cycles") <= kMostSimulated;
    const std::string shape = row.text("M") + "," + row.text("N") + "," + row.text("K") + "," +
                              row.text("filt_h") + "," + row.text("channels");
    if (!here || !seen.emplace(shape, 0).second) {
      continue;
    }
    const AcceleratorConfig config = machine_of(row);
    if (engine == nullptr) {
      engine = std::make_unique<SystemcEngine>(config, SystemcEngineOptions{});
    }
    const Network network = network_of(row);
    const Compiler compiler{network, config};
    const LayerMeasurement run = engine->run(compiler.lower(0));
    EXPECT_EQ(static_cast<long>(run.compute_cycles), row.number("total_cycles") + 1)
        << name_of(row);
    EXPECT_EQ(static_cast<long>(run.events[Event::Folds]),
              row.number("row_folds") * row.number("col_folds"))
        << name_of(row);
  }
  std::cout << fmt::format("held {} layers on the SystemC machine\n", seen.size());
  EXPECT_EQ(seen.size(), GetParam().layers);
}

INSTANTIATE_TEST_SUITE_P(
    Arrays, ScaleSimRun,
    ::testing::Values(SimulatedLayers{16, "ws", 2}, SimulatedLayers{16, "os", 4},
                      SimulatedLayers{16, "is", 2}, SimulatedLayers{32, "ws", 15},
                      SimulatedLayers{32, "os", 20}, SimulatedLayers{32, "is", 6}),
    [](const auto& arrays) {
      return fmt::format("{}_{}", arrays.param.rows, arrays.param.dataflow);
    });

AcceleratorConfig machine_of(int rows, int cols) {
  return load_accelerator(SYSTOLE_SOURCE_DIR "/configs/scalesim.yaml",
                          {fmt::format("array.rows={}", rows), fmt::format("array.cols={}", cols)});
}

TEST(ScaleSimMachine, HasMemoriesOfWholeRowsForArraysOfAnySides) {
  for (int side = 1; side <= 16; ++side) {
    EXPECT_NO_THROW(machine_of(side, side)) << side;
    EXPECT_NO_THROW(machine_of(5, side)) << side;
    EXPECT_NO_THROW(machine_of(64 * side, 16 * side)) << side;
  }
}

// The sums of 171,396 pixels: SCALE-Sim has one fold of them.
TEST(ScaleSimMachine, HoldsAWholeLayerOnAWideArray) {
  const Network network = read_topology(
      "Layer, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
      "Strides,\nConv1, 416, 416, 3, 3, 3, 16, 1,\n",
      "yolo_tiny", TopologyKind::Conv);
  for (const int side : {128, 256}) {
    EXPECT_EQ((Compiler{network, machine_of(side, side)}.mapping(0).folds), 1) << side;
  }
}

}  // namespace
}  // namespace systole
