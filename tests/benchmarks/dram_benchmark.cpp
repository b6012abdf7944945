// How many requests a second the core of the banked DRAM takes, alone: a stream of reads, and reads
// of anywhere.

#include <benchmark/benchmark.h>

#include "tests/support/dram_traces.hpp"

namespace systole {
namespace {

void dram_core(benchmark::State& state, const std::string& part, const std::string& trace) {
  const dram::Config config = test::preset(part);
  const std::vector<TraceRequest> requests = test::reference_trace(trace);
  for ([[maybe_unused]] auto iteration : state) {
    benchmark::DoNotOptimize(test::run_requests(config, requests));
  }
  state.counters["requests/s"] = benchmark::Counter(static_cast<double>(requests.size()),
                                                    benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK_CAPTURE(dram_core, ddr4_2400_stream, "ddr4_2400", "a_seq_read")
    ->Name("DramCore/ddr4_2400/stream")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dram_core, lpddr4_3200_stream, "lpddr4_3200", "a_seq_read")
    ->Name("DramCore/lpddr4_3200/stream")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dram_core, ddr3_2133_stream, "ddr3_2133", "a_seq_read")
    ->Name("DramCore/ddr3_2133/stream")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dram_core, hbm2_stream, "hbm2", "a_seq_read")
    ->Name("DramCore/hbm2/stream")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dram_core, ddr4_2400_random, "ddr4_2400", "e_random_read")
    ->Name("DramCore/ddr4_2400/random")
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace systole
