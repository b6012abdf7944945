#include "models/dram/banked/banked_dram.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace systole::dram {

BankedDram::BankedDram(const Config& config, CommandObserver* observer)
    : config_{config}, mapping_{config_}, bursts_(config_.bursts_per_request()) {
  for (std::uint32_t i = 0; i < config_.organization.channels; ++i) {
    channels_.push_back(std::make_unique<Channel>(config_, i, observer));
  }
}

bool BankedDram::offer(const Request& request, Cycle cycle) {
  if (request.address % config_.request_bytes != 0 ||
      request.address >= config_.organization.capacity_bytes()) {
    throw std::invalid_argument{fmt::format("address {:#x}: expected a multiple of {} below {:#x}",
                                            request.address, config_.request_bytes,
                                            config_.organization.capacity_bytes())};
  }
  std::uint64_t address = request.address;
  for (auto& place : bursts_) {
    place = mapping_.locate(address);
    address += config_.organization.burst_bytes();
  }
  Channel& channel = *channels_[bursts_.front().channel];
  channel.advance_to(cycle);
  return channel.accept(request, bursts_, cycle);
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

Cycle BankedDram::next_completion() const {
  Cycle next = kNever;
  for (const auto& channel : channels_) {
    if (!channel->completions().empty()) {
      next = std::min(next, channel->completions().front().finish);
    }
  }
  return next;
}

std::optional<Completion> BankedDram::take_completion(Cycle cycle) {
  Channel* first = nullptr;
  for (auto& channel : channels_) {
    if (!channel->completions().empty() &&
        (first == nullptr ||
         channel->completions().front().finish < first->completions().front().finish)) {
      first = channel.get();
    }
  }
  if (first == nullptr || first->completions().front().finish > cycle) {
    return std::nullopt;
  }
  const Completion done = first->completions().front();
  first->completions().pop_front();
  return done;
}

Stats BankedDram::stats(Cycle now) const {
  Stats sum;
  for (const auto& channel : channels_) {
    sum += channel->stats(now);
  }
  return sum;
}

}  // namespace systole::dram
