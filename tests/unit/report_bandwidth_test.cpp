#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/report/bandwidth.hpp"

namespace systole {
namespace {

/// A product of 16 x 16 x 16 that reads its ifmap twice, on 16 x 16 PEs.
RunResult one_layer() {
  RunResult run;
  run.config.clock_mhz = 500;
  LayerResult layer;
  layer.name = "fc,1";
  layer.gemm = {16, 16, 16, 16 * 16 * 16};
  layer.cycles = 1500;
  layer.traffic.at(TrafficMemory::Dram, Stream::Ifmap).read = 512;
  layer.traffic.at(TrafficMemory::Dram, Stream::Weight).read = 256;
  layer.traffic.at(TrafficMemory::Dram, Stream::Ofmap).written = 256;
  layer.compulsory_bytes = {256, 256, 0, 0, 256};
  layer.events.add(Event::DramFetchedBytes, 960);
  layer.events.add(Event::DramWriteBytes, 256);
  layer.events.add(Event::RequantShift, 256);
  layer.windows = {{960, 64}, {0, 192}};
  run.layers = {layer};
  return run;
}

RunResult one_layer_on_banks() {
  RunResult run = one_layer();
  DramPart part;
  part.tck_ns = 0.5;
  part.peak_gb_per_s = 8;  // 16 bytes a cycle of 2 ns
  part.access_bytes = 64;
  part.activate_pj = 1000;
  part.read_pj = 300;
  part.write_pj = 200;
  part.refresh_pj = 5000;
  part.active_mw = 100;
  part.precharged_mw = 10;
  run.dram_part = part;
  EventCounts& events = run.layers[0].events;
  events.add(Event::DramReadAccesses, 60);
  events.add(Event::DramWriteAccesses, 40);
  events.add(Event::DramRowHits, 90);
  events.add(Event::DramRowMisses, 8);
  events.add(Event::DramRowConflicts, 2);
  events.add(Event::DramActivates, 10);
  events.add(Event::DramRefreshes, 1);
  events.add(Event::DramActiveCycles, 4000);
  events.add(Event::DramPrechargedCycles, 2000);
  return run;
}

TEST(BandwidthSeries, SpreadsABurstOverTheWindowsOfItsBeats) {
  BandwidthSeries series;
  series.add(kBandwidthWindow - 64, 256, false, 1024);  // 4 bytes a cycle
  series.add(2 * kBandwidthWindow - 1, 2, true, 5);
  const std::vector<BandwidthSeries::Window> expected{{256, 0}, {768, 2}, {0, 3}};
  EXPECT_EQ(series.windows(), expected);
  EXPECT_EQ(series.peak_bytes(), 770);
}

TEST(Bandwidth, CountsEachOperandBesideWhatIsNeededOnce) {
  const RunResult run = one_layer();
  const LayerBandwidth bandwidth = bandwidth_of(run.layers[0], run);
  EXPECT_DOUBLE_EQ(bandwidth.operands.at(0).times_compulsory(), 2.0);
  EXPECT_DOUBLE_EQ(bandwidth.operands.at(1).times_compulsory(), 1.0);
  EXPECT_DOUBLE_EQ(bandwidth.operands.at(2).times_compulsory(), 0.0);
  EXPECT_TRUE(bandwidth.operands.at(4).written);
  EXPECT_EQ(bandwidth.over_fetch_bytes, 960U - 768);
  EXPECT_DOUBLE_EQ(bandwidth.read_percent_of_peak, 100.0 * 960 / (1500 * 16));
  EXPECT_DOUBLE_EQ(bandwidth.write_percent_of_peak, 100.0 * 256 / (1500 * 16));
}

TEST(Bandwidth, OfAMemoryThatWritesFasterHasAPeakForEachWay) {
  RunResult run = one_layer();
  run.config.dram.write_bytes_per_cycle = 32;
  const LayerBandwidth bandwidth = bandwidth_of(run.layers[0], run);
  EXPECT_DOUBLE_EQ(bandwidth.read_percent_of_peak, 100.0 * 960 / (1500 * 16));
  EXPECT_DOUBLE_EQ(bandwidth.write_percent_of_peak, 100.0 * 256 / (1500 * 32));
}

TEST(Bandwidth, TheHighestRoofComesFirst) {
  const RunResult run = one_layer();
  const LayerBandwidth bandwidth = bandwidth_of(run.layers[0], run);
  EXPECT_EQ(bandwidth.limit().what, "dram_read");
  EXPECT_DOUBLE_EQ(bandwidth.limit().cycles, 60);
  for (const Roof& roof : bandwidth.roofs) {
    EXPECT_NE(roof.what, "dram_banks") << "the memory has none";
    EXPECT_LE(roof.cycles, 60) << roof.what;
  }
}

// Of 64 maxima of four, three compare; the lanes take all four.
TEST(Bandwidth, TheVectorUnitsRoofIsOfAllOperandsThatPassItsLanes) {
  RunResult run = one_layer();
  run.config.vector.lanes = 2;
  LayerResult& layer = run.layers[0];
  layer.where = Place::Vector;
  layer.events.add(Event::VectorCompare, 3 * 64);
  layer.traffic.at(TrafficMemory::Scratchpad, Stream::Vector).written = 64;
  const LayerBandwidth pooled = bandwidth_of(layer, run);
  EXPECT_EQ(pooled.limit().what, "vector");
  EXPECT_DOUBLE_EQ(pooled.limit().cycles, 4 * 64 / 2);
  layer.operands.ofmap_bits = 16;
  EXPECT_DOUBLE_EQ(bandwidth_of(layer, run).limit().cycles, (3 * 64 + 32) / 2);
}

double roof(const RunResult& run, const std::string& what) {
  for (const Roof& roof : bandwidth_of(run.layers[0], run).roofs) {
    if (roof.what == what) {
      return roof.cycles;
    }
  }
  return -1;
}

TEST(Bandwidth, TheArraysRoofIsOfAllProductsThatComposablePesCouldForm) {
  RunResult run = one_layer();
  EXPECT_DOUBLE_EQ(roof(run, "array"), 16);
  run.layers[0].operands.products_per_pe = 4;
  EXPECT_DOUBLE_EQ(roof(run, "array"), 4);
}

TEST(Bandwidth, TheVectorUnitsRoofIsOfItsMultipliersWhereTheseWork) {
  RunResult run = one_layer();
  run.config.vector.lanes = 16;
  run.config.vector.mac_lanes = 4;
  run.layers[0].where = Place::Vector;
  run.layers[0].events.add(Event::VectorMac, 4096);
  EXPECT_DOUBLE_EQ(roof(run, "vector"), 1024);
  EXPECT_DOUBLE_EQ(roof(run, "array"), -1) << "the array does nothing";
}

TEST(Bandwidth, OfBanksCountsWholeAccesses) {
  const RunResult run = one_layer_on_banks();
  const LayerBandwidth bandwidth = bandwidth_of(run.layers[0], run);
  EXPECT_EQ(bandwidth.device_bytes, 6400U);
  EXPECT_EQ(bandwidth.limit().what, "dram_banks");
  EXPECT_DOUBLE_EQ(bandwidth.limit().cycles, 400);
  EXPECT_DOUBLE_EQ(bandwidth.device_percent_of_peak, 100.0 * 400 / 1500);
  EXPECT_DOUBLE_EQ(bandwidth.row_hit_rate(), 0.9);
}

TEST(Bandwidth, CommandsOfBanksHaveTheirEnergy) {
  const RunResult run = one_layer_on_banks();
  const DramCommandEnergy energy = bandwidth_of(run.layers[0], run).energy;
  EXPECT_DOUBLE_EQ(energy.activate_pj, 10'000);
  EXPECT_DOUBLE_EQ(energy.read_pj, 18'000);
  EXPECT_DOUBLE_EQ(energy.write_pj, 8'000);
  EXPECT_DOUBLE_EQ(energy.refresh_pj, 5'000);
  EXPECT_DOUBLE_EQ(energy.background_pj, 4000 * 0.5 * 100 + 2000 * 0.5 * 10);
}

TEST(Bandwidth, OverTimeIsALineForEachWindowOfALayer) {
  EXPECT_EQ(
      bandwidth_csv(one_layer()),
      "layer,first_cycle [cycle],cycles [cycle],read [byte],written [byte],bandwidth [byte/cycle],"
      "bandwidth [GB/s]\r\n"
      "\"fc,1\",0,1024,960,64,1,0.5\r\n"
      "\"fc,1\",1024,476,0,192,0.40336134453781514,0.20168067226890757\r\n");
}

TEST(Bandwidth, OverTimeEndsWithTheLayerNotWithItsTraffic) {
  RunResult run = one_layer();
  run.layers[0].cycles = 3100;
  EXPECT_EQ(
      bandwidth_csv(run),
      "layer,first_cycle [cycle],cycles [cycle],read [byte],written [byte],bandwidth [byte/cycle],"
      "bandwidth [GB/s]\r\n"
      "\"fc,1\",0,1024,960,64,1,0.5\r\n"
      "\"fc,1\",1024,1024,0,192,0.1875,0.09375\r\n"
      "\"fc,1\",2048,1024,0,0,0,0\r\n"
      "\"fc,1\",3072,28,0,0,0,0\r\n");
}

TEST(Bandwidth, OverTimeHasAtMost64PointsALayerInTheJson) {
  RunResult run = one_layer();
  std::vector<BandwidthSeries::Window>& windows = run.layers[0].windows;
  windows.assign(64, {3, 1});
  const auto whole = bandwidth_json(run.layers[0], run)["over_time"];
  EXPECT_EQ(whole["window_cycles"], kBandwidthWindow);
  EXPECT_EQ(whole["read_bytes"], std::vector<int>(64, 3));
  windows.push_back({5, 7});
  const auto halved = bandwidth_json(run.layers[0], run)["over_time"];
  EXPECT_EQ(halved["window_cycles"], 2 * kBandwidthWindow);
  ASSERT_EQ(halved["read_bytes"].size(), 33U);
  EXPECT_EQ(halved["read_bytes"][0], 6);
  EXPECT_EQ(halved["read_bytes"][32], 5);
  EXPECT_EQ(halved["written_bytes"][32], 7);
}

TEST(Bandwidth, ItsJsonLeavesBanksOutOfAnIdealMemory) {
  const RunResult ideal = one_layer();
  EXPECT_TRUE(bandwidth_json(ideal.layers[0], ideal)["banks"].is_null());
  const RunResult banked = one_layer_on_banks();
  const auto json = bandwidth_json(banked.layers[0], banked);
  EXPECT_EQ(json["banks"]["row_conflicts"], 2);
  EXPECT_DOUBLE_EQ(json["banks"]["pj_per_bit"].get<double>(),
                   json["banks"]["energy_pj"]["total"].get<double>() / (8.0 * (960 + 256)));
  EXPECT_EQ(json["roofline"]["limit"], "dram_banks");
  EXPECT_DOUBLE_EQ(json["roofline"]["times_limit"].get<double>(), 1500.0 / 400);
  EXPECT_DOUBLE_EQ(json["roofline"]["macs_per_byte"].get<double>(), 4096.0 / (960 + 256));
}

TEST(Bandwidth, ItsTextAddsUpTheBankConflictsOfAllLayers) {
  RunResult run = one_layer();
  run.layers[0].bank_conflicts.add(BankedLocal::Scratchpad, BankUser::Array, BankUser::Load, 40);
  run.layers.push_back(run.layers[0]);
  run.layers[1].bank_conflicts.add(BankedLocal::Scratchpad, BankUser::Array, BankUser::Load, 3);
  const std::string conflicts = bandwidth_tables(run).back().render(80, false);
  EXPECT_NE(conflicts.find(" 83 "), std::string::npos) << conflicts;
}

}  // namespace
}  // namespace systole
