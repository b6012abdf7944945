#pragma once

#include <cstdint>

#include "sim/kernel/clock.hpp"

namespace systole {

/// A register with one writer: what is written in cycle t is read from t + 1 on.
template <typename T>
class Wire {
 public:
  explicit Wire(T initial) : current_{initial}, previous_{initial} {}

  void write(T value) {
    if (written_ != Clock::now()) {
      previous_ = current_;
      written_ = Clock::now();
    }
    current_ = value;
  }

  T latest() const { return current_; }  ///< for the writer

  T read() const { return written_ == Clock::now() ? previous_ : current_; }

 private:
  T current_;
  T previous_;
  std::uint64_t written_ = 0;
};

}  // namespace systole
