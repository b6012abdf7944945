#pragma once

#include <cstdint>
#include <functional>

#include "sim/kernel/clock.hpp"

namespace systole {

/// Pauses the kernel when the machine has nothing left to do or makes no progress. It looks at the
/// machine when the blocks of the same cycle have run, so that it sees a whole cycle.
class Monitor final : public sc_core::sc_module, private Ticking {
 public:
  enum class State { Running, Idle, Stuck };

  Monitor(const sc_core::sc_module_name& name, const Clock& clock, std::function<bool()> idle,
          std::function<std::uint64_t()> progress)
      : sc_module{name}, idle_{std::move(idle)}, progress_{std::move(progress)} {
    clock.attach_observer(*this);
  }

  void start(std::uint64_t patience_cycles) {
    state_ = State::Running;
    patience_ = patience_cycles;
    last_progress_cycle_ = Clock::now();
    next_look_ = 0;
  }

  State state() const { return state_; }

 private:
  void tick() override {
    if (idle_()) {
      state_ = State::Idle;
      sc_core::sc_pause();
      return;
    }
    if (Clock::now() < next_look_) {
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
    next_look_ = Clock::now() + 1 + patience_ / kLooks;
  }

  static constexpr std::uint64_t kLooks = 64;  // at the progress, until patience ends

  std::function<bool()> idle_;
  std::function<std::uint64_t()> progress_;
  State state_ = State::Idle;
  std::uint64_t patience_ = 0;
  std::uint64_t last_progress_ = 0;
  std::uint64_t last_progress_cycle_ = 0;  // of the look that saw it
  std::uint64_t next_look_ = 0;
};

}  // namespace systole
