#pragma once

#include "sim/energy/bounded.hpp"

namespace systole {

/// An energy in pJ, with the lowest and highest value that its sources leave open.
struct Energy {
  double pj = 0;
  double low_pj = 0;
  double high_pj = 0;

  Energy() = default;
  Energy(double pj_, double low_pj_, double high_pj_)
      : pj{pj_}, low_pj{low_pj_}, high_pj{high_pj_} {}
  explicit Energy(const Bounded& picojoules)
      : pj{picojoules.value}, low_pj{picojoules.low}, high_pj{picojoules.high} {}

  Energy& operator+=(const Energy& o) {
    pj += o.pj;
    low_pj += o.low_pj;
    high_pj += o.high_pj;
    return *this;
  }
  friend Energy operator+(Energy a, const Energy& b) { return a += b; }
  friend Energy operator*(double factor, const Energy& e) {
    return {factor * e.pj, factor * e.low_pj, factor * e.high_pj};
  }
  friend bool operator==(const Energy& a, const Energy& b) {
    return a.pj == b.pj && a.low_pj == b.low_pj && a.high_pj == b.high_pj;
  }
};

}  // namespace systole
