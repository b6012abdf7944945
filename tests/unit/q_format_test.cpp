#include "sim/fixed_point/q_format.hpp"

#include <gtest/gtest.h>

namespace systole {
namespace {

QFormat named(const std::string& name) { return parse_q_format(name).value(); }

TEST(QFormat, NamesAreRead) {
  EXPECT_EQ(named("Q3.4"), (QFormat{8, 4, true}));
  EXPECT_EQ(named("Q0.7"), (QFormat{8, 7, true}));
  EXPECT_EQ(named("Q0.0"), (QFormat{1, 0, true}));
  EXPECT_EQ(named("UQ4.4"), (QFormat{8, 4, false}));
  EXPECT_EQ(named("(8, 4)"), named("Q3.4"));
  EXPECT_EQ(named("(8,12)"), (QFormat{8, 12, true}));
  EXPECT_EQ(named("(8, -2)"), (QFormat{8, -2, true}));
  EXPECT_EQ(named("Q15.0"), (QFormat{16, 0, true}));
  EXPECT_EQ(named("UQ0.16"), (QFormat{16, 16, false}));
}

TEST(QFormat, OtherTextsAreNoNames) {
  for (const char* text : {"", "Q", "Q3", "Q3.", "q3.4", "Q-1.4", "Q8.8", "UQ0.0", "(17, 4)",
                           "(0, 0)", "(8 4)", "(8, 65)", "Q3.4 ", "Q003.4"}) {
    EXPECT_FALSE(parse_q_format(text)) << text;
  }
}

TEST(QFormat, TheStepIsThatOfTheLastFractionBit) {
  EXPECT_EQ(named("Q3.4").step(), 0.0625);
  EXPECT_EQ(named("(8, 12)").step(), 1.0 / 4096);
  EXPECT_EQ(named("(8, -2)").step(), 4.0);
}

}  // namespace
}  // namespace systole
