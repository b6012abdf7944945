#include "sim/program/traffic.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace systole {
namespace {

AcceleratorConfig machine() {
  AcceleratorConfig config;  // 16 x 16, rows of 16 bytes and of 64 in the accumulators
  return config;
}

LayerProgram program_of(std::vector<CommandBody> bodies) {
  LayerProgram program;
  for (CommandBody& body : bodies) {
    program.commands.push_back({std::move(body)});
  }
  return program;
}

LoadCommand load(Operand operand, LocalMemory memory, std::uint32_t rows, std::uint32_t row_bytes,
                 std::uint64_t pitch) {
  LoadCommand command;
  command.operand = operand;
  command.destination.memory = memory;
  command.rows = rows;
  command.row_bytes = row_bytes;
  command.dram_pitch = pitch;
  return command;
}

StoreCommand store(LocalMemory memory, std::uint32_t rows, std::uint32_t elements) {
  StoreCommand command;
  command.source.memory = memory;
  command.rows = rows;
  command.elements = elements;
  return command;
}

/// Weights, ifmap rows, a bias that is repeated over the rows, one fold, and its results.
LayerProgram one_fold() {
  PreloadCommand preload;
  preload.k = 12;
  ComputeCommand compute;
  compute.count_w = 8;
  return program_of({load(Operand::Weight, LocalMemory::Scratchpad, 12, 16, 16),
                     load(Operand::Ifmap, LocalMemory::Scratchpad, 8, 12, 12),
                     load(Operand::Bias, LocalMemory::Accumulators, 8, 40, 0),
                     FillCommand{{LocalMemory::Scratchpad, 0}, 2, 0}, preload, compute,
                     store(LocalMemory::Accumulators, 8, 10)});
}

/// What a machine counts for it: the array adds to the bias.
EventCounts counts_of_one_fold() {
  EventCounts events;
  events.add(Event::DramReadWeightBytes, 12 * 16);
  events.add(Event::DramReadIfmapBytes, 8 * 12);
  events.add(Event::DramReadBiasBytes, 40);
  events.add(Event::DramWriteBytes, 8 * 10);
  events.add(Event::ScratchpadWriteBits, 8 * (12 * 16 + 8 * 12 + 2 * 16));
  events.add(Event::ScratchpadReadBits, 8 * (12 * 16 + 8 * 16));
  events.add(Event::AccumulatorWriteBits, 8 * (8 * 40 + 8 * 64));
  events.add(Event::AccumulatorReadBits, 8 * (8 * 64 + 8 * 64));
  return events;
}

TEST(Traffic, OfCommandsIsByOperandAndMemory) {
  const CommandTraffic commands = traffic_of(one_fold(), machine());
  const Traffic& traffic = commands.traffic;
  EXPECT_EQ(traffic.at(TrafficMemory::Dram, Stream::Weight).read, 12U * 16);
  EXPECT_EQ(traffic.at(TrafficMemory::Dram, Stream::Ifmap).read, 8U * 12);
  EXPECT_EQ(traffic.at(TrafficMemory::Dram, Stream::Bias).read, 40U) << "a repeated row, once";
  EXPECT_EQ(traffic.at(TrafficMemory::Accumulators, Stream::Bias).written, 8U * 40);
  EXPECT_EQ(traffic.at(TrafficMemory::Scratchpad, Stream::Fill).written, 2U * 16);
  EXPECT_EQ(traffic.at(TrafficMemory::Dram, Stream::Ofmap).written, 8U * 10);
  EXPECT_EQ(commands.bias_rows, 8U);
  EXPECT_TRUE(commands.computes);
}

TEST(Traffic, IsConservedByAMachineThatMovesWhatTheCommandsSay) {
  const Traffic traffic =
      conserved_traffic(traffic_of(one_fold(), machine()), counts_of_one_fold(), machine());
  EXPECT_EQ(traffic.at(TrafficMemory::Scratchpad, Stream::Array).read, 12U * 16 + 8 * 16);
  EXPECT_EQ(traffic.at(TrafficMemory::Accumulators, Stream::Psum).written, 8U * 64);
  EXPECT_EQ(traffic.at(TrafficMemory::Accumulators, Stream::Psum).read, 2 * 8U * 64);
}

TEST(Traffic, OfWidenedLoadsAndRawStoresIsFourBytesAnElementOnOneSide) {
  LoadCommand widened = load(Operand::Bias, LocalMemory::Accumulators, 3, 10, 10);
  widened.widen = true;
  StoreCommand raw = store(LocalMemory::Accumulators, 3, 10);
  raw.raw = true;
  const Traffic traffic = traffic_of(program_of({widened, raw}), machine()).traffic;
  EXPECT_EQ(traffic.at(TrafficMemory::Dram, Stream::Bias).read, 30U);
  EXPECT_EQ(traffic.at(TrafficMemory::Accumulators, Stream::Bias).written, 120U);
  EXPECT_EQ(traffic.at(TrafficMemory::Dram, Stream::Ofmap).written, 120U);
}

TEST(Traffic, OfPoolingLeavesPaddingOut) {
  PoolCommand pool;
  pool.tile_h = 4;
  pool.tile_w = 4;
  pool.origin_h = -1;
  pool.origin_w = -1;
  pool.kernel_h = 3;
  pool.kernel_w = 3;
  pool.stride_h = 2;
  pool.stride_w = 2;
  pool.out_h = 2;
  pool.out_w = 2;
  pool.elements = 5;
  const Traffic traffic = traffic_of(program_of({pool}), machine()).traffic;
  // Windows of 2, then 3 rows and columns: (2 + 3)^2 taps.
  EXPECT_EQ(traffic.at(TrafficMemory::Scratchpad, Stream::Vector).read, 25U * 16);
  EXPECT_EQ(traffic.at(TrafficMemory::Scratchpad, Stream::Vector).written, 4U * 5);
}

TEST(Traffic, ThatMovesIsOfWholeBurstsForLoadsAndOfTheirBytesForStores) {
  AcceleratorConfig config = machine();
  config.dma.bus_bytes = 16;
  config.dma.max_burst_bytes = 64;
  StoreCommand kept = store(LocalMemory::Accumulators, 8, 10);
  kept.to_dram = false;
  LayerProgram program = one_fold();
  program.commands.push_back({kept});
  const std::uint64_t weights = 12 * 16;
  // Rows of 12 bytes at 0, 12, 24 and so on: the third one lies in no smaller aligned block, the
  // sixth one in two of the largest.
  const std::uint64_t ifmap = 16 + 32 + 64 + 16 + 16 + (16 + 16) + 32 + 16;
  const std::uint64_t bias = 64;
  EXPECT_EQ(moved_dram_bytes(packed_view(program), config), weights + ifmap + bias + 8 * 10);
}

/// One byte more or less, wherever it is, ends a run.
class LostByte : public ::testing::TestWithParam<Event> {};

TEST_P(LostByte, IsAnErrorThatNamesTheMemory) {
  EventCounts more = counts_of_one_fold();
  more.add(GetParam(), 8);
  EXPECT_THROW(conserved_traffic(traffic_of(one_fold(), machine()), more, machine()),
               std::logic_error);
  EventCounts eight;
  eight.add(GetParam(), 8);
  EXPECT_THROW(
      conserved_traffic(traffic_of(one_fold(), machine()), counts_of_one_fold() - eight, machine()),
      std::logic_error);
}

INSTANTIATE_TEST_SUITE_P(Of, LostByte,
                         ::testing::Values(Event::DramReadIfmapBytes, Event::DramReadWeightBytes,
                                           Event::DramReadBiasBytes, Event::DramWriteBytes,
                                           Event::ScratchpadWriteBits, Event::AccumulatorReadBits,
                                           Event::AccumulatorWriteBits),
                         [](const auto& parameter) { return event_info(parameter.param).name; });

TEST(Traffic, ReadsOfALayerWithoutTheArrayAreAllAccountedFor) {
  const LayerProgram program = program_of({store(LocalMemory::Scratchpad, 4, 16)});
  EventCounts events;
  events.add(Event::DramWriteBytes, 64);
  events.add(Event::ScratchpadReadBits, 8 * 64);
  EXPECT_NO_THROW(conserved_traffic(traffic_of(program, machine()), events, machine()));
  events.add(Event::ScratchpadReadBits, 8 * 16);
  EXPECT_THROW(conserved_traffic(traffic_of(program, machine()), events, machine()),
               std::logic_error);
}

}  // namespace
}  // namespace systole
