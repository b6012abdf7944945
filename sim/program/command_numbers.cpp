#include "sim/program/command_numbers.hpp"

#include <algorithm>

namespace systole {
namespace {

std::uint64_t hash_of(const std::vector<std::uint32_t>& words) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
  std::uint64_t hash = words.size();
  for (const std::uint32_t word : words) {
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 32U;
  }
  return hash;
}

}  // namespace

void CommandNumbers::begin_program() { std::fill(places_.begin(), places_.end(), Place{}); }

void CommandNumbers::forget() {
  begin_program();
  numbers_.clear();
  last_.fill({});
  bytes_ = 0;
}

/// A command is often like the one of its kind before.
std::uint32_t CommandNumbers::number_of_key(const Command& command) {
  words_.clear();
  key_.append(command, words_);
  Known& last = last_.at(command.body.index());
  if (last.words == words_) {
    return last.number;
  }
  last.words = words_;
  const auto same = numbers_.equal_range(hash_of(words_));
  const auto known = std::find_if(same.first, same.second, [this](const auto& candidate) {
    return candidate.second.words == words_;
  });
  if (known != same.second) {
    last.number = known->second.number;
    return last.number;
  }
  last.number = static_cast<std::uint32_t>(numbers_.size());
  numbers_.emplace(hash_of(words_), last);
  bytes_ += sizeof(decltype(numbers_)::value_type) + words_.size() * sizeof words_.front();
  return last.number;
}

}  // namespace systole
