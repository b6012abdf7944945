#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sim/config/accelerator_config.hpp"
#include "sim/storage/row.hpp"

namespace systole {

/// What enters the array at its edges in one cycle. Lane r of `ifmap` goes to array row r.
struct ArrayInput {
  const OperandRow* ifmap = nullptr;    ///< `rows` lanes, or nothing
  bool swap = false;                    ///< with an ifmap: from it on, the shadow weights multiply
  const OperandRow* weights = nullptr;  ///< `cols` weights for the shadow registers, or nothing
  std::uint32_t weight_row = 0;         ///< the array row that they are for
  bool last = false;                    ///< output stationary, with an ifmap: the fold's last
  std::uint32_t products_per_pe = 1;    ///< composable PEs only: see below
};

/// What a PE works on in a cycle: the operands at its multiplier and the sum behind its adder.
struct PeRegisters {
  bool working = false;         ///< else what moves means nothing
  std::int16_t stationary = 0;  ///< output stationary: none, the psum stays
  std::int16_t from_left = 0;
  std::int16_t from_top = 0;  ///< output stationary alone: the weight
  std::int64_t psum = 0;
};

/// The socket of the PE array: anything with these edges can stand in it.
///
/// Contract, cycle by cycle. step() is one clock. An ifmap vector that enters in cycle t
/// leaves as one row of `cols` psums in cycle t + rows + cols - 2, the earliest cycle in which
/// the last of its columns has been added up; the skew of lanes and columns is inside. A
/// weight row that enters in cycle s may be used by vectors that enter with or after a swap in s +
/// 1 or later. Weights of the next fold may enter from the cycle of a swap on. Vectors never stall
/// inside.
///
/// Composable PEs have lanes for products_per_pe(config, 1, 1) products: of an ifmap vector, p =
/// products_per_pe lanes go to each array row, and a weight row has p times `cols` weights, one
/// product's behind the other's. A product with a lane that is zero changes nothing. p is the same
/// for all that is inside.
///
/// Output stationary: in cycle t one product of `rows` pixels enters at the left and its `cols`
/// weights at the top. When the last of a fold enters in cycle t, all sums are complete with cycle
/// t + rows + cols - 2; `rows` rows of them leave from the next cycle on, one a cycle, the last
/// array row first. Products of the next fold may enter from t + 1 on, its last from t + rows on.
class PeArray {
 public:
  virtual ~PeArray() = default;
  /// True if a row of psums leaves in this cycle; it is put into `psums`.
  virtual bool step(const ArrayInput& input, PsumRow& psums) = 0;
  /// Additions so far whose sum did not fit; of cycles that are over.
  virtual std::uint64_t overflows() const = 0;
  /// Nothing is on its way, so that cycles without input need no step.
  virtual bool idle() const = 0;
  /// The PE in the cycle of the last step, of a composable one the operands of its first product;
  /// nothing if this array does not show its PEs.
  virtual std::optional<PeRegisters> look(std::uint32_t row, std::uint32_t col) const {
    static_cast<void>(row);
    static_cast<void>(col);
    return std::nullopt;
  }
};

/// PEs as registers updated each cycle. The weight-stationary ones serve input stationary too: what
/// stays in a PE and what streams past is all the same to it.
std::unique_ptr<PeArray> make_weight_stationary_array(const ArrayConfig& config);

/// The two that make_weight_stationary_array() chooses from: each PE with registers of its own and
/// each addition in its own width; and a faster one, for sums of up to 32 bits that never overflow.
std::unique_ptr<PeArray> make_watched_weight_stationary_array(const ArrayConfig& config);
std::unique_ptr<PeArray> make_retimed_weight_stationary_array(const ArrayConfig& config);

/// By config.dataflow; input stationary as weight stationary.
std::unique_ptr<PeArray> make_composable_array(const ArrayConfig& config);
std::unique_ptr<PeArray> make_composable_output_stationary_array(const ArrayConfig& config);
std::unique_ptr<PeArray> make_output_stationary_array(const ArrayConfig& config);

/// By config.dataflow.
std::unique_ptr<PeArray> make_pe_array(const ArrayConfig& config);
/// The same, and it shows its PEs.
std::unique_ptr<PeArray> make_transparent_pe_array(const ArrayConfig& config);

}  // namespace systole
