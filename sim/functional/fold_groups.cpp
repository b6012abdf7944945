#include "sim/functional/fold_groups.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>
#include <variant>

#include "sim/functional/fold_kernels.hpp"
#include "sim/functional/same_computes.hpp"
#include "sim/program/ifmap_parts.hpp"

namespace systole {
namespace {

std::uint32_t lane_steps(std::uint32_t k) { return (k + kLaneStep - 1) / kLaneStep; }

}  // namespace

FoldGroups::FoldGroups(const AcceleratorConfig& config, LocalMemories& memories,
                       const PackedCommands& commands)
    : config_{config}, memories_{memories}, commands_{commands} {
  for (const PackedCommands::Shared& shared : commands.shared()) {
    numbers_.emplace_back(shared->size(), kUnknown);
  }
}

void FoldGroups::look(std::uint32_t of, std::uint32_t at) {
  const std::vector<Command>& commands = *commands_.shared()[of];
  numbers_[of][at] = kNone;
  if (!read_pass(commands, at)) {
    return;
  }
  FoldGroup group;
  group.first = at;
  group.grid = grid_of_pass();
  if (group.grid == nullptr || !add_pass(group)) {
    return;
  }
  const std::size_t commands_of_fold = 2 * pass_.computes.size();
  for (std::size_t next = at + commands_of_fold;
       read_pass(commands, next) && has_grid(*group.grid) && add_pass(group);
       next += commands_of_fold) {
  }
  if (const std::size_t part = group.folds.size() % group.blocks.size(); part > 0) {
    group.folds.resize(group.folds.size() - part);
    group.slices.pop_back();
  }
  for (const FoldGroup::Slice& slice : group.slices) {
    group.reads.cover(group.grid->reads.moved(slice.rows));
  }
  for (const FoldGroup::Block& block : group.blocks) {
    group.psums.cover(group.grid->psums.moved(block.rows));
  }
  group.kept.resize(group.folds.size());
  group.products_before.push_back(0);
  for (const Fold& fold : group.folds) {
    group.products_before.push_back(group.products_before.back() + fold.products);
  }
  for (std::uint32_t i = 0; i < 2 * group.computes(); i += 2) {
    numbers_[of][at + i] = static_cast<std::uint32_t>(groups_.size());
  }
  groups_.push_back(std::move(group));
}

/// Makes pass_ the fold that begins at command `at`. False if none does, or one that must not wait.
bool FoldGroups::read_pass(const std::vector<Command>& commands, std::size_t at) {
  pass_.computes.clear();
  pass_.acc_rows.clear();
  const PreloadCommand* first = nullptr;
  for (std::size_t i = at; i + 1 < commands.size(); i += 2) {
    const auto* preload = std::get_if<PreloadCommand>(&commands[i].body);
    const auto* compute = std::get_if<ComputeCommand>(&commands[i + 1].body);
    if (preload == nullptr || compute == nullptr || preload->new_weights != (i == at)) {
      break;
    }
    if (i == at) {
      first = preload;
    } else if (preload->accumulate != first->accumulate || preload->n != first->n ||
               !same_products(*compute, pass_.computes[0])) {
      return false;
    }
    pass_.computes.push_back(*compute);
    pass_.acc_rows.push_back(preload->acc_row);
  }
  if (first == nullptr || first->products_per_pe != 1 || first->k > config_.array.rows) {
    return false;
  }
  const ComputeCommand& compute = pass_.computes[0];
  const IfmapParts parts = ifmap_parts(compute, config_.array.rows);
  if (parts.size() != 1 || parts[0].count < first->k) {
    return false;
  }
  pass_.fold = {first->weights, first->k, first->n, compute.k * first->n, first};
  pass_.k = compute.k;
  pass_.accumulate = first->accumulate;
  pass_.ifmap_row = std::int64_t{compute.ifmap_row} + parts[0].row;
  pass_.lane = parts[0].lane;
  return true;
}

bool FoldGroups::has_grid(const FoldGrid& grid) const {
  const std::vector<ComputeCommand>& computes = pass_.computes;
  if (computes.size() != grid.computes.size()) {
    return false;
  }
  for (std::size_t i = 0; i < computes.size(); ++i) {
    if (!same_pixels(computes[i], grid.computes[i]) ||
        computes[i].ifmap_row - computes[0].ifmap_row !=
            grid.computes[i].ifmap_row - grid.computes[0].ifmap_row ||
        pass_.acc_rows[i] - pass_.acc_rows[0] != grid.acc_rows[i] - grid.acc_rows[0]) {
      return false;
    }
  }
  return true;
}

/// A known one or a new one; null if its computes leave the memories or each other's way.
const FoldGrid* FoldGroups::grid_of_pass() {
  const auto known = std::find_if(grids_.begin(), grids_.end(),
                                  [&](const FoldGrid& grid) { return has_grid(grid); });
  if (known != grids_.end()) {
    return &*known;
  }
  FoldGrid grid{memories_};
  grid.ifmap_row = pass_.ifmap_row;
  grid.lane = pass_.lane;
  const std::int64_t part_row = pass_.ifmap_row - pass_.computes[0].ifmap_row;
  for (std::size_t i = 0; i < pass_.computes.size(); ++i) {
    const ComputeCommand& compute = pass_.computes[i];
    const RowSpan psums{pass_.acc_rows[i], std::int64_t{pass_.acc_rows[i]} + compute.rows()};
    const std::int64_t first = compute.ifmap_row + part_row;
    const RowSpan reads{first, first + last_pixel_row(compute) + 1};
    if (psums.first < grid.psums.end ||
        psums.end > memories_.row_count(LocalMemory::Accumulators) ||
        reads.end > memories_.row_count(LocalMemory::Scratchpad)) {
      return nullptr;
    }
    grid.psums.cover(psums);
    grid.reads.cover(reads);
    grid.rows_before.push_back(grid.rows.count());
    grid.rows.add_pixels(compute, {static_cast<std::uint32_t>(part_row),
                                   static_cast<std::uint32_t>(pass_.lane), pass_.k});
    grid.rows.add_psums(pass_.acc_rows[i], compute.rows());
  }
  grid.rows_before.push_back(grid.rows.count());
  grid.computes = pass_.computes;
  grid.acc_rows = pass_.acc_rows;
  grids_.push_back(std::move(grid));
  return &grids_.back();
}

/// False if the fold is not the group's next.
bool FoldGroups::add_pass(FoldGroup& group) const {
  const FoldGrid& grid = *group.grid;
  const std::int64_t ifmap_rows = pass_.ifmap_row - grid.ifmap_row;
  const std::int64_t offset =
      ifmap_rows * memories_.row_bytes(LocalMemory::Scratchpad) + pass_.lane - grid.lane;
  const std::int64_t psum_rows = std::int64_t{pass_.acc_rows[0]} - grid.acc_rows[0];
  const RowSpan reads = grid.reads.moved(ifmap_rows);
  const RowSpan psums = grid.psums.moved(psum_rows);
  if (reads.first < 0 || reads.end > memories_.row_count(LocalMemory::Scratchpad) ||
      psums.first < 0 || psums.end > memories_.row_count(LocalMemory::Accumulators) ||
      std::abs(offset) > std::numeric_limits<std::int32_t>::max()) {
    return false;
  }
  if (!group.folds.empty() && lane_steps(pass_.fold.k) != lane_steps(group.folds[0].k)) {
    return false;
  }
  const auto disjoint = [&](const FoldGroup::Block& block) {
    return !grid.psums.moved(block.rows).overlaps(psums);
  };
  const bool is_slice = !group.slices.empty() && group.slices.back().offset == offset;
  const std::size_t block = group.blocks.empty() ? 0 : group.folds.size() % group.blocks.size();
  if (group.slices.size() <= 1 && (group.slices.empty() || is_slice) &&
      std::all_of(group.blocks.begin(), group.blocks.end(), disjoint)) {
    if (group.slices.empty()) {
      group.slices.push_back({ifmap_rows, static_cast<std::int32_t>(offset)});
    }
    group.blocks.push_back({psum_rows, pass_.accumulate});
  } else if (group.blocks[block].rows != psum_rows || !pass_.accumulate ||
             (block > 0 && !is_slice)) {
    return false;
  } else if (block == 0) {
    group.slices.push_back({ifmap_rows, static_cast<std::int32_t>(offset)});
  }
  group.folds.push_back(pass_.fold);
  group.k = std::max(group.k, pass_.k);
  return true;
}

}  // namespace systole
