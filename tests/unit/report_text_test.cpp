#include "sim/report/table.hpp"
#include "sim/report/text_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/report/utf8.hpp"
#include "tests/golden/report_sample.hpp"

namespace systole {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

std::string report(const RunResult& run, std::size_t width, bool color = false) {
  ReportStyle style;
  style.width = width;
  style.color = color;
  std::vector<EnergyBreakdown> energy = sample_energy();
  energy.resize(run.layers.size());
  return text_report(run, energy, sample_table(), style);
}

// The lines that are part of a table.
std::vector<std::string> table_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    for (const char* start : {"│", "╭", "├", "╰"}) {
      if (line.rfind(start, 0) == 0) {
        lines.push_back(line);
      }
    }
  }
  return lines;
}

std::string without_escapes(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\033') {
      i = text.find('m', i);
    } else {
      out += text[i];
    }
  }
  return out;
}

TEST(ReportText, EveryTableLineIsAsWideAsTheOthersAndFits) {
  for (const std::size_t width : {72U, 80U, 100U, 120U, 132U, 200U}) {
    const std::vector<std::string> lines = table_lines(report(sample_run(), width));
    ASSERT_GT(lines.size(), 30U);
    for (const std::string& line : lines) {
      EXPECT_EQ(display_width(line), display_width(lines[0])) << line;
      EXPECT_LE(display_width(line), width) << line;
    }
  }
}

TEST(ReportText, WideCharactersKeepTheColumnsAligned) {
  RunResult run = sample_run();
  run.layers[0].name = "畳み込み層";
  run.layers[1].name = "cafe\xCC\x81";  // e and a combining accent
  const std::vector<std::string> lines = table_lines(report(run, 132));
  for (const std::string& line : lines) {
    EXPECT_EQ(display_width(line), display_width(lines[0])) << line;
  }
}

TEST(ReportText, ColourChangesTheLooksAndNotTheText) {
  const std::string plain = report(sample_run(), 100);
  const std::string colored = report(sample_run(), 100, true);
  EXPECT_EQ(plain.find('\033'), std::string::npos);
  EXPECT_NE(colored.find("\033[32mpass"), std::string::npos);
  EXPECT_EQ(without_escapes(colored), plain);
}

TEST(ReportText, ALayerNameCannotSendEscapeSequencesToTheTerminal) {
  RunResult run = sample_run();
  run.layers[0].name = "evil\033[2J\nname\xFF";
  const std::string text = report(run, 132);
  EXPECT_EQ(text.find('\033'), std::string::npos);
  EXPECT_NE(text.find("evil\uFFFD[2J\uFFFDname\uFFFD"), std::string::npos);
  const Table titled{"net\033[31m", {{"layer", ""}}};
  EXPECT_EQ(titled.render(20, false).find('\033'), std::string::npos);
}

TEST(ReportText, ACheckThatFailedShowsInTheTotals) {
  RunResult run = sample_run();
  run.layers[2].check = Check::Fail;
  const std::string text = report(run, 132);
  EXPECT_NE(text.find("2 layers bit-exact, 1 differ, 0 not compared"), std::string::npos);
}

TEST(ReportText, SumsThatOverflowedShowInTheTotals) {
  RunResult run = sample_run();
  EXPECT_THAT(report(run, 132), Not(HasSubstr("overflow")));
  run.layers[0].events.add(Event::PsumOverflows, 1234);
  run.accuracy->psum_overflows = 56789;
  EXPECT_THAT(report(run, 132), HasSubstr("psum overflows        1,234  "));
  EXPECT_THAT(report(run, 132), HasSubstr("  sums that did not fit 32 bits and wrapped "));
  EXPECT_THAT(report(run, 132), HasSubstr("(353 of 360); 56,789 psum overflows\n"));
  run.config.array.overflow = Overflow::Saturate;
  EXPECT_THAT(report(run, 132), HasSubstr("  sums that did not fit 32 bits and saturated "));
}

// Padding taps and zeros between groups are products, too.
TEST(ReportText, ZeroOperandsAreOfTheProductsFormed) {
  RunResult run = sample_run();
  run.layers[0].events.add(Event::Mac, 4608);
  EXPECT_THAT(report(run, 132), HasSubstr("481  4.6 % of the products formed"));
}

// A window is no longer than the layer.
TEST(ReportText, ThePeakIsOfAsManyCyclesAsItSays) {
  RunResult run = sample_run();
  EXPECT_THAT(report(run, 132), HasSubstr("4.61 B/cycle in the busiest 1,000 cycles"));
  run.layers[0].cycles = 430;
  EXPECT_THAT(report(run, 132), HasSubstr("B/cycle in the busiest 430 cycles"));
  run.layers[0].cycles = 2000;
  run.layers[1].cycles = 5000;
  EXPECT_THAT(report(run, 132), HasSubstr("B/cycle in the busiest 1,024 cycles"));
  run.layers[0].cycles = 1100;
  run.layers[0].peak_bytes_per_window = 4208;
  EXPECT_THAT(report(run, 132), HasSubstr("B/cycle in the busiest 1,100 cycles"));
}

