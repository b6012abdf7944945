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
  std::uint32_t number = 0;    ///< among a program's
  std::uint32_t first = 0;     ///< command
  std::uint32_t computes = 0;  ///< each behind its preload
  std::uint32_t grid = 0;      ///< FoldPasses::grid()
  LocalAddress weights;
  std::uint32_t weights_k = 0, n = 0;
  std::uint32_t k = 0;          ///< of the computes
  std::uint32_t ifmap_row = 0;  ///< of the first pixel's products
  std::uint32_t lane = 0;
  std::uint32_t acc_row = 0;  ///< of the first compute
  bool accumulate = false;
  const PreloadCommand* preload = nullptr;  ///< the first
  const ComputeCommand* compute = nullptr;  ///< the first
};

/// The passes in a program's shared commands. Each is looked for once, however often its commands
/// run.
class FoldPasses {
 public:
  FoldPasses(const AcceleratorConfig& config, const PackedCommands& commands);

  /// Which starts or goes on with the preload that is command `at` of shared vector `of`; null if
  /// there is none. Valid until the next call.
  const FoldPass* find(std::uint32_t of, std::uint32_t at) {
    const std::uint32_t& number = numbers_[of][at];
    if (number == kUnknown) {
      look(of, at);
    }
    return number == kNone ? nullptr : &passes_[number];
  }

  const PassGrid& grid(std::uint32_t number) const { return grids_[number]; }

 private:
  static constexpr std::uint32_t kUnknown = ~0U, kNone = ~0U - 1;

  void look(std::uint32_t of, std::uint32_t at);
  std::uint32_t number_of(const PassGrid& grid);

  const AcceleratorConfig& config_;
  const PackedCommands& commands_;
  std::vector<std::vector<std::uint32_t>> numbers_;  // by shared vector and command
  std::vector<FoldPass> passes_;
  std::vector<PassGrid> grids_;
  PassGrid grid_;  // of the pass that is looked at
};

}  // namespace systole
