#include "models/array/operand_banks.hpp"

namespace systole {
namespace {

/// How many pixels from this one on lie within so many rows from its own; no fewer than one, and
/// rather whole lines of the grid than all.
std::uint32_t pixels_within(const ComputeCommand& compute, std::uint32_t pixel,
                            std::uint32_t rows) {
  const std::uint32_t line = compute.count_w - (compute.skip + pixel) % compute.count_w;
  const std::uint32_t fit = compute.pitch_w == 0 ? line : (rows - 1) / compute.pitch_w + 1;
  const std::uint64_t line_rows = std::uint64_t{compute.count_w - 1} * compute.pitch_w;
  if (fit < line || compute.pitch_h < line_rows) {
    return std::min(fit, line);  // lines that lie in one another are taken one by one
  }
  if (compute.pitch_h == 0) {
    return ~std::uint32_t{0};
  }
  const std::uint32_t lines = (rows - 1 - (line - 1) * compute.pitch_w) / compute.pitch_h;
  const std::uint64_t pixels = line + std::uint64_t{lines} * compute.count_w;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(pixels, ~std::uint32_t{0}));
}

}  // namespace

OperandBanks::OperandBanks(const BankMap& map) : map_{map} {
  for (std::uint32_t bank = 0; bank < map_.banks(); ++bank) {
    single_.push_back({bank});
  }
}

const Banks* OperandBanks::listed(const Banks& banks) {
  // Padding may lie behind the last bank.
  const bool single = banks.size() == 1 && banks.front() < single_.size();
  return single ? &single_[banks.front()] : &*others_.insert(banks).first;
}

void OperandBanks::find_pixels(const FoldCommands& fold, const FoldRun& run, std::uint32_t cycle,
                               Found& found) {
  const RowsRead& rows = run.pixels;
  if (cycle < found.until && found.rows == rows) {
    return;
  }
  const ComputeCommand& compute = fold.compute;
  const std::uint32_t first = rows.at(cycle);
  const std::uint32_t at_once = std::min(rows.per_cycle(), rows.end - first);
  const bool every = run.part == FoldRun::kEveryPart;
  const std::size_t end = every ? fold.parts.size() : run.part + 1;
  std::uint32_t same = rows.end - first;
  Banks banks;
  for (std::size_t part = every ? 0 : run.part; part < end; ++part) {
    const auto address = [&](std::uint32_t pixel) {
      return LocalAddress{LocalMemory::Scratchpad, compute.pixel_row(pixel) + fold.parts[part].row};
    };
    const LocalAddress from = address(first);
    const std::uint32_t here = pixels_within(compute, first, map_.rows_on(from));
    add(banks, map_.bank_of(from));
    for (std::uint32_t i = here; i < at_once; ++i) {
      add(banks, map_.bank_of(address(first + i)));
    }
    same = std::min(same, here);
  }
  set(found, banks, rows, cycle, same);
}

void OperandBanks::find_weights(const PreloadCommand& preload, const FoldRun& run,
                                std::uint32_t cycle, Found& found) {
  const RowsRead& rows = run.weight_rows;
  if (cycle < found.until && found.rows == rows) {
    return;
  }
  const std::uint32_t first = rows.at(cycle);
  const std::uint32_t at_once = std::min(rows.per_cycle(), rows.end - first);
  const auto address = [&](std::uint32_t row) {
    return LocalAddress{preload.weights.memory, preload.weights.row + row};
  };
  const LocalAddress from = address(first);
  const std::uint32_t here = rows.step < 0 ? map_.rows_back(from) : map_.rows_on(from);
  Banks banks{map_.bank_of(from)};
  for (std::uint32_t i = here; i < at_once; ++i) {
    add(banks, map_.bank_of(address(first + i)));
  }
  set(found, banks, rows, cycle, std::min(here, rows.end - first));
}

/// The first `same` rows from those of `cycle` on are in the same banks as the first one.
void OperandBanks::set(Found& found, const Banks& banks, const RowsRead& rows, std::uint32_t cycle,
                       std::uint32_t same) {
  const bool all = same == rows.end - rows.at(cycle);
  const std::uint32_t cycles = all ? ~std::uint32_t{0} - cycle : same / rows.per_cycle();
  found = {listed(banks), cycle + std::max(cycles, 1U), rows};
}

}  // namespace systole
