#include "sim/config/escaped.hpp"

#include <gtest/gtest.h>

#include "sim/config/suggestion.hpp"
#include "sim/config/unicode.hpp"

namespace systole {
namespace {

TEST(Escaped, KeepsWhatATerminalShows) {
  const std::string text = "r\xC3\xA9seau \xE2\x80\xA7 \xE2\x80\xAF \xF0\x9F\x90\x99 \\n '\"";
  EXPECT_EQ(escaped(text), text);
  EXPECT_TRUE(is_utf8(text));
}

TEST(Escaped, ShowsControlCharactersByTheirBytes) {
  EXPECT_EQ(escaped("a\nb\tc\x1B[31m\x7F"), "a\\nb\\tc\\x1b[31m\\x7f");
  EXPECT_EQ(escaped(std::string{'\0'}), "\\x00");
  EXPECT_EQ(escaped("\xC2\x9B"
                    "31m"),
            "\\xc2\\x9b31m");
  EXPECT_EQ(escaped("\xE2\x80\xAE\xE2\x81\xA6"), "\\xe2\\x80\\xae\\xe2\\x81\\xa6");
}

TEST(Escaped, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(escaped("a\xFF"
                    "b\xC3"),
            "a\\xffb\\xc3");
  EXPECT_FALSE(
      is_utf8("a\xFF"
              "b"));
  EXPECT_EQ(quoted("\x1B\xFF"), "'\\x1b\\xff'");
}

}  // namespace
}  // namespace systole
