#include "models/dram/banked/banked_dram.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace systole::dram {

BankedDram::BankedDram(Config config, CommandObserver* observer)
    : config_{std::move(config)},
      mapping_{config_},
      capacity_bytes_{config_.organization.capacity_bytes()},
      burst_bytes_{config_.organization.burst_bytes()},
      bursts_(config_.bursts_per_request()) {
  for (std::uint32_t i = 0; i < bursts_.size(); ++i) {
    within_request_.push_back(mapping_.locate(std::uint64_t{i} * burst_bytes_));
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
  channel.advance_to(cycle);
  return channel.accept(request, bursts_, cycle);
}

void BankedDram::locate(std::uint64_t address) {
  if ((address & (config_.request_bytes - 1)) != 0 || address >= capacity_bytes_) {
    throw std::invalid_argument{fmt::format("address {:#x}: expected a multiple of {} below {:#x}",
                                            address, config_.request_bytes, capacity_bytes_)};
  }
  located_ = address;
  const Location first = mapping_.locate(address);
  for (std::size_t i = 0; i < bursts_.size(); ++i) {  // the bits of a request's start are all 0
    const Location& on = within_request_[i];
    bursts_[i] = {first.channel, first.bank | on.bank, first.row | on.row,
                  first.column | on.column};
  }
}

void BankedDram::advance_to(Cycle cycle) {
  for (auto& channel : channels_) {
    channel->advance_to(cycle);
  }
}

Cycle BankedDram::next_command() {
  Cycle next = kNever;
  for (auto& channel : channels_) {
    next = std::min(next, channel->next_command());
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
