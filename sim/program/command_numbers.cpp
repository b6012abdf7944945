#include "sim/program/command_numbers.hpp"

namespace systole {

void CommandNumbers::forget() {
  numbers_.clear();
  last_.fill(nullptr);
  bytes_ = 0;
}

/// A command is often like the one of its kind before.
std::uint32_t CommandNumbers::of(const Command& command) {
  words_.clear();
  key_.append(command, words_);
  const Numbers::value_type*& last = last_.at(command.body.index());
  if (last == nullptr || last->first != words_) {
    const auto [known, is_new] =
        numbers_.try_emplace(words_, static_cast<std::uint32_t>(numbers_.size()));
    if (is_new) {
      bytes_ += sizeof *known + words_.size() * sizeof words_.front();
    }
    last = &*known;
  }
  return last->second;
}

}  // namespace systole
