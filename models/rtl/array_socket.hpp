#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "models/array/pe_array.hpp"
#include "models/rtl/overflow_count.hpp"
#include "models/rtl/verilated_ports.hpp"

namespace systole::rtl {

/// The socket's side of any Verilated module with the ports of systolic_array.sv: `Built` names its
/// class (Model) and its parameters (kRows, kCols, kOperandBits). A row leaves in the clock edge
/// of its cycle, so outputs are read behind the edge.
template <typename Built>
class VerilatedArray final : public PeArray {
 public:
  VerilatedArray() { reset(model_); }

  bool step(const ArrayInput& input, PsumRow& psums) override {
    model_.ifmap_valid = input.ifmap != nullptr ? 1 : 0;
    model_.swap = input.swap ? 1 : 0;
    model_.weight_valid = input.weights != nullptr ? 1 : 0;
    set_lane(model_.weight_row, 0, 32, input.weights != nullptr ? input.weight_row : 0);
    put(input.ifmap, Built::kRows, model_.ifmap);
    put(input.weights, Built::kCols, model_.weights);
    clock_edge(model_);
    count_down(input);
    if constexpr (Built::kOperandBits > 8) {  // of 8 bits, 2^17 products fit in 32
      overflows_.step(input);
    }
    if (model_.psum_valid == 0) {
      return false;
    }
    psums.resize(Built::kCols);
    for (std::size_t c = 0; c < Built::kCols; ++c) {
      psums[c] = lane_of(model_.psums, c, 32);
    }
    return true;
  }

  std::uint64_t overflows() const override { return overflows_.count(); }
  bool idle() const override { return steps_to_idle_ == 0; }

 private:
  /// Ones where there is no row: what stands at a port without its valid bit must not matter.
  template <typename Port>
  static void put(const OperandRow* row, std::size_t lanes, Port& port) {
    for (std::size_t i = 0; i < lanes; ++i) {
      const std::int32_t value = row != nullptr ? (*row)[i] : -1;
      set_lane(port, i, Built::kOperandBits, static_cast<std::uint32_t>(value));
    }
  }

  /// Until the last column of a vector has been added up, of a weight row has settled.
  void count_down(const ArrayInput& input) {
    steps_to_idle_ -= steps_to_idle_ > 0 ? 1U : 0U;
    if (input.ifmap != nullptr) {
      steps_to_idle_ = std::max(steps_to_idle_, Built::kRows + Built::kCols - 2);
    }
    if (input.weights != nullptr) {
      steps_to_idle_ = std::max(steps_to_idle_, input.weight_row + Built::kCols - 1);
    }
  }

  VerilatedContext context_;
  typename Built::Model model_{&context_};
  std::uint32_t steps_to_idle_ = 0;
  OverflowCount overflows_{Built::kRows, Built::kCols};
};

}  // namespace systole::rtl