TEST(ReportText, SaysHowManyImagesAnInferenceHasIfTheyAreSeveral) {
  RunResult run = sample_run();
  EXPECT_EQ(report(run, 150).find("images"), std::string::npos);
  run.images = 2;
  EXPECT_NE(report(run, 150).find("360 of 2 images each, all alike"), std::string::npos);
  EXPECT_NE(report(run, 150).find("125,000 inferences/s, 250,000 images/s"), std::string::npos);
  run.inferences = 1;
  EXPECT_NE(report(run, 150).find("inferences  1 of 2 images\n"), std::string::npos);
}

TEST(ReportText, ManyCausesGoOnSeveralTables) {
  RunResult run = sample_run();
  for (std::size_t c = 0; c < kCauses; ++c) {
    run.layers[0].ledger.book(LedgerUnit::Array, static_cast<Cause>(c), 1234567);
  }
  const std::string text = report(run, 80);
  EXPECT_NE(text.find("Where the cycles went, continued"), std::string::npos);
  for (const std::string& line : table_lines(text)) {
    EXPECT_LE(display_width(line), 80U) << line;
  }
}

TEST(ReportText, NotesGoOnInTheNextLineWhereTheTerminalIsNarrow) {
  RunResult run = sample_run();
  run.notes.push_back({"conv1", "a note of more words than a line of sixty columns holds", 41.2});
  EnergyTable table = sample_table();
  table.notes = {"another note of more words than a line of sixty columns holds"};
  ReportStyle style;
  style.width = 60;
  const std::string text = text_report(run, sample_energy(), table, style);
  EXPECT_THAT(text, HasSubstr("\n  another note of more words than a line of sixty columns\n"
                              "    holds\n"));
  EXPECT_THAT(text, HasSubstr("\n  conv1: a note of more words than a line of sixty columns\n"
                              "    holds (SQNR 41.2 dB)\n"));
  EXPECT_THAT(text, HasSubstr("│ check                    pass  2 layers bit-exact, 0 differ, │"));
  EXPECT_THAT(text,
              HasSubstr("\n│                                1 not compared                │\n"));
  for (const std::string& line : table_lines(text.substr(text.find("Totals")))) {
    EXPECT_EQ(line.find("…"), std::string::npos) << line;
  }
}

// A network on the host alone.
TEST(ReportText, ARunWithoutCyclesHasNoRates) {
  RunResult run = sample_run();
  run.layers.resize(1);
  run.layers[0] = {};
  run.layers[0].where = Place::Host;
  ReportStyle style;
  style.bandwidth = true;
  const std::string text = text_report(run, {EnergyBreakdown{}}, sample_table(), style);
  EXPECT_THAT(text, HasSubstr("│ cycles                    0  -  "));
  EXPECT_THAT(text, HasSubstr("bandwidth, average        -   "));
  EXPECT_THAT(text, HasSubstr("energy              0.00 pJ  0.00 pJ to 0.00 pJ  "));
  for (const char* const wrong : {"inferences/s", "0.00 GB/s", "busiest", "on average", "Local"}) {
    EXPECT_THAT(text, Not(HasSubstr(wrong)));
  }
}

TEST(ReportText, ASlowMachinesRatesHaveDigits) {
  RunResult run = sample_run();
  run.config.clock_mhz = 1;
  run.layers[0].cycles = 60000000;
  EXPECT_THAT(report(run, 132), HasSubstr("60.0 s at 1 MHz, 0.017 inferences/s"));
  EXPECT_THAT(report(run, 132), HasSubstr("1.1e-07 GB/s  0.00011 B/cycle, reads and writes"));
}

TEST(ReportText, WhatWasKeptIsAddedUp) {
  RunResult run = sample_run();
  run.kept = {{"first", {"second", "third"}, 0, 16, false, 2048, 1024},
              {"second", {"third"}, 16, 4, true, 512, 0},
              {"third", {"fourth"}, 2, 1, false, -256, -128}};
  const std::string text = report(run, 100);
  EXPECT_THAT(text, ContainsRegex("first +second, third +0 to 15 +1.00 KiB  2.00 KiB "));
  EXPECT_THAT(text, ContainsRegex("second \\(stored too\\) +third +16 to 19 +512 B "));
  EXPECT_THAT(text, ContainsRegex("third +fourth +2 to 2 +-128 B +-256 B "));
  EXPECT_THAT(text, ContainsRegex("together +896 B  2.25 KiB "));
}

TEST(ReportText, ARunWithoutLayersIsAReportToo) {
  RunResult run = sample_run();
  run.layers.clear();
  EXPECT_NE(report(run, 100).find("Totals"), std::string::npos);
}

TEST(ReportText, EveryLayerNeedsItsEnergy) {
  EXPECT_THROW(text_report(sample_run(), {}, sample_table(), {}), std::logic_error);
}

}  // namespace
}  // namespace systole
