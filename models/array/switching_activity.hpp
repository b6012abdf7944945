#pragma once

#include <cstdint>
#include <vector>

#include "models/array/pe_array.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"
#include "sim/stats/events.hpp"
#include "sim/storage/psum.hpp"

namespace systole {

/// Bits that toggle in the registers of the PEs, from what enters at the array's edges.
///
/// A register is clocked when a value is written to it, and then as many of its bits toggle as the
/// old and the new value differ in; in all other cycles it keeps its value. So when something
/// enters does not matter, only in which order, and both engines count the same. A layer begins
/// with all registers zero. The registers are those of Event::ArrayRegisterWriteBits:
///  - what streams passes every PE of its array row (or column) once;
///  - the stationary operand shifts down the shadow registers, that of the last array row first,
///    and then becomes active in all PEs at once;
///  - a PE writes its psum for each vector or product that passes, PEs outside the fold too;
///  - a multiplier with a zero operand forms zeros whatever the other one does: what toggles at
///    those is not counted as a multiplier's;
///  - a composable PE has registers for all products that it takes a cycle, and writes one psum;
///  - output-stationary sums are copied to shadow registers and shift down and out of them.
class SwitchingActivity {
 public:
  explicit SwitchingActivity(const ArrayConfig& config);

  /// Operands have the layer's bits; those of a register beyond them stay as they are.
  void begin_layer(const LayerRegisters& registers);

  /// What enters in one cycle of those in which something does.
  void enter(const ArrayInput& input, EventCounts& events);

 private:
  using Registers = std::vector<std::int64_t>;  // of PEs, or of one edge

  void shift_stationary(const OperandRow& operands, std::uint32_t row);
  void activate();
  void stream(const OperandRow& vector);
  void product(const OperandRow& ifmap, const OperandRow& weights, bool last);
  void drain();

  const std::size_t rows_;
  const std::size_t cols_;
  const Dataflow dataflow_;
  std::uint32_t activation_bits_ = 0;
  std::uint32_t weight_bits_ = 0;
  std::size_t at_once_ = 1;  // products of a PE
  const PsumFormat psum_format_;
  Registers left_;    // newest at the left edge, by array row and product
  Registers top_;     // output stationary: newest at the top edge, by product and column
  Registers shadow_;  // [array row][product][column] of stationary operands, or [array row][column]
                      // of output-stationary sums on their way out
  Registers active_;  // stationary operands that multiply
  Registers psums_;   // [array row][column]
  std::vector<std::uint32_t> nonzeros_;  // of left_'s index: active operands that are not zero
  bool first_product_ = true;            // of an output-stationary fold
  // Of one call of enter().
  std::uint64_t left_toggles_ = 0, top_toggles_ = 0, psum_toggles_ = 0, drain_toggles_ = 0,
                multiplier_toggles_ = 0;
};

}  // namespace systole
