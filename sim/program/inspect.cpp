#include "sim/program/inspect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "sim/network/ceil_div.hpp"
#include "sim/program/hazards.hpp"
#include "sim/program/ifmap_parts.hpp"

namespace systole {
namespace {

const char* operand_name(Operand operand) {
  switch (operand) {
    case Operand::Ifmap:
      return "ifmap";
    case Operand::Weight:
      return "weight";
    case Operand::Bias:
      return "bias";
    case Operand::Requant:
      return "requant";
    case Operand::Ofmap:
      return "ofmap";
  }
  return "?";
}

std::string place(LocalAddress address) {
  return fmt::format("{}[{}]", local_memory_name(address.memory), address.row);
}

struct Describe {
  std::string operator()(const ConfigureCommand&) const { return "configure"; }
  std::string operator()(const LoadCommand& c) const {
    std::string text =
        fmt::format("load    {} {} x {} B from {:#x} step {} to {}{} block step {}",
                    operand_name(c.operand), c.rows, c.row_bytes, c.dram_address, c.dram_pitch,
                    c.widen ? "wide " : "", place(c.destination), c.block_pitch);
    if (c.local_offset > 0) {
      text += fmt::format(" from byte {} on", c.local_offset);
    }
    return text;
  }
  std::string operator()(const FillCommand& c) const {
    return fmt::format("fill    {} rows of {} at {}", c.rows, c.value, place(c.destination));
  }
  std::string operator()(const PreloadCommand& c) const {
    const std::string weights =
        c.new_weights ? fmt::format("{} x {} from {}", c.k, c.n, place(c.weights)) : "same weights";
    return fmt::format("preload {}, {} accumulators[{}] x {}", weights,
                       c.accumulate ? "add to" : "write", c.acc_row, c.acc_rows);
  }
  std::string operator()(const ComputeCommand& c) const {
    std::string text = fmt::format("compute {} x {} rows from scratchpad[{}] step {}, {}; k {}",
                                   c.count_h, c.count_w, c.ifmap_row, c.pitch_h, c.pitch_w, c.k);
    if (c.skip + c.drop > 0) {
      text += fmt::format("; without the first {} and last {}", c.skip, c.drop);
    }
    if (c.products.channels != ProductMap{}.channels) {
      text += fmt::format("; products from {}, {} channels a tap", c.products.first,
                          c.products.channels);
    }
    return text;
  }
  std::string operator()(const StoreCommand& c) const {
    const std::string how = c.raw ? "raw" : fmt::format("table {}", c.table_row);
    const std::string kept =
        c.keep ? fmt::format(", to scratchpad[{}] block step {}", c.kept_row, c.kept_pitch) : "";
    const std::string stored =
        c.to_dram ? fmt::format(", to {:#x} step {}", c.dram_address, c.dram_pitch) : "";
    return fmt::format("store   {} x {} from {} block step {}, {}{}{}", c.rows, c.elements,
                       place(c.source), c.block_pitch, how, kept, stored);
  }
  std::string operator()(const PoolCommand& c) const {
    return fmt::format(
        "pool    {} {}x{} stride {}x{} of {}x{} at scratchpad[{}] from ({}, {}) to {}x{} at "
        "scratchpad[{}], {} channels",
        c.average ? "average" : "max", c.kernel_h, c.kernel_w, c.stride_h, c.stride_w, c.tile_h,
        c.tile_w, c.input_row, c.origin_h, c.origin_w, c.out_h, c.out_w, c.output_row, c.elements);
  }
  std::string operator()(const DepthwiseCommand& c) const {
    return fmt::format(
        "depthwise {}x{} stride {}x{} of {}x{} at scratchpad[{}], constants at scratchpad[{}] x "
        "{}, "
        "to {}x{} at scratchpad[{}], {} channels",
        c.kernel_h, c.kernel_w, c.stride_h, c.stride_w, c.tile_h, c.tile_w, c.input_row,
        c.constants_row, c.constant_rows(), c.out_h, c.out_w, c.output_row, c.elements);
  }
  std::string operator()(const AddCommand& c) const {
    return fmt::format("add     {} rows scratchpad[{}] + scratchpad[{}] to scratchpad[{}]", c.rows,
                       c.input_row[0], c.input_row[1], c.output_row);
  }
};

/// Limits of the units, command by command.
struct Check {
  Check(const LayerRegisters& registers, const AcceleratorConfig& machine)
      : config{machine},
        shape{local_shape(machine)},
        products_per_pe{registers.products_per_pe},
        per_channel_requant{registers.requant.entries() > 1} {}

