#include "sim/fixed_point/q_format.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace systole {
namespace {

QFormat named(const std::string& name) { return parse_q_format(name).value(); }

TEST(QFormat, NamesAreReadAndWritten) {
  EXPECT_EQ(named("Q3.4"), (QFormat{8, 4, true}));
  EXPECT_EQ(named("Q0.7"), (QFormat{8, 7, true}));
  EXPECT_EQ(named("Q0.0"), (QFormat{1, 0, true}));
  EXPECT_EQ(named("UQ4.4"), (QFormat{8, 4, false}));
  EXPECT_EQ(named("(8, 4)"), named("Q3.4"));
  EXPECT_EQ(named("(8,12)"), (QFormat{8, 12, true}));
  EXPECT_EQ(named("(8, -2)"), (QFormat{8, -2, true}));
  for (const char* name : {"Q3.4", "UQ4.4", "Q15.0", "UQ0.16", "(8, 12)", "(8, -2)"}) {
    EXPECT_EQ(q_format_name(named(name)), name);
  }
}

TEST(QFormat, OtherTextsAreNoNames) {
  for (const char* text : {"", "Q", "Q3", "Q3.", "q3.4", "Q-1.4", "Q8.8", "UQ0.0", "(17, 4)",
                           "(0, 0)", "(8 4)", "(8, 65)", "Q3.4 ", "Q003.4"}) {
    EXPECT_FALSE(parse_q_format(text)) << text;
  }
}

TEST(QFormat, RoundsAsStatedAndSaturates) {
  const QFormat q = named("Q3.4");
  const double tie = 2.5 / 16;
  EXPECT_EQ(to_fixed(tie, q, Rounding::NearestEven), 2);
  EXPECT_EQ(to_fixed(tie, q, Rounding::NearestAway), 3);
  EXPECT_EQ(to_fixed(-tie, q, Rounding::NearestAway), -3);
  EXPECT_EQ(to_fixed(-tie, q, Rounding::HalfUp), -2);
  EXPECT_EQ(to_fixed(-tie, q, Rounding::Floor), -3);
  EXPECT_EQ(to_fixed(-tie, q, Rounding::TowardZero), -2);
  EXPECT_EQ(to_fixed(tie, q, Rounding::Stochastic, 0x7FFFFFFF), 2);
  EXPECT_EQ(to_fixed(tie, q, Rounding::Stochastic, 0x80000000), 3);
  EXPECT_EQ(to_fixed(100, q, Rounding::Floor), 127);
  EXPECT_EQ(to_fixed(-100, q, Rounding::Floor), -128);
  EXPECT_EQ(to_fixed(-1, named("UQ4.4"), Rounding::Floor), 0);
  EXPECT_EQ(to_fixed(1e300, named("(8, -2)"), Rounding::Floor), 127);
  EXPECT_THROW(to_fixed(std::numeric_limits<double>::infinity(), q, Rounding::Floor),
               std::invalid_argument);
}

TEST(QFormat, EveryIntegerComesBack) {
  for (const char* name : {"Q3.4", "UQ4.4", "(8, 12)", "(8, -2)", "Q0.15"}) {
    const QFormat q = named(name);
    for (std::int64_t i = q.element().min(); i <= q.element().max(); ++i) {
      const auto value = static_cast<std::int32_t>(i);
      ASSERT_EQ(to_fixed(to_real(value, q), q, Rounding::Floor), value) << name;
    }
  }
}

TEST(QFormat, ConvertsBetweenFormats) {
  EXPECT_EQ(convert(24, named("Q3.4"), named("Q3.2"), Rounding::NearestEven), 6);
  EXPECT_EQ(convert(26, named("Q3.4"), named("Q3.2"), Rounding::NearestEven), 6);
  EXPECT_EQ(convert(26, named("Q3.4"), named("Q3.2"), Rounding::HalfUp), 7);
  EXPECT_EQ(convert(127, named("Q3.4"), named("Q1.6"), Rounding::Floor), 127);
  EXPECT_EQ(convert(-5, named("Q3.4"), named("Q3.8"), Rounding::Floor), -80);
}

}  // namespace
}  // namespace systole
