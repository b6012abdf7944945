#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/dram/banked/config.hpp"

namespace systole {

/// One request of a trace.
struct TraceRequest {
  dram::Cycle arrival = 0;  ///< the earliest cycle in which it is offered
  bool write = false;
  std::uint64_t address = 0;
};

/// Reads a request trace line by line, in any of three formats; the first request decides:
///
///   simple      40 R 1a40            cycle, R or W, address
///   DRAMsim3    0x1a40 READ 40       address, READ or WRITE (or the like, see below), cycle
///   Ramulator   0x1a40 R             address, R or W
///   Ramulator 2 LD 0x1a40            LD or ST, address
///
/// DRAMsim3's reads may be READ, read, P_MEM_RD or P_FETCH, its writes WRITE, write, P_MEM_WR or
/// BOFF. Addresses are hexadecimal in the first two, with or without 0x; in Ramulator's they are
/// decimal without 0x. Formats without a cycle arrive as fast as the memory takes them. Empty
/// lines and lines that start with # are skipped. Addresses are rounded down to a whole request.
class TraceReader {
 public:
  /// Throws ConfigError when the file cannot be opened.
  TraceReader(const std::string& file, const dram::Config& memory);

  /// The next request; nothing after the last. Throws ConfigError
  /// "FILE:LINE:COLUMN: what is wrong, what was expected".
  std::optional<TraceRequest> next();

 private:
  enum class Format { Unknown, Simple, DramSim3, Ramulator, LoadStore };
  struct Word {
    std::string text;
    std::size_t column = 0;  // from 1
  };

  /// Nothing after the last. Throws ConfigError for one that is too long.
  std::optional<std::string_view> next_line();
  void split(std::string_view line);
  Format recognize() const;
  TraceRequest parse() const;
  std::uint64_t cycle(const Word& word) const;
  std::uint64_t address(const Word& word, bool hexadecimal) const;
  /// Nothing for one that has more than 64 bits.
  std::optional<std::uint64_t> number(const Word& word, bool hexadecimal, const char* what) const;
  bool is_write(const Word& word, const char* read, const char* write) const;
  bool is_dramsim3_write(const Word& word) const;
  [[noreturn]] void fail(std::size_t column, const std::string& what) const;

  std::string file_;
  std::ifstream in_;
  std::uint64_t request_bytes_;
  std::uint64_t capacity_bytes_;
  std::vector<char> text_;  // of a line
  Format format_ = Format::Unknown;
  std::uint64_t line_ = 0;
  dram::Cycle last_arrival_ = 0;
  std::vector<Word> words_;
};

}  // namespace systole
