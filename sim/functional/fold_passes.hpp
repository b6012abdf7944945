#pragma once

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/functional/same_computes.hpp"
#include "sim/program/command.hpp"
#include "sim/program/packed_commands.hpp"

namespace systole {

/// A compute among those that use the weights of one preload, and where it lies from their first.
struct PassCompute {
  ComputeCommand compute;
  std::uint32_t ifmap_rows = 0;  ///< modulo 2^32
  std::uint32_t acc_rows = 0;
};

/// Where all of them are.
using PassGrid = std::vector<PassCompute>;

/// A preload of new weights, its compute, and the preloads and computes behind them that use the
/// same weights on the same products.
struct FoldPass {
  std::uint32_t commands = 0;               ///< 0: there is none
  std::uint32_t grid = 0;                   ///< FoldPasses::grid()
  const PreloadCommand* preload = nullptr;  ///< the first
  const PreloadCommand* last = nullptr;
  std::uint32_t k = 0;          ///< of the computes
  std::uint32_t ifmap_row = 0;  ///< of the first pixel's products
  std::uint32_t lane = 0;
};

/// The passes in a program's shared commands. Each is looked for once, however often its commands
/// run.
class FoldPasses {
 public:
  FoldPasses(const AcceleratorConfig& config, const PackedCommands& commands);

  /// That starts with command `at` of shared vector `of`.
  const FoldPass& find(std::uint32_t of, std::uint32_t at) {
    Found& found = found_[of][at];
    if (!found.known) {
      found = {true, look(*commands_.shared()[of], at)};
    }
    return found.pass;
  }

  const PassGrid& grid(std::uint32_t number) const { return grids_[number]; }

 private:
  struct Found {
    bool known = false;
    FoldPass pass;
  };

  FoldPass look(const std::vector<Command>& commands, std::uint32_t at);
  std::uint32_t number_of(const PassGrid& grid);

  const AcceleratorConfig& config_;
  const PackedCommands& commands_;
  std::vector<std::vector<Found>> found_;  // by shared vector and command
  std::vector<PassGrid> grids_;
};

}  // namespace systole
