#pragma once

#include <cstdint>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace systole::test {

/// Reads a value change dump with a clock, cycle by cycle.
class VcdReader {
 public:
  explicit VcdReader(std::string text) : text_{std::move(text)} {
    std::istringstream words{text_};
    std::string scope;
    std::vector<std::size_t> lengths;
    for (std::string word; words >> word;) {
      if (word == "$scope") {
        std::string kind, name;
        words >> kind >> name;
        lengths.push_back(scope.size());
        scope += name + ".";
      } else if (word == "$upscope") {
        scope.resize(lengths.back());
        lengths.pop_back();
      } else if (word == "$var") {
        std::string type, bits, code, name;
        words >> type >> bits >> code >> name;
        places_[scope + name] = codes_.size();
        codes_[code] = bits_.size();
        bits_.push_back(std::stoul(bits));
      } else if (word == "$enddefinitions") {
        break;
      }
    }
  }

  bool has(const std::string& name) const { return places_.count(name) != 0; }
  const std::map<std::string, std::size_t>& names() const { return places_; }

  /// Place of a signal among the values. Throws std::out_of_range.
  std::size_t at(const std::string& name) const { return places_.at(name); }

  /// A value as a signed number.
  std::int64_t signed_value(std::uint64_t value, const std::string& name) const {
    const std::size_t unused = 64 - bits_.at(at(name));
    return static_cast<std::int64_t>(value << unused) >> unused;
  }

  /// Calls body(values) for each rise of the clock, when all values of its time are there.
  template <typename Body>
  void for_each_cycle(Body body) const {
    const std::size_t clk = at("clk");
    std::vector<std::uint64_t> values(bits_.size());
    bool high = false;
    std::istringstream lines{text_};
    for (std::string line; std::getline(lines, line) && line != "$enddefinitions $end";) {
    }
    const auto settle = [&] {
      if (values[clk] != 0 && !high) {
        body(values);
      }
      high = values[clk] != 0;
    };
    for (std::string line; std::getline(lines, line);) {
      if (line[0] == '#') {
        settle();
      } else if (line[0] == 'b') {
        const std::size_t space = line.find(' ');
        values.at(codes_.at(line.substr(space + 1))) =
            std::stoull(line.substr(1, space - 1), nullptr, 2);
      } else if (line[0] == '0' || line[0] == '1') {
        values.at(codes_.at(line.substr(1))) = line[0] == '1' ? 1 : 0;
      }
    }
    settle();
  }

  std::uint64_t cycles() const {
    std::uint64_t count = 0;
    for_each_cycle([&count](const auto&) { ++count; });
    return count;
  }

 private:
  const std::string text_;
  std::map<std::string, std::size_t> places_;  // by full name
  std::map<std::string, std::size_t> codes_;
  std::vector<std::size_t> bits_;
};

}  // namespace systole::test
