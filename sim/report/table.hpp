#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace systole {

/// How a piece of text looks on a terminal that shows colour.
enum class Paint { Plain, Bold, Dim, Good, Bad, Accent };

/// `text` between the escape sequences of `paint`; as it is without `color`.
std::string painted(const std::string& text, Paint paint, bool color);

enum class Align { Left, Right };

struct Column {
  std::string header;
  std::string unit;  ///< second header line
  Align align = Align::Right;
  int drop_order = 0;     ///< columns go in this order when the table is too wide; 0 stays
  bool flexible = false;  ///< is cut in the middle, or takes the room that is left
  bool wraps = false;     ///< flexible: goes on in the next line instead of being cut
};

struct Cell {
  std::string text;
  Paint paint = Paint::Plain;

  Cell() = default;
  Cell(const char* t, Paint p = Paint::Plain) : text{t}, paint{p} {}             // NOLINT
  Cell(std::string t, Paint p = Paint::Plain) : text{std::move(t)}, paint{p} {}  // NOLINT
};

/// A table in a frame of box-drawing characters. All of its lines are equally wide. What a terminal
/// would take for more than text is replaced, in the title and in the cells.
class Table {
 public:
  Table(const std::string& title, std::vector<Column> columns);

  void add_row(std::vector<Cell> cells);  ///< one cell per column
  void add_rule();                        ///< a line between rows; none above the first

  bool empty() const { return rows_.empty(); }

  /// Drops and cuts columns until the table is at most `limit` columns wide,
  /// or nothing more can give way.
  void fit(std::size_t limit);

  std::size_t width() const;
  /// Lines that end in a newline; the flexible column takes what `width` has to spare.
  std::string render(std::size_t width, bool color) const;

 private:
  struct Row {
    std::vector<Cell> cells;  // none: a rule
  };

  void drop(std::size_t column);
  std::string line(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths,
                   bool color) const;
  /// One line, or as many as its columns that wrap need.
  std::string lines(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths,
                    bool color) const;
  static std::string frame(const char* left, const std::string& title, const char* right,
                           std::size_t width, bool color);

  std::string title_;
  std::vector<Column> columns_;
  std::vector<std::size_t> widths_;
  std::vector<Row> rows_;
};

}  // namespace systole
