#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/dram/banked/request.hpp"

namespace systole::dram {

/// Completions in the order of their data, in a ring that grows when it is full.
class CompletionQueue {
 public:
  /// When the data of the first end; kNever without one.
  Cycle first_finish() const { return first_finish_; }

  /// Mostly the last of all; those of pseudo channels come in any order.
  void add(std::uint64_t id, bool write, Cycle arrival, Cycle finish) {
    if (end_ - begin_ == ring_.size()) {
      grow();
    }
    std::size_t place = end_++;
    for (; place != begin_ && at(place - 1).finish > finish; --place) {
      at(place) = at(place - 1);
    }
    Completion& added = at(place);  // field by field: a copy would wait for them
    added.id = id;
    added.write = write;
    added.arrival = arrival;
    added.finish = finish;
    first_finish_ = at(begin_).finish;
  }

  Completion take() {
    const Completion first = at(begin_++);
    first_finish_ = begin_ == end_ ? kNever : at(begin_).finish;
    return first;
  }

 private:
  Completion& at(std::size_t index) { return ring_[index & (ring_.size() - 1)]; }
  void grow() {
    std::vector<Completion> larger;
    larger.reserve(2 * ring_.size());
    for (std::size_t i = begin_; i != end_; ++i) {
      larger.push_back(at(i));
    }
    larger.resize(2 * ring_.size());
    end_ -= begin_;
    begin_ = 0;
    ring_ = std::move(larger);
  }

  std::vector<Completion> ring_ = std::vector<Completion>(64);  // a power of two
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  Cycle first_finish_ = kNever;
};

}  // namespace systole::dram
