#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

class CliHtml : public ::testing::Test {
 protected:
  CliHtml() {
    for (const char* const config : {"tiny_4x4", "gemmini_16x16"}) {
      const Outcome run =
          systole({"run", "-a", std::string{"configs/"} + config + ".yaml", "-w",
                   "workloads/digits_cnn/digits_cnn.yaml", "--no-data", "--quiet", "--set",
                   "energy.table=configs/energy/cacti_45nm_lop.yaml", "--json",
                   file(config) + ".json", "--html", file(config) + ".html"});
      EXPECT_EQ(run.exit_code, 0) << run.err;
    }
  }
  std::string file(const std::string& name) const { return folder_.file(name); }
  Outcome compare(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"compare", file("tiny_4x4.json"), file("gemmini_16x16.json")};
    words.insert(words.end(), more.begin(), more.end());
    return systole(words);
  }

  /// The page as a browser leaves it once its scripts have run; errors on its console fail the
  /// test.
  std::string drawn(const std::string& page) const {
    const std::string out = file("dom"), err = file("console"), home = file("home");
    // The sandbox needs rights that a container or root does not give; the page loads nothing.
    const std::string command =
        "timeout 120 chromium --headless --no-sandbox --disable-gpu "
        "--user-data-dir='" +
        home +
        "' --virtual-time-budget=5000 "
        "--enable-logging=stderr --dump-dom 'file://" +
        page + "' >'" + out + "' 2>'" + err + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << read_file(err);
    EXPECT_THAT(read_file(err), Not(HasSubstr("CONSOLE")));
    std::string dom = read_file(out);
    EXPECT_THAT(dom, HasSubstr("data-done=\"true\""));
    EXPECT_THAT(dom, Not(HasSubstr("data-errors")));
    return dom;
  }

 private:
  TemporaryFolder folder_;
};

bool chromium_is_there() { return std::system("command -v chromium >/dev/null 2>&1") == 0; }

TEST_F(CliHtml, ABrowserDrawsEveryChartOfARun) {
  if (!chromium_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const std::string dom = drawn(file("gemmini_16x16.html"));
  // Ledger, roofline, utilization, bandwidth, traffic and energy; the floor plan.
  EXPECT_EQ(occurrences(dom, "<canvas"), 6U);
  EXPECT_EQ(occurrences(dom, "data-drawn=\"true\""), 7U);
  EXPECT_THAT(dom, HasSubstr("digits_cnn on gemmini_16x16</h1>"));
  EXPECT_THAT(dom, HasSubstr("id=\"layers\""));
}

TEST_F(CliHtml, ABrowserDrawsTwoRunsSideBySide) {
  if (!chromium_is_there()) {
    GTEST_SKIP() << "chromium is not installed";
  }
  const Outcome outcome = compare({"--html", file("both.html")});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string dom = drawn(file("both.html"));
  EXPECT_EQ(occurrences(dom, "<canvas"), 10U);  // four beside the six of one run
  EXPECT_EQ(occurrences(dom, "data-drawn=\"true\""), 11U);
  EXPECT_THAT(dom, HasSubstr("2 runs side by side</h1>"));
}

TEST_F(CliHtml, ComparePrintsBothRuns) {
  const Outcome outcome = compare();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("tiny_4x4"));
  EXPECT_THAT(outcome.out, HasSubstr("gemmini_16x16"));
  EXPECT_THAT(outcome.out, HasSubstr("conv1"));
}

TEST_F(CliHtml, WhatIsNoReportIsRefusedAndNothingIsWritten) {
  write_file(file("other.json"), R"({"systole": "1.0.0"})");
  const Outcome outcome =
      systole({"compare", file("tiny_4x4.json"), file("other.json"), "--html", file("none.html")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("other.json: accelerator: missing"));
  EXPECT_FALSE(std::filesystem::exists(file("none.html")));
  EXPECT_EQ(systole({"compare", file("tiny_4x4.json")}).err,
            "systole compare: expected 2 REPORT.json or more, found 1; see 'systole compare "
            "--help'\n");
}

TEST_F(CliHtml, APageThatCannotBeWrittenIsSaidBeforeTheRun) {
  const Outcome outcome =
      systole({"run", "-a", "configs/tiny_4x4.yaml", "-w", "workloads/digits_cnn/digits_cnn.yaml",
               "--no-data", "--html", file("nowhere/page.html")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("nowhere/page.html: there is no folder"));
  EXPECT_EQ(outcome.out, "");
}

}  // namespace
}  // namespace systole::test
