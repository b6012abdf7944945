#pragma once

#include <map>
#include <string>
#include <vector>

namespace systole::test {

/// A row of the table of cycles measured on Gemmini's RTL, by column name.
class RtlCase {
 public:
  explicit RtlCase(std::map<std::string, std::string> columns) : columns_{std::move(columns)} {}

  const std::string& text(const std::string& column) const { return columns_.at(column); }
  /// The column as an integer. Throws std::invalid_argument if it is none.
  long number(const std::string& column) const;

 private:
  std::map<std::string, std::string> columns_;
};

/// A file of tests/validation/data, a case a row. Throws std::runtime_error if it cannot be read.
std::vector<RtlCase> read_table(const std::string& file);

/// tests/validation/data/gemmini_rtl_cycles.csv. Throws std::runtime_error if it cannot be read.
std::vector<RtlCase> read_rtl_table();

}  // namespace systole::test
