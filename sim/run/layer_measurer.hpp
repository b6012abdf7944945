#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/engine/engine.hpp"
#include "sim/run/measured_layers.hpp"

namespace systole {

/// Times the layers of a network on an engine that measures alone: none that is like one that was
/// timed before, in this run or in one that shares its layers.
class LayerMeasurer {
 public:
  /// `shared`: null if no run shares.
  LayerMeasurer(const Compiler& compiler, const AcceleratorConfig& config, Engine& engine,
                std::size_t layers, MeasuredLayers* shared);

  const MeasuredLayer& measure(std::size_t layer);
  /// Stays until it is dropped: programs of a large network fill the memory.
  const PackedProgram& program(std::size_t layer);
  void drop_program(std::size_t layer) { programs_[layer].reset(); }

 private:
  using Measured = std::shared_ptr<const MeasuredLayer>;
  Measured find_or_measure(std::size_t layer);
  MeasuredLayers::Key key_among_runs(std::size_t layer);

  const Compiler& compiler_;
  const AcceleratorConfig& config_;
  Engine& engine_;
  MeasuredLayers* const shared_;
  std::array<std::optional<std::uint64_t>, 2> machine_;  // its numbers among runs that share
  std::vector<std::optional<PackedProgram>> programs_;
  std::vector<Measured> layers_;
  std::map<std::vector<std::uint64_t>, Measured> known_;  // by likeness
};

}  // namespace systole
