#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sim/network/refusal.hpp"
#include "sim/report/data_needs.hpp"

namespace systole {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNoData =
    ", and a run without data (--no-data; of a sweep, data: none) has none";

std::string refusal(const AcceleratorConfig& config, DataSource data) {
  try {
    check_data(config, data);
  } catch (const Refusal& error) {
    return error.what();
  }
  return "";
}

TEST(DataNeeds, EnergiesThatFollowValuesNeedSome) {
  AcceleratorConfig config;
  EXPECT_EQ(refusal(config, DataSource::None), "");
  config.energy.zero_gating = true;
  EXPECT_EQ(refusal(config, DataSource::None),
            std::string{"energy.zero_gating counts zero operands"} + kNoData);
  EXPECT_EQ(refusal(config, DataSource::Random), "");
  config.energy.zero_gating = false;
  config.energy.switching_activity = true;
  EXPECT_EQ(refusal(config, DataSource::None),
            std::string{"energy.switching_activity counts bits that toggle"} + kNoData);
  EXPECT_EQ(refusal(config, DataSource::Workload), "");
}

TEST(DataNeeds, FloatingPointComputesNoData) {
  AcceleratorConfig config;
  config.array.number_format = NumberFormat::Fp16;
  EXPECT_EQ(refusal(config, DataSource::None), "");
  EXPECT_THAT(refusal(config, DataSource::Workload), HasSubstr("expected a run without data"));
}

}  // namespace
}  // namespace systole
