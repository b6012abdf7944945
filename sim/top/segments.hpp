#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/program/packed_commands.hpp"

namespace systole {

/// Cuts a program into segments of some dozens of commands. A list of shared commands is in pieces:
/// loads, fills or stores, so many at most, or folds, of which another piece begins where new
/// weights come. A segment ends where the next piece begins, once it is long enough. So lists that
/// come again are cut as they were before, wherever the segment before them ended (content-defined
/// chunking: Muthitacharoen, Chen and Mazieres, "A Low-bandwidth Network File System", SOSP 2001).
class Segments {
 public:
  /// Neighbours of shared()[of].
  struct Part {
    std::uint32_t of = 0;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    bool operator==(const Part& other) const {
      return of == other.of && first == other.first && count == other.count;
    }
  };

  using Parts = boost::container::small_vector<Part, 3>;  // mostly two

  void begin_program(const PackedCommands& commands);
  /// Goes on to the next segment.
  void take();

  const Parts& parts() const { return parts_; }
  std::size_t at() const { return at_; }  ///< the number of its first command
  std::size_t end() const { return at_ + count_; }
  bool is_last() const { return end() == commands_->size(); }

 private:
  /// The first command from a place on with which a piece begins.
  struct Stop {
    std::uint32_t other;  // of no folds
    std::uint32_t any;
  };

  const PackedCommands* commands_ = nullptr;
  std::vector<std::vector<Stop>> stops_;  // of each shared command of the lists like no other
  std::size_t run_ = 0;                   // what follows the segment
  std::uint32_t taken_of_run_ = 0;
  Parts parts_;
  std::size_t at_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace systole
