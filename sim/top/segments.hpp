#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/program/packed_commands.hpp"

namespace systole {

/// Cuts a program into segments of some dozens of commands. A segment ends where a pattern of
/// commands may begin anew: where another kind of command begins that is no fold, or so many behind
/// it, or where new weights come. What stands there decides it, not where the segment before ended:
/// lists that come again are cut as they were before (content-defined chunking: Muthitacharoen,
/// Chen and Mazieres, "A Low-bandwidth Network File System", SOSP 2001).
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
  /// The first command from a place on at which a segment that is long enough ends.
  struct Stop {
    std::uint32_t other;    // one that is no fold's
    std::uint32_t weights;  // one that is no fold's or brings weights
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
