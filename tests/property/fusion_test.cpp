// Networks whose ofmaps stay in the scratchpad, on both engines: the same outputs as golden's, and
// less DRAM traffic by what stayed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <random>

#include "sim/compiler/arithmetic.hpp"
#include "sim/compiler/compiler.hpp"
#include "sim/config/accelerator_file.hpp"
#include "sim/config/accelerator_rules.hpp"
#include "sim/run/simulation.hpp"
#include "tests/support/engine_equality.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/forked_run.hpp"
#include "tests/support/machine_laws.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/small_networks.hpp"
#include "tests/support/workload_files.hpp"

namespace systole {
namespace {

using test::NetworkBuilder;

constexpr unsigned kMostSeconds = 100;

/// Draws networks and machines from one seed.
class Draw {
 public:
  explicit Draw(unsigned seed) : engine_{seed} {}

  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>{low, high}(engine_);
  }
  std::int64_t one_of(std::initializer_list<std::int64_t> values) {
    return *(values.begin() + pick(0, static_cast<std::int64_t>(values.size()) - 1));
  }
  bool chance(std::int64_t in) { return pick(1, in) == 1; }

  Network network(const AcceleratorConfig& config) {
    return test::random_network(config, [this](auto low, auto high) { return pick(low, high); });
  }

  AcceleratorConfig machine() {
    AcceleratorConfig config;
    config.name = "fused";
    const auto pes = static_cast<std::uint32_t>(one_of({4, 8}));
    config.array.rows = config.array.cols = pes;
    config.array.dataflow = static_cast<Dataflow>(pick(0, 2));
    config.array.overlap = chance(4) ? Overlap::None : Overlap::Full;
    if (config.array.dataflow == Dataflow::WeightStationary && chance(4)) {
      config.array.gather_rows = 3;
    }
    if (chance(4)) {
      config.array.pe = PeKind::Composable;  // at 16 bits four products of these layers a cycle
      config.array.activation_bits = config.array.weight_bits = chance(3) ? 16 : 8;
    }
    config.scratchpad.organization =
        chance(3) ? ScratchpadOrganization::Split : ScratchpadOrganization::Unified;
    config.scratchpad.ports = chance(2) ? BankPorts::Dual : BankPorts::Single;
    config.scratchpad.read_latency = static_cast<std::uint32_t>(pick(1, 5));
    config.scratchpad.activation = {static_cast<std::uint32_t>(one_of({1, 2, 4, 8, 16})),
                                    static_cast<std::uint32_t>(one_of({1, 2, 4}))};
    config.scratchpad.weight = {4, 2};
    if (config.array.pe == PeKind::Composable) {  // rows are up to 16 times as wide
      config.scratchpad.activation.capacity_kib *= 8;
      config.scratchpad.weight.capacity_kib *= 8;
    }
    config.scratchpad.interleave_rows = static_cast<std::uint32_t>(one_of({0, 0, 1, 4}));
    config.accumulators = {static_cast<std::uint32_t>(one_of({2, 8})), 2, 1};
    config.dma.bus_bytes = static_cast<std::uint32_t>(one_of({4, 16}));
    config.dma.max_burst_bytes = 16 * static_cast<std::uint32_t>(one_of({1, 4, 64}));
    config.dma.max_rows = static_cast<std::uint32_t>(one_of({3, 8, 16}));
    config.dma.max_blocks = static_cast<std::uint32_t>(pick(1, 4));
    config.dma.max_outstanding_reads = static_cast<std::uint32_t>(one_of({1, 4, 16}));
    config.dma.max_outstanding_writes = static_cast<std::uint32_t>(one_of({1, 8}));
    config.dram.bytes_per_cycle = chance(3) ? 1 : config.dma.bus_bytes;
    config.dram.latency_cycles = static_cast<std::uint32_t>(pick(2, 40));
    config.requant.lanes = static_cast<std::uint32_t>(pick(1, pes));
    config.vector.lanes = static_cast<std::uint32_t>(pick(1, pes));
    config.compiler.fusion = Fusion::Keep;
    config.compiler.objective = pick(0, 1) == 0 ? Objective::Cycles : Objective::Traffic;
    config.compiler.buffers = static_cast<std::uint32_t>(one_of({1, 2, 2, 3}));
    config.compiler.pack_taps = chance(3);
    config.compiler.depthwise = static_cast<DepthwiseMapping>(one_of({0, 0, 1, 2}));
    config.vector.mac_lanes = static_cast<std::uint32_t>(pick(1, pes));
    config.vector.latency = static_cast<std::uint32_t>(one_of({1, 4, 20}));
    if (chance(4)) {
      config.vector.lanes = 1;
    }
    config.energy.table = SYSTOLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml";
    return config;
  }

