#include "sim/dram_trace/trace_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <stdexcept>

#include "sim/config/error_log.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/config/unreadable.hpp"

namespace systole {
namespace {

constexpr std::uint64_t kLongestGap = 1'000'000'000'000;  // cycles of the memory: some minutes
// A comment with a layer's name fits, and what is no text (/dev/zero) ends soon.
constexpr std::size_t kLongestLine = std::size_t{1} << 20U;

/// How DRAMsim3's traces call a request: its own words and those of gem5 and of older traces that
/// it takes (src/common.cc). Anything else is a read to it; to us, a mistake.
constexpr const char* kDramSim3Reads[] = {"READ", "read", "P_MEM_RD", "P_FETCH"};
constexpr const char* kDramSim3Writes[] = {"WRITE", "write", "P_MEM_WR", "BOFF"};

template <std::size_t N>
bool is_one_of(const std::string& word, const char* const (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

bool is_dramsim3_request(const std::string& word) {
  return is_one_of(word, kDramSim3Reads) || is_one_of(word, kDramSim3Writes);
}

}  // namespace

TraceReader::TraceReader(const std::string& file, const dram::Config& memory)
    : file_{file},
      in_{file},
      request_bytes_{memory.request_bytes},
      capacity_bytes_{memory.organization.capacity_bytes()},
      text_(kLongestLine + 1) {
  if (!in_) {
    throw ConfigError{{fmt::format("{}: {}", file, why_not_read(file))}};
  }
}

std::optional<TraceRequest> TraceReader::next() {
  while (const std::optional<std::string_view> line = next_line()) {
    split(*line);
    if (words_.empty() || words_.front().text.front() == '#') {
      continue;
    }
    if (format_ == Format::Unknown) {
      format_ = recognize();
    }
    TraceRequest request = parse();
    request.address -= request.address % request_bytes_;
    const std::size_t column = words_[format_ == Format::DramSim3 ? 2 : 0].column;  // of a cycle
    if (request.arrival < last_arrival_) {
      fail(column,
           fmt::format("cycle {} is before the {} of an earlier request, expected cycles that "
                       "do not fall",
                       request.arrival, last_arrival_));
    }
    if (request.arrival - last_arrival_ > kLongestGap) {
      fail(column, fmt::format("cycle {} is {} after the one before, expected at most {}",
                               request.arrival, request.arrival - last_arrival_, kLongestGap));
    }
    last_arrival_ = request.arrival;
    return request;
  }
  return std::nullopt;
}

std::optional<std::string_view> TraceReader::next_line() {
  in_.getline(text_.data(), static_cast<std::streamsize>(text_.size()));
  if (in_.bad()) {
    throw ConfigError{{fmt::format("{}: cannot be read", file_)}};
  }
  const auto taken = static_cast<std::size_t>(in_.gcount());  // with the end of the line
  if (taken == 0) {
    return std::nullopt;
  }
  ++line_;
  if (in_.fail()) {
    fail(1, fmt::format("a line of more than {} bytes, expected a request", kLongestLine));
  }
  return std::string_view{text_.data(), taken - (in_.eof() ? 0 : 1)};
}

void TraceReader::split(std::string_view line) {
  constexpr const char* kBlanks = " \t\r";
  words_.clear();
  std::size_t start = line.find_first_not_of(kBlanks);
  while (start != std::string::npos) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, start), line.size());
    words_.push_back({std::string{line.substr(start, end - start)}, start + 1});
    start = line.find_first_not_of(kBlanks, end);
  }
}

TraceReader::Format TraceReader::recognize() const {
  const std::string& first = words_.front().text;
  const std::string second = words_.size() > 1 ? words_[1].text : "";
  if (words_.size() == 3 && (second == "R" || second == "W")) {
    return Format::Simple;
  }
  if (words_.size() == 3 && is_dramsim3_request(second)) {
    return Format::DramSim3;
  }
  if (words_.size() == 2 && (second == "R" || second == "W")) {
    return Format::Ramulator;
  }
  if (words_.size() == 2 && (first == "LD" || first == "ST")) {
    return Format::LoadStore;
  }
  fail(words_.front().column,
       "no known format, expected CYCLE R|W ADDRESS, ADDRESS READ|WRITE CYCLE, ADDRESS R|W or "
       "LD|ST ADDRESS");
}

TraceRequest TraceReader::parse() const {
  const std::size_t expected = format_ == Format::Simple || format_ == Format::DramSim3 ? 3 : 2;
  if (words_.size() != expected) {
    fail(words_.back().column,
         fmt::format("{} words, expected {} as in the first request", words_.size(), expected));
  }
  switch (format_) {
    case Format::Simple:
      return {cycle(words_[0]), is_write(words_[1], "R", "W"), address(words_[2], true)};
    case Format::DramSim3:
      return {cycle(words_[2]), is_dramsim3_write(words_[1]), address(words_[0], true)};
    case Format::Ramulator:
      return {0, is_write(words_[1], "R", "W"), address(words_[0], false)};
    case Format::LoadStore:
      return {0, is_write(words_[0], "LD", "ST"), address(words_[1], false)};
    case Format::Unknown:
      break;
  }
  throw std::logic_error{"a trace without a format"};
}

std::uint64_t TraceReader::cycle(const Word& word) const {
  constexpr std::uint64_t kLast = std::uint64_t{1} << 62U;
  const std::optional<std::uint64_t> value = number(word, false, "a cycle");
  if (!value || *value > kLast) {
    fail(word.column, fmt::format("cycle {} is out of range, expected one in 0..{}",
                                  shortened(word.text), kLast));
  }
  return *value;
}

std::uint64_t TraceReader::address(const Word& word, bool hexadecimal) const {
  const std::optional<std::uint64_t> value = number(word, hexadecimal, "an address");
  if (!value || *value >= capacity_bytes_) {
    fail(word.column,
         fmt::format("address {} is outside the memory, expected one below {:#x}",
                     value ? fmt::format("{:#x}", *value) : shortened(word.text), capacity_bytes_));
  }
  return *value;
}

std::optional<std::uint64_t> TraceReader::number(const Word& word, bool hexadecimal,
                                                 const char* what) const {
  const bool prefixed = word.text.rfind("0x", 0) == 0 || word.text.rfind("0X", 0) == 0;
  const char* const begin = word.text.data() + (prefixed ? 2 : 0);
  const char* const end = word.text.data() + word.text.size();
  std::uint64_t value = 0;
  const auto [rest, status] = std::from_chars(begin, end, value, hexadecimal || prefixed ? 16 : 10);
  if (status == std::errc::invalid_argument || rest != end) {
    fail(word.column, fmt::format("expected {}, found {}", what, quoted(word.text)));
  }
  return status == std::errc{} ? std::optional{value} : std::nullopt;
}

bool TraceReader::is_write(const Word& word, const char* read, const char* write) const {
  if (word.text != read && word.text != write) {
    fail(word.column, fmt::format("expected {} or {}, found {}", read, write, quoted(word.text)));
  }
  return word.text == write;
}

bool TraceReader::is_dramsim3_write(const Word& word) const {
  if (!is_dramsim3_request(word.text)) {
    fail(word.column, fmt::format("expected {} or {}, found {}", fmt::join(kDramSim3Reads, ", "),
                                  fmt::join(kDramSim3Writes, ", "), quoted(word.text)));
  }
  return is_one_of(word.text, kDramSim3Writes);
}

void TraceReader::fail(std::size_t column, const std::string& what) const {
  throw ConfigError{{fmt::format("{}:{}:{}: {}", file_, line_, column, what)}};
}

}  // namespace systole
