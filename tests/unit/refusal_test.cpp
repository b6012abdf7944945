#include <gtest/gtest.h>

#include <string>
#include <type_traits>

#include "sim/network/refusal.hpp"

namespace systole {
namespace {

// application.cpp reports every std::logic_error as a mistake of Systole.
static_assert(!std::is_base_of_v<std::logic_error, Refusal>);

TEST(RefusalTest, WhatAModelDoesNotHaveIsRefusedInItsWords) {
  try {
    or_refuse([]() -> int { throw std::invalid_argument{"no such array"}; });
    FAIL();
  } catch (const Refusal& refusal) {
    EXPECT_EQ(std::string{refusal.what()}, "no such array");
  }
}

TEST(RefusalTest, OtherMistakesOfAModelStayOurs) {
  EXPECT_THROW(or_refuse([] { throw std::logic_error{"a broken rule"}; }), std::logic_error);
  EXPECT_THROW(or_refuse([] { throw std::out_of_range{"at"}; }), std::out_of_range);
}

TEST(RefusalTest, AResultIsHandedOn) {
  EXPECT_EQ(or_refuse([] { return 3; }), 3);
  or_refuse([] {});
}

}  // namespace
}  // namespace systole
