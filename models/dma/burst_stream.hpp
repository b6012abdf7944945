#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/burst.hpp"
#include "sim/program/packed_commands.hpp"

namespace systole {

/// The bursts of a program's loads and of its stores, each in the order in which their unit sends
/// them: the units work in program order, so that no time is needed to know it.
class BurstStream {
 public:
  explicit BurstStream(const DmaConfig& dma) : dma_{dma} {}

  /// The program outlives its bursts.
  void begin(const PackedProgram& program);

  Burst next_of_loads();
  Burst next_of_stores();

 private:
  /// Goes through the program from load to load, or from store to store.
  template <typename Body>
  struct Cursor {
    const Body* body = nullptr;  // none: the next one is to be found
    std::uint64_t dram = 0;      // to be added to its addresses
    std::size_t run = 0;
    std::uint32_t taken = 0;  // of the run
  };

  template <typename Body>
  void find(Cursor<Body>& at) const;
  void begin_row_of_stores();

  const DmaConfig dma_;
  const PackedProgram* program_ = nullptr;
  Cursor<LoadCommand> load_;
  std::uint32_t load_row_ = 0;
  std::uint64_t load_offset_ = 0;  // bytes of the row that have had their burst
  Cursor<StoreCommand> store_;
  std::uint32_t store_row_ = 0;
  std::uint64_t row_bytes_ = 0;  // of the row whose bursts come; 0: none yet
  std::uint64_t row_address_ = 0;
  std::uint64_t row_offset_ = 0;
};

}  // namespace systole
