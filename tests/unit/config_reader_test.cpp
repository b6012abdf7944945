#include "sim/config/reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>

namespace systole {
namespace {

using Read = std::function<void(ConfigReader&)>;

/// The errors of reading `yaml`, one a line.
std::string errors_in(const std::string& yaml, const Read& read) {
  try {
    const auto file = ConfigFile::parse(yaml, "t.yaml");
    auto root = file.root();
    read(root);
    root.reject_unknown();
    file.check();
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

template <typename T, typename Check = AnyValue>
std::string errors_of_value(const std::string& value, T& out, const Check& check = {}) {
  return errors_in("x: " + value + "\n", [&](auto& root) { root.required("x", out, check); });
}

enum class Colour { Red, Green };
constexpr Choice<Colour> kColours[] = {{"red", Colour::Red}, {"green", Colour::Green}};

TEST(ConfigReader, ReadsEveryKindOfValue) {
  std::int64_t integer = 0;
  double number = 0;
  bool flag = false;
  std::string text;
  Colour colour = Colour::Red;
  std::vector<std::uint8_t> bytes;
  std::vector<Colour> colours;
  EXPECT_EQ(errors_in("i: -9223372036854775808\nd: -2.5e-3\nb: true\nt: '12'\ne: green\n"
                      "l: [0, 255]\nc:\n  - green\n  - red\n",
                      [&](auto& root) {
                        root.required("i", integer);
                        root.required("d", number);
                        root.required("b", flag);
                        root.required("t", text);
                        root.required("e", colour, OneOf{kColours});
                        root.required("l", bytes);
                        root.required("c", colours, OneOf{kColours});
                      }),
            "");
  EXPECT_EQ(integer, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(number, -2.5e-3);
  EXPECT_TRUE(flag);
  EXPECT_EQ(text, "12");
  EXPECT_EQ(colour, Colour::Green);
  EXPECT_EQ(bytes, (std::vector<std::uint8_t>{0, 255}));
  EXPECT_EQ(colours, (std::vector<Colour>{Colour::Green, Colour::Red}));
}

TEST(ConfigReader, RefusesWhatIsNoDecimalInteger) {
  int out = 7;
  for (const char* value : {"12.5", "1e3", "0x10", "010", "+3", "-0", "1_000", "3 4", "three",
                            "\"3\"", "true", "~", "", "[3]", "{a: 3}"}) {
    EXPECT_EQ(errors_of_value(value, out, InRange{1, 9}).find("expected an integer in 1..9"),
              errors_of_value(value, out, InRange{1, 9}).find("expected"))
        << value;
    EXPECT_NE(errors_of_value(value, out, InRange{1, 9}), "") << value;
  }
  EXPECT_EQ(out, 7) << "a value in error leaves its variable alone";
}

TEST(ConfigReader, SaysInItsMessageWhatItFound) {
  std::uint32_t out = 0;
  const InRange range{1U, 64U};
  EXPECT_EQ(errors_of_value("12.5", out, range),
            "t.yaml:1:4: x: expected an integer in 1..64, found '12.5'");
  EXPECT_EQ(errors_of_value("'12'", out, range),
            "t.yaml:1:4: x: expected an integer in 1..64, found the text '12'");
  EXPECT_EQ(errors_of_value("", out, range),
            "t.yaml:1:1: x: expected an integer in 1..64, found nothing");
  EXPECT_EQ(errors_of_value("[1]", out, range),
            "t.yaml:1:4: x: expected an integer in 1..64, found a list");
  EXPECT_EQ(errors_of_value("{a: 1}", out, range),
            "t.yaml:1:4: x: expected an integer in 1..64, found a map");
}

TEST(ConfigReader, ReportsIntegersBeyondTheirTypeAsOutOfRange) {
  std::uint8_t small = 0;
  EXPECT_EQ(errors_of_value("256", small),
            "t.yaml:1:4: x: 256 is out of range, expected an integer in 0..255");
  EXPECT_EQ(errors_of_value("-1", small),
            "t.yaml:1:4: x: -1 is out of range, expected an integer in 0..255");
  std::uint64_t large = 0;
  EXPECT_EQ(errors_of_value("18446744073709551616", large),
            "t.yaml:1:4: x: 18446744073709551616 is out of range, expected an integer in "
            "0..18446744073709551615");
  EXPECT_EQ(errors_of_value("18446744073709551615", large), "");
  EXPECT_EQ(large, std::numeric_limits<std::uint64_t>::max());
}

TEST(ConfigReader, AcceptsBothEndsOfARangeAndNothingBeyond) {
  std::int32_t out = 0;
  EXPECT_EQ(errors_of_value("-2", out, InRange{-2, 3}), "");
  EXPECT_EQ(errors_of_value("3", out, InRange{-2, 3}), "");
  EXPECT_NE(errors_of_value("-3", out, InRange{-2, 3}), "");
  EXPECT_NE(errors_of_value("4", out, InRange{-2, 3}), "");
}

TEST(ConfigReader, RefusesNanAndInfinityUnlessAskedForThem) {
  double out = 1;
  for (const char* value :
       {".nan", ".inf", "-.inf", "nan", "inf", "1e400", "1.", ".5", "0x1p3", "01.5", "1e", "--1"}) {
    EXPECT_NE(errors_of_value(value, out), "") << value;
  }
  EXPECT_EQ(out, 1);
  EXPECT_EQ(errors_of_value("-.inf", out, AnyDouble{}), "");
  EXPECT_EQ(out, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(errors_of_value(".nan", out, AnyDouble{}), "");
  EXPECT_TRUE(std::isnan(out));
}

TEST(ConfigReader, ReadsTheSpellingsOfADouble) {
  for (const auto& [text, value] : std::vector<std::pair<std::string, double>>{
           {"0", 0}, {"3", 3}, {"-0.25", -0.25}, {"1e3", 1000}, {"2.5E+2", 250}, {"1e-07", 1e-7}}) {
    double out = -1;
    EXPECT_EQ(errors_of_value(text, out), "") << text;
    EXPECT_EQ(out, value) << text;
  }
}

TEST(ConfigReader, HoldsAValueAboveItsLimit) {
  double out = 0;
  EXPECT_EQ(errors_of_value("0", out, GreaterThan{0.0}),
            "t.yaml:1:4: x: 0 is out of range, expected a number above 0");
  EXPECT_EQ(errors_of_value("1e-9", out, GreaterThan{0.0}), "");
}

TEST(ConfigReader, AcceptsOnlyTrueAndFalseAsBooleans) {
  bool out = true;
  EXPECT_EQ(errors_of_value("false", out), "");
  EXPECT_FALSE(out);
  for (const char* value : {"yes", "on", "True", "1", "'true'"}) {
    EXPECT_NE(errors_of_value(value, out), "") << value;
  }
}

TEST(ConfigReader, ListsTheChoicesAndSuggestsTheNearest) {
  Colour out = Colour::Red;
  EXPECT_EQ(errors_of_value("gren", out, OneOf{kColours}),
            "t.yaml:1:4: x: expected red or green, found 'gren' (did you mean 'green'?)");
  EXPECT_EQ(errors_of_value("blue", out, OneOf{kColours}),
            "t.yaml:1:4: x: expected red or green, found 'blue'");
}

TEST(ConfigReader, NamesTheElementOfAListThatIsWrong) {
  std::vector<int> out{5};
  EXPECT_EQ(errors_of_value("[1, two, 10]", out, InRange{0, 9}),
            "t.yaml:1:8: x[1]: expected an integer in 0..9, found 'two'\n"
            "t.yaml:1:13: x[2]: 10 is out of range, expected an integer in 0..9");
  EXPECT_EQ(errors_of_value("3", out, InRange{0, 9}),
            "t.yaml:1:4: x: expected a list, each an integer in 0..9, found '3'");
  EXPECT_EQ(out, std::vector<int>{5});
}

TEST(ConfigReader, NamesTheElementOfAListOfMaps) {
  EXPECT_EQ(errors_in("layers:\n  - stride: 1\n  - stride: x\n  - 4\n",
                      [](auto& root) {
                        for (auto& layer : root.children("layers")) {
                          int stride = 0;
                          layer.required("stride", stride, InRange{1, 4});
                          layer.reject_unknown();
                        }
                      }),
            "t.yaml:3:13: layers[1].stride: expected an integer in 1..4, found 'x'\n"
            "t.yaml:4:5: layers[2]: expected a map of keys, found '4'");
}

TEST(ConfigReader, ReportsAMissingMapOnceAndNothingBelowIt) {
  EXPECT_EQ(errors_in("a: 1\n",
                      [](auto& root) {
                        int a = 0;
                        root.required("a", a);
                        auto below = root.child("b");
                        below.required("c", a);
                        below.child("d").required("e", a);
                        below.reject_unknown();
                        EXPECT_FALSE(below.ok());
                        EXPECT_EQ(root.children("list").size(), 0U);
                      }),
            "t.yaml:1:1: b: missing, expected a map of keys\n"
            "t.yaml:1:1: list: missing, expected a list of maps");
}

TEST(ConfigReader, LeavesDefaultsOfOptionalKeysAlone) {
  int kept = 3;
  EXPECT_EQ(errors_in("a: {}\n",
                      [&](auto& root) {
                        EXPECT_FALSE(root.child("a").optional("b", kept));
                        EXPECT_FALSE(root.optional_child("c").has_value());
                        EXPECT_TRUE(root.optional_children("d").empty());
                        EXPECT_FALSE(root.raw("e").IsDefined());
                        auto empty = root.child_or_empty("f");
                        empty.optional("g", kept);
                        empty.reject_unknown();
                      }),
            "");
  EXPECT_EQ(kept, 3);
}

TEST(ConfigReader, PlacesTheErrorsOfItsCaller) {
  EXPECT_EQ(errors_in("b: 2\na:\n  x: [1, 2]\n",
                      [](auto& root) {
                        root.raw("b");
                        auto a = root.child("a");
                        const YAML::Node x = a.raw("x");
                        a.error("x", "is odd");
                        a.error_at(x[1], "x[1]", "is even");
                        a.error("absent", "is not there");
                        int out = 0;
                        EXPECT_TRUE(a.read(x[1], "x[1]", out));
                        EXPECT_EQ(out, 2);
                        root.error("b", "comes first");
                      }),
            "t.yaml:1:4: b: comes first\n"
            "t.yaml:3:3: a.absent: is not there\n"
            "t.yaml:3:6: a.x: is odd\n"
            "t.yaml:3:10: a.x[1]: is even");
}

TEST(ConfigReader, SuggestsAKnownKeyForAnUnknownOne) {
  const auto read = [](ConfigReader& root) {
    int out = 0;
    root.optional("latency", out);
    root.optional("lanes", out);
  };
  EXPECT_EQ(errors_in("latncy: 1\n", read),
            "t.yaml:1:1: latncy: unknown key (did you mean 'latency'?)");
  EXPECT_EQ(errors_in("colour: 1\n", read),
            "t.yaml:1:1: colour: unknown key, expected latency or lanes");
}

// Comparing each with all before it takes longer than a test may.
TEST(ConfigReader, TellsOfManyUnknownKeysSoon) {
  constexpr std::size_t kKeys = 160'000;
  std::string yaml;
  for (std::size_t i = 0; i < kKeys; ++i) {
    yaml += "k" + std::to_string(i) + ":\n";
  }
  const std::string errors = errors_in(yaml, [](ConfigReader& root) { root.has("k7"); });
  EXPECT_EQ(static_cast<std::size_t>(std::count(errors.begin(), errors.end(), '\n')), kKeys - 2);
}

TEST(ConfigReader, CutsLongValuesInMessages) {
  std::uint32_t out = 0;
  EXPECT_EQ(errors_of_value(std::string(100, 'x'), out, InRange{1U, 2U}),
            "t.yaml:1:4: x: expected an integer in 1..2, found '" + std::string(40, 'x') + "...'");
}

TEST(DidYouMean, ChangesNotTwoOfThreeLetters) {
  EXPECT_EQ(did_you_mean("rov", {"cols", "row"}), " (did you mean 'row'?)");
  EXPECT_EQ(did_you_mean("rxy", {"cols", "row"}), "");
  EXPECT_EQ(did_you_mean("xxls", {"cols", "row"}), " (did you mean 'cols'?)");
}

}  // namespace
}  // namespace systole