  const AcceleratorConfig& config;
  LocalShape shape;
  std::uint32_t products_per_pe;
  bool per_channel_requant;

  const char* operator()(const ConfigureCommand&) const { return nullptr; }
  const char* operator()(const LoadCommand& c) const {
    if (c.local_offset >= shape.of(c.destination.memory).row_bytes) {
      return "starts behind its first local row";
    }
    return transfer(c.rows, blocks(c, shape), c.row_bytes);
  }
  const char* operator()(const FillCommand& c) const {
    if (c.beside_data) {
      return transfer(c.rows, ceil_div(c.elements, config.array.cols), c.elements);
    }
    return c.destination.memory != LocalMemory::Scratchpad ? "fills what is no scratchpad"
                                                           : transfer(c.rows, 1, 1);
  }
  const char* operator()(const PreloadCommand& c) const {
    if (c.acc_rows == 0) {
      return "preload without accumulator rows";
    }
    if (c.products_per_pe != products_per_pe) {
      return "another number of products in a PE than the layer's";
    }
    const Dataflow dataflow = config.array.dataflow;
    const bool too_deep =
        dataflow != Dataflow::OutputStationary && c.weight_rows() > config.array.rows;
    const bool too_wide = dataflow != Dataflow::InputStationary && c.n > config.array.cols;
    if (c.new_weights && (c.k == 0 || c.n == 0 || too_deep || too_wide)) {
      return "weights do not fit the array";
    }
    if (!c.new_weights && dataflow != Dataflow::WeightStationary) {
      return "keeps weights that do not stay in the array";
    }
    if (c.keeps_sums && dataflow != Dataflow::OutputStationary) {
      return "keeps sums that do not stay in the array";
    }
    return c.new_weights && c.weights.memory != weight_memory(config)
               ? "weights from a memory that holds none"
               : nullptr;
  }
  const char* operator()(const ComputeCommand& c) const {
    const ArrayConfig& array = config.array;
    if (c.rows() == 0) {
      return "computes no pixels";
    }
    if (c.products_per_pe != products_per_pe) {
      return "another number of products in a PE than the layer's";
    }
    switch (array.dataflow) {
      case Dataflow::WeightStationary:
        if (c.rows() > array.max_compute_rows) {
          return "rows outside 1..array.max_compute_rows";
        }
        break;
      case Dataflow::OutputStationary:
        if (c.rows() > array.rows) {
          return "more pixels than the array has rows";
        }
        return c.k == 0 ? "no products" : nullptr;
      case Dataflow::InputStationary:
        if (c.rows() > array.cols) {
          return "more pixels than the array has columns";
        }
        break;
    }
    const IfmapParts parts = ifmap_parts(c, array.rows);
    if (c.k == 0 || pe_rows(parts, products_per_pe) > array.rows) {
      return "more products than the array has rows";
    }
    return parts.size() > array.gather_rows
               ? "a vector from more scratchpad rows than array.gather_rows"
               : nullptr;
  }
  const char* operator()(const StoreCommand& c) const {
    const std::uint32_t count = blocks(c, shape);
    const bool reads_table = per_channel_requant && c.source.memory == LocalMemory::Accumulators;
    if (reads_table && c.table_row + count > config.requant.table_rows) {
      return "constants past the end of the table";
    }
    if (!c.keep && !c.to_dram) {
      return "stores nowhere";
    }
    if (c.keep) {
      if (c.source.memory != LocalMemory::Accumulators || c.raw) {
        return "keeps what is not requantized";
      }
      if (config.array.rows != config.array.cols) {
        return "keeps blocks that are no scratchpad rows";
      }
      if (std::uint64_t{c.kept_row} + std::uint64_t{count - 1} * c.kept_pitch + c.rows >
          shape.of(LocalMemory::Scratchpad).rows) {
        return "keeps rows past the end of the scratchpad";
      }
    }
    return transfer(c.rows, count, c.elements);
  }
  const char* operator()(const PoolCommand& c) const {
    return c.elements == 0 || c.elements > config.array.rows ? "more channels than a row holds"
                                                             : nullptr;
  }
  const char* operator()(const DepthwiseCommand& c) const {
    const bool inside = (c.out_h - 1) * c.stride_h + (c.kernel_h - 1) * c.dilation_h < c.tile_h &&
                        (c.out_w - 1) * c.stride_w + (c.kernel_w - 1) * c.dilation_w < c.tile_w;
    if (config.vector.mac_lanes == 0) {
      return "multiplies in a vector unit without multipliers";
    }
    if (c.out_h * c.out_w == 0 || !inside) {
      return "computes no pixels, or windows that leave the tile";
    }
    return c.elements == 0 || c.elements > config.array.rows ? "more channels than a row holds"
                                                             : nullptr;
  }
  const char* operator()(const AddCommand& c) const { return c.rows == 0 ? "no rows" : nullptr; }

