#pragma once

#include <cstdint>
#include <functional>

#include "sim/kernel/clocked_module.hpp"

namespace systole {

/// Pauses the kernel when the machine has nothing left to do or makes no progress. It looks at the
/// machine in a step of its own after the blocks of the same cycle have run, so that it sees a
/// whole cycle.
class Monitor final : public sc_core::sc_module {
 public:
  enum class State { Running, Idle, Stuck };

  SYSTOLE_HAS_PROCESS(Monitor);
  Monitor(const sc_core::sc_module_name& name, const Clock& clock, std::function<bool()> idle,
          std::function<std::uint64_t()> progress)
      : sc_module{name}, idle_{std::move(idle)}, progress_{std::move(progress)} {
    SC_METHOD(after_edge);
    sensitive << clock.edge();
    dont_initialize();
    SC_METHOD(look);
    sensitive << look_;
    dont_initialize();
  }

  void start(std::uint64_t patience_cycles) {
    state_ = State::Running;
    patience_ = patience_cycles;
    last_progress_cycle_ = Clock::now();
  }

  State state() const { return state_; }

 private:
  void after_edge() { look_.notify(sc_core::SC_ZERO_TIME); }

  void look() {
    if (idle_()) {
      state_ = State::Idle;
      sc_core::sc_pause();
      return;
    }
    const std::uint64_t progress = progress_();
    if (progress != last_progress_) {
      last_progress_ = progress;
      last_progress_cycle_ = Clock::now();
    } else if (Clock::now() - last_progress_cycle_ >= patience_) {
      state_ = State::Stuck;
      sc_core::sc_pause();
    }
  }

  std::function<bool()> idle_;
  std::function<std::uint64_t()> progress_;
  sc_core::sc_event look_{"look_event"};
  State state_ = State::Idle;
  std::uint64_t patience_ = 0;
  std::uint64_t last_progress_ = 0;
  std::uint64_t last_progress_cycle_ = 0;
};

}  // namespace systole
