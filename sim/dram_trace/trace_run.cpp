#include "sim/dram_trace/trace_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace systole {
namespace {

// Without a request that is accepted or completed. A burst that waits for max_wait (10^7 at most)
// goes first, and then each refresh (10^5 apart at most) lets one through at least: the 2048 of
// full queues take less than half of this.
constexpr dram::Cycle kLongestSilence = 1'000'000'000;

// Before a request that comes later than this all channels are worth looking at.
constexpr dram::Cycle kLongRest = 1'000'000;

/// How often each latency occurred.
class Histogram {
 public:
  void add(std::uint64_t latency) {
    if (latency >= counts_.size()) {
      counts_.resize(latency + 1);
    }
    ++counts_[latency];
    ++samples_;
    sum_ += latency;
  }

  LatencySummary summary() const {
    if (samples_ == 0) {
      return {};
    }
    return {static_cast<double>(sum_) / static_cast<double>(samples_), rank(0), rank(samples_ / 2),
            rank(samples_ * 99 / 100), rank(samples_ - 1)};
  }

 private:
  /// The latency that `position` samples are not above.
  std::uint64_t rank(std::uint64_t position) const {
    std::uint64_t latency = 0;
    for (std::uint64_t seen = counts_[0]; seen <= position; seen += counts_[latency]) {
      ++latency;
    }
    return latency;
  }

  std::vector<std::uint64_t> counts_;
  std::uint64_t samples_ = 0;
  std::uint64_t sum_ = 0;
};

/// The state of one run: time, what is in flight, what was measured.
class Driver {
 public:
  Driver(const dram::Config& memory, const TraceRunOptions& options,
         dram::CommandObserver* observer)
      : memory_{memory, observer},
        offers_per_cycle_{memory.organization.channels},
        most_reads_{options.max_outstanding_reads == 0 ? ~std::uint64_t{0}
                                                       : options.max_outstanding_reads},
        channels_apart_{observer == nullptr && options.max_outstanding_reads == 0} {}

  void submit(const TraceRequest& request) {
    if (request.arrival > cycle_) {
      if (request.arrival - cycle_ > kLongRest) {
        memory_.rest_until(request.arrival);
      }
      go_to(request.arrival);
    }
    progress_ = cycle_;
    if (offers_ == offers_per_cycle_) {
      go_to(cycle_ + 1);
    }
    while (!try_offer(request)) {
      if (channels_apart_) {
        cycle_ = checked(std::max(cycle_ + 1, memory_.next_chance()));
        offers_ = 0;
      } else {
        wait();
      }
    }
    if (channels_apart_) {
      while (const auto done = memory_.take_completion_beside(cycle_)) {
        take(*done);
      }
    }
    ++offers_;
    ++accepted_;
    progress_ = cycle_;
    reads_in_flight_ += request.write ? 0 : 1;
  }

  TraceRunResult finish() {
    catch_up();
    while (completed_ < accepted_) {
      wait();
      catch_up();
    }
    const dram::Config& config = memory_.config();
    TraceRunResult result;
    result.requests = accepted_;
    result.bytes = accepted_ * config.request_bytes;
    result.cycles = memory_.stats(cycle_).last_data;
    result.stats = memory_.stats(result.cycles);
    result.energy = dram::energy_of(result.stats, config);
    result.read_latency = latencies_.summary();
    return result;
  }

 private:
  bool try_offer(const TraceRequest& request) {
    if (!request.write && reads_in_flight_ >= most_reads_) {
      return false;
    }
    return memory_.offer({request.address, request.write, accepted_}, cycle_);
  }

  void go_to(dram::Cycle cycle) {
    cycle_ = cycle;
    offers_ = 0;
    if (!channels_apart_) {
      catch_up();
    }
  }

  void catch_up() {
    memory_.advance_to(cycle_);
    take_completions();
  }

  /// To the next cycle in which an offer can have another answer.
  void wait() {
    const dram::Cycle command = memory_.next_command();
    const dram::Cycle data = memory_.next_completion();
    go_to(checked(
        std::max(cycle_ + 1, std::min(command == dram::kNever ? command : command + 1, data))));
  }

  /// Throws std::logic_error if the memory serves nothing any more.
  dram::Cycle checked(dram::Cycle next) const {
    if (next - progress_ > kLongestSilence) {
      throw std::logic_error{
          fmt::format("the memory is stuck: no request was accepted or completed in {} cycles from "
                      "cycle {} on",
                      kLongestSilence, progress_)};
    }
    return next;
  }

  void take_completions() {
    while (const auto done = memory_.take_completion(cycle_)) {
      take(*done);
    }
  }

  void take(const dram::Completion& done) {
    ++completed_;
    progress_ = cycle_;
    if (!done.write) {
      --reads_in_flight_;
      latencies_.add(done.finish - done.arrival);
    }
  }

  dram::BankedDram memory_;
  const std::uint32_t offers_per_cycle_;
  const std::uint64_t most_reads_;
  const bool channels_apart_;  // nobody sees whether all have come to the same cycle
  dram::Cycle cycle_ = 0;
  dram::Cycle progress_ = 0;  // when a request was last accepted or completed
  std::uint32_t offers_ = 0;  // accepted in this cycle
  std::uint64_t accepted_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t reads_in_flight_ = 0;
  Histogram latencies_;
};

}  // namespace

TraceRunResult run_dram_trace(const dram::Config& memory, const RequestSource& requests,
                              const TraceRunOptions& options, dram::CommandObserver* observer) {
  Driver driver{memory, options, observer};
  while (const auto request = requests()) {
    driver.submit(*request);
  }
  return driver.finish();
}

}  // namespace systole