 private:
  std::mt19937 engine_;
};

std::uint64_t moved_with_bursts(const RunResult& run) {
  std::uint64_t bytes = 0;
  for (const LayerResult& layer : run.layers) {
    bytes += layer.events[Event::DramFetchedBytes] + layer.events[Event::DramWriteBytes];
  }
  return bytes;
}

/// The report says what fell away, to the byte.
std::string broken_report(const RunResult& alone, const RunResult& fused) {
  std::int64_t read = 0, written = 0;
  for (std::size_t i = 0; i < fused.layers.size(); ++i) {
    const StreamBytes before = alone.layers[i].traffic.total(TrafficMemory::Dram);
    const StreamBytes after = fused.layers[i].traffic.total(TrafficMemory::Dram);
    read += to_i64(before.read) - to_i64(after.read);
    written += to_i64(before.written) - to_i64(after.written);
  }
  std::int64_t not_read = 0, not_written = 0;
  for (const KeptInScratchpad& kept : fused.kept) {
    not_read += kept.not_read_bytes;
    not_written += kept.not_written_bytes;
  }
  return read == not_read && written == not_written
             ? ""
             : fmt::format("{} and {} bytes less, {} and {} in the report\n", read, written,
                           not_read, not_written);
}

/// What is wrong with the traffic of a run beside that of the same network without fusion: where it
/// is the objective all bytes of the bus count, else those that layers want.
std::string broken_savings(const RunResult& alone, const RunResult& fused) {
  std::string broken = broken_report(alone, fused);
  if (fused.config.compiler.objective == Objective::Traffic) {
    const std::uint64_t before = moved_with_bursts(alone);
    const std::uint64_t after = moved_with_bursts(fused);
    const bool less = fused.kept.empty() ? after == before : after < before;
    return less ? broken
                : broken + fmt::format("{} bytes moved, {} without fusion\n", after, before);
  }
  for (std::size_t i = 0; i < fused.layers.size(); ++i) {
    const LayerResult& layer = fused.layers[i];
    for (const Stream stream :
         {Stream::Ifmap, Stream::Weight, Stream::Bias, Stream::Requant, Stream::Ofmap}) {
      const StreamBytes& before = alone.layers[i].traffic.at(TrafficMemory::Dram, stream);
      const StreamBytes& after = layer.traffic.at(TrafficMemory::Dram, stream);
      if (after.read > before.read || after.written > before.written) {
        broken += fmt::format("layer '{}': {} moves more than without fusion\n", layer.name,
                              stream_name(stream));
      }
    }
  }
  return broken;
}

std::uint64_t cycles_of(const RunResult& run) {
  std::uint64_t cycles = 0;
  for (const LayerResult& layer : run.layers) {
    cycles += layer.cycles;
  }
  return cycles;
}

/// A burst whose unwanted beats came after its layer would be counted in a layer that is too short.
std::string broken_bandwidth(const RunResult& run) {
  std::string broken;
  for (const LayerResult& layer : run.layers) {
    const std::uint64_t most = layer.cycles * run.config.dram.bytes_per_cycle;
    if (layer.events[Event::DramFetchedBytes] > most) {
      broken += fmt::format("layer '{}': {} bytes read, at most {} in its cycles\n", layer.name,
                            layer.events[Event::DramFetchedBytes], most);
    }
  }
  return broken;
}

struct Case {
  std::string broken;
  std::size_t kept = 0;
};

Case run_case(const AcceleratorConfig& config, const Network& network) {
  SimulationOptions options;
  options.watchdog_cycles = 20'000;
  const SimulationOutcome fused = simulate(config, network, {}, options);
  options.engine = EngineKind::Fast;
  const SimulationOutcome fast = simulate(config, network, {}, options);
  AcceleratorConfig without = config;
  without.compiler.fusion = Fusion::None;
  const SimulationOutcome alone = simulate(without, network, {}, options);
  const std::uint64_t cycles = cycles_of(fused.result);
  const std::uint64_t before = cycles_of(alone.result);
  const bool slower = config.compiler.objective == Objective::Cycles && cycles > before;
  return {(slower ? fmt::format("{} cycles, {} without fusion\n", cycles, before) : "") +
              test::broken_laws(config, network, fused) + test::differences(fused, fast) +
              broken_bandwidth(fast.result) + broken_savings(alone.result, fused.result),
          fused.result.kept.size()};
}

AcceleratorConfig directed_machine() {
  AcceleratorConfig config;
  config.name = "directed";
  config.array.rows = config.array.cols = 8;
  config.scratchpad.activation = {2, 1};
  config.accumulators = {2, 2, 1};
  config.requant.lanes = config.vector.lanes = 8;
  config.compiler.fusion = Fusion::Keep;
  config.compiler.objective = Objective::Traffic;
  config.energy.table = SYSTOLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml";
  return config;
}

TensorId add_to_itself(NetworkBuilder& builder, const std::string& name, TensorId in) {
  Add add;
  add.input = {QuantizedMultiplier{1 << 30, 0}, QuantizedMultiplier{1 << 30, 0}};
  add.output = test::one_scale(-18);
  const TensorId out = builder.activation(builder.tensor(in).shape);
  builder.layer(name, add, {in, in}, out);
  return out;
}

TensorId add_pointwise(NetworkBuilder& builder, const std::string& name, TensorId in) {
  Conv2d conv;
  conv.requant = test::one_scale(-8);
  const Shape shape = builder.tensor(in).shape;
  const TensorId out = builder.activation(shape);
  builder.layer(name, conv, {in, builder.constant({shape[3], 1, 1, shape[3]})}, out);
  return out;
}

// A row of 32 elements takes the only lane for 32 cycles, longer than a layer that ends in the
// scratchpad goes on behind it: the fast engine times each layer alone.
TEST(Fusion, ALayerFindsTheLanesFree) {
  AcceleratorConfig config = directed_machine();
  config.array.rows = config.array.cols = 32;
  config.scratchpad.activation = {8, 1};
  config.accumulators = {8, 2, 1};
  config.vector.lanes = 1;
  NetworkBuilder builder;
  TensorId tensor = builder.input({1, 1, 1, 8});
  tensor = add_to_itself(builder, "first", tensor);
  for (const char* name : {"second", "third"}) {
    const TensorId out = builder.activation({1, 1, 1, 8});
    builder.layer(name, MaxPool{}, {tensor}, out);
    tensor = out;
  }
  add_pointwise(builder, "last", tensor);
  const Case run = run_case(config, builder.network());
  EXPECT_EQ(run.broken, "");
  EXPECT_EQ(run.kept, 3U);
}

// "kept" lies in the scratchpad's first rows from its producer to its reader; the sum between them
// reads and writes the DRAM, in rows behind.
TEST(Fusion, ASumBesideAKeptTensorLeavesItAlone) {
  NetworkBuilder builder;
  const TensorId kept = add_pointwise(builder, "kept", builder.input({1, 4, 4, 8}));
  const TensorId sum = add_to_itself(builder, "sum", builder.input({1, 4, 4, 8}));
  const TensorId last = add_pointwise(builder, "last", kept);
  Network network = builder.network();
  network.outputs = {sum, last};
  const Case run = run_case(directed_machine(), network);
  EXPECT_EQ(run.broken, "");
  EXPECT_EQ(run.kept, 1U);
}

// A kept sum makes its reader load the other operand pixel by pixel: 4 bytes of each burst of 16,
// more than what stays saves.
TEST(Fusion, ATensorThatMakesTheBusMoveMoreDoesNotStay) {
  AcceleratorConfig config = directed_machine();
  config.array.rows = config.array.cols = 16;
  config.requant.lanes = config.vector.lanes = 16;
  config.scratchpad.activation = {8, 1};
  NetworkBuilder builder;
  const TensorId in = builder.input({1, 12, 12, 4});
  const TensorId first = add_to_itself(builder, "first", in);
  Add add;
  add.input = {QuantizedMultiplier{1 << 30, 0}, QuantizedMultiplier{1 << 30, 0}};
  add.output = test::one_scale(-18);
  builder.layer("second", add, {first, in}, builder.activation({1, 12, 12, 4}));
  const Network network = builder.network();
  config.dma.bus_bytes = config.dram.bytes_per_cycle = 4;
  EXPECT_EQ(Compiler(network, config).kept().size(), 1U);
  config.dma.bus_bytes = config.dram.bytes_per_cycle = 16;
  EXPECT_EQ(Compiler(network, config).kept().size(), 0U);
}

// The 32 channels of a group are two steps of the weights' memory, the second of them for some
// blocks alone.
TEST(Fusion, AGroupedConvolutionReadsAKeptTensorInSteps) {
  AcceleratorConfig config = directed_machine();
  config.array.rows = config.array.cols = 16;
  config.requant.lanes = config.vector.lanes = 16;
  config.scratchpad.organization = ScratchpadOrganization::Split;
  config.scratchpad.activation = {256, 4};
  config.scratchpad.weight = {4, 1};
  config.accumulators = {64, 2, 1};
  NetworkBuilder builder;
  Conv2d conv;
  conv.requant = test::one_scale(-8);
  const TensorId kept = builder.activation({1, 4, 9, 96});
  builder.layer("kept", conv, {builder.input({1, 4, 9, 16}), builder.constant({96, 1, 1, 16})},
                kept);
  conv.groups = 3;
  conv.window.kernel_h = 2;
  conv.window.kernel_w = 3;
  builder.layer("grouped", conv, {kept, builder.constant({21, 2, 3, 32})},
                builder.activation({1, 3, 7, 21}));
  const Case run = run_case(config, builder.network());
  EXPECT_EQ(run.broken, "");
  EXPECT_EQ(run.kept, 1U);
}

// Beside its kept ofmap the convolution has no room for two taps in a row: its weights are longer.
TEST(Fusion, WeightsOfAnotherLayoutHaveRoomInTheDram) {
  AcceleratorConfig config = directed_machine();
  config.array.pe = PeKind::Composable;
  config.array.activation_bits = config.array.weight_bits = 16;
  config.scratchpad.activation = {8, 1};
  config.dma.max_rows = config.dma.max_blocks = 3;
  config.requant.lanes = 4;
  config.compiler.pack_taps = true;
  NetworkBuilder builder;
  Conv2d conv;
  conv.requant = test::one_scale(-8);
  conv.requant.multiplier.resize(17, 1 << 30);  // behind the weights lies a table
  conv.requant.exponent.resize(17, -9);
  conv.window.kernel_h = 3;
  conv.window.kernel_w = 2;
  conv.window.pad_top = 1;
  conv.window.pad_bottom = 2;
  conv.window.pad_right = 1;
  const TensorId kept = builder.activation({1, 5, 2, 17});
  builder.layer("kept", conv, {builder.input({1, 4, 2, 17}), builder.constant({17, 3, 2, 17})},
                kept);
  add_to_itself(builder, "sum", kept);
  const Case run = run_case(config, builder.network());
  EXPECT_EQ(run.broken, "");
  EXPECT_EQ(run.kept, 1U);
}

// Each case in a process of its own: SystemC elaborates once.
TEST(Fusion, OfAnyNetworkEqualsGoldenOnBothEnginesWithLessTraffic) {
  const auto count =
      static_cast<unsigned>(test::from_environment("SYSTOLE_PROPERTY_CASES", 400, 1));
  std::size_t kept = 0;
  unsigned refused = 0;
  for (unsigned seed = 1; seed <= count; ++seed) {
    Draw draw{seed};
    const AcceleratorConfig config = draw.machine();
    const Network network = draw.network(config);
    ASSERT_TRUE(broken_rules(config).empty() && unsupported(config).empty());
    try {
      const Compiler compiler{network, config};
    } catch (const CompileError&) {
      ++refused;
      continue;
    }
    const test::ForkedOutcome outcome = test::run_forked(
        [&] {
          const Case run = run_case(config, network);
          return run.broken.empty() ? std::to_string(run.kept) : "broken:\n" + run.broken;
        },
        kMostSeconds);
    const bool good = outcome.finished && outcome.text.find("broken") == std::string::npos;
    if (!good) {
      const std::string folder = SYSTOLE_BINARY_DIR "/failing_cases/fusion";
      test::write_workload(folder, network);
      std::ofstream{folder + "/accelerator.yaml"} << accelerator_to_yaml(config);
      FAIL() << "seed " << seed << ", in " << folder << ": " << outcome.text;
    }
    kept += std::stoul(outcome.text);
  }
  std::cout << fmt::format("{} networks, {} refused; {} tensors stayed\n", count - refused, refused,
                           kept);
  EXPECT_LE(refused, count / 3) << "a refused case is no case";
  EXPECT_GE(kept, count / 2) << "most networks should keep something";
}

}  // namespace
}  // namespace systole
