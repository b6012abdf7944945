#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/compiler/kept_tensor.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/program/packed_commands.hpp"

namespace systole {

/// An element-wise sum of which an operand is in the scratchpad, or whose result is to stay there:
/// cut by pixels and slices of channels, as kept tensors lie, in contrast to AddTiling.
struct KeptAdd {
  std::array<std::optional<KeptTensor>, 2> operands;  ///< none: comes from DRAM
  std::optional<KeptTensor> sum;                      ///< none: goes to DRAM alone
  std::int64_t pixels = 1, channels = 1;
  std::uint32_t bits = 8;

  bool stores_sum() const { return !sum || sum->in_dram; }
};

/// Chunks of `rows` pixels of `blocks` slices.
struct KeptAddTiling {
  std::int64_t rows = 1, blocks = 1;
  std::int64_t slots = 1;  ///< copies of what passes through
};

/// Throws MappingError when not even one row of each operand that is loaded fits.
KeptAddTiling choose_kept_add_tiling(const KeptAdd& add, const MachineLimits& machine);
LayerMapping describe_mapping(const KeptAdd& add, const MachineLimits& machine,
                              const KeptAddTiling& tiling);
PackedCommands lower_kept_add(const KeptAdd& add, const MachineLimits& machine,
                              const KeptAddTiling& tiling,
                              const std::array<std::uint64_t, 2>& input_address,
                              std::uint64_t output_address);

}  // namespace systole
