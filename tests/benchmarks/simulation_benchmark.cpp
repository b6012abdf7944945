// How many cycles a second each engine simulates, and how many MACs a second the golden model does.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <sstream>
#include <string>

#include "models/golden/golden.hpp"
#include "sim/config/accelerator_file.hpp"
#include "sim/kernel/systemc.hpp"
#include "sim/run/inputs.hpp"
#include "sim/run/simulation.hpp"
#include "sim/workload/random_data.hpp"
#include "tests/support/forked_run.hpp"
#include "tests/support/layer_chains.hpp"

namespace systole {
namespace {

using benchmark::Counter;

constexpr unsigned kMostSeconds = 120;

AcceleratorConfig machine(const std::string& name) {
  return load_accelerator(SYSTOLE_SOURCE_DIR "/configs/" + name + ".yaml");
}

std::uint64_t macs_of(const RunResult& result) {
  std::uint64_t macs = 0;
  for (const LayerResult& layer : result.layers) {
    macs += static_cast<std::uint64_t>(layer.gemm.macs);
  }
  return macs;
}

std::uint64_t cycles_of(const RunResult& result) {
  std::uint64_t cycles = 0;
  for (const LayerResult& layer : result.layers) {
    cycles += layer.cycles;
  }
  return cycles;
}

/// Simulates one inference again and again, each in a process of its own, for SystemC elaborates
/// once in each. Time is that of simulate(), compilation of the network included.
void simulate_in(benchmark::State& state, const AcceleratorConfig& config, const Network& network,
                 EngineKind engine, DataSource data) {
  SimulationOptions options;
  options.engine = engine;
  options.data = data;
  options.check = false;
  double cycles = 0, macs = 0;
  for ([[maybe_unused]] auto iteration : state) {
    const test::ForkedOutcome outcome = test::run_forked(
        [&] {
          const RunResult result = simulate(config, network, {}, options).result;
          std::ostringstream text;
          text << result.wall_seconds << ' ' << cycles_of(result) << ' ' << macs_of(result);
          return text.str();
        },
        kMostSeconds);
    if (!outcome.finished) {
      state.SkipWithError(outcome.text.c_str());
      return;
    }
    std::istringstream text{outcome.text};
    double seconds = 0, run_cycles = 0, run_macs = 0;
    text >> seconds >> run_cycles >> run_macs;
    state.SetIterationTime(seconds);
    cycles += run_cycles;
    macs += run_macs;
  }
  state.counters["cycles/s"] = Counter(cycles, Counter::kIsRate);
  state.counters["MAC/s"] = Counter(macs, Counter::kIsRate);
}

/// A fully connected layer that fills the array, on every block of the machine.
void systemc_machine(benchmark::State& state, const std::string& accelerator, std::int64_t size) {
  const Network network =
      test::ChainBuilder{{size, size}}.fully_connected("only", size, false).build();
  simulate_in(state, machine(accelerator), network, EngineKind::Systemc, DataSource::Workload);
}
BENCHMARK_CAPTURE(systemc_machine, 16x16, "gemmini_16x16", 256)
    ->Name("SystemcMachine/16x16")
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_CAPTURE(systemc_machine, 256x256, "tpu_v1_256x256", 512)
    ->Name("SystemcMachine/256x256")
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

/// A network of workloads/shapes on 16 x 16 PEs.
void fast_engine(benchmark::State& state, const std::string& name, DataSource data) {
  WorkloadOptions shapes;
  shapes.shapes_only = true;
  Network network = load_workload(SYSTOLE_SOURCE_DIR "/workloads/shapes/" + name + ".yaml", shapes);
  if (data == DataSource::Random) {
    fill_with_random_data(network, 1);
  }
  simulate_in(state, machine("gemmini_16x16"), network, EngineKind::Fast, data);
}
BENCHMARK_CAPTURE(fast_engine, resnet50_no_data, "resnet50", DataSource::None)
    ->Name("FastEngine/resnet50/no_data")
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_CAPTURE(fast_engine, no_data, "resnet18", DataSource::None)
    ->Name("FastEngine/resnet18/no_data")
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_CAPTURE(fast_engine, random_data, "resnet18", DataSource::Random)
    ->Name("FastEngine/resnet18/random_data")
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

/// A convolution of 3 x 3, 32 to 32 channels, by the golden model.
void golden_model(benchmark::State& state) {
  const Network network = test::ChainBuilder{{1, 30, 30, 32}}.conv("only", 32).build();
  const std::vector<TensorData> inputs = inference_inputs(network, {}, 0);
  for ([[maybe_unused]] auto iteration : state) {
    benchmark::DoNotOptimize(golden::run(network, inputs));
  }
  constexpr double kMacs = 28.0 * 28 * 32 * 32 * 3 * 3;
  state.counters["MAC/s"] = Counter(kMacs, Counter::kIsIterationInvariantRate);
}
BENCHMARK(golden_model)->Name("GoldenModel/conv_3x3")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace systole

// Called by the kernel once it is ready.
int sc_main(int argc, char* argv[]) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 2;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

// In place of the one in libsystemc, which prints a banner.
int main(int argc, char* argv[]) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", /*overwrite=*/1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
