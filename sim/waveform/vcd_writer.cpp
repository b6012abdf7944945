#include "sim/waveform/vcd_writer.hpp"

#include <algorithm>
#include <utility>

namespace systole {
namespace {

/// Short names of printable characters: "!", "\"", ...
std::string code_of(std::size_t index) {
  constexpr std::size_t kFirst = 33;
  constexpr std::size_t kCharacters = 94;
  std::string code;
  do {
    code += static_cast<char>(kFirst + index % kCharacters);
    index /= kCharacters;
  } while (index > 0);
  return code;
}

std::vector<std::string> split(const std::string& name) {
  std::vector<std::string> parts(1);
  for (const char c : name) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

VcdWriter::VcdWriter(std::string file, std::vector<Variable> variables, const std::string& comment)
    : file_{std::move(file)}, variables_{std::move(variables)} {
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    codes_.push_back(code_of(i));
  }
  declare(comment);
}

/// A scope whose variables do not follow one another is opened again.
void VcdWriter::declare(const std::string& comment) {
  this->comment(comment);
  out_ << "$timescale 1 ns $end\n";
  std::vector<std::string> open;
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    std::vector<std::string> scopes = split(variables_[i].name);
    const std::string name = std::move(scopes.back());
    scopes.pop_back();
    const auto same = std::mismatch(open.begin(), open.end(), scopes.begin(), scopes.end());
    for (auto scope = open.end(); scope != same.first; --scope) {
      out_ << "$upscope $end\n";
    }
    for (auto scope = same.second; scope != scopes.end(); ++scope) {
      out_ << "$scope module " << *scope << " $end\n";
    }
    open = std::move(scopes);
    out_ << "$var wire " << variables_[i].bits << ' ' << codes_[i] << ' ' << name;
    if (variables_[i].bits > 1) {
      out_ << " [" << variables_[i].bits - 1 << ":0]";
    }
    out_ << " $end\n";
  }
  for (std::size_t i = 0; i < open.size(); ++i) {
    out_ << "$upscope $end\n";
  }
  out_ << "$enddefinitions $end\n";
}

void VcdWriter::comment(const std::string& text) {
  std::string plain = text;
  std::replace(plain.begin(), plain.end(), '$', '_');  // no "$end" within
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c >= 0 && c < ' '; }, '_');
  out_ << "$comment " << plain << " $end\n";
}

void VcdWriter::values(std::uint64_t nanosecond, const std::vector<std::uint64_t>& values) {
  const bool first = last_.empty();
  if (!first && values == last_) {
    return;
  }
  out_ << '#' << nanosecond << '\n' << (first ? "$dumpvars\n" : "");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (first || values[i] != last_[i]) {
      write(i, values[i]);
    }
  }
  out_ << (first ? "$end\n" : "");
  last_ = values;
}

void VcdWriter::write(std::size_t variable, std::uint64_t value) {
  const std::uint32_t bits = variables_[variable].bits;
  if (bits == 1) {
    out_ << static_cast<char>('0' + (value & 1U)) << codes_[variable] << '\n';
    return;
  }
  std::string digits(bits, '0');
  for (std::uint32_t i = 0; i < bits; ++i) {
    digits[bits - 1 - i] = static_cast<char>('0' + (value >> i & 1U));
  }
  // A value's leading zeros, but for the last one, need not be written.
  const std::size_t significant = std::min(digits.find('1'), digits.size() - 1);
  out_ << 'b' << digits.substr(significant) << ' ' << codes_[variable] << '\n';
}

void VcdWriter::commit(std::uint64_t nanosecond) {
  out_ << '#' << nanosecond << '\n';
  file_.commit();
}

}  // namespace systole
