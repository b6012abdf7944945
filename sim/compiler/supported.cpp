#include "sim/compiler/supported.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "sim/compiler/arithmetic.hpp"
#include "sim/compiler/memory_fit.hpp"
#include "sim/network/packing.hpp"
#include "sim/storage/psum.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kMostOfmapBits = 16;  // of integers

/// Operands are cut in blocks of `lanes` elements, which must be whole bytes.
void check_format(const char* what, ElementFormat format, std::uint32_t most_bits,
                  std::uint32_t lanes) {
  if (format.bits > most_bits) {
    throw MappingError{
        fmt::format("{}: {}-bit elements, the array has {} bits", what, format.bits, most_bits)};
  }
  if (format.bits == 16 && !format.is_signed) {
    throw MappingError{fmt::format(
        "{}: unsigned elements of 16 bits, the array has at most 15 beside a sign", what)};
  }
  if (lanes * format.bits % 8 != 0) {
    throw MappingError{fmt::format("{}: {} elements of {} bits are not a whole number of bytes",
                                   what, lanes, format.bits)};
  }
}

void check_same_format(const char* what, const Tensor& a, const Tensor& b) {
  if (a.format != b.format) {
    throw MappingError{
        fmt::format("{}: '{}' and '{}' differ in bits or sign", what, a.name, b.name)};
  }
}

/// Pins that nothing would follow are mistakes.
void refuse_convolution_pins(const PinnedMapping& pinned, const char* op, PinChecks pins = {}) {
  const std::string what = fmt::format("of convolutions, this is {}", op);
  if (pinned.depthwise) {
    pins.refuse("mapping.depthwise", what);
  }
  if (pinned.pack_taps) {
    pins.refuse("mapping.pack_taps", what);
  }
  pins.settle();
}

void refuse_pins(const PinnedMapping& pinned, const char* op) {
  PinChecks pins;
  if (pins_tiles(pinned)) {
    pins.refuse("mapping", fmt::format("{} has no tiles to pin", op));
  }
  refuse_convolution_pins(pinned, op, std::move(pins));
}

/// Which key asked for the mapping of groups.
const char* depthwise_key(const ConvLayer& layer) {
  return layer.pinned.depthwise ? "mapping.depthwise" : "compiler.depthwise";
}

/// Biases that only the run knows cannot be clipped before it.
void check_run_time_bias(const ConvLayer& layer, const Network& network,
                         const AcceleratorConfig& config) {
  const std::uint32_t bits = bias_bits(config);
  const std::int64_t most = PsumFormat{bits}.max();
  const ElementFormat format = layer.weight_format;
  const std::int64_t largest =
      std::max<std::int64_t>(-std::int64_t{format.min()}, std::int64_t{format.max()});
  const std::int64_t products = layer.taps() * (layer.in_c / layer.groups);
  const std::int64_t zero_point = layer.ifmap_zero_point;
  if (bits < config.array.accumulator_bits && std::abs(zero_point) * largest * products > most) {
    throw MappingError{fmt::format(
        "ifmap '{}': zero point {}, times the column sums of '{}', which is computed, may not fit "
        "accumulators.bias_bits ({})",
        network.tensor(layer.ifmap).name, zero_point, network.tensor(layer.weight).name, bits)};
  }
}

}  // namespace

