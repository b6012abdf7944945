#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "sim/report/json_text.hpp"

namespace systole {
namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string error_of(const std::string& text) {
  try {
    parse_json(text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(JsonText, IsReadInItsOrder) {
  EXPECT_EQ(parse_json(R"({"b": [1, {"a": 2}], "a": {"a": null}})").dump(),
            R"({"b":[1,{"a":2}],"a":{"a":null}})");
  EXPECT_EQ(parse_json(nested(kDeepestJson)).dump(), nested(kDeepestJson));
}

TEST(JsonText, WhatIsNestedTooDeepIsRefusedHoweverDeepItIs) {
  const std::string expected = "lists and objects are nested more than 64 deep, expected fewer";
  EXPECT_EQ(error_of(nested(kDeepestJson + 1)), expected);
  EXPECT_EQ(error_of(nested(1'000'000)), expected);
  EXPECT_EQ(error_of(std::string(1'000'000, '[')), expected);
}

TEST(JsonText, AKeyThatAnObjectHasTwiceIsRefused) {
  EXPECT_EQ(error_of(R"({"a": {"b": 1}, "c": [{"b": 1}, {"b": 1, "c": 1, "b": 2}]})"),
            "an object has the key 'b' twice");
}

TEST(JsonText, WhatIsNoJsonIsRefused) {
  EXPECT_EQ(error_of("{\"a\": }"), "is no JSON, at byte 7");
  EXPECT_EQ(error_of("[1e999]"), "has a number that is too large");
}

}  // namespace
}  // namespace systole
