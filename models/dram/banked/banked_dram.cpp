#include "models/dram/banked/banked_dram.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "sim/network/ceil_div.hpp"

namespace systole::dram {
namespace {

constexpr std::uint64_t kPage = 4096;
// Cycles that an observer sees of one channel before the next: what it has to put in order.
constexpr Cycle kSeenAtOnce = 16384;

}  // namespace

BankedDram::BankedDram(Config config, CommandObserver* observer)
    : config_{std::move(config)},
      mapping_{config_},
      capacity_bytes_{config_.organization.capacity_bytes()},
      page_bytes_{std::max<std::uint64_t>(config_.request_bytes, std::min(capacity_bytes_, kPage))},
      bursts_(config_.bursts_per_request()),
      observer_{observer} {
  for (std::uint64_t at = 0; at < page_bytes_; at += config_.organization.burst_bytes()) {
    within_page_.push_back(mapping_.pack(at));
  }
  for (std::uint32_t i = 0; i < config_.organization.channels; ++i) {
    channels_.push_back(std::make_unique<Channel>(config_, i, observer));
  }
}

bool BankedDram::offer(const Request& request, Cycle cycle) {
  if (request.address != located_) {  // a refused one comes again
    locate(request.address);
  }
  Channel& channel = channel_of_offer();
  if (observer_ != nullptr) {
    advance_to(cycle);
  } else {
    channel.advance_to(cycle);
  }
  return channel.accept(request, bursts_, cycle);
}

void BankedDram::locate(std::uint64_t address) {
  if ((address & (config_.request_bytes - 1)) != 0 || address >= capacity_bytes_) {
    throw std::logic_error{fmt::format("address {:#x}: expected a multiple of {} below {:#x}",
                                       address, config_.request_bytes, capacity_bytes_)};
  }
  located_ = address;
  const std::uint64_t within = address & (page_bytes_ - 1);
  if (address - within != page_) {
    page_ = address - within;
    of_page_ = mapping_.pack(page_);
  }
  const std::uint64_t* burst = &within_page_[mapping_.burst_of(within)];
  for (Location& place : bursts_) {
    place = AddressMapping::unpack(of_page_ | *burst++);
  }
}

void BankedDram::advance_to(Cycle cycle) {
  if (observer_ != nullptr) {
    advance_seen(cycle);
    return;
  }
  for (auto& channel : channels_) {
    channel->advance_to(cycle);
  }
}

void BankedDram::rest_until(Cycle cycle) {
  if (observer_ != nullptr) {
    advance_seen(cycle);
    return;
  }
  for (auto& channel : channels_) {
    channel->rest_until(cycle);
  }
}

/// All channels together and by a few cycles at a time, so that what an observer has to put in
/// order is bounded, however long nothing happened.
void BankedDram::advance_seen(Cycle cycle) {
  while (seen_ < cycle) {
    seen_ = std::min(cycle, seen_ + kSeenAtOnce);
    for (auto& channel : channels_) {
      channel->advance_to(seen_);
    }
    observer_->on_settled(seen_);
  }
}

Cycle BankedDram::come_to_rest(Cycle cycle) {
  const Cycle refi = config_.timing.refi;
  std::uint64_t refreshes = 0;  // of all units, when the next one of each is over
  if (refi != 0) {
    refreshes = ceil_div(cycle, refi) * config_.organization.units() * channels_.size();
  } else {
    for (auto& channel : channels_) {
      channel->close_rows(cycle);
    }
  }
  const auto at_rest = [&] {
    return refi != 0 ? stats(cycle).refreshes >= refreshes : next_command() == kNever;
  };
  Cycle last = cycle;
  while (!at_rest()) {
    last = next_command();
    advance_to(last + 1);
  }
  return last;
}

Cycle BankedDram::next_command() {
  Cycle next = kNever;
  for (auto& channel : channels_) {
    next = std::min(next, channel->next_command());
  }
  return next;
}

Cycle BankedDram::next_access() {
  Cycle next = kNever;
  for (auto& channel : channels_) {
    next = std::min(next, channel->next_access());
  }
  return next;
}

Stats BankedDram::stats(Cycle now) const {
  Stats sum;
  for (const auto& channel : channels_) {
    sum += channel->stats(now);
  }
  return sum;
}

}  // namespace systole::dram