  const char* transfer(std::uint32_t rows, std::uint32_t blocks_of_row,
                       std::uint32_t length) const {
    if (rows == 0 || length == 0) {
      return "moves nothing";
    }
    if (rows > config.dma.max_rows) {
      return "more rows than dma.max_rows";
    }
    return blocks_of_row > config.dma.max_blocks ? "more blocks than dma.max_blocks" : nullptr;
  }
};

[[noreturn]] void fail(std::size_t index, const Command& command, const char* what) {
  throw std::logic_error{fmt::format("command {} ({}): {}", index, describe(command), what)};
}

}  // namespace

std::string describe(const Command& command) { return std::visit(Describe{}, command.body); }

namespace {

/// Whether the one is the other's, or there are none.
bool pair(const PreloadCommand* preload, const ComputeCommand* compute, std::uint32_t array_rows) {
  if (preload == nullptr || compute == nullptr) {
    return preload == nullptr && compute == nullptr;
  }
  return preload->acc_rows == compute->rows() &&
         (compute->products_per_pe == 1 ||
          preload->weight_rows() ==
              pe_rows(ifmap_parts(*compute, array_rows), compute->products_per_pe));
}

Check check_of(const LayerRegisters& registers, const AcceleratorConfig& config) {
  if (registers.products_per_pe > 1 &&
      registers.products_per_pe >
          products_per_pe(config.array, registers.ifmap.bits, registers.weight.bits)) {
    throw std::logic_error{"a layer with more products in a PE than its operands leave room for"};
  }
  return {registers, config};
}

void validate_rows(std::size_t index, const Command& command, const Check& check) {
  if (!is_inside(command, check.shape)) {
    fail(index, command, "leaves its memory");
  }
}

/// Of commands that are alike others but for their rows.
void validate_rows(const std::vector<Command>& commands, const Check& check) {
  for (std::size_t i = 0; i < commands.size(); ++i) {
    validate_rows(i, commands[i], check);
  }
}

void validate(const std::vector<Command>& commands, const Check& check) {
  const PreloadCommand* pending = nullptr;  // its Compute is still to come
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const Command& command = commands[i];
    if (const char* what = std::visit(check, command.body)) {
      fail(i, command, what);
    }
    validate_rows(i, command, check);
    if (command_class(command) == CommandClass::Execute) {
      const auto* compute = std::get_if<ComputeCommand>(&command.body);
      if (!pair(pending, compute, check.config.array.rows)) {
        fail(i, command, "preload and compute do not pair");
      }
      pending = std::get_if<PreloadCommand>(&command.body);
    }
  }
  if (pending != nullptr) {
    throw std::logic_error{"the program ends between a preload and its compute"};
  }
}

}  // namespace

void validate(const LayerProgram& program, const AcceleratorConfig& config) {
  validate(program.commands, check_of(program.registers, config));
}

void validate(const PackedProgram& program, const AcceleratorConfig& config) {
  const Check check = check_of(program.registers, config);
  const PackedCommands& commands = program.commands;
  for (std::uint32_t of = 0; of < commands.shared().size(); ++of) {
    if (commands.like(of) == of) {
      validate(*commands.shared()[of], check);
    } else {
      validate_rows(*commands.shared()[of], check);
    }
  }
}

}  // namespace systole
