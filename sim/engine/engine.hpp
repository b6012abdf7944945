#pragma once

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "sim/program/dram_places.hpp"
#include "sim/program/packed_commands.hpp"
#include "sim/stats/events.hpp"
#include "sim/stats/layer_measurement.hpp"

namespace systole {

/// Throws std::logic_error if the causes of a unit do not add up to the layer's cycles, or the bank
/// conflicts of all pairs of units to those that were counted.
void check_ledger(const LayerMeasurement& layer);

/// Timing does not depend on data: throws std::logic_error that names the first figure, of the
/// layer or of a unit's ledger, that two runs of one program do not share.
void check_same_timing(const LayerMeasurement& first, const LayerMeasurement& again);

/// A machine with its DRAM. Bytes written before a run are what the program finds.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual void write_dram(std::uint64_t address, const std::vector<std::uint8_t>& bytes) = 0;
  virtual std::vector<std::uint8_t> read_dram(std::uint64_t address, std::uint64_t size) const = 0;
  /// Rows of the scratchpad of activations, one behind the other: what layers left there.
  virtual std::vector<std::uint8_t> read_scratchpad(std::uint32_t first_row,
                                                    std::uint32_t rows) = 0;
  virtual LayerMeasurement run(const LayerProgram& program) = 0;

  /// Time and bytes of a program can be had apart, by measure() and compute(), and the former
  /// depends on places in DRAM as dram_places() says.
  virtual bool measures_alone() const { return false; }
  virtual DramPlaces dram_places() const {
    throw std::logic_error{"this engine has no time without bytes"};
  }
  /// As run(), but no byte changes, and what depends on values is not counted.
  virtual LayerMeasurement measure(const PackedProgram& program) {
    static_cast<void>(program);
    throw std::logic_error{"this engine has no time without bytes"};
  }
  /// What run() does to bytes; returns the counts that depend on values.
  virtual EventCounts compute(const PackedProgram& program) {
    static_cast<void>(program);
    throw std::logic_error{"this engine has no bytes without time"};
  }
};

}  // namespace systole
