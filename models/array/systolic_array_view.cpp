// What the array shows to those who look at it.

#include <string>

#include "models/array/systolic_array.hpp"
#include "sim/network/refusal.hpp"

namespace systole {

PeRegisters SystolicArray::look(std::uint32_t row, std::uint32_t col) const {
  PeRegisters pe = pes_->look(row, col).value();
  pe.working = pe.working && stepped_at_ == now();
  return pe;
}

ArrayEdges SystolicArray::edges() const {
  ArrayEdges edges;
  if (stepped_at_ == now()) {
    edges.left = entered_.ifmap;
    edges.top = entered_.weights;
    edges.top_row = entered_.weight_row;
    edges.products_per_pe = entered_.products_per_pe;
  }
  if (row_left_at_ == now()) {
    edges.bottom = &psums_;
    edges.bottom_index = row_left_index_;
  }
  return edges;
}

void SystolicArray::list_signals(SignalList& list) const {
  list.add_flag("operands", [this] { return operands_taken_at_ == now(); });
  list.add_flag("pes_step", [this] { return stepped_at_ == now(); });
  list.add_flag("row_leaves", [this] { return row_left_at_ == now(); });
  list.add("results_on_the_way", 16, [this] { return destinations_.size(); });
}

void SystolicArray::list_pes(SignalList& list, std::uint32_t first_row, std::uint32_t last_row,
                             std::uint32_t first_col, std::uint32_t last_col) const {
  if (last_row >= config_.rows || last_col >= config_.cols) {
    throw Refusal{"the array has no PE " + std::to_string(last_row) + ":" +
                  std::to_string(last_col) + ", its rows are 0 to " +
                  std::to_string(config_.rows - 1) + " and its columns 0 to " +
                  std::to_string(config_.cols - 1)};
  }
  const auto bits = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  const bool psum_stays = config_.dataflow == Dataflow::OutputStationary;
  for (std::uint32_t row = first_row; row <= last_row; ++row) {
    for (std::uint32_t col = first_col; col <= last_col; ++col) {
      list.in_scope("pe_" + std::to_string(row) + "_" + std::to_string(col), [&](SignalList& pe) {
        pe.add_flag("working", [=] { return look(row, col).working; });
        pe.add(psum_stays ? "from_top" : "stationary", 16, [=] {
          const PeRegisters now_here = look(row, col);
          return bits(psum_stays ? now_here.from_top : now_here.stationary);
        });
        pe.add("from_left", 16, [=] { return bits(look(row, col).from_left); });
        pe.add("psum", config_.accumulator_bits, [=] { return bits(look(row, col).psum); });
      });
    }
  }
}

}  // namespace systole
