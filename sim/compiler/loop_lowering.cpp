#include "sim/compiler/loop_lowering.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/compiler/arithmetic.hpp"
#include "sim/compiler/memory_fit.hpp"
#include "sim/network/ceil_div.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"
#include "sim/program/without_loops.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kBits = 8;       // of operands and results
constexpr std::uint64_t kBiasBytes = 4;  // of a channel

bool is_int8(ElementFormat format) {
  return format.bits == kBits && format.is_signed && !format.is_binary;
}

std::optional<LoopedConv> as_looped_conv(const Network& network, const Layer& layer,
                                         const ConvLayer& conv, const Conv2d& op) {
  const Shape& in = network.tensor(conv.ifmap).shape;
  const Shape& out = network.tensor(conv.ofmap).shape;
  const Window& w = op.window;
  const bool depthwise = op.groups == in.at(3) && op.groups == out.at(3) && op.groups > 1;
  if ((op.groups != 1 && !depthwise) || w.stride_h != w.stride_w || w.dilation_h != w.dilation_w ||
      network.tensor(layer.output).shape.size() != 4) {
    return std::nullopt;
  }
  LoopedConv looped;
  looped.batches = to_u32(in.at(0));
  looped.in_rows = to_u32(in.at(1));
  looped.in_cols = to_u32(in.at(2));
  looped.in_channels = to_u32(in.at(3));
  looped.out_rows = to_u32(out.at(1));
  looped.out_cols = to_u32(out.at(2));
  looped.out_channels = to_u32(out.at(3));
  looped.kernel_rows = to_u32(w.kernel_h);
  looped.kernel_cols = to_u32(w.kernel_w);
  looped.stride = to_u32(w.stride_h);
  looped.dilation = to_u32(w.dilation_h);
  looped.up = to_u32(w.pad_top);
  looped.left = to_u32(w.pad_left);
  looped.has_bias = conv.needs_bias();
  looped.depthwise = depthwise;
  looped.padding_value = conv.ifmap_zero_point;
  return looped;
}

/// A product whose B another layer writes: whole tiles of rows alone, as loops read them.
bool reads_past(const ConvLayer& conv, const AcceleratorConfig& config) {
  return conv.weight_is_activation && conv.in_c % config.array.rows != 0;
}

LoopedMatmul as_looped_matmul(const ConvLayer& conv) {
  LoopedMatmul looped;
  looped.m = to_u32(conv.out_w);
  looped.n = to_u32(conv.out_c);
  looped.k = to_u32(conv.in_c);
  looped.a_pitch = to_u64(conv.in_c);
  looped.b_pitch = looped.c_pitch = to_u64(conv.out_c);
  looped.has_bias = conv.needs_bias();
  return looped;
}

void check_fit(const LoopRows& needed, const PinnedMapping& pinned,
               const AcceleratorConfig& config) {
  const LoopRows room = room_of_a_loop(config);
  std::vector<std::string> shortages;
  const auto check = [&](const char* memory, LocalMemory of, std::uint64_t rows,
                         std::uint64_t has) {
    if (rows > has) {
      shortages.push_back(
          Shortage{memory, to_i64(rows), to_i64(has), to_i64(local_row_bytes(config, of))}
              .in_bytes());
    }
  };
  check("half of the scratchpad", LocalMemory::Scratchpad, needed.scratchpad, room.scratchpad);
  check("half of the accumulators", LocalMemory::Accumulators, needed.accumulators,
        room.accumulators);
  if (!shortages.empty()) {
    throw MappingError{pins_tiles(pinned) ? "mapping" : "",
                       fmt::format("{}", fmt::join(shortages, "; "))};
  }
}

/// The pinned size, if any, in `unit`s.
void pin(std::int64_t pinned, std::uint32_t unit, std::uint32_t& size) {
  if (pinned != 0) {
    size = to_u32(ceil_div(pinned, std::int64_t{unit}));
  }
}

/// Depthwise loops take one channel each.
ConvLoopTile library_tile(LoopedConv conv, const AcceleratorConfig& config) {
  if (conv.depthwise) {
    conv.in_channels = conv.out_channels = 1;
  }
  return loop_tile(conv, config);
}

