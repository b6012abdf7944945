#include "sim/program/command_numbers.hpp"

#include <algorithm>

namespace systole {
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
  const auto [known, is_new] =
      numbers_.try_emplace(words_, static_cast<std::uint32_t>(numbers_.size()));
  if (is_new) {
    bytes_ += sizeof *known + words_.size() * sizeof words_.front();
  }
  last.number = known->second;
  return last.number;
}

}  // namespace systole
