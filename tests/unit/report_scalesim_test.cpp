#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "sim/report/scalesim_report.hpp"
#include "tests/golden/report_sample.hpp"

namespace systole {
namespace {

RunResult run_of(ScratchpadOrganization organization) {
  RunResult run = sample_run();
  run.config.scratchpad.organization = organization;
  run.config.array.accumulator_bits = 32;
  LayerResult& conv = run.layers.front();
  conv.events.add(Event::MacPadding, 64 * 8 * 9);
  conv.ledger.book(LedgerUnit::Array, Cause::WaitDram, 7);
  conv.traffic.at(TrafficMemory::Scratchpad, Stream::Array).read = 1600;
  conv.traffic.at(TrafficMemory::WeightScratchpad, Stream::Array).read = 400;
  conv.traffic.at(TrafficMemory::Accumulators, Stream::Psum) = {4096, 3200};
  conv.traffic.at(TrafficMemory::Dram, Stream::Ifmap).read = 3000;
  conv.traffic.at(TrafficMemory::Dram, Stream::Weight).read = 72;
  conv.traffic.at(TrafficMemory::Dram, Stream::Ofmap).written = 512;
  return run;
}

std::vector<std::string> lines_of(const std::vector<NamedText>& files, const std::string& name) {
  const auto file = std::find_if(files.begin(), files.end(),
                                 [&](const NamedText& text) { return text.name == name; });
  if (file == files.end()) {
    return {};
  }
  std::istringstream text{file->text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST(ScaleSimReport, CyclesAndUtilizationAreThoseOfTheLayersOnTheArray) {
  const auto lines =
      lines_of(scalesim_report(run_of(ScratchpadOrganization::Split)), "COMPUTE_REPORT.csv");
  ASSERT_EQ(lines.size(), 3U) << "the pooling is not on the array";
  EXPECT_EQ(lines[0],
            "LayerID, Total Cycles (incl. prefetch), Total Cycles, Stall Cycles, Overall Util %, "
            "Mapping Efficiency %, Compute Util %,");
  // 4608 MACs on 16 PEs; 400 cycles of the sample wait for activations, 7 for the DRAM.
  EXPECT_EQ(lines[1], "0, 1000, 800, 407, 28.8, 50, 36,");
  EXPECT_EQ(lines[2].substr(0, 17), "1, 2800, 700, 240") << "IDs without a gap";
}

TEST(ScaleSimReport, UtilizationIsOfWhatThePesCanDoAndOfProductsOfTheLayer) {
  RunResult run = run_of(ScratchpadOrganization::Split);
  LayerResult& conv = run.layers.front();
  conv.operands.products_per_pe = 4;
  EXPECT_EQ(lines_of(scalesim_report(run), "COMPUTE_REPORT.csv").at(1),
            "0, 1000, 800, 407, 7.2, 50, 9,");
  conv.operands.products_per_pe = 1;
  conv.gemm.macs /= 2;  // the others are zeros between groups
  EXPECT_EQ(lines_of(scalesim_report(run), "COMPUTE_REPORT.csv").at(1),
            "0, 1000, 800, 407, 14.4, 25, 18,");
}

TEST(ScaleSimReport, BandwidthIsPerCycleOfTheArrayInSramAndOfTheLayerInDram) {
  const auto lines =
      lines_of(scalesim_report(run_of(ScratchpadOrganization::Split)), "BANDWIDTH_REPORT.csv");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0],
            "LayerID, Avg IFMAP SRAM BW, Avg FILTER SRAM BW, Avg OFMAP SRAM BW, Avg IFMAP DRAM BW, "
            "Avg FILTER DRAM BW, Avg OFMAP DRAM BW,");
  EXPECT_EQ(lines[1], "0, 2, 0.5, 1, 3, 0.072, 0.512,");
}

TEST(ScaleSimReport, CountsAccessesAndLeavesOutWhatIsNotRecorded) {
  const auto lines = lines_of(scalesim_report(run_of(ScratchpadOrganization::Split)),
                              "DETAILED_ACCESS_REPORT.csv");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0],
            "LayerID, SRAM IFMAP Start Cycle, SRAM IFMAP Stop Cycle, SRAM IFMAP Reads, "
            "SRAM Filter Start Cycle, SRAM Filter Stop Cycle, SRAM Filter Reads, "
            "SRAM OFMAP Start Cycle, SRAM OFMAP Stop Cycle, SRAM OFMAP Writes, "
            "DRAM IFMAP Start Cycle, DRAM IFMAP Stop Cycle, DRAM IFMAP Reads, "
            "DRAM Filter Start Cycle, DRAM Filter Stop Cycle, DRAM Filter Reads, "
            "DRAM OFMAP Start Cycle, DRAM OFMAP Stop Cycle, DRAM OFMAP Writes,");
  EXPECT_EQ(lines[1], "0, , , 1600, , , 400, , , 800, , , 3000, , , 72, , , 512,");
}

TEST(ScaleSimReport, DoesNotGuessWhichOperandTheArrayReadFromAUnifiedScratchpad) {
  const auto files = scalesim_report(run_of(ScratchpadOrganization::Unified));
  const auto bandwidth = lines_of(files, "BANDWIDTH_REPORT.csv");
  const auto accesses = lines_of(files, "DETAILED_ACCESS_REPORT.csv");
  ASSERT_EQ(bandwidth.size(), 3U);
  ASSERT_EQ(accesses.size(), 3U);
  EXPECT_EQ(bandwidth[1], "0, , , 1, 3, 0.072, 0.512,");
  EXPECT_EQ(accesses[1], "0, , , , , , , , , 800, , , 3000, , , 72, , , 512,");
}

// A row of 9-bit psums is padded to whole bytes: 15 of them to 17.
TEST(ScaleSimReport, PsumsAreCountedByRowsOfTheAccumulators) {
  RunResult run = run_of(ScratchpadOrganization::Split);
  run.config.array.cols = 15;
  run.config.array.accumulator_bits = 9;
  run.layers.front().traffic.at(TrafficMemory::Accumulators, Stream::Psum).written = 17 * 100;
  const auto lines = lines_of(scalesim_report(run), "DETAILED_ACCESS_REPORT.csv");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1], "0, , , 1600, , , 400, , , 1500, , , 3000, , , 72, , , 512,");
}

}  // namespace
}  // namespace systole
