#include "sim/compiler/weight_image.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "sim/compiler/arithmetic.hpp"
#include "sim/network/packing.hpp"
#include "sim/storage/psum.hpp"

namespace systole {
namespace {

void put_bytes(std::vector<std::uint8_t>& bytes, std::int32_t value, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(value) >> (8 * i)));
  }
}

void put_int32(std::vector<std::uint8_t>& bytes, std::int32_t value) { put_bytes(bytes, value, 4); }

/// Index of a weight in its tensor; `channel` counts within the group.
std::size_t weight_index(const ConvLayer& layer, std::int64_t out, std::int64_t tap,
                         std::int64_t channel) {
  const std::int64_t per_group = layer.in_c / layer.groups;
  return static_cast<std::size_t>(layer.weight_is_k_by_n
                                      ? channel * layer.out_c + out
                                      : (out * layer.taps() + tap) * per_group + channel);
}

/// Sum of the weights of an output channel.
std::int64_t weight_sum(const ConvLayer& layer, std::int64_t out, const TensorData& weights) {
  std::int64_t sum = 0;
  for (std::int64_t tap = 0; tap < layer.taps(); ++tap) {
    for (std::int64_t c = 0; c < layer.in_c / layer.groups; ++c) {
      sum += weights[weight_index(layer, out, tap, c)];
    }
  }
  return sum;
}

/// The low `bits` bits of a value behind those that are there.
void put_bits(std::uint8_t* row, std::uint64_t first, std::uint32_t bits, std::int64_t value) {
  for (std::uint64_t i = 0; i < bits; ++i) {
    const auto bit = static_cast<std::uint32_t>((static_cast<std::uint64_t>(value) >> i) & 1U);
    row[(first + i) / 8] =
        static_cast<std::uint8_t>(row[(first + i) / 8] | bit << ((first + i) % 8));
  }
}

std::int32_t bit_pattern(float value) {
  std::int32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

template <typename Value>
Value entry(const std::vector<Value>& values, std::int64_t channel) {
  return values.empty() ? 0 : values[std::min<std::size_t>(to_u64(channel), values.size() - 1)];
}

}  // namespace

WeightImage weight_image(const ConvLayer& layer, const MachineLimits& machine) {
  WeightImage image;
  image.products_per_pe = machine.products_per_pe;
  const auto row_bytes = [&](std::int64_t columns) {
    return packed_bytes(to_u64(columns * image.products_per_pe), layer.weight_format.bits);
  };
  const std::int64_t of_group = layer.out_c / layer.groups;
  for (std::int64_t first = 0; first < layer.out_c;) {
    WeightBlock block;
    const std::int64_t end =
        layer.one_group_a_block ? (first / of_group + 1) * of_group : layer.out_c;
    block.first_channel = first;
    block.columns = std::min(machine.array_cols, end - first);
    block.window = layer.input_window(first, block.columns);
    if (layer.groups == 1) {
      block.offset = row_bytes(first);
      block.row_pitch = row_bytes(layer.out_c);
    } else {
      block.offset = image.bytes;
      block.row_pitch = row_bytes(block.columns);
      image.bytes +=
          to_u64(layer.taps() * machine.weight_rows_of(block.window.count)) * block.row_pitch;
    }
    image.widest_window = std::max(image.widest_window, block.window.count);
    image.blocks.push_back(block);
    first += block.columns;
  }
  if (layer.groups == 1) {
    image.bytes =
        to_u64(layer.taps() * machine.weight_rows_of(layer.in_c)) * row_bytes(layer.out_c);
  }
  return image;
}

