#include "sim/compiler/conv_bases.hpp"

#include <algorithm>

#include "sim/compiler/buffer_slots.hpp"

namespace systole {
namespace {

/// Into how many parts copies divide the scratchpad.
std::int64_t scratchpad_parts(const ConvTiling& tiling) {
  return std::max<std::int64_t>({2, tiling.ifmap_slots, tiling.weight_slots});
}

/// Whether rows [first, end) have a bank in common with a tensor that the array reads beside them.
bool shares_a_bank(const MachineLimits& machine, std::int64_t first, std::int64_t end,
                   const KeptTensor& ifmap) {
  const std::int64_t bank =
      activation_rows(machine.config) / machine.config.scratchpad.activation.banks;
  return first / bank <= (ifmap.first_row + ifmap.rows() - 1) / bank &&
         ifmap.first_row / bank <= (end - 1) / bank;
}

}  // namespace

std::vector<std::int64_t> ifmap_bases(const MachineLimits& machine, const ConvTiling& tiling) {
  std::vector<std::int64_t> bases =
      slot_bases(tiling.ifmap_slots, tiling.ifmap_rows, machine.scratchpad_rows,
                 machine.unified ? tiling.weight_rows : 0, scratchpad_parts(tiling));
  for (std::int64_t& base : bases) {
    base += machine.scratchpad_first;
  }
  return bases;
}

std::vector<std::int64_t> weight_bases(const ConvLayer& layer, const MachineLimits& machine,
                                       const ConvTiling& tiling) {
  if (!machine.unified) {
    return slot_bases(tiling.weight_slots, tiling.weight_rows, machine.weight_rows, 0,
                      std::max<std::int64_t>(2, tiling.weight_slots));
  }
  // The ifmap grows from the bottom of the scratchpad or its parts, the weights hang from the top.
  std::vector<std::int64_t> bases =
      slot_bases(tiling.weight_slots, tiling.weight_rows, machine.scratchpad_rows,
                 tiling.ifmap_rows, scratchpad_parts(tiling));
  const std::int64_t bottom = machine.scratchpad_first;
  std::int64_t top = bottom + machine.scratchpad_rows;
  const std::int64_t parts = scratchpad_parts(tiling);
  if (parts > 2 && tiling.ifmap_rows + tiling.weight_rows <= machine.scratchpad_rows / parts) {
    top = bottom + machine.scratchpad_rows / parts * parts;  // parts begin where the ifmap's do
  }
  const std::int64_t rows = bases.back() + tiling.weight_rows;
  // An ifmap that stays may lie in the bank above.
  const bool grow = layer.kept_ifmap &&
                    shares_a_bank(machine, top - rows, top, *layer.kept_ifmap) &&
                    !shares_a_bank(machine, bottom, bottom + rows, *layer.kept_ifmap);
  for (std::int64_t& base : bases) {
    base = grow ? bottom + base : top - tiling.weight_rows - base;
  }
  return bases;
}

}  // namespace systole
