#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/wire.hpp"
#include "tests/support/sim_test.hpp"

namespace systole::test {

template <typename T>
struct Timed {
  std::uint64_t cycle = 0;
  T item{};
};

/// A queue into a block. Each item is pushed in its cycle, or as soon after as there is room.
template <typename T>
class Feed final : public ClockedModule {
 public:
  Feed(const char* name, const Clock& clock, FifoIn<T>& port, std::size_t depth = 8)
      : ClockedModule{sc_core::sc_module_name{name}, clock},
        fifo_{(std::string{name} + "_fifo").c_str(), depth} {
    port(fifo_);
  }

  void at(std::uint64_t cycle, T item) { plan_.push_back({cycle, std::move(item)}); }

  std::vector<std::uint64_t> pushed;  ///< cycles of the pushes

 private:
  void tick() override {
    if (!plan_.empty() && plan_.front().cycle <= now() && fifo_.can_push()) {
      fifo_.push(std::move(plan_.front().item));
      plan_.pop_front();
      pushed.push_back(now());
    }
  }

  Fifo<T> fifo_;
  std::deque<Timed<T>> plan_;
};

/// A queue out of a block. It is emptied each cycle, so that an item's cycle is that of its push;
/// until `hold_until` it is left alone.
template <typename T>
class Drain final : public ClockedModule {
 public:
  Drain(const char* name, const Clock& clock, FifoOut<T>& port, std::size_t depth = 8)
      : ClockedModule{sc_core::sc_module_name{name}, clock},
        fifo_{(std::string{name} + "_fifo").c_str(), depth} {
    port(fifo_);
  }

  std::vector<Timed<T>> got;
  std::uint64_t hold_until = 0;

  std::vector<std::uint64_t> cycles() const {
    std::vector<std::uint64_t> all;
    for (const Timed<T>& timed : got) {
      all.push_back(timed.cycle);
    }
    return all;
  }

 private:
  void tick() override {
    while (now() >= hold_until && fifo_.can_pop()) {
      got.push_back({now() - 1, fifo_.pop()});
    }
  }

  Fifo<T> fifo_;
};

/// What a neighbour does with the requests of a block: in the cycle in which it sees one, it
/// notes when it was pushed and calls `answer` if there is one.
template <typename Request, typename Response>
class Neighbour final : public ClockedModule {
 public:
  Neighbour(const char* name, const Clock& clock, FifoOut<Request>& requests,
            FifoIn<Response>& responses)
      : ClockedModule{sc_core::sc_module_name{name}, clock},
        requests_{(std::string{name} + "_requests").c_str(), 2},
        responses_{(std::string{name} + "_responses").c_str(), 64} {
    requests(requests_);
    responses(responses_);
  }

  /// Whether `request` is answered, and with what, `delay` cycles after it was seen.
  std::function<bool(const Request&, Response&)> answer = [](const Request&, Response&) {
    return true;
  };
  std::uint64_t delay = 0;
  std::uint64_t hold_until = 0;  ///< requests are left alone until then
  std::vector<Timed<Request>> got;

  std::vector<std::uint64_t> cycles() const {
    std::vector<std::uint64_t> all;
    for (const Timed<Request>& timed : got) {
      all.push_back(timed.cycle);
    }
    return all;
  }

 private:
  void tick() override {
    if (now() >= hold_until && requests_.can_pop()) {
      Request request = requests_.pop();
      Response response;
      if (answer(request, response)) {
        due_.push_back({now() + delay, response});
      }
      got.push_back({now() - 1, std::move(request)});
    }
    if (!due_.empty() && due_.front().cycle <= now()) {
      responses_.push(std::move(due_.front().item));
      due_.pop_front();
    }
  }

  Fifo<Request> requests_;
  Fifo<Response> responses_;
  std::deque<Timed<Response>> due_;
};

/// A count of the sequencer's: one more in each of the given cycles, to be seen from the next on.
class Tally final : public ClockedModule {
 public:
  Tally(const char* name, const Clock& clock)
      : ClockedModule{sc_core::sc_module_name{name}, clock} {}

  void at(std::uint64_t cycle) { plan_.push_back(cycle); }

  Wire<std::uint64_t> count{0};

 private:
  void tick() override {
    for (; !plan_.empty() && plan_.front() <= now(); plan_.pop_front()) {
      count.write(count.latest() + 1);
    }
  }

  std::deque<std::uint64_t> plan_;
};

/// A local memory: serves a write in the cycle after its push. A command is counted as completed in
/// the cycle after its last write.
class WriteSink final : public ClockedModule {
 public:
  WriteSink(const char* name, const Clock& clock, FifoOut<LocalWrite>& port, Tally& completed)
      : ClockedModule{sc_core::sc_module_name{name}, clock},
        fifo_{(std::string{name} + "_fifo").c_str(), 2},
        completed_{completed} {
    port(fifo_);
  }

  std::vector<Timed<LocalWrite>> got;

  std::vector<std::uint64_t> cycles() const {
    std::vector<std::uint64_t> all;
    for (const Timed<LocalWrite>& timed : got) {
      all.push_back(timed.cycle);
    }
    return all;
  }

 private:
  void tick() override {
    if (fifo_.can_pop()) {
      got.push_back({now() - 1, fifo_.pop()});
      if (got.back().item.last) {
        completed_.at(now() + 1);
      }
    }
  }

  Fifo<LocalWrite> fifo_;
  Tally& completed_;
};

using Cycles = std::vector<std::uint64_t>;

/// first, first + step, ...
inline Cycles every(std::uint64_t step, std::uint64_t first, std::size_t count) {
  Cycles cycles;
  for (std::size_t i = 0; i < count; ++i) {
    cycles.push_back(first + i * step);
  }
  return cycles;
}

}  // namespace systole::test
