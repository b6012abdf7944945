#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "sim/report/compare_text.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

Json report(std::uint64_t conv_cycles, const std::string& table) {
  return {{"systole", "0.1.0"},
          {"accelerator", "tiny"},
          {"workload", "net"},
          {"energy_table", table},
          {"area", nullptr},
          {"totals",
           {{"cycles", conv_cycles + 50},
            {"dram_read_bytes", 1000U},
            {"dram_write_bytes", 24U},
            {"utilization", 0.25},
            {"energy_pj", 10.0},
            {"energy_delay_js", 1e-9}}},
          {"layers",
           {{{"name", "conv"}, {"cycles", conv_cycles}},
            {{"name", "flat"}, {"cycles", 0U}},
            {{"name", "fc"}, {"cycles", 50U}}}}};
}

std::string error_of(const Json& damaged) {
  try {
    compare_text({{"a.json", report(100, "t")}, {"b.json", damaged}}, {});
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(CompareText, GivesEachRunInTimesOfTheFirst) {
  const std::string text =
      compare_text({{"a.json", report(100, "t")}, {"b.json", report(350, "t")}}, {});
  EXPECT_THAT(text, HasSubstr("a.json"));
  EXPECT_THAT(text, HasSubstr("2.67"));  // 400 / 150
  EXPECT_THAT(text, HasSubstr("3.50"));  // conv
  EXPECT_THAT(text, HasSubstr("1.00 KiB"));
  EXPECT_THAT(text, Not(HasSubstr("flat")));
  EXPECT_THAT(text, Not(HasSubstr("different tables")));
  EXPECT_THAT(text, Not(HasSubstr("different versions")));
}

TEST(CompareText, SaysThatVersionsDiffer) {
  Json other = report(100, "t");
  other["systole"] = "0.2.0";
  EXPECT_THAT(compare_text({{"a", report(100, "t")}, {"b", other}}, {}),
              HasSubstr("different versions"));
}

TEST(CompareText, LayersOfOneRunAloneAreShownAsMissingInTheOther) {
  Json other = report(100, "t");
  other["layers"][0]["name"] = "conv_b";
  const std::string text = compare_text({{"a", report(100, "t")}, {"b", other}}, {});
  EXPECT_THAT(text, HasSubstr("conv_b"));
  EXPECT_THAT(text, HasSubstr("     -"));
}

TEST(CompareText, SaysThatEnergiesAreOfDifferentTables) {
  EXPECT_THAT(compare_text({{"a", report(1, "t")}, {"b", report(1, "u")}}, {}),
              HasSubstr("different tables"));
}

TEST(CompareText, NamesTheKeyThatIsMissingOrWrong) {
  Json damaged = report(1, "t");
  damaged["totals"].erase("energy_pj");
  EXPECT_EQ(error_of(damaged), "b.json: totals.energy_pj: missing");
  damaged = report(1, "t");
  damaged["layers"][2]["cycles"] = -1;
  EXPECT_EQ(error_of(damaged), "b.json: layers[2].cycles: expected a count");
  damaged = report(1, "t");
  damaged["layers"] = 7;
  EXPECT_EQ(error_of(damaged), "b.json: layers: expected a list");
  EXPECT_EQ(error_of(Json::array()), "b.json: systole: missing");
}

}  // namespace
}  // namespace systole
