#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/array/pe_array.hpp"
#include "sim/engine/machine_probe.hpp"
#include "sim/kernel/clock.hpp"
#include "sim/stats/cycle_window.hpp"

namespace systole {

class SystolicArray;

/// Draws the PEs of a machine cycle by cycle: what each of them holds, and what crosses the edges,
/// as one would on a whiteboard. Everything is read from the machine's registers; cycles in which
/// nothing moves through the PEs are left out.
class ArrayPicture final : public MachineProbe, private Ticking {
 public:
  /// PEs along a side at most: more do not fit into a line.
  static constexpr std::uint32_t kLargest = 16;

  /// Of one layer alone; of all of them if it is empty. `most` cycles are drawn at most.
  ArrayPicture(const ArrayConfig& config, std::string layer, CycleWindow window, std::size_t most);

  void attach(Accelerator& accelerator, const Clock& clock) override;
  void on_layer(const std::string& name) override;
  bool looks_into_pes() const override { return true; }

  std::string text() const;

 private:
  /// What crossed one edge.
  using Edge = std::optional<std::vector<std::int64_t>>;
  struct Cycle {
    std::uint64_t number = 0;
    std::string layer;
    std::vector<PeRegisters> pes;  // row by row
    Edge left, top, bottom;
    std::uint32_t products_per_pe = 1;
    std::uint32_t top_row = 0;
    std::uint32_t bottom_index = 0;
  };

  void tick() override;
  std::string legend() const;
  std::string cell(const PeRegisters& pe) const;
  std::string draw(const Cycle& cycle) const;
  std::string left_note(const Cycle& cycle) const;
  std::string top_note(const Cycle& cycle) const;
  std::string bottom_note(const Cycle& cycle) const;

  const ArrayConfig config_;
  const std::string only_;
  const CycleWindow window_;
  const std::size_t most_;
  const SystolicArray* array_ = nullptr;
  std::string layer_;  // that runs
  std::vector<Cycle> cycles_;
  std::size_t left_out_ = 0;       // cycles beyond the most
  std::size_t operand_width_ = 1;  // characters
  std::size_t psum_width_ = 1;
};

}  // namespace systole
