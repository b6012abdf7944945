#include "sim/files/on_signal.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <stdexcept>

namespace systole {
namespace {

constexpr std::size_t kMostActions = 4;

struct Action {
  void (*call)();
  OnSignal::When when;
};

// A handler is given nothing but the signal's number: what there is to do stands here.
std::array<Action, kMostActions> actions;
std::atomic<std::size_t> count{0};
std::array<struct sigaction, kEndingSignals.size()> before;

extern "C" void act_and_pass_on(int signal) {
  const int error = errno;  // of what it interrupts
  const auto i = static_cast<std::size_t>(
      std::find(kEndingSignals.begin(), kEndingSignals.end(), signal) - kEndingSignals.begin());
  for (std::size_t a = count; a-- > 0;) {
    if (actions[a].when == OnSignal::When::Always || before[i].sa_handler == SIG_DFL) {
      actions[a].call();
    }
  }
  ::sigaction(signal, &before[i], nullptr);
  ::raise(signal);  // comes when this returns
  errno = error;
}

sigset_t all_signals() {
  sigset_t all{};
  sigemptyset(&all);
  for (const int signal : kEndingSignals) {
    sigaddset(&all, signal);
  }
  return all;
}

void handle_signals() {
  for (std::size_t i = 0; i < kEndingSignals.size(); ++i) {
    ::sigaction(kEndingSignals[i], nullptr, &before[i]);
    if (before[i].sa_handler != SIG_IGN) {
      struct sigaction action {};
      action.sa_handler = act_and_pass_on;
      action.sa_mask = all_signals();
      ::sigaction(kEndingSignals[i], &action, nullptr);
    }
  }
}

void leave_signals() {
  for (std::size_t i = 0; i < kEndingSignals.size(); ++i) {
    struct sigaction now {};
    ::sigaction(kEndingSignals[i], nullptr, &now);
    if (now.sa_handler == act_and_pass_on) {  // else somebody has taken it since
      ::sigaction(kEndingSignals[i], &before[i], nullptr);
    }
  }
}

}  // namespace

SignalsHeldBack::SignalsHeldBack() {
  const sigset_t ours = all_signals();
  ::pthread_sigmask(SIG_BLOCK, &ours, &before_);
}

SignalsHeldBack::~SignalsHeldBack() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

OnSignal::OnSignal(void (*action)(), When when) : action_{action} {
  const SignalsHeldBack held;
  if (count == kMostActions) {
    throw std::logic_error{"too many actions on signals"};
  }
  actions[count] = {action, when};
  if (count++ == 0) {
    handle_signals();
  }
}

OnSignal::~OnSignal() {
  const SignalsHeldBack held;
  const auto end = actions.begin() + static_cast<std::ptrdiff_t>(count.load());
  const auto left = std::remove_if(actions.begin(), end,
                                   [&](const Action& action) { return action.call == action_; });
  count = static_cast<std::size_t>(left - actions.begin());
  if (count == 0) {
    leave_signals();
  }
}

}  // namespace systole
