#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "sim/report/text_report.hpp"
#include "sim/report/utf8.hpp"
#include "sim/report/version.hpp"
#include "tests/golden/report_sample.hpp"

namespace systole {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

// A report that does not change with the version.
std::string sample_report(const ReportStyle& style) {
  std::string text = text_report(sample_run(), sample_energy(), sample_table(), style);
  const std::string version_shown = version();
  return text.replace(text.find(version_shown), version_shown.size(), "VERSION");
}

// On a difference the text as it is now is left in the build folder, to be read
// and, if it is right, copied over the expected one.
void expect_golden(const std::string& actual, const std::string& name) {
  const std::string expected = file_text(SYSTOLE_SOURCE_DIR "/tests/golden/" + name + ".expected");
  if (actual != expected) {
    const std::string kept = SYSTOLE_BINARY_DIR "/" + name + ".actual";
    std::ofstream{kept, std::ios::binary} << actual;
    ADD_FAILURE() << "differs from tests/golden/" << name << ".expected; see " << kept;
  }
}

TEST(ReportText, ShowsEverythingOfASmallRun) { expect_golden(sample_report({}), "report_text"); }

TEST(ReportText, FitsANarrowTerminal) {
  ReportStyle style;
  style.width = 80;
  const std::string text = sample_report(style);
  expect_golden(text, "report_text_narrow");
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(display_width(line), style.width) << line;
  }
}

}  // namespace
}  // namespace systole
