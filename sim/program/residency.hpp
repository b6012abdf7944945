#pragma once

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"
#include "sim/program/traffic.hpp"

namespace systole {

/// A layer's commands in so many parts of equal length, for a picture of what happens when.
constexpr std::uint64_t kLifeParts = 32;

/// What a part of a local memory holds during a layer.
struct Residence {
  LocalMemory memory = LocalMemory::Scratchpad;
  Stream holds = Stream::Ifmap;
  std::uint32_t first_row = 0;
  std::uint32_t rows = 0;           ///< consecutive ones
  std::uint64_t rows_written = 0;   ///< over the layer: how often the part is filled, times rows
  std::uint64_t first_command = 0;  ///< that writes some of it
  std::uint64_t last_command = 0;   ///< that reads or writes some of it
  std::uint32_t written_in = 0;     ///< bit i: in part i of the commands some of it is written
  std::uint32_t read_in = 0;

  double times_filled() const { return static_cast<double>(rows_written) / rows; }
};

/// Where everything lives, and from which command to which, by memory and first row. Rows that
/// hold several things one after the other are in several residences. Padding counts to the
/// ifmap, results of the array to the psums.
std::vector<Residence> residences(const LayerProgram& program, const AcceleratorConfig& config);

}  // namespace systole
