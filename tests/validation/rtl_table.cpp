#include "tests/validation/rtl_table.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace systole::test {
namespace {

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in{line};
  for (std::string cell; std::getline(in, cell, ',');) {
    cells.push_back(cell);
  }
  return cells;
}

}  // namespace

long RtlCase::number(const std::string& column) const { return std::stol(text(column)); }

std::vector<RtlCase> read_rtl_table() { return read_table("gemmini_rtl_cycles.csv"); }

std::vector<RtlCase> read_table(const std::string& file) {
  const std::string path = SYSTOLE_SOURCE_DIR "/tests/validation/data/" + file;
  std::ifstream in{path};
  std::string line;
  if (!std::getline(in, line)) {
    throw std::runtime_error{path + ": cannot be read"};
  }
  const std::vector<std::string> names = split(line);
  std::vector<RtlCase> cases;
  while (std::getline(in, line)) {
    std::vector<std::string> cells = split(line);
    cells.resize(names.size());
    std::map<std::string, std::string> columns;
    for (std::size_t i = 0; i < names.size(); ++i) {
      columns[names[i]] = cells[i];
    }
    cases.emplace_back(std::move(columns));
  }
  return cases;
}

}  // namespace systole::test
