#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/kernel/invariant.hpp"
#include "sim/kernel/systemc.hpp"

namespace systole {

/// What runs once a cycle.
class Ticking {
 public:
  virtual void tick() = 0;

 protected:
  Ticking() = default;
  ~Ticking() = default;
  Ticking(const Ticking&) = default;
  Ticking& operator=(const Ticking&) = default;
};

/// The core clock: one event, one process and one cycle number per period. The process calls every
/// block, so that the kernel schedules one activation a cycle and not one a block
/// (sim/notes/0001-clocking.md). A period is 1024 ps of simulated time whatever the frequency, so
/// that every count is in cycles and a cycle number costs a shift; reports turn cycles into
/// seconds.
class Clock final : public sc_core::sc_module {
 public:
  SYSTOLE_HAS_PROCESS(Clock);
  explicit Clock(const sc_core::sc_module_name& name) : sc_module{name} {
    SC_METHOD(rise);
    sensitive << edge_;
    dont_initialize();
    invariant(period_.value() == kPeriodPs, *this, "a time resolution that is not SystemC's");
    edge_.notify(period_);
  }

  /// `block` runs in every cycle. As with an event's processes, that changes nothing of the clock.
  void attach(Ticking& block) const { blocks_.push_back(&block); }

  /// `observer` runs in every cycle when all blocks have.
  void attach_observer(Ticking& observer) const { observers_.push_back(&observer); }

  /// For tests: the last block runs first, which must not change a cycle.
  void reverse_blocks() const { std::reverse(blocks_.begin(), blocks_.end()); }

  static sc_core::sc_time period() { return {kPeriodPs, sc_core::SC_PS}; }

  /// Number of the current cycle; all that runs on this edge sees the same.
  static std::uint64_t now() {
    static const sc_core::sc_time& time = sc_core::sc_time_stamp();  // the kernel's own variable
    return time.value() / kPeriodPs;
  }

 private:
  static constexpr std::uint64_t kPeriodPs = 1024;  // SystemC's resolution is 1 ps

  void rise() {
    edge_.notify(period_);
    for (Ticking* const block : blocks_) {
      block->tick();
    }
    for (Ticking* const observer : observers_) {
      observer->tick();
    }
  }

  const sc_core::sc_time period_ = period();
  sc_core::sc_event edge_{"edge"};
  mutable std::vector<Ticking*> blocks_;
  mutable std::vector<Ticking*> observers_;
};

}  // namespace systole