ConvLoopTile tile_of(const LoopedConv& conv, const PinnedMapping& pinned, bool table,
                     const AcceleratorConfig& config) {
  ConvLoopTile tile = library_tile(conv, config);
  // A loop's constants start with a table row.
  const std::uint32_t unit = table ? config.array.cols : 1;
  const char* unit_name = table ? "array.cols" : "";
  PinChecks pins;
  pins.size("tile_oh", pinned.tile_oh, conv.out_rows, 1, "");
  pins.size("tile_ow", pinned.tile_ow, conv.out_cols, 1, "");
  pins.size("tile_oc", pinned.tile_oc, conv.depthwise ? 1 : conv.out_channels, unit, unit_name);
  pins.size("tile_ic", pinned.tile_ic, conv.depthwise ? 1 : conv.in_channels, 1, "");
  pins.settle();
  pin(pinned.tile_oh, 1, tile.rows);
  pin(pinned.tile_ow, 1, tile.cols);
  pin(pinned.tile_oc, 1, tile.out_channels);
  pin(pinned.tile_ic, 1, tile.in_channels);
  check_fit(rows_needed(conv, tile, config), pinned, config);
  return tile;
}

MatmulTile tile_of(const LoopedMatmul& matmul, const PinnedMapping& pinned,
                   const AcceleratorConfig& config) {
  const std::uint32_t dim = config.array.rows;
  MatmulTile tile = loop_tile(matmul, config);
  PinChecks pins;
  pins.size("tile_oh", pinned.tile_oh, 1, 1, "");  // a matrix is one line of pixels
  pins.size("tile_ow", pinned.tile_ow, matmul.m, dim, "array.rows");
  pins.size("tile_oc", pinned.tile_oc, matmul.n, dim, "array.cols");
  pins.size("tile_ic", pinned.tile_ic, matmul.k, dim, "array.rows");
  pins.settle();
  pin(pinned.tile_ow, dim, tile.i);
  pin(pinned.tile_oc, dim, tile.j);
  pin(pinned.tile_ic, dim, tile.k);
  check_fit(rows_needed(tile, config), pinned, config);
  return tile;
}

bool takes_table(const ConvLayer& conv, const AcceleratorConfig& config) {
  const std::int64_t blocks = ceil_div(conv.out_c, std::int64_t{config.array.cols});
  return blocks <= config.requant.table_rows;
}

void append_table_loads(const ConvLayer& conv, std::uint64_t address,
                        const AcceleratorConfig& config, std::vector<Command>& commands) {
  const std::uint32_t row_bytes = local_row_bytes(config, LocalMemory::RequantTable);
  const std::uint32_t rows = to_u32(ceil_div(conv.out_c, std::int64_t{config.array.cols}));
  for (std::uint32_t row = 0; row < rows; row += config.dma.max_rows) {
    LoadCommand load;
    load.dram_address = address + std::uint64_t{row} * row_bytes;
    load.dram_pitch = row_bytes;
    load.rows = std::min(config.dma.max_rows, rows - row);
    load.row_bytes = row_bytes;
    load.destination = {LocalMemory::RequantTable, row};
    load.operand = Operand::Requant;
    commands.push_back({load});
  }
}

std::vector<ConvLoop> loops_of(LoopedConv conv, const ConvLoopTile& tile, const ConvAddresses& at,
                               const AcceleratorConfig& config) {
  conv.input = at.ifmap;
  conv.weights = at.weights;
  conv.bias = at.bias;
  conv.output = at.ofmap;
  return conv_loops(conv, tile, config);
}

std::vector<MatmulLoop> loops_of(LoopedMatmul matmul, const MatmulTile& tile,
                                 const ConvAddresses& at, const AcceleratorConfig& config) {
  matmul.a = at.ifmap;
  matmul.b = at.weights;
  matmul.d = at.bias;
  matmul.c = at.ofmap;
  return matmul_loops(matmul, tile, config);
}

}  // namespace

std::optional<LoopedLayer> as_loops(const Network& network, const Layer& layer,
                                    const ConvLayer& conv, const AcceleratorConfig& config) {
  if (!is_int8(conv.ifmap_format) || !is_int8(conv.weight_format) || !is_int8(conv.ofmap_format) ||
      (conv.per_channel_requant() && !takes_table(conv, config)) || reads_past(conv, config)) {
    return std::nullopt;
  }
  if (const auto* op = std::get_if<Conv2d>(&layer.op)) {
    const std::optional<LoopedConv> looped = as_looped_conv(network, layer, conv, *op);
    // Depthwise loops take channels one by one, and a table row has the constants of many.
    if (!looped || conv.weight_is_activation || (looped->depthwise && conv.per_channel_requant())) {
      return std::nullopt;
    }
    return LoopedLayer{*looped,
                       tile_of(*looped, layer.mapping, conv.per_channel_requant(), config)};
  }
  const LoopedMatmul looped = as_looped_matmul(conv);
  return LoopedLayer{looped, tile_of(looped, layer.mapping, config)};
}

std::vector<std::uint8_t> depthwise_weight_bytes(const TensorData& weights) {
  std::vector<std::uint8_t> bytes(weights.size());
  std::transform(weights.begin(), weights.end(), bytes.begin(),
                 [](std::int32_t weight) { return static_cast<std::uint8_t>(weight); });
  return bytes;
}

