#include "sim/waveform/array_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/top/accelerator.hpp"

namespace systole {
namespace {

/// The first `count` values; lanes for more products than PEs form now are behind them.
template <typename Row>
std::optional<std::vector<std::int64_t>> copy_of(const Row* row, std::size_t count) {
  if (row == nullptr) {
    return std::nullopt;
  }
  return std::vector<std::int64_t>(row->begin(), row->begin() + static_cast<std::ptrdiff_t>(count));
}

/// With a bar behind every `group` of them.
std::string in_groups(const std::vector<std::int64_t>& values, std::size_t group) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    text += (i == 0 ? "" : i % group == 0 ? " | " : " ") + std::to_string(values[i]);
  }
  return text;
}

void widen(std::size_t& width, std::int64_t value) {
  width = std::max(width, std::to_string(value).size());
}

}  // namespace

ArrayPicture::ArrayPicture(const ArrayConfig& config, std::string layer, CycleWindow window,
                           std::size_t most)
    : config_{config}, only_{std::move(layer)}, window_{window}, most_{most} {}

void ArrayPicture::attach(Accelerator& accelerator, const Clock& clock) {
  array_ = &accelerator.array;
  clock.attach_observer(*this);
}

void ArrayPicture::on_layer(const std::string& name) { layer_ = name; }

void ArrayPicture::tick() {
  if (!window_.contains(Clock::now()) || (!only_.empty() && layer_ != only_)) {
    return;
  }
  Cycle cycle;
  const ArrayEdges edges = array_->edges();
  bool moves = edges.left != nullptr || edges.top != nullptr || edges.bottom != nullptr;
  for (std::uint32_t row = 0; row < config_.rows; ++row) {
    for (std::uint32_t col = 0; col < config_.cols; ++col) {
      cycle.pes.push_back(array_->look(row, col));
      moves = moves || cycle.pes.back().working;
    }
  }
  if (!moves) {
    return;
  }
  if (cycles_.size() == most_) {
    ++left_out_;
    return;
  }
  cycle.number = Clock::now();
  cycle.layer = layer_;
  cycle.products_per_pe = edges.products_per_pe;
  cycle.left = copy_of(edges.left, std::size_t{config_.rows} * cycle.products_per_pe);
  cycle.top = copy_of(edges.top, std::size_t{config_.cols} * cycle.products_per_pe);
  cycle.top_row = edges.top_row;
  cycle.bottom = copy_of(edges.bottom, config_.cols);
  cycle.bottom_index = edges.bottom_index;
  for (const PeRegisters& pe : cycle.pes) {
    for (const std::int16_t operand : {pe.stationary, pe.from_left, pe.from_top}) {
      widen(operand_width_, operand);
    }
    widen(psum_width_, pe.psum);
  }
  cycles_.push_back(std::move(cycle));
}

std::string ArrayPicture::legend() const {
  const char* const several =
      config_.pe == PeKind::Composable
          ? "A PE shows the operands of its first product; the psum is of all.\n"
            "Bars part products at the top and rows at the left.\n"
          : "";
  const char* cell = "[weight] ifmap -> psum: the weight stays, the ifmap comes from the left";
  if (config_.dataflow == Dataflow::InputStationary) {
    cell = "[ifmap] weight -> psum: the ifmap stays, the weight comes from the left";
  } else if (config_.dataflow == Dataflow::OutputStationary) {
    return "A PE: ifmap x weight [psum]: the ifmap comes from the left, the weight from the top,\n"
           "the psum stays. A dot: nothing. Rows are those of the array, from its top.\n" +
           std::string{several};
  }
  return fmt::format(
      "A PE: {},\nthe psum goes down. A dot: nothing. Rows are those of the array, from its "
      "top.\n{}",
      cell, several);
}

std::string ArrayPicture::cell(const PeRegisters& pe) const {
  const auto moving = [&pe](std::int64_t value) {
    return pe.working ? std::to_string(value) : std::string{"."};
  };
  if (config_.dataflow == Dataflow::OutputStationary) {
    return fmt::format("{:>{}} x {:>{}} [{:>{}}]", moving(pe.from_left), operand_width_,
                       moving(pe.from_top), operand_width_, pe.psum, psum_width_);
  }
  return fmt::format("[{:>{}}] {:>{}} -> {:>{}}", pe.stationary, operand_width_,
                     moving(pe.from_left), operand_width_, moving(pe.psum), psum_width_);
}

std::string ArrayPicture::left_note(const Cycle& cycle) const {
  const bool weights = config_.dataflow == Dataflow::InputStationary;
  const std::string each =
      cycle.products_per_pe == 1 ? "one" : std::to_string(cycle.products_per_pe);
  return fmt::format("{}, {} for each row", weights ? "weights" : "ifmap", each);
}

std::string ArrayPicture::top_note(const Cycle& cycle) const {
  const bool pixels = config_.dataflow == Dataflow::InputStationary;
  std::string note = pixels ? "pixels" : "weights";
  if (cycle.products_per_pe > 1) {
    note += fmt::format(" of {} products", cycle.products_per_pe);
  }
  return note + (config_.dataflow == Dataflow::OutputStationary
                     ? ", each a cycle later than the one before"
                     : fmt::format(", on their way down to row {}", cycle.top_row));
}

std::string ArrayPicture::bottom_note(const Cycle& cycle) const {
  switch (config_.dataflow) {
    case Dataflow::OutputStationary:
      return fmt::format("psums of pixel {}", cycle.bottom_index);
    case Dataflow::InputStationary:
      return fmt::format("psums of channel {}, a pixel in each column", cycle.bottom_index);
    case Dataflow::WeightStationary:
      break;
  }
  return fmt::format("psums, to row {} of the accumulators", cycle.bottom_index);
}

std::string ArrayPicture::draw(const Cycle& cycle) const {
  std::string text = fmt::format("\ncycle {}\n", cycle.number);
  const auto edge = [&text](const char* name, const Edge& values, std::size_t group,
                            const std::string& note) {
    if (values) {
      text += fmt::format("  {:<6} {}   ({})\n", name, in_groups(*values, group), note);
    }
  };
  edge("top", cycle.top, config_.cols, top_note(cycle));
  edge("left", cycle.left, cycle.products_per_pe == 1 ? config_.rows : cycle.products_per_pe,
       left_note(cycle));
  for (std::uint32_t row = 0; row < config_.rows; ++row) {
    text += fmt::format("  {:<6}", fmt::format("row {}", row));
    for (std::uint32_t col = 0; col < config_.cols; ++col) {
      text += " | " + cell(cycle.pes[std::size_t{row} * config_.cols + col]);
    }
    text += '\n';
  }
  edge("bottom", cycle.bottom, config_.cols, bottom_note(cycle));
  return text;
}

std::string ArrayPicture::text() const {
  std::string text = legend();
  std::string layer;
  for (const Cycle& cycle : cycles_) {
    if (cycle.layer != layer) {
      layer = cycle.layer;
      text += fmt::format("\nlayer {}\n", layer);
    }
    text += draw(cycle);
  }
  if (left_out_ > 0) {
    text += fmt::format("\n{} more cycles: --cycles FIRST:END chooses\n", left_out_);
  } else if (cycles_.empty()) {
    text += "\nnothing moves through the PEs in these cycles\n";
  }
  return text;
}

}  // namespace systole
