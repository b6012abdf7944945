#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/program/fold_timing.hpp"
#include "sim/program/issued_command.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// A fold's commands, copied: they are needed when the reservation station has given them up.
struct FoldCommands {
  PreloadCommand preload;
  ComputeCommand compute;
  std::uint32_t preload_entry = 0;
  IfmapParts parts;
  FoldSteps steps;
  bool fresh = false;  ///< it brings weights that no vector has swapped in yet

  void begin(const ArrayConfig& config, const IssuedCommand& preload_command,
             const IssuedCommand& compute_command) {
    preload = preload_command.as<PreloadCommand>();
    compute = compute_command.as<ComputeCommand>();
    preload_entry = preload_command.entry;
    parts = ifmap_parts(compute, config.rows);
    steps = fold_steps(config, preload, compute);
    fresh = fresh || preload.new_weights;
  }

  void archive(const ArrayConfig& config, StateArchive& archive) {
    archive.copy(preload);
    archive.copy(compute);
    archive.entry(preload_entry);
    if (archive.reading()) {
      parts = ifmap_parts(compute, config.rows);
      steps = parts.empty() ? FoldSteps{} : fold_steps(config, preload, compute);
    }
  }
};

/// Which rows each cycle reads: `first` and those behind it in cycle `origin`, |step| of them a
/// cycle, up to row `end`.
struct RowsRead {
  std::uint32_t origin = 0;
  std::uint32_t first = 0;
  std::int32_t step = 1;  ///< -1: each cycle the row before
  std::uint32_t end = ~std::uint32_t{0};

  bool operator==(const RowsRead& other) const {
    return origin == other.origin && first == other.first && step == other.step && end == other.end;
  }
  std::uint32_t at(std::uint32_t cycle) const {
    return first + (cycle - origin) * static_cast<std::uint32_t>(step);
  }
  std::uint32_t per_cycle() const { return static_cast<std::uint32_t>(std::max(step, 1)); }
};

/// Consecutive cycles of a load or of a stream, which are alike.
struct FoldRun {
  std::uint32_t end = 0;  ///< first cycle behind it
  bool ifmap = false;     ///< rows of the ifmap are read
  bool weights = false;   ///< rows of weights are read
  bool shift = false;     ///< a row of the stationary operand shifts in
  bool streams = false;   ///< an ifmap vector, or a column of a transposer, enters the array
  bool last = false;      ///< the last one of those that some results need; its cycle is a run
  RowsRead pixels;        ///< of the ifmap
  std::uint32_t part = kEveryPart;  ///< of these pixels
  RowsRead weight_rows;             ///< counted from the preload's

  static constexpr std::uint32_t kEveryPart = ~std::uint32_t{0};
};
using FoldRuns = std::vector<FoldRun>;

/// What a fold asks of the scratchpad and the transposers, cycle by cycle of its load and of its
/// stream; how many there are says sim/program/fold_timing.hpp. The load of one fold may go beside
/// the stream of the fold before it.
class FoldFeed {
 public:
  explicit FoldFeed(const ArrayConfig& config) : config_{config} {}
  virtual ~FoldFeed() = default;

  /// The fold whose load comes next.
  FoldSteps begin_load(const IssuedCommand& preload, const IssuedCommand& compute) {
    FoldCommands& next = folds_[1 - streaming_];
    next.begin(config_, preload, compute);
    loaded_ = true;
    return next.steps;
  }
  /// Cycle `row` of its load, into `pair`.
  virtual void load(std::uint32_t row, OperandPair& pair) = 0;
  /// The stream of that fold comes next; another load can begin.
  FoldSteps begin_stream() {
    streaming_ = 1 - streaming_;
    loaded_ = false;
    folds_[1 - streaming_].fresh = false;
    rewind();
    return streaming().steps;
  }
  /// Cycle `row` of its stream, into `pair`; the rows are asked for in order.
  virtual void stream(std::uint32_t row, OperandPair& pair) = 0;

  /// The cycles of that load, of that stream, all of them; behind these, nothing or what a load
  /// finds beside it.
  virtual void load_runs(FoldRuns& runs) const = 0;
  virtual void stream_runs(FoldRuns& runs) const = 0;
  /// Cycles of the stream from `row` on that will not be asked for.
  virtual void skip(std::uint32_t row, std::uint32_t rows) = 0;
  /// Input stationary: so many cycles of the stream come before the one in which a block's last
  /// channel enters, which is this one.
  virtual std::uint32_t before_block_end() const { return kNoBlockEnd; }
  virtual StreamStep block_end() const { return {}; }

  static constexpr std::uint32_t kNoBlockEnd = ~std::uint32_t{0};

  /// The fold whose load is the latest, and the one whose stream is.
  const FoldCommands& loading() const { return folds_[1 - streaming_]; }
  const FoldCommands& streaming() const { return folds_[streaming_]; }

  /// `streams`: cycles of the stream are yet to come.
  void archive(StateArchive& archive, bool streams) {
    archive.value(loaded_);
    if (loaded_) {
      folds_[1 - streaming_].archive(config_, archive);
    }
    if (streams) {
      folds_[streaming_].archive(config_, archive);
      archive_place(archive);
    }
  }

 protected:
  const ArrayConfig& config() const { return config_; }

 private:
  virtual void rewind() = 0;                              ///< to the first cycle of the stream
  virtual void archive_place(StateArchive& archive) = 0;  ///< in the stream

  const ArrayConfig config_;
  std::array<FoldCommands, 2> folds_;
  std::size_t streaming_ = 0;  // of them; the other is the one that is loaded next
  bool loaded_ = false;        // and its stream has not begun
};

/// Adds a run up to cycle `end` if there are cycles left before it.
void add_run(FoldRuns& runs, FoldRun run, std::uint32_t end);

/// Whether a cycle of a stream gives every PE useful work.
bool fills_array(const ArrayConfig& config, const OperandPair& pair);
/// Whether each cycle of the fold's stream does; of runs, in which a column of a transposed block
/// is one product.
bool fills_array(const ArrayConfig& config, const FoldCommands& fold);

std::unique_ptr<FoldFeed> make_weight_stationary_feed(const ArrayConfig& config);
std::unique_ptr<FoldFeed> make_output_stationary_feed(const ArrayConfig& config);
std::unique_ptr<FoldFeed> make_input_stationary_feed(const ArrayConfig& config);

/// By config.dataflow.
std::unique_ptr<FoldFeed> make_fold_feed(const ArrayConfig& config);

}  // namespace systole