std::vector<std::uint8_t> weight_bytes(const ConvLayer& layer, const WeightImage& image,
                                       const TensorData& weights) {
  std::vector<std::uint8_t> bytes(image.bytes);
  const std::int64_t in_per_group = layer.in_c / layer.groups;
  const std::int64_t out_per_group = layer.out_c / layer.groups;
  const bool whole_bytes = layer.weight_format.bits == 8;
  std::int64_t first = 0;
  for (const WeightBlock& block : image.blocks) {
    const auto columns = to_u64(block.columns);
    const std::int64_t per_tap = ceil_div(block.window.count, image.products_per_pe);
    std::vector<std::int64_t> group_starts(columns);
    for (std::size_t i = 0; i < columns; ++i) {
      group_starts[i] = (first + static_cast<std::int64_t>(i)) / out_per_group * in_per_group -
                        block.window.first;
    }
    const bool one_window = group_starts.front() == group_starts.back();
    for (std::int64_t tap = 0; tap < layer.taps(); ++tap) {
      for (std::int64_t c = 0; c < in_per_group; ++c) {
        const std::size_t weight = weight_index(layer, first, tap, c);
        const std::size_t next = weight_index(layer, first + 1, tap, c) - weight;
        if (whole_bytes && one_window) {
          const std::int64_t in_window = group_starts.front() + c;
          const std::int64_t k = tap * per_tap + in_window / image.products_per_pe;
          std::uint8_t* to = bytes.data() + block.offset + to_u64(k) * block.row_pitch +
                             to_u64(in_window % image.products_per_pe) * columns;
          for (std::size_t i = 0; i < columns; ++i) {
            to[i] = static_cast<std::uint8_t>(weights[weight + i * next]);
          }
          continue;
        }
        for (std::size_t i = 0; i < columns; ++i) {
          const std::int64_t in_window = group_starts[i] + c;
          const std::int64_t k = tap * per_tap + in_window / image.products_per_pe;
          // Bytes of `block.offset` start at the block's first column in every row.
          std::uint8_t* row = bytes.data() + block.offset + to_u64(k) * block.row_pitch;
          const std::size_t column = to_u64(in_window % image.products_per_pe) * columns + i;
          const std::int32_t value = weights[weight + i * next];
          if (whole_bytes) {
            row[column] = static_cast<std::uint8_t>(value);
          } else {
            pack_element(row, column, layer.weight_format, value);
          }
        }
      }
    }
    first += block.columns;
  }
  return bytes;
}

const TensorData* data_of(const Network& network, TensorId tensor) {
  const std::optional<TensorData>& data = network.tensor(tensor).data;
  return data ? &*data : nullptr;
}

std::vector<std::uint8_t> bias_bytes(const ConvLayer& layer, const WeightImage& image,
                                     const AcceleratorConfig& config, const TensorData* bias,
                                     const TensorData* weights) {
  const std::uint32_t bits = bias_bits(config);
  const std::int64_t most = PsumFormat{bits}.max();
  const std::uint64_t row_bytes = bias_row_bytes(config);
  const bool narrow = bits < config.array.accumulator_bits;
  std::vector<std::uint8_t> bytes(image.blocks.size() * row_bytes);
  std::uint8_t* row = bytes.data();
  for (const WeightBlock& block : image.blocks) {
    for (std::int64_t column = 0; column < block.columns; ++column) {
      const std::int64_t out = block.first_channel + column;
      std::int64_t value = bias == nullptr ? 0 : bias->at(to_u64(out));
      if (layer.ifmap_zero_point != 0) {
        value -= layer.ifmap_zero_point * weight_sum(layer, out, *weights);
      }
      if (narrow && (value < -most - 1 || value > most)) {
        throw std::logic_error{"a bias is wider than accumulators.bias_bits: not legalized"};
      }
      if (config.array.overflow == Overflow::Saturate) {
        value = std::clamp(value, -most - 1, most);
      }
      put_bits(row, to_u64(column) * bits, bits, value);
    }
    row += row_bytes;
  }
  return bytes;
}

std::vector<std::uint8_t> requant_table_bytes(const ConvLayer& layer, const WeightImage& image,
                                              std::int64_t array_cols, const RequantConfig& unit) {
  std::vector<std::uint8_t> bytes;
  for (const WeightBlock& block : image.blocks) {
    for (std::int64_t column = 0; column < array_cols; ++column) {
      const std::int64_t out = block.first_channel + column;
      switch (unit.mode) {
        case RequantMode::MultiplierShift:
          put_bytes(bytes, entry(layer.requant->multiplier, out) >> (32 - unit.multiplier_bits),
                    (unit.multiplier_bits + 7) / 8);
          put_int32(bytes, entry(layer.requant->exponent, out));
          break;
        case RequantMode::ShiftOnly:
          put_int32(bytes, entry(layer.requant->exponent, out));
          break;
        case RequantMode::FloatScale:
          put_int32(bytes, bit_pattern(entry(layer.requant->scale, out)));
          break;
      }
    }
  }
  return bytes;
}

}  // namespace systole
