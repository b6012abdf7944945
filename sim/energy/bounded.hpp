#pragma once

namespace systole {

/// A published value, with the lowest and highest that its sources leave open.
struct Bounded {
  double value = 0;
  double low = 0;
  double high = 0;

  Bounded& operator+=(const Bounded& o) {
    value += o.value;
    low += o.low;
    high += o.high;
    return *this;
  }
  friend Bounded operator+(Bounded a, const Bounded& b) { return a += b; }
  friend Bounded operator*(double factor, const Bounded& b) {
    return {factor * b.value, factor * b.low, factor * b.high};
  }
  friend bool operator==(const Bounded& a, const Bounded& b) {
    return a.value == b.value && a.low == b.low && a.high == b.high;
  }
};

}  // namespace systole
