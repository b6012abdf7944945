#pragma once

#include <cstdint>

#include "sim/kernel/systemc.hpp"

namespace systole {

/// The core clock: one event and one cycle number per period. A period is one nanosecond of
/// simulated time whatever the frequency, so that every count is in cycles; reports turn cycles
/// into seconds. One event a cycle instead of sc_clock's two edges and two signal updates halves
/// the kernel's share of a cycle.
class Clock final : public sc_core::sc_module {
 public:
  SYSTOLE_HAS_PROCESS(Clock);
  explicit Clock(const sc_core::sc_module_name& name) : sc_module{name} {
    SC_METHOD(rise);
    sensitive << edge_;
    dont_initialize();
    edge_.notify(period());
  }

  const sc_core::sc_event& edge() const { return edge_; }

  static sc_core::sc_time period() { return {1, sc_core::SC_NS}; }

  /// Number of the current cycle; every process that runs on this edge sees the same.
  static std::uint64_t now() {
    static const std::uint64_t period_value = period().value();
    return sc_core::sc_time_stamp().value() / period_value;
  }

 private:
  void rise() { edge_.notify(period()); }

  sc_core::sc_event edge_{"edge"};
};

}  // namespace systole
