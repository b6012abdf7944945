#include "sim/scalesim/topology_text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

#include "sim/config/escaped.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/config/unicode.hpp"

namespace systole {
namespace {

const std::vector<std::string> kConvColumns = {"ifmap height", "ifmap width", "filter height",
                                               "filter width", "channels",    "filters",
                                               "stride"};
const std::vector<std::string> kGemmColumns = {"M", "N", "K"};

constexpr std::int64_t kMostSize = std::int64_t{1} << 30;
constexpr std::int64_t kMostStride = std::int64_t{1} << 20;  // as in YAML: padding is up to one

struct Field {
  std::string text;  // without blanks around it
  YAML::Mark mark;
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

YAML::Mark mark_at(std::size_t line, std::size_t column) {
  YAML::Mark mark;
  mark.line = static_cast<int>(line);
  mark.column = static_cast<int>(column);
  return mark;
}

std::vector<Field> fields_of(const std::string& line, std::size_t number) {
  std::vector<Field> fields;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    std::size_t first = begin;
    std::size_t last = end;
    while (first < last && is_blank(line[first])) {
      ++first;
    }
    while (last > first && is_blank(line[last - 1])) {
      --last;
    }
    fields.push_back({line.substr(first, last - first), mark_at(number, first)});
    if (end == line.size()) {
      return fields;
    }
    begin = end + 1;
  }
}

/// Nothing for what is no whole number; one that 64 bits do not hold is the nearest that they do.
std::optional<std::int64_t> whole_number(const std::string& text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, value);
  if (status == std::errc::invalid_argument || rest != end) {
    return std::nullopt;
  }
  using Limits = std::numeric_limits<std::int64_t>;
  const bool fits = status == std::errc{};
  return fits ? value : text.front() == '-' ? Limits::min() : Limits::max();
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// What the first line says of the others.
std::optional<TopologyKind> kind_of(const std::vector<Field>& header) {
  std::string words;
  std::string names;
  for (const Field& field : header) {
    words += lower(field.text) + ",";
    names += field.text.size() == 1 ? lower(field.text) : "";
  }
  if (words.find("filter") != std::string::npos || words.find("ifmap") != std::string::npos) {
    return TopologyKind::Conv;
  }
  return names.find("mnk") != std::string::npos ? std::optional{TopologyKind::Gemm} : std::nullopt;
}

class Parser {
 public:
  Parser(std::optional<TopologyKind>& kind, ErrorLog& log) : kind_{kind}, log_{log} {}

  void line(const std::string& text, std::size_t number) {
    const std::vector<Field> fields = fields_of(text, number);
    if (number == 0) {
      header(fields);
    } else if (kind_ && !std::all_of(fields.begin(), fields.end(),
                                     [](const Field& field) { return field.text.empty(); })) {
      row(fields);
    }
  }

  std::vector<TopologyRow> rows;

 private:
  void header(const std::vector<Field>& fields) {
    const bool is_row = fields.size() > 3 &&
                        std::all_of(fields.begin() + 1, fields.begin() + 4, [](const Field& f) {
                          return whole_number(f.text).has_value();
                        });
    if (is_row) {
      log_.add(fields[0].mark, "",
               "the first line is skipped, as SCALE-Sim does, and this one is a layer; expected a "
               "header");
    }
    if (!kind_) {
      kind_ = kind_of(fields);
    }
    if (!kind_ && !is_row) {
      log_.add(
          fields[0].mark, "",
          "the header names neither filters nor M, N and K in this order; expected one that does, "
          "or --topology conv or gemm");
    }
  }

  void row(const std::vector<Field>& fields) {
    const auto& columns = *kind_ == TopologyKind::Conv ? kConvColumns : kGemmColumns;
    const std::size_t errors = log_.count();
    TopologyRow row{fields[0].text, {}, fields[0].mark};
    if (row.name.empty()) {
      log_.add(fields[0].mark, "name", "missing");
    } else if (!is_utf8(row.name)) {
      log_.add(fields[0].mark, "name", quoted(row.name) + " is not UTF-8 text");
    } else if (escaped(row.name) != row.name) {
      log_.add(fields[0].mark, "name", quoted(row.name) + " has a control character");
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i + 1 >= fields.size()) {
        log_.add(fields.back().mark, columns[i],
                 "missing: the row has " + std::to_string(fields.size()) +
                     (fields.size() == 1 ? " field" : " fields") + ", expected " +
                     std::to_string(columns.size() + 1) + " and a comma");
        return;
      }
      row.sizes.push_back(size(fields[i + 1], columns[i]));
    }
    rest(fields, columns.size() + 1);
    if (log_.count() == errors) {
      rows.push_back(std::move(row));
    }
  }

  std::int64_t size(const Field& field, const std::string& column) {
    const auto value = whole_number(field.text);
    if (!value) {
      log_.add(field.mark, column, "expected a whole number, found " + quoted(field.text));
      return 1;
    }
    const std::int64_t most = column == "stride" ? kMostStride : kMostSize;
    if (*value < 1 || *value > most) {
      log_.add(field.mark, column,
               shortened(field.text) + " is out of range, expected 1.." + std::to_string(most));
    }
    return *value;
  }

  /// Of what may stand behind the sizes, sparsity and blanks.
  void rest(const std::vector<Field>& fields, std::size_t first) {
    for (std::size_t i = first; i < fields.size(); ++i) {
      const std::string& text = fields[i].text;
      const std::size_t colon = text.find(':');
      if (text.empty()) {
        continue;
      }
      if (colon == std::string::npos || i != first) {
        log_.add(fields[i].mark, "",
                 quoted(text) + " stands behind the last column, expected nothing");
      } else if (text.substr(0, colon) != text.substr(colon + 1)) {
        log_.add(fields[i].mark, "sparsity",
                 quoted(text) + ": sparse filters are not modelled, expected none or 1:1");
      }
    }
  }

  std::optional<TopologyKind>& kind_;
  ErrorLog& log_;
};

}  // namespace

std::vector<TopologyRow> parse_topology(const std::string& text, std::optional<TopologyKind>& kind,
                                        ErrorLog& log) {
  Parser parser{kind, log};
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    parser.line(text.substr(begin, end - begin), number);
    begin = end + 1;
  }
  if (parser.rows.empty() && log.empty()) {
    log.add(mark_at(0, 0), "", "holds no layers, expected a header and one line for each");
  }
  return std::move(parser.rows);
}

}  // namespace systole
