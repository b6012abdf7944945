#include "sim/report/table.hpp"

#include <algorithm>
#include <stdexcept>

#include "sim/report/utf8.hpp"

namespace systole {
namespace {

constexpr std::size_t kGap = 2;    // spaces between columns
constexpr std::size_t kFrame = 4;  // "│ " and " │"
// A flexible column keeps this much while other columns can still go...
constexpr std::size_t kComfortable = 16;
// ...and this much in any case.
constexpr std::size_t kNarrowest = 8;

std::string repeated(const char* text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += text;
  }
  return out;
}

// Cell text in exactly `width` columns.
std::string aligned(const std::string& text, std::size_t width, Align align) {
  const std::string cut = cut_in_middle(text, width);
  const std::string padding(width - display_width(cut), ' ');
  return align == Align::Left ? cut + padding : padding + cut;
}

const char* escape_of(Paint paint) {
  switch (paint) {
    case Paint::Bold:
      return "\033[1m";
    case Paint::Dim:
      return "\033[2m";
    case Paint::Good:
      return "\033[32m";
    case Paint::Bad:
      return "\033[1;31m";
    case Paint::Accent:
      return "\033[36m";
    case Paint::Plain:
      break;
  }
  return "";
}

}  // namespace

std::string painted(const std::string& text, Paint paint, bool color) {
  if (!color || paint == Paint::Plain || text.empty()) {
    return text;
  }
  return escape_of(paint) + text + "\033[0m";
}

Table::Table(const std::string& title, std::vector<Column> columns)
    : title_{printable(title)}, columns_{std::move(columns)} {
  for (const Column& c : columns_) {
    widths_.push_back(std::max(display_width(c.header), display_width(c.unit)));
  }
}

void Table::add_row(std::vector<Cell> cells) {
  if (cells.size() != columns_.size()) {
    throw std::logic_error("a table row needs one cell per column");
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i].text = printable(cells[i].text);
    widths_[i] = std::max(widths_[i], display_width(cells[i].text));
  }
  rows_.push_back({std::move(cells)});
}

void Table::add_rule() {
  if (!empty()) {
    rows_.push_back({});
  }
}

std::size_t Table::width() const {
  std::size_t sum = kFrame + (widths_.empty() ? 0 : kGap * (widths_.size() - 1));
  for (const std::size_t w : widths_) {
    sum += w;
  }
  const std::size_t titled = title_.empty() ? 0 : display_width(title_) + 6;  // "╭─ title ─╮"
  return std::max(sum, titled);
}

void Table::fit(std::size_t limit) {
  std::vector<std::size_t> wanted = widths_;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].flexible) {
      widths_[i] = std::min(widths_[i], kComfortable);
    }
  }
  while (width() > limit) {
    std::size_t next = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const int order = columns_[i].drop_order;
      if (order > 0 && (next == columns_.size() || order < columns_[next].drop_order)) {
        next = i;
      }
    }
    if (next == columns_.size()) {
      break;
    }
    drop(next);
    wanted.erase(wanted.begin() + static_cast<std::ptrdiff_t>(next));
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].flexible && width() <= limit) {
      widths_[i] += std::min(wanted[i] - widths_[i], limit - width());
    } else if (columns_[i].flexible && widths_[i] > kNarrowest) {
      widths_[i] -= std::min(widths_[i] - kNarrowest, width() - limit);
    }
  }
}

void Table::drop(std::size_t column) {
  const auto at = static_cast<std::ptrdiff_t>(column);
  columns_.erase(columns_.begin() + at);
  widths_.erase(widths_.begin() + at);
  for (Row& row : rows_) {
    if (!row.cells.empty()) {
      row.cells.erase(row.cells.begin() + at);
    }
  }
}

std::string Table::frame(const char* left, const std::string& title, const char* right,
                         std::size_t width, bool color) {
  if (title.empty()) {
    return painted(left + repeated("─", width - 2) + right, Paint::Dim, color) + "\n";
  }
  const std::size_t rest = width - 5 - display_width(title);
  return painted(std::string{left} + "─ ", Paint::Dim, color) + painted(title, Paint::Bold, color) +
         painted(" " + repeated("─", rest) + right, Paint::Dim, color) + "\n";
}

std::string Table::line(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths,
                        bool color) const {
  std::string out = painted("│", Paint::Dim, color) + " ";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += i == 0 ? "" : std::string(kGap, ' ');
    out += painted(aligned(cells[i].text, widths[i], columns_[i].align), cells[i].paint, color);
  }
  return out + " " + painted("│", Paint::Dim, color) + "\n";
}

std::string Table::lines(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths,
                         bool color) const {
  std::vector<Cell> now = cells;
  std::vector<Cell> rest = cells;
  bool goes_on = false;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    rest[i].text.clear();
    if (columns_[i].wraps) {
      const std::string all = wrapped(cells[i].text, 0, widths[i]);
      const std::size_t end = std::min(all.find('\n'), all.size());
      now[i].text = all.substr(0, end);
      rest[i].text = all.substr(std::min(end + 1, all.size()));
      goes_on = goes_on || !rest[i].text.empty();
    }
  }
  return line(now, widths, color) + (goes_on ? lines(rest, widths, color) : "");
}

std::string Table::render(std::size_t width, bool color) const {
  width = std::max(width, this->width());
  std::vector<std::size_t> widths = widths_;
  // The room to spare goes to the flexible column, or behind the last one.
  std::size_t natural = kFrame + kGap * (widths.size() - 1);
  std::size_t spare_at = widths.size() - 1;
  for (std::size_t i = widths.size(); i-- > 0;) {
    natural += widths[i];
    spare_at = columns_[i].flexible ? i : spare_at;
  }
  widths[spare_at] += width - natural;

  std::string out = frame("╭", title_, "╮", width, color);
  const auto any = [this](const std::string Column::*field) {
    return std::any_of(columns_.begin(), columns_.end(),
                       [field](const Column& c) { return !(c.*field).empty(); });
  };
  if (any(&Column::header)) {
    std::vector<Cell> headers;
    std::vector<Cell> units;
    for (const Column& c : columns_) {
      headers.emplace_back(c.header, Paint::Bold);
      units.emplace_back(c.unit, Paint::Dim);
    }
    out += line(headers, widths, color);
    out += any(&Column::unit) ? line(units, widths, color) : "";
    out += frame("├", "", "┤", width, color);
  }
  for (const Row& row : rows_) {
    out += row.cells.empty() ? frame("├", "", "┤", width, color) : lines(row.cells, widths, color);
  }
  return out + frame("╰", "", "╯", width, color);
}

}  // namespace systole
