#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"
#include "sim/program/machine_shape.hpp"

namespace systole::test {

/// Runs programs on byte memories without time, from the meaning of the commands alone. It
/// shares no arithmetic with the machine. Local memories start with random bytes, so that what
/// was never written does not pass for zero.
class ProgramInterpreter {
 public:
  ProgramInterpreter(const AcceleratorConfig& config, std::uint64_t dram_bytes, std::uint32_t seed);

  void write_dram(std::uint64_t address, const std::vector<std::uint8_t>& bytes);
  std::vector<std::uint8_t> read_dram(std::uint64_t address, std::uint64_t size) const;

  /// Commands in the order of the program.
  void run(const LayerProgram& program);

  /// Commands in a random order that the machine could choose: fetched in order into `entries`
  /// places of each class, in order within a class, and held back only by the hazard ranges of
  /// older commands of other classes. A Preload holds its ranges until its Compute is done.
  void run_reordered(const LayerProgram& program,
                     const std::array<std::size_t, kCommandClasses>& entries, std::mt19937& random);

  std::uint64_t read_bytes(Operand operand) const {
    return read_bytes_[static_cast<std::size_t>(operand)];
  }
  std::uint64_t written_bytes() const { return written_bytes_; }

 private:
  struct Execute;
  struct Station;

  std::uint8_t* row(LocalMemory memory, std::uint32_t index);
  std::int32_t accumulator(std::uint32_t index, std::uint32_t lane);
  void set_accumulator(std::uint32_t index, std::uint32_t lane, std::int32_t value);
  std::uint8_t* dram(std::uint64_t address, std::uint64_t size);
  void execute(const Command& command, const LayerRegisters& registers);

  const AcceleratorConfig config_;
  const LocalShape shape_;
  std::vector<std::uint8_t> dram_;
  std::array<std::vector<std::uint8_t>, 4> memories_;  ///< by LocalMemory
  std::vector<std::int32_t> weights_;                  ///< in the array, row-major
  PreloadCommand preload_;                             ///< of the next Compute
  std::array<std::uint64_t, kOperands> read_bytes_{};
  std::uint64_t written_bytes_ = 0;
  std::uint64_t words_start_ = 0;  // of stochastic rounding's stream, and its first words
  std::vector<std::uint32_t> words_;
};

}  // namespace systole::test
