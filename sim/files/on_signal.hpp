#pragma once

#include <array>
#include <csignal>

namespace systole {

/// With which a terminal, a batch system or a limit (of time, of a file's size) ends a program, and
/// a reader that is gone. Others come from faults, which leave things as they are, or from nobody.
inline constexpr std::array kEndingSignals = {SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
                                              SIGPIPE, SIGXCPU, SIGXFSZ};

/// Holds these signals back from this thread while it lives.
class SignalsHeldBack {
 public:
  SignalsHeldBack();
  ~SignalsHeldBack();
  SignalsHeldBack(const SignalsHeldBack&) = delete;
  SignalsHeldBack& operator=(const SignalsHeldBack&) = delete;

 private:
  sigset_t before_{};
};

/// While it lives, one of these signals first calls its action, then does what it did before any of
/// these objects; of several the youngest one's comes first. A signal that is ignored stays so.
/// Actions run in a handler and may call what is safe there alone. Of each there is one object at a
/// time, and no more than four in all.
class OnSignal {
 public:
  enum class When {
    ItEnds,  ///< only of a signal that ends the program: none that somebody else handles
    Always,
  };
  OnSignal(void (*action)(), When when);
  ~OnSignal();
  OnSignal(const OnSignal&) = delete;
  OnSignal& operator=(const OnSignal&) = delete;

 private:
  void (*const action_)();
};

}  // namespace systole
