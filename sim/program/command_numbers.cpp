#include "sim/program/command_numbers.hpp"

#include "sim/program/command_fields.hpp"

namespace systole {

void CommandNumbers::forget() {
  numbers_.clear();
  last_.fill({});
  bytes_ = 0;
}

std::uint32_t CommandNumbers::of(const Command& command) {
  return std::visit(
      [&](const auto& body) {
        const auto reduced = key_.reduced(body);
        Last& last = last_[command.body.index()];
        const auto* const before = std::get_if<std::decay_t<decltype(body)>>(&last.reduced);
        if (!last.is_known || fields(*before) != fields(reduced)) {
          last = {true, reduced, find(command)};
        }
        return last.number;
      },
      command.body);
}

std::uint32_t CommandNumbers::find(const Command& command) {
  words_.clear();
  key_.append(command, words_);
  const auto [known, is_new] =
      numbers_.try_emplace(words_, static_cast<std::uint32_t>(numbers_.size()));
  if (is_new) {
    bytes_ += sizeof *known + words_.size() * sizeof words_.front();
  }
  return known->second;
}

}  // namespace systole
