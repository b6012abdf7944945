#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/dram/backing_store.hpp"
#include "models/requant/lfsr_stream.hpp"
#include "models/requant/requantize.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/functional/local_memories.hpp"
#include "sim/functional/requant_rows.hpp"
#include "sim/program/command.hpp"
#include "sim/program/machine_shape.hpp"

namespace systole {

/// What loads, fills and stores do to the bytes of DRAM and local memories, the requantization unit
/// included.
class Transfers {
 public:
  Transfers(const AcceleratorConfig& config, BackingStore& dram, LocalMemories& local)
      : config_{config}, shape_{local_shape(config)}, dram_{dram}, local_{local} {}

  void begin_layer(const LayerRegisters& registers);

  void load(const LoadCommand& load);
  /// A load, `dram` bytes further on in DRAM, will come: its bytes into the computer's caches.
  void fetch(const LoadCommand& load, std::uint64_t dram) const;
  void fill(const FillCommand& fill);
  void store(const StoreCommand& store);

 private:
  const std::uint8_t* read_dram(std::uint64_t address, std::uint32_t size);
  const std::uint8_t* source(const LoadCommand& load, std::uint64_t dram = 0) const;
  void load_psums(const LoadCommand& load);
  void scatter_psums(const std::uint8_t* from, const LoadCommand& load);
  void read_constants(std::uint32_t table_row);
  std::uint8_t* rows_in_dram(const StoreCommand& store);
  void copy(const StoreCommand& store);
  void requantize_bytes(const StoreCommand& store);
  void convert(const StoreCommand& store);
  void requantize_row(std::uint32_t row, std::uint64_t address, std::uint32_t first,
                      std::uint32_t count, std::int32_t* elements) const;
  void keep_row(const StoreCommand& store, std::uint32_t row);
  std::int64_t psum(std::uint32_t row, std::uint32_t column) const;

  const AcceleratorConfig& config_;
  const LocalShape shape_;
  BackingStore& dram_;
  LocalMemories& local_;
  LayerRegisters registers_;
  std::optional<LfsrStream> stream_;    // of stochastic rounding
  std::optional<RequantRows> requant_;  // where it takes the unit
  std::vector<std::uint8_t> bytes_;     // of rows on their way
  std::vector<std::int32_t> elements_;  // the same
  std::vector<RequantEntry> entries_;   // of a block of channels, or one for all
};

}  // namespace systole
