#include "tests/validation/output_stationary_program.hpp"

#include <algorithm>
#include <utility>

namespace systole::test {
namespace {

constexpr std::uint32_t kDim = 16;

class OutputStationaryProgram {
 public:
  OutputStationaryProgram(const Product& p, const AcceleratorConfig& config)
      : p_{p}, rows_{activation_rows(config)} {}

  std::vector<Command> commands() {
    configure({CommandClass::Execute, CommandClass::Store, CommandClass::Load, CommandClass::Load,
               CommandClass::Load});
    for (std::uint32_t i = 0; i < tiles(p_.m); i += p_.tile_i) {
      for (std::uint32_t j = 0; j < tiles(p_.n); j += p_.tile_j) {
        part(i, j);
      }
    }
    return std::move(commands_);
  }

 private:
  static constexpr std::uint32_t kBlocks = 4;  // of a load

  static std::uint32_t tiles(std::uint32_t size) { return (size + kDim - 1) / kDim; }
  /// Of tile `tile`, elements that there are.
  static std::uint32_t of_tile(std::uint32_t size, std::uint32_t tile) {
    return std::min(kDim, size - tile * kDim);
  }

  void configure(const std::vector<CommandClass>& classes) {
    for (const CommandClass of : classes) {
      commands_.push_back({ConfigureCommand{of}});
    }
  }

  void part(std::uint32_t first_i, std::uint32_t first_j) {
    const std::uint32_t end_i = std::min(first_i + p_.tile_i, tiles(p_.m));
    const std::uint32_t end_j = std::min(first_j + p_.tile_j, tiles(p_.n));
    const std::uint32_t wide = end_j - first_j;
    const std::uint32_t deep = tiles(p_.k);
    const auto weight_row = [&](std::uint32_t k, std::uint32_t j) {
      return rows_ - (deep * wide - k * wide - (j - first_j)) * kDim;
    };
    const auto ifmap_row = [&](std::uint32_t i, std::uint32_t k) {
      return ((i - first_i) * deep + k) * kDim;
    };
    const auto acc_row = [&](std::uint32_t i, std::uint32_t j) {
      return ((i - first_i) * wide + j - first_j) * kDim;
    };
    configure({CommandClass::Load});
    for (std::uint32_t j = first_j; j < end_j; j += kBlocks) {
      for (std::uint32_t k = 0; k < deep; ++k) {
        load(p_.b + k * kDim * p_.b_pitch + j * kDim, p_.b_pitch, of_tile(p_.k, k),
             std::min(p_.n - j * kDim, std::min(kBlocks, end_j - j) * kDim), weight_row(k, j),
             Operand::Weight);
      }
    }
    configure({CommandClass::Load});
    for (std::uint32_t i = first_i; i < end_i; ++i) {
      for (std::uint32_t k = 0; k < deep; k += kBlocks) {
        load(p_.a + i * kDim * p_.a_pitch + k * kDim, p_.a_pitch, of_tile(p_.m, i),
             std::min(p_.k - k * kDim, kBlocks * kDim), ifmap_row(i, k), Operand::Ifmap);
      }
    }
    for (std::uint32_t i = first_i; i < end_i; ++i) {
      for (std::uint32_t j = first_j; j < end_j; ++j) {
        for (std::uint32_t k = 0; k < deep; ++k) {
          PreloadCommand preload;
          preload.weights = {LocalMemory::Scratchpad, weight_row(k, j)};
          preload.k = kDim;  // always: the mesh takes zeros for products that are not there
          preload.n = of_tile(p_.n, j);
          preload.acc_row = acc_row(i, j);
          preload.acc_rows = of_tile(p_.m, i);
          preload.keeps_sums = k + 1 < deep;
          ComputeCommand compute;
          compute.ifmap_row = ifmap_row(i, k);
          compute.count_w = preload.acc_rows;
          compute.pitch_w = 1;
          compute.k = preload.k;
          commands_.push_back({preload});
          commands_.push_back({compute});
        }
      }
    }
    for (std::uint32_t i = first_i; i < end_i; ++i) {
      for (std::uint32_t j = first_j; j < end_j; ++j) {
        StoreCommand store;
        store.source = {LocalMemory::Accumulators, acc_row(i, j)};
        store.rows = of_tile(p_.m, i);
        store.elements = of_tile(p_.n, j);
        store.block_pitch = kDim;
        store.dram_address = p_.c + i * kDim * p_.c_pitch + j * kDim;
        store.dram_pitch = p_.c_pitch;
        commands_.push_back({store});
      }
    }
  }

  void load(std::uint64_t address, std::uint64_t pitch, std::uint32_t rows, std::uint32_t bytes,
            std::uint32_t to, Operand operand) {
    LoadCommand load;
    load.dram_address = address;
    load.dram_pitch = pitch;
    load.rows = rows;
    load.row_bytes = bytes;
    load.destination = {LocalMemory::Scratchpad, to};
    load.block_pitch = kDim;
    load.operand = operand;
    commands_.push_back({load});
  }

  const Product& p_;
  const std::uint32_t rows_;  // of the scratchpad
  std::vector<Command> commands_;
};

}  // namespace

std::vector<Command> output_stationary_commands(const Product& product,
                                                const AcceleratorConfig& config) {
  return OutputStationaryProgram{product, config}.commands();
}

LayerProgram cleared_scratchpad(const AcceleratorConfig& config) {
  LayerProgram program;
  for (std::uint32_t row = 0; row < activation_rows(config); row += kDim) {
    FillCommand fill;
    fill.destination = {LocalMemory::Scratchpad, row};
    fill.rows = kDim;
    program.commands.push_back({fill});
  }
  return program;
}

}  // namespace systole::test