std::uint64_t looped_weight_bytes(const LoopedLayer& looped, const AcceleratorConfig& config) {
  if (const auto* matmul = std::get_if<LoopedMatmul>(&looped.shape)) {
    const std::uint64_t dim = config.array.rows;
    return round_up(matmul->k, dim) * matmul->b_pitch;
  }
  const auto& conv = std::get<LoopedConv>(looped.shape);
  return std::uint64_t{conv.kernel_rows} * conv.kernel_cols * conv.out_channels *
         (conv.depthwise ? 1 : conv.in_channels);
}

LayerMapping describe_mapping(const ConvLayer& conv, const LoopedLayer& looped,
                              const AcceleratorConfig& config) {
  LayerMapping mapping;
  LoopRows rows;
  const LayerProgram program = without_loops(lower_loops(conv, looped, {}, config), config);
  mapping.folds =
      std::count_if(program.commands.begin(), program.commands.end(), [](const Command& command) {
        const auto* preload = std::get_if<PreloadCommand>(&command.body);
        return preload != nullptr && preload->new_weights;
      });
  if (const auto* shape = std::get_if<LoopedConv>(&looped.shape)) {
    const auto& tile = std::get<ConvLoopTile>(looped.tile);
    mapping.tile_oh = tile.rows;
    mapping.tile_ow = tile.cols;
    mapping.tile_oc = tile.out_channels;
    mapping.tile_ic = tile.in_channels;
    mapping.tiles = to_i64(conv_loops(*shape, tile, config).size());
    mapping.loop_order = "hardware: n, oh, ow, oc, kh, kw, ic";
    rows = rows_needed(*shape, tile, config);
  } else {
    const auto& tile = std::get<MatmulTile>(looped.tile);
    const auto& matmul = std::get<LoopedMatmul>(looped.shape);
    const std::int64_t dim = config.array.rows;
    mapping.tile_oh = 1;
    mapping.tile_ow = std::min<std::int64_t>(conv.out_w, tile.i * dim);
    mapping.tile_oc = std::min(conv.out_c, tile.j * dim);
    mapping.tile_ic = std::min(conv.in_c, tile.k * dim);
    mapping.tiles = to_i64(matmul_loops(matmul, tile, config).size());
    mapping.loop_order = "hardware: ow, oc, ic";
    rows = rows_needed(tile, config);
  }
  mapping.double_buffered_ifmap = mapping.double_buffered_weights =
      mapping.double_buffered_accumulators = true;
  mapping.activation_bits = mapping.weight_bits = kBits;
  mapping.scratchpad_rows = 2 * rows.scratchpad;
  mapping.accumulator_rows = 2 * rows.accumulators;
  if (conv.per_channel_requant()) {
    mapping.table_rows = to_u64(ceil_div(conv.out_c, std::int64_t{config.array.cols}));
    mapping.compulsory(Operand::Requant) =
        mapping.table_rows * local_row_bytes(config, LocalMemory::RequantTable);
  }
  mapping.compulsory(Operand::Ifmap) = conv.needed_ifmap_bytes;
  mapping.compulsory(Operand::Weight) = to_u64(conv.taps() * conv.in_c / conv.groups * conv.out_c);
  mapping.compulsory(Operand::Bias) = conv.needs_bias() ? kBiasBytes * to_u64(conv.out_c) : 0;
  mapping.compulsory(Operand::Ofmap) = to_u64(conv.batch * conv.out_h * conv.out_w * conv.out_c);
  return mapping;
}

LayerProgram lower_loops(const ConvLayer& conv, const LoopedLayer& looped,
                         const ConvAddresses& addresses, const AcceleratorConfig& config) {
  LayerProgram program;
  if (const auto* shape = std::get_if<LoopedConv>(&looped.shape)) {
    // As Gemmini's library sets the units up: tiled_conv, tiled_matmul_outer.
    program.commands = {{ConfigureCommand{CommandClass::Store}},
                        {ConfigureCommand{CommandClass::Execute}}};
    program.conv_loops = loops_of(*shape, std::get<ConvLoopTile>(looped.tile), addresses, config);
  } else {
    program.commands = {{ConfigureCommand{CommandClass::Execute}},
                        {ConfigureCommand{CommandClass::Store}},
                        {ConfigureCommand{CommandClass::Load}},
                        {ConfigureCommand{CommandClass::Load}},
                        {ConfigureCommand{CommandClass::Load}}};
    program.loops = loops_of(std::get<LoopedMatmul>(looped.shape),
                             std::get<MatmulTile>(looped.tile), addresses, config);
  }
  if (conv.per_channel_requant()) {
    append_table_loads(conv, addresses.table, config, program.commands);
  }
  return program;
}

}  // namespace systole
