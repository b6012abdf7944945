#include "sim/functional/fold_passes.hpp"

#include <algorithm>
#include <variant>

#include "sim/program/ifmap_parts.hpp"

namespace systole {
namespace {

bool same_grid(const PassGrid& a, const PassGrid& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const PassCompute& x, const PassCompute& y) {
                      return same_pixels(x.compute, y.compute) && x.ifmap_rows == y.ifmap_rows &&
                             x.acc_rows == y.acc_rows;
                    });
}

}  // namespace

FoldPasses::FoldPasses(const AcceleratorConfig& config, const PackedCommands& commands)
    : config_{config}, commands_{commands} {
  for (const PackedCommands::Shared& shared : commands.shared()) {
    numbers_.emplace_back(shared->size(), kUnknown);
  }
}

void FoldPasses::look(std::uint32_t of, std::uint32_t at) {
  const std::vector<Command>& commands = *commands_.shared()[of];
  numbers_[of][at] = kNone;
  FoldPass pass;
  grid_.clear();
  for (std::size_t i = at; i + 1 < commands.size(); i += 2) {
    const auto* preload = std::get_if<PreloadCommand>(&commands[i].body);
    const auto* compute = std::get_if<ComputeCommand>(&commands[i + 1].body);
    if (preload == nullptr || compute == nullptr || preload->new_weights != (i == at)) {
      break;
    }
    if (i == at) {
      pass.preload = preload;
      pass.compute = compute;
    } else if (preload->accumulate != pass.preload->accumulate || preload->n != pass.preload->n ||
               !same_products(*compute, *pass.compute)) {
      return;
    }
    grid_.push_back({*compute, compute->ifmap_row - pass.compute->ifmap_row,
                     preload->acc_row - pass.preload->acc_row});
  }
  if (grid_.empty() || pass.preload->products_per_pe != 1) {
    return;
  }
  const IfmapParts parts = ifmap_parts(*pass.compute, config_.array.rows);
  if (parts.size() != 1 || parts[0].count < pass.preload->k) {
    return;
  }
  pass.number = static_cast<std::uint32_t>(passes_.size());
  pass.first = at;
  pass.computes = static_cast<std::uint32_t>(grid_.size());
  pass.grid = number_of(grid_);
  pass.weights = pass.preload->weights;
  pass.weights_k = pass.preload->k;
  pass.n = pass.preload->n;
  pass.k = pass.compute->k;
  pass.ifmap_row = pass.compute->ifmap_row + parts[0].row;
  pass.lane = parts[0].lane;
  pass.acc_row = pass.preload->acc_row;
  pass.accumulate = pass.preload->accumulate;
  for (std::size_t i = 0; i < grid_.size(); ++i) {
    numbers_[of][at + 2 * i] = pass.number;
  }
  passes_.push_back(pass);
}

std::uint32_t FoldPasses::number_of(const PassGrid& grid) {
  const auto known = std::find_if(grids_.begin(), grids_.end(),
                                  [&](const PassGrid& other) { return same_grid(grid, other); });
  const auto number = static_cast<std::uint32_t>(known - grids_.begin());
  if (known == grids_.end()) {
    grids_.push_back(grid);
  }
  return number;
}

}  // namespace systole
