#include "sim/report/units.hpp"

#include <gtest/gtest.h>

#include "sim/report/utf8.hpp"

namespace systole {
namespace {

TEST(ReportUnits, BytesAreCountedInPowersOf1024) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.00 KiB");
  EXPECT_EQ(human_bytes(10 * 1024 + 512), "10.5 KiB");
  EXPECT_EQ(human_bytes(1024 * 1024 - 1), "1.00 MiB");
  EXPECT_EQ(human_bytes(25557032), "24.4 MiB");
  EXPECT_EQ(human_bytes(512, true), "512 B  ");
}

TEST(ReportUnits, EnergiesPowersAndTimesTakeTheUnitThatKeepsThreeDigits) {
  EXPECT_EQ(human_energy(0.3), "0.30 pJ");
  EXPECT_EQ(human_energy(999.4), "999 pJ");
  EXPECT_EQ(human_energy(999.6), "1.00 nJ");
  EXPECT_EQ(human_energy(1.5e6), "1.50 µJ");
  EXPECT_EQ(human_energy(2e12), "2.00 J");
  EXPECT_EQ(human_power(0.25), "250 µW");
  EXPECT_EQ(human_power(1500), "1.50 W");
  EXPECT_EQ(human_time(8e-6), "8.00 µs");
  EXPECT_EQ(human_time(90), "90.0 s");
}

TEST(ReportUnits, EnergiesOfNormalizedTablesAreMacs) {
  EXPECT_EQ(human_energy(0.3, EnergyUnit::Mac), "0.30 MAC");
  EXPECT_EQ(human_energy(4.88e6, EnergyUnit::Mac), "4.88 MMAC");
  EXPECT_EQ(human_energy(1, EnergyUnit::Mac, true), "1.00 MAC ");
}

TEST(ReportUnits, PaddedUnitsAreEquallyWide) {
  EXPECT_EQ(human_energy(2e12, EnergyUnit::Joule, true), "2.00 J ");
  EXPECT_EQ(human_count(960, true), "960  ");
  EXPECT_EQ(human_count(118013952, true), "118 M");
  EXPECT_EQ(human_count(960), "960");
}

TEST(ReportUnits, SmallNumbersKeepTwoDigits) {
  EXPECT_EQ(decimals(0), "0.00");
  EXPECT_EQ(decimals(0.00168), "0.0017");
  EXPECT_EQ(decimals(0.0994), "0.099");
  EXPECT_EQ(decimals(0.0996), "0.10");
  EXPECT_EQ(decimals(12.345), "12.35");
  EXPECT_EQ(decimals(0.0000123), "1.2e-05");
  EXPECT_EQ(human_energy(0.004), "0.0040 pJ");
}

TEST(ReportUnits, LongNumbersAreGroupedInThrees) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(18446744073709551615U), "18,446,744,073,709,551,615");
}

TEST(ReportUnits, APartOfNothingHasNoPercentage) {
  EXPECT_EQ(percent(1, 8), "12.5 %");
  EXPECT_EQ(percent(0, 0), "-");
  EXPECT_EQ(percent(-1, 10000), "0.0 %");
  EXPECT_EQ(percent(-1, 1000), "-0.1 %");
}

TEST(ReportUtf8, WidthIsThatOnATerminal) {
  EXPECT_EQ(display_width("größe"), 5U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);
  EXPECT_EQ(display_width("畳み"), 4U);
  EXPECT_EQ(display_width(""), 0U);
}

TEST(ReportUtf8, CutsInTheMiddle) {
  EXPECT_EQ(cut_in_middle("runs/a.json", 11), "runs/a.json");
  EXPECT_EQ(cut_in_middle("runs/long/a.json", 11), "runs/….json");
  EXPECT_EQ(cut_in_middle("runs/long/a.json", 10), "runs/…json");
  EXPECT_EQ(cut_in_middle("畳み込み", 6), "畳…み") << "of wide characters as many as fit";
  EXPECT_EQ(cut_in_middle("cafe\xCC\x81s", 3), "c…s");
  EXPECT_EQ(cut_in_middle("largee\xCC\x81", 3), "l…e\xCC\x81");
  EXPECT_EQ(cut_in_middle("runs/a.json", 1), "…");
  EXPECT_EQ(cut_in_middle("runs/a.json", 0), "");
}

TEST(ReportUtf8, CutsWithAnEllipsisThatFits) {
  EXPECT_EQ(wrapped("größe der  welt", 2, 9), "größe\n  der\n  welt");
  EXPECT_EQ(wrapped("größe der welt", 2, 11), "größe der\n  welt");
  EXPECT_EQ(wrapped("unteilbares wort", 0, 4), "unteilbares\nwort");
  EXPECT_EQ(cut_to_width("größe", 5), "größe");
  EXPECT_EQ(cut_to_width("größe", 4), "grö…");
  EXPECT_EQ(cut_to_width("畳み込み", 4), "畳…");  // a wide character is not cut in half
  EXPECT_EQ(cut_to_width("abc", 1), "…");
  EXPECT_EQ(cut_to_width("abc", 0), "");
}

TEST(ReportUtf8, WhatIsNotUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(valid_utf8("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(valid_utf8("\xC3"), "\uFFFD");                      // cut off
  EXPECT_EQ(valid_utf8("\xC0\xAF"), "\uFFFD\uFFFD");            // overlong '/'
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(valid_utf8("größe 畳\n"), "größe 畳\n");
}

TEST(ReportUtf8, ControlCharactersAreNotPrintable) {
  EXPECT_EQ(printable("a\x1B[2J\n\x7F"), "a\uFFFD[2J\uFFFD\uFFFD");
  // NOLINTNEXTLINE(misc-misleading-bidirectional): what must not reach a terminal
  EXPECT_EQ(printable("abc\xE2\x80\xAE"
                      "def"),
            "abc\uFFFD"
            "def");  // right-to-left override
}

}  // namespace
}  // namespace systole
