#include "sim/top/segments.hpp"

#include <algorithm>
#include <variant>

namespace systole {
namespace {

// Few enough to come again often, and enough to be worth a state. The second one: before folds.
constexpr std::uint32_t kLeast = 8;
constexpr std::uint32_t kLeastOfFolds = 16;
constexpr std::uint32_t kMost = 64;
// Commands of a piece: of one kind, or of folds up to the next that brings weights.
constexpr std::uint32_t kPiece = 16;
constexpr std::uint32_t kPieceOfFolds = 32;

bool of_fold(const Command& command) {
  return std::holds_alternative<PreloadCommand>(command.body) ||
         std::holds_alternative<ComputeCommand>(command.body);
}

bool brings_weights(const Command& command) {
  const auto* const preload = std::get_if<PreloadCommand>(&command.body);
  return preload != nullptr && preload->new_weights;
}

bool alike(const Command& a, const Command& b) {
  return of_fold(a) ? of_fold(b) : a.body.index() == b.body.index();
}

/// Of each command of a list, whether a piece begins there.
std::vector<bool> piece_begins(const std::vector<Command>& commands) {
  std::vector<bool> begins(commands.size());
  std::uint32_t at = 0;  // among neighbours that are alike
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < commands.size(); ++i, ++at) {
    if (i > 0 && !alike(commands[i - 1], commands[i])) {
      at = next = 0;
    }
    const bool is_fold = of_fold(commands[i]);
    if (at >= next && (!is_fold || brings_weights(commands[i]))) {
      begins[i] = true;
      const std::uint32_t piece = is_fold ? kPieceOfFolds : kPiece;
      next = (at / piece + 1) * piece;
    }
  }
  return begins;
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
    const std::vector<bool> begins = piece_begins(*shared);
    Stop next{~0U, ~0U};
    for (std::size_t i = shared->size(); i-- > 0;) {
      const auto here = static_cast<std::uint32_t>(i);
      if (begins[i]) {
        next.any = here;
        next.other = of_fold((*shared)[i]) ? next.other : here;
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
      end = std::min(end, stops[least_of_folds].any);
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