void check_supported(const ConvLayer& layer, const Network& network, const MachineLimits& machine) {
  const ArrayConfig& array = machine.config.array;
  if (layer.one_group_a_block && layer.ofmap_format.bits % 8 != 0) {
    throw MappingError{
        depthwise_key(layer),
        "column stores each group by itself, which elements narrower than a byte do not allow, "
        "expected diagonal"};
  }
  check_format("ifmap", layer.ifmap_format, array.activation_bits, array.rows);
  check_format("weight", layer.weight_format, array.weight_bits, array.cols);
  // Never in the array: the requantization unit gives what the DRAM takes.
  check_format("ofmap", layer.ofmap_format, format_bits(array.number_format, kMostOfmapBits),
               array.cols);
  if (layer.groups > 1 && layer.weight_format.is_binary) {
    throw MappingError{
        "weight: groups side by side in the array need weights of 0 between them, and binary ones "
        "are -1 and +1 only"};
  }
  const Tensor& weight = network.tensor(layer.weight);
  if (weight.zero_point != 0) {
    throw MappingError{
        fmt::format("weight '{}': zero point {}, expected 0, or constants that array.weight_bits "
                    "({}) hold less it{}",
                    weight.name, weight.zero_point, array.weight_bits,
                    weight.data || weight.range || layer.weight_is_activation
                        ? ""
                        : "; those of shapes alone may have any value")};
  }
  if (layer.has_run_time_bias()) {
    check_run_time_bias(layer, network, machine.config);
  }
}

void check_supported_depthwise(const ConvLayer& layer, const Network& network,
                               const MachineLimits& machine) {
  const AcceleratorConfig& config = machine.config;
  if (config.vector.mac_lanes == 0) {
    throw MappingError{depthwise_key(layer),
                       "vector needs multipliers in the vector unit, vector.mac_lanes is 0"};
  }
  if (layer.pinned.pack_taps.value_or(false)) {
    throw MappingError{"mapping.pack_taps",
                       "of layers of the array, this one runs in the vector unit"};
  }
  check_format("ifmap", layer.ifmap_format, config.array.activation_bits, config.array.rows);
  check_format("weight", layer.weight_format, config.array.weight_bits, 8);
  check_format("ofmap", layer.ofmap_format, config.array.activation_bits, config.array.rows);
  if (layer.ifmap_format.bits % 8 != 0) {
    throw MappingError{"ifmap: groups of channels narrower than a byte are not supported"};
  }
  if (packed_bytes(config.array.rows, layer.weight_format.bits) > activation_row_bytes(config)) {
    throw MappingError{depthwise_key(layer),
                       fmt::format("vector: {} weights of {} bits do not fit a scratchpad row",
                                   config.array.rows, layer.weight_format.bits)};
  }
  if (layer.requant->rounding == Rounding::Stochastic) {
    throw MappingError{depthwise_key(layer), "vector rounds, but its lanes have no LFSR"};
  }
  const Tensor& weight = network.tensor(layer.weight);
  if (weight.zero_point != 0 || layer.weight_is_activation) {
    throw MappingError{
        fmt::format("weight '{}': expected a constant with the zero point 0", weight.name)};
  }
}

void check_supported_packing(bool neighbours) {
  if (!neighbours) {
    throw MappingError{"mapping.pack_taps",
                       "needs a kernel of several columns without dilation, no groups, and "
                       "pixels of whole bytes"};
  }
}

void check_supported(const PoolLayer& layer, const PinnedMapping& pinned, const Network& network,
                     const MachineLimits& machine) {
  const ArrayConfig& array = machine.config.array;
  refuse_convolution_pins(pinned, "a pooling");
  check_format("ifmap", layer.format, array.activation_bits, array.rows);
  check_same_format("pooling", network.tensor(layer.ifmap), network.tensor(layer.ofmap));
}

void check_supported_add(const Layer& layer, const Network& network, const MachineLimits& machine) {
  refuse_pins(layer.mapping, "an element-wise sum");
  check_format("ofmap", network.tensor(layer.output).format, machine.config.array.activation_bits,
               machine.config.array.rows);
}

void check_supported_on_host(const Layer& layer) {
  refuse_pins(layer.mapping, "a layer of the host");
}

void check_supported_reshape(const Layer& layer, const Network& network) {
  refuse_pins(layer.mapping, "a reshape");
  check_same_format("reshape", network.tensor(layer.inputs.at(0)), network.tensor(layer.output));
}

}  // namespace systole
