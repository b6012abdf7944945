#include "sim/top/segments.hpp"

#include <algorithm>
#include <variant>

namespace systole {
namespace {

// Few enough to come again often, and enough to be worth a state.
constexpr std::uint32_t kLeast = 8;
constexpr std::uint32_t kLeastOfFolds = 32;
constexpr std::uint32_t kMost = 48;
// Of commands of one kind, one behind the other.
constexpr std::uint32_t kPiece = 16;

bool of_fold(const Command& command) {
  return std::holds_alternative<PreloadCommand>(command.body) ||
         std::holds_alternative<ComputeCommand>(command.body);
}

bool brings_weights(const Command& command) {
  const auto* const preload = std::get_if<PreloadCommand>(&command.body);
  return preload != nullptr && preload->new_weights;
}

/// Of each command, how many of its kind stand directly before it.
std::vector<std::uint32_t> alike_before(const std::vector<Command>& commands) {
  std::vector<std::uint32_t> before(commands.size());
  for (std::size_t i = 1; i < commands.size(); ++i) {
    const bool alike = commands[i].body.index() == commands[i - 1].body.index();
    before[i] = alike ? before[i - 1] + 1 : 0;
  }
  return before;
}

}  // namespace

void Segments::begin_program(const PackedCommands& commands) {
  commands_ = &commands;
  stops_.clear();
  stops_.resize(commands.shared().size());
  for (std::uint32_t of = 0; of < stops_.size(); ++of) {
    if (commands.like(of) != of) {
      continue;
    }
    const PackedCommands::Shared& shared = commands.shared()[of];
    std::vector<Stop>& stops = stops_[of];
    stops.resize(shared->size());
    const std::vector<std::uint32_t> before = alike_before(*shared);
    Stop next{~0U, ~0U};
    for (std::size_t i = shared->size(); i-- > 0;) {
      const Command& command = (*shared)[i];
      const auto here = static_cast<std::uint32_t>(i);
      if (!of_fold(command)) {
        next = before[i] % kPiece == 0 ? Stop{here, here} : next;
      } else if (brings_weights(command)) {
        next.weights = here;
      }
      stops[i] = next;
    }
  }
  run_ = 0;
  taken_of_run_ = 0;
  at_ = 0;
  count_ = 0;
}

void Segments::take() {
  at_ = end();
  count_ = 0;
  parts_.clear();
  const std::vector<PackedCommands::Run>& runs = commands_->runs();
  while (run_ < runs.size() && count_ < kMost) {
    const PackedCommands::Run& run = runs[run_];
    const std::vector<Stop>& stops = stops_[commands_->like(run.of)];
    const std::uint32_t first = run.first + taken_of_run_;
    const std::uint32_t most = std::min(run.first + run.count, first + kMost - count_);
    const std::uint32_t least = first + kLeast - std::min(count_, kLeast);
    const std::uint32_t least_of_folds = first + kLeastOfFolds - std::min(count_, kLeastOfFolds);
    std::uint32_t end = most;
    if (least < most) {
      end = std::min(end, stops[least].other);
    }
    if (least_of_folds < most) {
      end = std::min(end, stops[least_of_folds].weights);
    }
    if (end > first) {
      parts_.push_back({run.of, first, end - first});
    }
    count_ += end - first;
    taken_of_run_ += end - first;
    if (taken_of_run_ == run.count) {
      ++run_;
      taken_of_run_ = 0;
    }
    if (end < most) {
      return;
    }
  }
}

}  // namespace systole
