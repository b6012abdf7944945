#pragma once

#include <string>
#include <vector>

#include "models/sequencer/command_observer.hpp"
#include "sim/run/simulation.hpp"

namespace systole::test {

/// Where two engines' runs of the same network differ: cycles, compute cycles, every event, every
/// ledger entry, peak bandwidth, checks, and whatever else their reports say; empty if nowhere.
std::string differences(const SimulationOutcome& systemc, const SimulationOutcome& fast);

/// Writes down when each command was allocated, issued and completed, and what it waited for.
class ProgramLog final : public CommandObserver {
 public:
  void on_layer(const std::string& name) override;
  void on_command(const Command& command, const CommandTimes& times) override;

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// The first line in which two logs of the same network differ; empty if in none.
std::string difference(const ProgramLog& systemc, const ProgramLog& fast);

}  // namespace systole::test
