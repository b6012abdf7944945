#include "sim/program/command_numbers.hpp"

#include <type_traits>

namespace systole {

void CommandNumbers::forget() {
  kinds_ = {};
  count_ = 0;
  bytes_ = 0;
}

std::uint32_t CommandNumbers::of(const Command& command) {
  return std::visit(
      [&](const auto& body) {
        auto& kind = std::get<Kind<std::decay_t<decltype(body)>>>(kinds_);
        const auto reduced = key_.reduced(body);
        if (kind.last == nullptr || !Equal{}(kind.last->first, reduced)) {
          const auto [known, is_new] = kind.numbers.try_emplace(reduced, count_);
          if (is_new) {
            ++count_;
            bytes_ += sizeof *known;
          }
          kind.last = &*known;
        }
        return kind.last->second;
      },
      command.body);
}

}  // namespace systole
