#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "sim/energy/energy_model.hpp"
#include "sim/energy/interpolation.hpp"
#include "sim/energy/operation_energy.hpp"

namespace systole {
namespace {

constexpr double kKib = 1024;

EnergyTable horowitz() {
  return load_energy_table(SYSTOLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml");
}

EnergyTable shipped(const std::string& name) {
  return load_energy_table(SYSTOLE_SOURCE_DIR "/configs/energy/" + name + ".yaml");
}

// 16 x 16, int8 into int32; one 8 KiB scratchpad bank, one 32 KiB accumulator bank.
AcceleratorConfig machine() {
  AcceleratorConfig config;
  config.scratchpad.activation = {8, 1};
  config.accumulators = {32, 1};
  return config;
}

EventCounts only(Event event, std::uint64_t count = 1) {
  EventCounts events;
  events.add(event, count);
  return events;
}

Energy cost(const EventCounts& events, const AcceleratorConfig& config = machine()) {
  return compute_energy(events, 0, config, horowitz()).total();
}

TEST(EnergyModel, AnInt8MacIsAnEightBitMultiplyAndA32BitAdd) {
  const EnergyBreakdown energy = compute_energy(only(Event::Mac, 1000), 0, machine(), horowitz());
  EXPECT_DOUBLE_EQ(energy[EnergyComponent::ArrayMultiply].pj, 1000 * 0.2);
  EXPECT_DOUBLE_EQ(energy[EnergyComponent::ArrayAdd].pj, 1000 * 0.1);
  EXPECT_DOUBLE_EQ(energy.total().pj, 1000 * 0.3);
}

TEST(EnergyModel, PublishedPointsComeOutAsTheyWerePublished) {
  const EnergyTable table = horowitz();
  EXPECT_DOUBLE_EQ(linear_in_width(table.adder, 8).value, 0.03);
  EXPECT_DOUBLE_EQ(linear_in_width(table.adder, 16).value, 0.05);
  EXPECT_DOUBLE_EQ(linear_in_width(table.adder, 32).value, 0.1);
  EXPECT_DOUBLE_EQ(multiplier_energy(table, 8, 8).pj, 0.2);
  EXPECT_DOUBLE_EQ(multiplier_energy(table, 32, 32).pj, 3.1);
  EXPECT_DOUBLE_EQ(64 * sram_read_energy(table, 8 * kKib, 64).pj, 10);
  EXPECT_DOUBLE_EQ(64 * sram_read_energy(table, 32 * kKib, 64).pj, 20);
  EXPECT_DOUBLE_EQ(64 * sram_read_energy(table, 1024 * kKib, 64).pj, 100);
  EXPECT_DOUBLE_EQ(linear_in_width(table.shifter, 32).value, 0.417);
}

TEST(EnergyModel, AddersAreLinearInTheirWidth) {
  const EnergyTable table = horowitz();
  EXPECT_DOUBLE_EQ(linear_in_width(table.adder, 24).value, 0.075);  // half way from 16 to 32
  EXPECT_DOUBLE_EQ(linear_in_width(table.adder, 4).value, 0.015);   // half of the 8-bit adder
  EXPECT_DOUBLE_EQ(linear_in_width(table.adder, 64).value, 0.2);    // twice the 32-bit adder
}

TEST(EnergyModel, MultipliersFollowTheLineThroughTheirTwoPointsInLogLog) {
  const EnergyTable table = horowitz();
  const double exponent = std::log(3.1 / 0.2) / std::log(4.0);
  EXPECT_NEAR(exponent, 1.98, 0.005);
  EXPECT_NEAR(multiplier_energy(table, 16, 16).pj, 0.2 * std::pow(2.0, exponent), 1e-12);
  EXPECT_NEAR(multiplier_energy(table, 16, 16).pj, std::sqrt(0.2 * 3.1), 1e-12);
  EXPECT_NEAR(multiplier_energy(table, 4, 4).pj, 0.2 * std::pow(0.5, exponent), 1e-12);
  EXPECT_DOUBLE_EQ(multiplier_energy(table, 4, 16).pj, multiplier_energy(table, 8, 8).pj);
  EXPECT_DOUBLE_EQ(multiplier_energy(table, 16, 4).pj, multiplier_energy(table, 4, 16).pj);
}

TEST(EnergyModel, ATableWithOneMultiplierScalesWithTheSquareOfTheWidth) {
  EnergyTable table = horowitz();
  table.multiplier.resize(1);
  EXPECT_DOUBLE_EQ(multiplier_energy(table, 16, 16).pj, 0.8);
}

TEST(EnergyModel, SramsFollowTheLinesThroughTheirPointsInLogLog) {
  const EnergyTable table = horowitz();
  // 16 KiB lies half way from 8 to 32 in log(capacity): sqrt(10 * 20).
  EXPECT_NEAR(64 * sram_read_energy(table, 16 * kKib, 64).pj, std::sqrt(200.0), 1e-9);
  // Below 8 KiB with the slope of 8 to 32 KiB, a half: a quarter of the bytes, half of the energy.
  EXPECT_NEAR(64 * sram_read_energy(table, 2 * kKib, 64).pj, 5, 1e-9);
  // Above 1 MiB with the slope of 32 KiB to 1 MiB: 32 times the bytes, 5 times the energy.
  EXPECT_NEAR(64 * sram_read_energy(table, 32 * 1024 * kKib, 64).pj, 500, 1e-9);
}

TEST(EnergyModel, NoSramIsCheaperThanTheRegisterFile) {
  const EnergyTable table = horowitz();
  EXPECT_DOUBLE_EQ(32 * sram_read_energy(table, 64, 64).pj, 1.0);
  EXPECT_DOUBLE_EQ(32 * sram_read_energy(table, 64, 64).low_pj, 1.0);
  EXPECT_GT(32 * sram_read_energy(table, 512, 64).pj, 1.0);
}

TEST(EnergyModel, AnSramAccessPaysForTheCapacityOfOneBank) {
  AcceleratorConfig banked = machine();
  banked.scratchpad.activation = {32, 4};  // four banks of 8 KiB
  EXPECT_DOUBLE_EQ(cost(only(Event::ScratchpadReadBits, 64), banked).pj, 10);
  EXPECT_DOUBLE_EQ(cost(only(Event::ScratchpadWriteBits, 128), banked).pj, 20);
  EXPECT_DOUBLE_EQ(cost(only(Event::AccumulatorReadBits, 64), banked).pj, 20);
}

TEST(EnergyModel, AccumulatorsPayForReadsWritesAndAdditions) {
  EventCounts events = only(Event::AccumulatorReadBits, 64);
  events.add(Event::AccumulatorWriteBits, 64);
  events.add(Event::AccumulatorAdd, 10);
  const EnergyBreakdown energy = compute_energy(events, 0, machine(), horowitz());
  EXPECT_DOUBLE_EQ(energy[EnergyComponent::Accumulators].pj, 20 + 20 + 10 * 0.1);
  EXPECT_DOUBLE_EQ(energy.total().pj, 41);
}

TEST(EnergyModel, ASplitScratchpadPaysForItsWeightsAtTheirOwnBankSize) {
  AcceleratorConfig split = machine();
  split.scratchpad.organization = ScratchpadOrganization::Split;
  split.scratchpad.weight = {64, 2};
  const EnergyBreakdown energy =
      compute_energy(only(Event::WeightScratchpadReadBits, 64), 0, split, horowitz());
  EXPECT_DOUBLE_EQ(energy[EnergyComponent::WeightScratchpad].pj, 20);
  EXPECT_DOUBLE_EQ(energy[EnergyComponent::Scratchpad].pj, 0);
}

TEST(EnergyModel, AWeightScratchpadThatIsNotThereCannotBeAccessed) {
  EXPECT_THROW(cost(only(Event::WeightScratchpadReadBits)), std::logic_error);
}

TEST(EnergyModel, RequantizationShiftsInTheWidthThatItsVariantNeeds) {
  AcceleratorConfig config = machine();
  EXPECT_DOUBLE_EQ(cost(only(Event::RequantMultiply)).pj, 3.1);
  EXPECT_DOUBLE_EQ(cost(only(Event::RequantShift)).pj, 0.417);
  EXPECT_DOUBLE_EQ(cost(only(Event::RequantAdd)).pj, 0.1);
  config.requant.variant = RequantVariant::Single;  // shifts the 64-bit product
  EXPECT_DOUBLE_EQ(cost(only(Event::RequantShift), config).pj, 2 * 0.417);
  config.requant.mode = RequantMode::ShiftOnly;  // shifts the accumulator
  EXPECT_DOUBLE_EQ(cost(only(Event::RequantShift), config).pj, 0.417);
}

TEST(EnergyModel, AFloatScaleCostsAFloatingPointMultiplication) {
  AcceleratorConfig config = machine();
  config.requant.mode = RequantMode::FloatScale;
  EXPECT_DOUBLE_EQ(cost(only(Event::RequantMultiply), config).pj, 3.7);
  EnergyTable table = horowitz();
  table.float_multiplier.clear();  // then that of its 24-bit significands
  EXPECT_DOUBLE_EQ(compute_energy(only(Event::RequantMultiply), 0, config, table).total().pj,
                   multiplier_energy(table, 24, 24).pj);
}

TEST(EnergyModel, TheVectorUnitAddsAndScalesIn32BitsAndComparesActivations) {
  EXPECT_DOUBLE_EQ(cost(only(Event::VectorAdd)).pj, 0.1);
  EXPECT_DOUBLE_EQ(cost(only(Event::VectorMultiply)).pj, 3.1);
  EXPECT_DOUBLE_EQ(cost(only(Event::VectorCompare)).pj, 0.0295 / 4);
}

TEST(EnergyModel, DramPaysForWhatWasFetchedAndNotForWhatWasUsed) {
  EventCounts events = only(Event::DramFetchedBytes, 64);
  events.add(Event::DramReadIfmapBytes, 10);
  events.add(Event::DramWriteBytes, 16);
  EXPECT_DOUBLE_EQ(cost(events).pj, 80.0 / 8 * 1300);
  EXPECT_DOUBLE_EQ(cost(events).low_pj, 80.0 / 8 * 1300);
  EXPECT_DOUBLE_EQ(cost(events).high_pj, 80.0 / 8 * 2600);
}

TEST(EnergyModel, EventsThatAreNotWorkCostNothing) {
  for (const Event event : {Event::MacZeroOperand, Event::MacPadding, Event::DramReadBursts,
                            Event::DramWriteBursts, Event::BankConflicts, Event::Folds}) {
    EXPECT_EQ(cost(only(event, 1000)).pj, 0) << event_info(event).name;
  }
}

// Horowitz's point: an operand from DRAM costs orders of magnitude more than the arithmetic on it.
TEST(EnergyModel, MacSramAndDramStandInHorowitzsOrder) {
  const double mac = cost(only(Event::Mac)).pj;
  const double registers = cost(only(Event::ArrayRegisterWriteBits, 8)).pj;
  const double sram = cost(only(Event::ScratchpadReadBits, 8)).pj;
  const double dram = cost(only(Event::DramFetchedBytes)).pj;
  EXPECT_LT(registers, mac);
  EXPECT_GT(sram, 3 * mac);
  EXPECT_LT(sram, 10 * mac);
  EXPECT_GT(dram, 100 * sram);
  EXPECT_NEAR(dram / mac, 541.7, 0.1);  // 162.5 pJ a byte against 0.3 pJ
}

TEST(EnergyModel, StaticPowerIsChargedForTimeAndNotForCycles) {
  EnergyTable table = horowitz();
  AcceleratorConfig config = machine();
  config.clock_mhz = 500;
  EXPECT_EQ(compute_energy({}, 1000, config, table).total().pj, 0);
  table.static_power = {{0, 0, "", {10, 5, 20}, "45 nm", "made up", ""}};
  const EnergyBreakdown energy = compute_energy({}, 1000, config, table);  // 2 us
  EXPECT_DOUBLE_EQ(energy[EnergyComponent::Static].pj, 20000);
  EXPECT_DOUBLE_EQ(energy[EnergyComponent::Static].low_pj, 10000);
  EXPECT_DOUBLE_EQ(energy[EnergyComponent::Static].high_pj, 40000);
}

TEST(EnergyModel, LowAndHighEncloseTheValueInEveryComponent) {
  EventCounts events;
  for (std::size_t i = 0; i < kEvents; ++i) {
    events.add(static_cast<Event>(i), 1000 + i);
  }
  events.add(Event::DramFetchedBytes, 10000);
  AcceleratorConfig config = machine();
  config.scratchpad.organization = ScratchpadOrganization::Split;
  const EnergyBreakdown energy = compute_energy(events, 1000, config, horowitz());
  Energy sum;
  for (std::size_t i = 0; i < kEnergyComponents; ++i) {
    const Energy& e = energy[static_cast<EnergyComponent>(i)];
    EXPECT_LE(e.low_pj, e.pj);
    EXPECT_LE(e.pj, e.high_pj);
    sum += e;
  }
  EXPECT_TRUE(sum == energy.total());
}

TEST(EnergyModel, BreakdownsAddComponentByComponent) {
  EnergyBreakdown sum = compute_energy(only(Event::Mac, 3), 0, machine(), horowitz());
  sum += compute_energy(only(Event::DramFetchedBytes, 8), 0, machine(), horowitz());
  EXPECT_DOUBLE_EQ(sum[EnergyComponent::ArrayMultiply].pj, 3 * 0.2);
  EXPECT_DOUBLE_EQ(sum[EnergyComponent::Dram].pj, 1300);
}

TEST(EnergyModel, WithZeroGatingAMacWithAZeroOperandCostsNothing) {
  AcceleratorConfig config = machine();
  EventCounts events = only(Event::Mac, 1000);
  events.add(Event::MacZeroOperand, 400);
  EXPECT_DOUBLE_EQ(cost(events, config).pj, 1000 * 0.3);
  config.energy.zero_gating = true;
  EXPECT_DOUBLE_EQ(cost(events, config).pj, 600 * 0.3);
}

// 1000 MACs of 8 x 8 bits and no other register than theirs.
EventCounts switched_macs(std::uint64_t ifmap, std::uint64_t psum) {
  EventCounts events = only(Event::Mac, 1000);
  events.add(Event::ArrayRegisterWriteBits, 1000 * (8 + 32));
  events.add(Event::IfmapToggles, ifmap);
  events.add(Event::MultiplierToggles, ifmap);
  events.add(Event::PsumToggles, psum);
  return events;
}

TEST(EnergyModel, ThePartOfTheBitsThatToggleScalesRegistersMultiplicationsAndAdditions) {
  AcceleratorConfig config = machine();
  config.energy.switching_activity = true;
  // Half of the ifmap's bits, a quarter of the psum's; the weights stay.
  const EventCounts events = switched_macs(4000, 8000);
  const EnergyBreakdown energy = compute_energy(events, 0, config, horowitz());
  EXPECT_DOUBLE_EQ(energy[EnergyComponent::ArrayMultiply].pj, 1000 * 0.2 * 0.5);
  EXPECT_DOUBLE_EQ(energy[EnergyComponent::ArrayAdd].pj, 1000 * 0.1 * 0.5);
  EXPECT_DOUBLE_EQ(energy[EnergyOperand::Ifmap].pj, 8000 * 0.009);
  EXPECT_DOUBLE_EQ(energy[EnergyOperand::Psum].pj, 32000 * 0.009 * 0.5);
  EXPECT_DOUBLE_EQ(energy[EnergyOperand::Weight].pj, 0);
  // What does not follow the operands costs what the table says: the end of the range.
  config.energy.switching_activity = false;
  const EnergyBreakdown fixed = compute_energy(events, 0, config, horowitz());
  EXPECT_DOUBLE_EQ(energy.total().high_pj, fixed.total().high_pj);
  EXPECT_LT(energy.total().low_pj, fixed.total().low_pj);
}

TEST(EnergyModel, RandomOperandsOfAnOutputStationaryArrayCostWhatTheTableSays) {
  AcceleratorConfig config = machine();
  config.array.dataflow = Dataflow::OutputStationary;
  EventCounts events = only(Event::Mac, 1000);
  events.add(Event::ArrayRegisterWriteBits, 1000 * (8 + 8 + 32));
  events.add(Event::IfmapToggles, 4000);
  events.add(Event::WeightToggles, 4000);
  events.add(Event::MultiplierToggles, 8000);
  events.add(Event::PsumToggles, 16000);
  const Energy fixed = cost(events, config);
  config.energy.switching_activity = true;
  EXPECT_NEAR(cost(events, config).pj, fixed.pj, 1e-9);
}

TEST(EnergyModel, OperandsThatNeverChangeCostNothingInTheArray) {
  AcceleratorConfig config = machine();
  config.energy.switching_activity = true;
  EXPECT_DOUBLE_EQ(cost(switched_macs(0, 0), config).pj, 0);
  const EnergyTable pe = shipped("bitfusion_45nm_pe");
  EXPECT_DOUBLE_EQ(compute_energy(switched_macs(0, 0), 0, config, pe).total().pj, 0);
  EXPECT_NEAR(compute_energy(switched_macs(4000, 20000), 0, config, pe).total().pj, 1000 * 0.2034,
              1e-9)
      << "24 of the 48 bits at a PE";
}

TEST(EnergyModel, AWholePeTakesThePlaceOfMultiplierAdderAndRegisters) {
  const EnergyTable table = shipped("bitfusion_45nm_pe");
  EventCounts events = only(Event::Mac, 1000);
  events.add(Event::MacPadding, 500);
  events.add(Event::ArrayRegisterWriteBits, 40000);
  const EnergyBreakdown energy = compute_energy(events, 0, machine(), table);
  EXPECT_NEAR(energy.total().pj, 1000 * 0.2034, 1e-9);
  EXPECT_NEAR(energy.total().low_pj, 1000 * 0.1986, 1e-9);
  EXPECT_NEAR(energy.total().high_pj, 1500 * 0.2977, 1e-9) << "all slots, at worst";
}

// A PE of 8 bits on operands of 4 takes what one of 4 takes, and 8 bits' worth where it gates
// nothing.
TEST(EnergyModel, ALayerIsPricedAtItsOwnWidths) {
  const EnergyTable table = shipped("bitfusion_45nm_pe");
  const EnergyBreakdown energy =
      compute_energy(only(Event::Mac, 1000), 0, machine(), table, {4, 4, 1});
  EXPECT_NEAR(energy.total().pj, 1000 * 0.08243, 1e-9);
  EXPECT_NEAR(energy.total().high_pj, 1000 * 0.2977, 1e-9);
  const EnergyBreakdown mixed =
      compute_energy(only(Event::Mac, 1000), 0, machine(), horowitz(), {8, 2, 1});
  EXPECT_NEAR(mixed[EnergyComponent::ArrayMultiply].pj,
              1000 * multiplier_energy(horowitz(), 8, 2).pj, 1e-9);
}

TEST(EnergyModel, AComposablePeCostsOneCycleWhateverItForms) {
  const EnergyTable table = shipped("bitfusion_45nm_pe");
  AcceleratorConfig config = machine();
  config.array.pe = PeKind::Composable;
  EventCounts events = only(Event::Mac, 1600);
  events.add(Event::MacPadding, 160);
  const Energy wide = compute_energy(events, 0, config, table, {8, 8, 1}).total();
  EXPECT_NEAR(wide.pj, 1600 * 0.4592, 1e-9);
  EXPECT_NEAR(wide.high_pj, 1760 * 0.5599, 1e-9);
  const Energy narrow = compute_energy(events, 0, config, table, {2, 2, 16}).total();
  EXPECT_NEAR(narrow.pj, 100 * 0.4592, 1e-9);
  const EnergyBreakdown parts = compute_energy(events, 0, config, horowitz(), {4, 4, 4});
  EXPECT_NEAR(parts[EnergyComponent::ArrayMultiply].pj, 400 * 0.2, 1e-9);
  EXPECT_NEAR(parts[EnergyComponent::ArrayAdd].pj, 400 * 0.1, 1e-9);
}

// 400 cycles of PEs that each take four operands of 4 bits from either side, all of them random.
TEST(EnergyModel, RandomOperandsOfComposablePesCostWhatTheTableSays) {
  AcceleratorConfig config = machine();
  config.array.pe = PeKind::Composable;
  config.array.dataflow = Dataflow::OutputStationary;
  EventCounts events = only(Event::Mac, 1600);
  events.add(Event::ArrayRegisterWriteBits, 400 * (4 * (4 + 4) + 32));
  events.add(Event::IfmapToggles, 400 * 16 / 2);
  events.add(Event::WeightToggles, 400 * 16 / 2);
  events.add(Event::MultiplierToggles, 400 * 32 / 2);
  events.add(Event::PsumToggles, 400 * 32 / 2);
  for (const EnergyTable& table : {horowitz(), shipped("bitfusion_45nm_pe")}) {
    config.energy.switching_activity = false;
    const Energy fixed = compute_energy(events, 0, config, table, {4, 4, 4}).total();
    config.energy.switching_activity = true;
    EXPECT_NEAR(compute_energy(events, 0, config, table, {4, 4, 4}).total().pj, fixed.pj, 1e-9);
  }
}

TEST(EnergyModel, ARequantizedValueIsAMultiplyAShiftAndAnAdd) {
  AcceleratorConfig config = machine();
  const RequantCost tflite = requant_cost(config, horowitz());
  EXPECT_DOUBLE_EQ(tflite.multiply->pj, 3.1);
  EXPECT_DOUBLE_EQ(tflite.shift->pj, 0.417);
  EXPECT_DOUBLE_EQ(tflite.add->pj, 0.1);
  EXPECT_DOUBLE_EQ(tflite.total()->pj, 3.617);
  config.requant.mode = RequantMode::FloatScale;
  EXPECT_DOUBLE_EQ(requant_cost(config, horowitz()).multiply->pj, 3.7);
  config.requant.mode = RequantMode::ShiftOnly;
  EXPECT_DOUBLE_EQ(requant_cost(config, horowitz()).total()->pj, 0.517);
  config.requant.mode = RequantMode::MultiplierShift;
  config.requant.multiplier_bits = 8;
  EXPECT_DOUBLE_EQ(requant_cost(config, horowitz()).multiply->pj,
                   multiplier_energy(horowitz(), 32, 8).pj);
}

TEST(EnergyModel, WhatTheTableDoesNotKnowOfARequantizedValueIsNotZero) {
  EnergyTable table = horowitz();
  table.multiplier.clear();
  EXPECT_FALSE(requant_cost(machine(), table).total());
  AcceleratorConfig config = machine();
  config.requant.mode = RequantMode::FloatScale;
  EXPECT_TRUE(requant_cost(config, table).multiply) << "the table's 32-bit float multiplier";
  config.requant.mode = RequantMode::ShiftOnly;
  EXPECT_TRUE(requant_cost(config, table).total()) << "nothing is multiplied";
}

TEST(EnergyModel, SramsOfSeveralWidthsAreLinearInTheWidthAtEachCapacity) {
  const EnergyTable table = shipped("cacti_45nm_lop");
  EXPECT_NEAR(64 * sram_read_energy(table, 8 * kKib, 64).pj, 3.162, 1e-9);
  EXPECT_NEAR(128 * sram_read_energy(table, 8 * kKib, 128).pj, 3.864, 1e-9);
  EXPECT_NEAR(96 * sram_read_energy(table, 8 * kKib, 96).pj, (3.162 + 3.864) / 2, 1e-9);
  EXPECT_NEAR(64 * sram_write_energy(table, 8 * kKib, 64).pj, 3.244, 1e-9);
}

TEST(EnergyModel, LeakageIsThatOfEveryBankForTheWholeTime) {
  AcceleratorConfig config = machine();
  config.scratchpad.activation = {32, 4};  // 4 x 8 KiB, and 32 KiB of accumulators
  const EnergyTable table = shipped("cacti_45nm_lop");
  const double milliwatt = 4 * 0.5913 + 2.117;
  const EnergyBreakdown energy = compute_energy({}, 1000, config, table);  // 1 us
  EXPECT_NEAR(energy[EnergyComponent::Static].pj, 1000 * milliwatt, 1);
}

TEST(EnergyModel, OperandsSumToTheTotalAsComponentsDo) {
  EventCounts events;
  for (std::size_t i = 0; i < kEvents; ++i) {
    events.add(static_cast<Event>(i), 1000 + i);
  }
  events.add(Event::DramFetchedBytes, 10000);
  events.add(Event::ArrayRegisterWriteBits, 1000000);
  AcceleratorConfig config = machine();
  config.scratchpad.organization = ScratchpadOrganization::Split;
  const EnergyBreakdown energy = compute_energy(events, 1000, config, horowitz());
  double sum = 0;
  for (std::size_t i = 0; i < kEnergyOperands; ++i) {
    sum += energy[static_cast<EnergyOperand>(i)].pj;
  }
  EXPECT_NEAR(sum, energy.total().pj, 1e-9 * sum);
}

TEST(EnergyModel, RegistersOfAWeightStationaryArrayAreSplitByOperand) {
  EventCounts events = only(Event::Mac, 10);
  events.add(Event::MacPadding, 6);
  events.add(Event::ArrayRegisterWriteBits, 16 * (8 + 32) + 100);
  const EnergyBreakdown energy = compute_energy(events, 0, machine(), horowitz());
  EXPECT_DOUBLE_EQ(energy[EnergyOperand::Ifmap].pj, 16 * 8 * 0.009);
  EXPECT_DOUBLE_EQ(energy[EnergyOperand::Psum].pj, 16 * 32 * 0.009);
  EXPECT_DOUBLE_EQ(energy[EnergyOperand::Weight].pj, 100 * 0.009);
}

TEST(EnergyModel, MoreBytesUsedThanFetchedIsAMistakeOfOurs) {
  EXPECT_THROW(cost(only(Event::DramReadIfmapBytes)), std::logic_error);
}

TEST(EnergyModel, AMemoryWithAFigureOfItsOwnTakesItWhateverItsCapacity) {
  EnergyTable table = horowitz();
  table.scratchpad_read = {{64, 0, "", {3, 3, 3}, "", "", ""}};
  EventCounts events = only(Event::ScratchpadReadBits, 64);
  EXPECT_DOUBLE_EQ(compute_energy(events, 0, machine(), table).total().pj, 3);
  events.add(Event::ScratchpadWriteBits, 64);
  EXPECT_DOUBLE_EQ(compute_energy(events, 0, machine(), table).total().pj, 6);
}

// Horowitz's figures: fp16 products 1.1 pJ, fp32 products 3.7, fp32 sums 0.9.
TEST(EnergyModel, FloatingPointCostsItsMacsAndItsWiderOperands) {
  EventCounts events = only(Event::Mac, 1000);
  events.add(Event::ScratchpadReadBits, 6400);
  events.add(Event::DramReadIfmapBytes, 64);
  events.add(Event::DramReadBiasBytes, 8);
  events.add(Event::DramFetchedBytes, 72);
  events.add(Event::VectorMac, 100);
  const auto priced = [&](NumberFormat format) {
    AcceleratorConfig config = machine();
    config.energy.number_format = format;
    return compute_energy(events, 0, config, horowitz());
  };
  const EnergyBreakdown int8 = priced(NumberFormat::Int);
  const EnergyBreakdown fp16 = priced(NumberFormat::Fp16);
  const EnergyBreakdown fp32 = priced(NumberFormat::Fp32);
  EXPECT_DOUBLE_EQ(fp16[EnergyComponent::ArrayMultiply].pj, 1000 * 1.1);
  EXPECT_DOUBLE_EQ(fp32[EnergyComponent::ArrayMultiply].pj, 1000 * 3.7);
  EXPECT_DOUBLE_EQ(fp16[EnergyComponent::ArrayAdd].pj, 1000 * 0.9);
  EXPECT_DOUBLE_EQ(int8[EnergyComponent::Vector].pj, 100 * (0.2 + 0.1));
  EXPECT_DOUBLE_EQ(fp32[EnergyComponent::Vector].pj, 100 * (3.7 + 0.9)) << "depthwise products";
  for (const auto& [format, times] : {std::pair{&fp16, 2.0}, {&fp32, 4.0}}) {
    EXPECT_DOUBLE_EQ((*format)[EnergyComponent::Scratchpad].pj,
                     times * int8[EnergyComponent::Scratchpad].pj);
    EXPECT_DOUBLE_EQ((*format)[EnergyOperand::Ifmap].pj, times * int8[EnergyOperand::Ifmap].pj);
    EXPECT_DOUBLE_EQ((*format)[EnergyOperand::Constants].pj, int8[EnergyOperand::Constants].pj);
  }
  EXPECT_TRUE(priced(NumberFormat::Bf16).total() == fp16.total());
}

TEST(EnergyModel, FloatingPointWidensEachOperandFromItsOwnWidth) {
  EventCounts events = only(Event::ScratchpadReadBits, 6400);
  events.add(Event::WeightScratchpadReadBits, 640);
  events.add(Event::DramReadIfmapBytes, 64);
  events.add(Event::DramReadWeightBytes, 32);
  events.add(Event::DramFetchedBytes, 100);
  events.add(Event::DramWriteBytes, 16);
  LayerOperands operands;
  operands.activation_bits = operands.ifmap_bits = 8;
  operands.weight_bits = 4;
  operands.ofmap_bits = 2;
  AcceleratorConfig config = machine();
  config.scratchpad.organization = ScratchpadOrganization::Split;
  config.scratchpad.weight = {8, 1};
  const auto times = [&](EnergyOperand operand) {
    config.energy.number_format = NumberFormat::Int;
    const Energy integer = compute_energy(events, 0, config, horowitz(), operands)[operand];
    config.energy.number_format = NumberFormat::Fp16;
    return compute_energy(events, 0, config, horowitz(), operands)[operand].pj / integer.pj;
  };
  EXPECT_DOUBLE_EQ(times(EnergyOperand::Ifmap), 2);
  EXPECT_DOUBLE_EQ(times(EnergyOperand::Weight), 4);
  EXPECT_DOUBLE_EQ(times(EnergyOperand::Ofmap), 8);
  // Bytes of both, nobody knows how many of which: between 2 and 4 times.
  EXPECT_DOUBLE_EQ(times(EnergyOperand::Unused), std::sqrt(8));
  // A layer that multiplies nothing has its tensors' widths, and not the array's.
  operands.activation_bits = operands.weight_bits = 0;
  operands.ifmap_bits = operands.ofmap_bits = 4;
  EXPECT_DOUBLE_EQ(times(EnergyOperand::Ifmap), 4);
  EXPECT_DOUBLE_EQ(times(EnergyOperand::Ofmap), 4);
  EXPECT_DOUBLE_EQ(times(EnergyOperand::Unused), 4);
}

}  // namespace
}  // namespace systole
