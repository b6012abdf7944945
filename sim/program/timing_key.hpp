#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"
#include "sim/program/machine_shape.hpp"

namespace systole {

/// What of a command decides when things happen, the conflicts of its rows with those of other
/// commands (footprint.hpp) apart:
///
/// - of a place in an ideal DRAM the position in the largest burst (choose_burst);
/// - of rows of a local memory their bank, where all of a command's rows lie in one (of a fold each
///   operand's; weight stationary, with those that the array steps over behind its end) and banks
///   hold consecutive rows;
/// - of all other commands everything.
class TimingKey {
 public:
  explicit TimingKey(const AcceleratorConfig& config);

  /// Bytes of the longest burst: addresses so far apart are the same.
  std::uint64_t alignment() const { return block_; }
  std::uint64_t reduce(std::uint64_t dram_address) const { return dram_address % block_; }

  /// The command that stands for all with the same key.
  template <typename Body>
  Body reduced(const Body& body) const {
    return body;
  }
  LoadCommand reduced(LoadCommand load) const;
  FillCommand reduced(FillCommand fill) const;
  StoreCommand reduced(StoreCommand store) const;
  PreloadCommand reduced(PreloadCommand preload) const;
  ComputeCommand reduced(ComputeCommand compute) const;

  /// The first row that stands for `rows` rows of a memory from `row` on.
  std::uint32_t reduced(LocalMemory memory, std::uint32_t row, std::uint32_t rows) const;

  /// Appends the fields of the command that stands for it.
  void append(const PreloadCommand& preload, std::vector<std::uint32_t>& key) const;
  void append(const ComputeCommand& compute, std::vector<std::uint32_t>& key) const;

 private:
  ComputeCommand transposed(ComputeCommand compute) const;
  ComputeCommand streamed(ComputeCommand compute) const;
  template <typename Body>
  Body at_first_address(Body body) const {
    body.dram_address = reduce(body.dram_address);
    if (body.dram_pitch != 0) {  // 0 repeats one row
      body.dram_pitch = reduce(body.dram_pitch) + block_;
    }
    return body;
  }

  std::uint32_t rows_per_bank(LocalMemory memory) const {
    return rows_per_bank_[static_cast<std::size_t>(memory)];
  }
  /// `blocks` runs of `rows` rows, `pitch` apart: the same in one bank, if they are.
  void reduce(LocalAddress& first, std::uint32_t rows, std::uint32_t blocks,
              std::uint32_t& pitch) const;

  const LocalShape shape_;
  std::uint64_t block_;  // bytes of the largest burst
  bool renames_rows_;
  bool weights_stay_;
  std::uint32_t array_rows_;
  std::uint32_t longest_step_;                  // cycles of a step whose compute is shorter
  std::array<std::uint32_t, 4> rows_per_bank_;  // by LocalMemory
};

}  // namespace systole
