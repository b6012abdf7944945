#include <gtest/gtest.h>

#include <iostream>

#include "sim/config/accelerator_file.hpp"
#include "sim/engine/systemc_engine.hpp"
#include "tests/validation/micro_programs.hpp"

// Cycles of single commands and command pairs, measured on Gemmini's own RTL (Verilator, complete
// Gemmini top, fixed-latency memory; ucb-bar/gemmini be2e9f2), against the machine of
// configs/gemmini_16x16.yaml. No tolerance.

namespace systole {
namespace {

/// Holds the `cases` rows of a type that the table has.
void hold_against_rtl(int cases, const std::string& type, const std::string& latency,
                      const std::string& dataflow = "weight_stationary") {
  AcceleratorConfig config =
      load_accelerator(SYSTOLE_SOURCE_DIR "/configs/gemmini_16x16.yaml",
                       {"dram.latency_cycles=" + latency, "array.dataflow=" + dataflow});
  // Gemmini's bus and queues are there whoever sends the commands.
  config.sequencer.unroller = Unroller::Loops;
  const bool output_stationary = config.array.dataflow == Dataflow::OutputStationary;
  SystemcEngine engine{config, {}};
  int held = 0;
  for (const test::RtlCase& rtl : test::read_rtl_table()) {
    if (rtl.text("group") != "micro" || rtl.text("type") != type ||
        rtl.text("mem_read_latency") != latency ||
        test::is_output_stationary(rtl.text("description")) != output_stationary) {
      continue;
    }
    const LayerMeasurement measured = engine.run(test::micro_program(rtl));
    EXPECT_EQ(measured.cycles, static_cast<std::uint64_t>(rtl.number("cycles")))
        << rtl.text("name") << ": " << rtl.text("description");
    ++held;
  }
  EXPECT_EQ(held, cases);
  std::cout << type << " at latency " << latency << ": " << held
            << " cases held against the RTL, to the cycle\n";
}

TEST(GemminiRtl, LoadsTakeTheCyclesOfTheRtlAtLatency20) { hold_against_rtl(84, "mvin", "20"); }
TEST(GemminiRtl, LoadsTakeTheCyclesOfTheRtlAtLatency60) { hold_against_rtl(84, "mvin", "60"); }
TEST(GemminiRtl, LoadsTakeTheCyclesOfTheRtlAtLatency150) { hold_against_rtl(84, "mvin", "150"); }
TEST(GemminiRtl, StoresTakeTheCyclesOfTheRtlAtLatency20) { hold_against_rtl(50, "mvout", "20"); }
TEST(GemminiRtl, StoresTakeTheCyclesOfTheRtlAtLatency60) { hold_against_rtl(50, "mvout", "60"); }
TEST(GemminiRtl, StoresTakeTheCyclesOfTheRtlAtLatency150) { hold_against_rtl(50, "mvout", "150"); }
TEST(GemminiRtl, PreloadsAndComputesTakeTheCyclesOfTheRtl) { hold_against_rtl(61, "ex", "20"); }
TEST(GemminiRtl, OutputStationaryTilesTakeTheCyclesOfTheRtl) {
  hold_against_rtl(20, "ex", "20", "output_stationary");
}
TEST(GemminiRtl, ConfigurationTakesTheCyclesOfTheRtl) { hold_against_rtl(4, "cfg", "20"); }

}  // namespace
}  // namespace systole
