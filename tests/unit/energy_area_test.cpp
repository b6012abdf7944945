#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sim/energy/area_model.hpp"

namespace systole {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

EnergyTable shipped(const std::string& name) {
  return load_energy_table(SYSTOLE_SOURCE_DIR "/configs/energy/" + name + ".yaml");
}

TEST(AreaModel, APeIsAMultiplierAnAdderAndItsRegisters) {
  AcceleratorConfig config;  // 16 x 16, overlapped folds: a weight and its shadow
  const double registers = 5.98 * (8 + 2 * 8 + 32);
  const Area overlapped = compute_area(config, shipped("horowitz_45nm"));
  EXPECT_NEAR(overlapped[AreaComponent::Array].value, 256 * (282 + 137 + registers), 1e-6);
  config.array.overlap = Overlap::None;
  const Area plain = compute_area(config, shipped("horowitz_45nm"));
  EXPECT_NEAR(overlapped[AreaComponent::Array].value - plain[AreaComponent::Array].value,
              256 * 8 * 5.98, 1e-6);
}

TEST(AreaModel, AWholePeTakesThePlaceOfItsParts) {
  const Area area = compute_area({}, shipped("bitfusion_45nm_pe"));
  EXPECT_NEAR(area[AreaComponent::Array].value, 256 * 510.7, 1e-6);
  EXPECT_NEAR(area[AreaComponent::Array].low, 256 * 443.5, 1e-6);
  EXPECT_NEAR(area[AreaComponent::Array].high, 256 * 782.6, 1e-6);
}

TEST(AreaModel, WhatTheTableDoesNotKnowIsNamedOnce) {
  EXPECT_THAT(compute_area({}, shipped("horowitz_45nm")).not_in_table, ElementsAre("SRAM"));
  EXPECT_THAT(compute_area({}, shipped("cacti_45nm_lop")).not_in_table, IsEmpty());
  EXPECT_EQ(compute_area({}, shipped("eyeriss_65nm")).total().value, 0);
}

TEST(AreaModel, BoundsHoldTheValueBeyondThePublishedWidths) {
  AcceleratorConfig config;
  for (const char* const table : {"horowitz_45nm", "bitfusion_45nm_pe", "cacti_45nm_lop"}) {
    for (const std::uint32_t bits : {1U, 2U, 4U, 8U, 12U, 16U}) {
      config.array.activation_bits = config.array.weight_bits = bits;
      const Area area = compute_area(config, shipped(table));
      for (std::size_t i = 0; i < kAreaComponents; ++i) {
        const Bounded& um2 = area[static_cast<AreaComponent>(i)];
        EXPECT_LE(um2.low, um2.value) << table << ' ' << bits;
        EXPECT_LE(um2.value, um2.high) << table << ' ' << bits;
      }
    }
  }
}

// As what they cost: a 16-bit multiplier of floats and a 32-bit adder.
TEST(AreaModel, TheVectorUnitsMacsAreOfTheNumberFormat) {
  AcceleratorConfig config;
  const EnergyTable table = shipped("horowitz_45nm");
  config.array.number_format = NumberFormat::Fp16;
  const double without = compute_area(config, table)[AreaComponent::Vector].value;
  config.vector.mac_lanes = 3;
  EXPECT_NEAR(compute_area(config, table)[AreaComponent::Vector].value - without,
              3 * (table.area_float_multiplier[0].value.value +
                   entry_of_width(table.area_float_adder, 32)->value.value),
              1e-6);
}

TEST(AreaModel, AMemoryIsItsBanks) {
  AcceleratorConfig config;
  config.scratchpad.activation = {256, 4};
  config.accumulators = {64, 2};
  config.array.cols = 16;
  const Area area = compute_area(config, shipped("cacti_45nm_lop"));
  EXPECT_NEAR(area[AreaComponent::Scratchpad].value, 4 * 0.246e6, 1e3);
  EXPECT_NEAR(area[AreaComponent::Accumulators].value, 2 * 0.1119e6 + 16 * 137, 1e3);
  EXPECT_EQ(area[AreaComponent::WeightScratchpad].value, 0);
  config.scratchpad.organization = ScratchpadOrganization::Split;
  config.scratchpad.weight = {8, 1};
  EXPECT_NEAR(
      compute_area(config, shipped("cacti_45nm_lop"))[AreaComponent::WeightScratchpad].value,
      0.02628e6, 1e2);
}

TEST(AreaModel, AShiftOnlyUnitHasNoMultiplierAndAFloatScaleHasItsOwn) {
  AcceleratorConfig config;
  const EnergyTable table = shipped("horowitz_45nm");
  const double adder = 137;
  const double shifter = 249.6;
  EXPECT_NEAR(compute_area(config, table)[AreaComponent::Requantization].value,
              16 * (3495 + adder + shifter), 1e-6);
  config.requant.mode = RequantMode::ShiftOnly;
  EXPECT_NEAR(compute_area(config, table)[AreaComponent::Requantization].value,
              16 * (adder + shifter), 1e-6);
  config.requant.mode = RequantMode::FloatScale;
  EXPECT_NEAR(compute_area(config, table)[AreaComponent::Requantization].value,
              16 * (7700 + adder + shifter), 1e-6);
}

TEST(AreaModel, ALaneHasTheShifterThatItsEnergyIsOf) {
  AcceleratorConfig config;
  const EnergyTable table = shipped("horowitz_45nm");
  const auto unit = [&] {
    return compute_area(config, table)[AreaComponent::Requantization].value;
  };
  const double tflite = unit();
  config.requant.variant = RequantVariant::Single;  // shifts 64 bits, not 32
  EXPECT_NEAR(unit() - tflite, 16 * 249.6, 1e-6);
}

// Gemmini's published floorplan (DAC 2021, Fig. 6: 16 x 16, 256 KiB and 64 KiB, Intel 22FFL)
// against CACTI and Horowitz scaled from 45 to 20 nm, the nearest node that scaling has: the order
// of the blocks is theirs, and each is within a factor of two.
TEST(AreaModel, GemminisBlocksAreWithinAFactorOfTwoOfItsFloorplan) {
  AcceleratorConfig config;
  config.energy.table = SYSTOLE_SOURCE_DIR "/configs/energy/cacti_45nm_lop.yaml";
  config.energy.node = ProcessNode::Nm20;
  const Area area = compute_area(config, load_energy_table(config));
  const auto ratio = [&](AreaComponent c, double published) { return area[c].value / published; };
  for (const double r :
       {ratio(AreaComponent::Array, 116e3), ratio(AreaComponent::Scratchpad, 544e3),
        ratio(AreaComponent::Accumulators, 146e3)}) {
    EXPECT_GT(r, 0.3);
    EXPECT_LT(r, 2.0);
  }
}

}  // namespace
}  // namespace systole
