#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/array/pe_array.hpp"

namespace systole {

/// Parameters with which systolic_array.sv was built.
struct RtlArraySize {
  std::uint32_t rows = 0;
  std::uint32_t cols = 0;
  std::uint32_t operand_bits = 0;  ///< of activations and of weights
};

/// The arrays in this build (SYSTOLE_RTL_SIZES); none where Verilator was not found.
std::vector<RtlArraySize> verilated_array_sizes();

/// models/rtl/systolic_array.sv, compiled by Verilator, for the socket of the SystemC array. Its
/// registers are signed, of `operand_bits` at least: unsigned operands need a bit more than
/// `config` says. Throws Refusal, naming the sizes that are built, when this one is not.
std::unique_ptr<PeArray> make_verilated_array(const ArrayConfig& config,
                                              std::uint32_t operand_bits = 0);

}  // namespace systole
