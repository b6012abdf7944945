#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "sim/config/yaml_quote.hpp"

namespace systole {
namespace {

std::string read_back(const std::string& text) {
  const YAML::Node node = YAML::Load("{key: " + quoted_yaml(text) + ", other: 1}  # comment\n");
  EXPECT_EQ(node["other"].as<int>(), 1);
  EXPECT_EQ(node["key"].Tag(), "!") << "is no text: " << text;
  return node["key"].as<std::string>();
}

TEST(QuotedYaml, EveryAsciiCharacterComesBack) {
  std::string all;
  for (int c = 0; c < 128; ++c) {
    const std::string one(1, static_cast<char>(c));
    EXPECT_EQ(read_back(one), one) << c;
    EXPECT_EQ(read_back("a" + one + "1"), "a" + one + "1") << c;
    all += one;
  }
  EXPECT_EQ(read_back(all), all);
}

TEST(QuotedYaml, WhatLooksLikeSomethingElseStaysAText) {
  for (const std::string text : {"",
                                 "null",
                                 "~",
                                 "true",
                                 "1e5",
                                 "-1",
                                 ".nan",
                                 "[1, 2]",
                                 "{a: b}",
                                 "# no comment",
                                 "&a",
                                 "*a",
                                 "!!str",
                                 "<<",
                                 "a: b",
                                 "- a",
                                 " space ",
                                 "it's",
                                 R"(C:\new\x41)",
                                 R"("quoted")",
                                 "---",
                                 "line\nline\n\n line",
                                 "\ttab\r\n"}) {
    EXPECT_EQ(read_back(text), text);
  }
}

TEST(QuotedYaml, OtherAlphabetsComeBack) {
  for (const std::string text : {"\u00e9", "\u65e5\u672c\u8a9e", "\U0001F600", "a\u0085b",
                                 "a\u2028b", "a\u00a0b", "a\ufeffb"}) {
    EXPECT_EQ(read_back(text), text);
    EXPECT_EQ(quoted_yaml(text), '"' + text + '"');
  }
}

}  // namespace
}  // namespace systole
