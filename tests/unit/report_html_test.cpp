#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/config/error_log.hpp"
#include "sim/report/html/html_page.hpp"
#include "sim/report/html/page_needs.hpp"
#include "sim/report/html/page_parts.hpp"
#include "sim/report/json_report.hpp"
#include "sim/stats/ledger.hpp"
#include "tests/golden/report_sample.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const std::size_t start = text.find(before);
  if (start == std::string::npos) {
    return "";
  }
  const std::size_t first = start + before.size();
  return text.substr(first, text.find(after, first) - first);
}

Json data_of(const std::string& page) {
  return Json::parse(between(page, "id=\"systole-data\">", "</script>"));
}

TEST(HtmlPage, HoldsTheReportsWordForWord) {
  const Json one{{"systole", "1.0.0"}, {"layers", {{{"name", "conv \"1\" \\ é"}}}}};
  const Json two{{"systole", "1.0.0"}, {"totals", {{"cycles", 18446744073709551615U}}}};
  const Json data = data_of(html_page({{"a.json", one}, {"b.json", two}}));
  ASSERT_EQ(data.size(), 2U);
  EXPECT_EQ(data[0]["file"], "a.json");
  EXPECT_EQ(data[0]["report"].dump(), one.dump());
  EXPECT_EQ(data[1]["report"].dump(), two.dump());
  EXPECT_FALSE(data[0].contains("remarks"));
  const Json remarked = data_of(html_page({{"a.json", one}, {"b.json", two}}, {"<b>They differ."}));
  EXPECT_EQ(remarked[0]["remarks"], Json::array({"<b>They differ."}));
}

// A layer may have any name; none ends the element that holds the data.
TEST(HtmlPage, NamesThatLookLikeMarkupStayText) {
  const std::string name = "</script><script>alert(1)</script><!--";
  const Json report{{"workload", name}};
  const std::string page = html_page({{"</script>", report}});
  EXPECT_THAT(page, Not(HasSubstr("alert(1)</script>")));
  EXPECT_EQ(data_of(page)[0]["report"]["workload"], name);
  EXPECT_EQ(data_of(page)[0]["file"], "</script>");
}

TEST(HtmlPage, RefersToNothingOutsideItself) {
  const std::string page = html_page({{"", Json{{"systole", "1.0.0"}}}});
  EXPECT_THAT(page, HasSubstr("Content-Security-Policy\" content=\"default-src 'none'; "
                              "style-src 'unsafe-inline'; script-src 'unsafe-inline'\""));
  for (const char* const reference : {" src=", " href=", "@import", "url(", "fetch(", "import("}) {
    EXPECT_THAT(page, Not(HasSubstr(reference)));
  }
}

TEST(HtmlPage, IsTheSameForTheSameReport) {
  const Json report{{"systole", "1.0.0"}};
  EXPECT_EQ(html_page({{"a", report}}), html_page({{"a", report}}));
}

std::vector<std::string> missed(const Json& report) {
  try {
    check_drawable({{"r.json", report}});
  } catch (const ConfigError& error) {
    return error.lines();
  }
  return {};
}

TEST(HtmlPage, AReportThatLacksWhatItDrawsIsRefused) {
  // As it is read from a file.
  const Json report =
      Json::parse(json_report(sample_run(), sample_energy(), sample_table()).dump());
  EXPECT_THAT(missed(report), ElementsAre());
  Json damaged = report;
  damaged.erase("legalization");
  damaged.erase("config");
  damaged["energy_notes"] = Json::array({1});
  damaged["totals"].erase("ledger");
  damaged["totals"]["bandwidth"] = "fast";
  damaged["layers"][0].erase("bandwidth");
  damaged["layers"][1]["energy_pj"].erase("dram");
  damaged["layers"][2]["ledger"].erase("store");
  EXPECT_THAT(
      missed(damaged),
      ElementsAre("r.json: totals.bandwidth: expected an object", "r.json: totals.ledger: missing",
                  "r.json: layers[0].bandwidth: missing",
                  "r.json: layers[1].energy_pj.dram: missing", "r.json: legalization: missing",
                  "r.json: energy_notes: expected a list of texts", "r.json: config: missing"));
  damaged = report;
  damaged["layers"][2]["ledger"].erase("store");
  damaged["layers"][2]["bandwidth"]["over_time"]["read_bytes"] = 3;
  EXPECT_THAT(missed(damaged),
              ElementsAre("r.json: layers[2].ledger.store: missing",
                          "r.json: layers[2].bandwidth.over_time.read_bytes: expected a list of "
                          "numbers"));
  damaged = report;
  damaged["area"] = nullptr;
  damaged["accuracy"] = nullptr;
  damaged["totals"]["tops_per_watt"] = nullptr;
  EXPECT_THAT(missed(damaged), ElementsAre());
}

// A part that ended its own element would spill into the page.
TEST(HtmlPage, PartsEndNoElementAndAreThere) {
  const std::map<std::string, std::string> parts = page_parts();
  EXPECT_THAT(parts.at("page.css"), HasSubstr("--paper"));
  EXPECT_THAT(parts.at("chart.js"), HasSubstr("Chart.js v3"));
  EXPECT_THAT(parts.at("chart.js"), HasSubstr("MIT License"));
  for (const auto& [name, part] : parts) {
    EXPECT_NE(part, "") << name;
    EXPECT_THAT(part, Not(HasSubstr("</script"))) << name;
    EXPECT_THAT(part, Not(HasSubstr("</style"))) << name;
  }
}

// A cause without one would be left out of the chart, whose bars add up to the layer's cycles.
TEST(HtmlPage, EveryCauseHasAColour) {
  const std::string format = page_parts().at("report_format.js");
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    const std::string name = cause_name(static_cast<Cause>(cause));
    EXPECT_THAT(format, HasSubstr(" " + name + ": '#"));
  }
}

}  // namespace
}  // namespace systole
