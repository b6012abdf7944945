#include "sim/report/html/html_page.hpp"

#include "sim/report/html/page_parts.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

/// JSON that cannot end the element it stands in: '<' occurs in strings alone, where \u003c means
/// the same.
std::string embedded(const Json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    text += c == '<' ? std::string{"\\u003c"} : std::string{c};
  }
  return text;
}

/// Chart.js and `scripts` run in their order, with `data` in the element #systole-data.
std::string page_of(const Json& data, const std::vector<std::string>& scripts) {
  const std::map<std::string, std::string> parts = page_parts();
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>Systole</title>\n<style>\n" +
      parts.at("page.css") +
      "</style>\n</head>\n<body>\n<noscript>This report is drawn by the scripts in it; allow "
      "them.</noscript>\n<script type=\"application/json\" id=\"systole-data\">" +
      embedded(data) + "</script>\n<script>\n" + parts.at("chart.js") + "\n</script>\n";
  for (const std::string& script : scripts) {
    page += "<script>\n" + parts.at(script) + "\n</script>\n";
  }
  return page + "</body>\n</html>\n";
}

}  // namespace

std::string html_page(const std::vector<NamedReport>& reports,
                      const std::vector<std::string>& remarks) {
  Json data = Json::array();
  for (const NamedReport& named : reports) {
    data.push_back({{"file", named.name}, {"report", named.report}});
  }
  if (!remarks.empty()) {
    data.front()["remarks"] = remarks;
  }
  return page_of(data,
                 {"report_format.js", "report_charts.js", "report_page.js", "report_compare.js"});
}

std::string sweep_html_page(const Json& sweep) {
  return page_of(sweep, {"report_format.js", "report_charts.js", "sweep_points.js",
                         "sweep_charts.js", "sweep_parallel.js", "sweep_page.js"});
}

}  // namespace systole
