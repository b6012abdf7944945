#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/dram/banked/address_mapping.hpp"
#include "models/dram/banked/channel.hpp"

namespace systole::dram {

/// A memory of banks, rows and JEDEC's timing, without data and without a simulation kernel: the
/// caller moves time. It does work for commands, not for cycles.
///
/// In a cycle, requests are offered first and commands start after: a request that is accepted in
/// an idle cycle t has its read of an open row in t and its data at t + CL + burst. The place of
/// a burst that leaves in t can be taken in t + 1. Calls must not go back in time.
class BankedDram {
 public:
  /// `observer` may be null; it must outlive the memory. `config` is one that load_config gave.
  explicit BankedDram(Config config, CommandObserver* observer = nullptr);

  /// Takes the request in `cycle`, or refuses it: the queue is full, or a request of the other
  /// direction waits for the same bytes. Throws std::logic_error for an address that is not
  /// in the memory or no multiple of config().request_bytes.
  bool offer(const Request& request, Cycle cycle);

  /// Simulates all cycles before `cycle`.
  void advance_to(Cycle cycle);

  /// The same, for a caller that asks nothing before: a long rest takes no longer than a short one,
  /// unless an observer is to see each refresh.
  void rest_until(Cycle cycle);

  /// What is left to a memory that nobody asks any more, after `cycle`: rows are closed with the
  /// next refresh, or at once if there is none. No request may wait. Gives back the cycle in which
  /// the last command starts, or `cycle` without any.
  Cycle come_to_rest(Cycle cycle);

  /// When the request that was just refused is worth offering again: its channel has done
  /// something. The other channels may stay behind until they are asked.
  Cycle next_chance() { return channel_of_offer().next_command() + 1; }
  /// As take_completion(), of the channel of the request offered last.
  std::optional<Completion> take_completion_beside(Cycle cycle) {
    Channel& channel = channel_of_offer();
    return channel.first_finish() <= cycle ? std::optional{channel.take_completion()}
                                           : std::nullopt;
  }

  /// The next cycle in which a command starts (refreshes too) if nothing is offered before. A
  /// refused request is worth offering again one cycle later, not sooner.
  Cycle next_command();
  /// No read or write starts before if nothing is offered before.
  Cycle next_access();

  /// When the first completion that was not taken yet is due; kNever when none is known.
  Cycle next_completion() const {
    Cycle next = kNever;
    for (const auto& channel : channels_) {
      next = std::min(next, channel->first_finish());
    }
    return next;
  }
  /// The next cycle in which something can change for the caller.
  Cycle next_event() { return std::min(next_command(), next_completion()); }
  /// Takes the first completion with finish <= `cycle`; all cycles before must be simulated.
  /// Those of one channel come in the order of their data, those of several by cycle.
  std::optional<Completion> take_completion(Cycle cycle) {
    Channel* first = channels_.front().get();
    for (const auto& channel : channels_) {
      first = channel->first_finish() < first->first_finish() ? channel.get() : first;
    }
    return first->first_finish() <= cycle ? std::optional{first->take_completion()} : std::nullopt;
  }

  /// Gives all completions that are known to `use`, which may lie in the future.
  template <typename Use>
  void take_known_completions(const Use& use) {
    for (const auto& channel : channels_) {
      while (channel->first_finish() != kNever) {
        use(channel->take_completion());
      }
    }
  }

  const Config& config() const { return config_; }
  /// Of all channels, with the background of all cycles before `now`.
  Stats stats(Cycle now) const;

 private:
  Channel& channel_of_offer() { return *channels_[bursts_.front().channel]; }
  void locate(std::uint64_t address);
  void advance_seen(Cycle cycle);

  const Config config_;
  const AddressMapping mapping_;
  const std::uint64_t capacity_bytes_;
  std::vector<std::unique_ptr<Channel>> channels_;
  // Streams stay in a page for a while: what its address says is not cut into fields again.
  const std::uint64_t page_bytes_;
  std::vector<std::uint64_t> within_page_;     // of each burst, packed
  std::uint64_t page_ = ~std::uint64_t{0};     // address of the last one,
  std::uint64_t of_page_ = 0;                  // packed
  std::vector<Location> bursts_;               // of the request being offered,
  std::uint64_t located_ = ~std::uint64_t{0};  // and its address
  CommandObserver* const observer_;
  Cycle seen_ = 0;  // the observer has been told of the commands that start before
};

}  // namespace systole::dram
