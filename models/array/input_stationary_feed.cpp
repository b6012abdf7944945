#include <algorithm>
#include <utility>

#include "models/array/fold_feed.hpp"

namespace systole {
namespace {

class InputStationaryFeed final : public FoldFeed {
 public:
  using FoldFeed::FoldFeed;

  void load(std::uint32_t row, OperandPair& pair) override {
    const auto& compute = loading().compute;
    const std::uint32_t reads = loading().steps.load - config().rows;
    if (row >= reads) {
      pair.stream.shift = true;
      pair.stream.shift_row = config().rows - 1 - (row - reads);
      pair.stream.products_per_pe = compute.products_per_pe;
      return;
    }
    read_weights(loading(), 0, row, pair);
    if (row < compute.rows()) {
      IfmapStep& ifmap = pair.ifmap;
      ifmap.valid = true;
      ifmap.index = row;
      ifmap.products_per_pe = compute.products_per_pe;
      const std::uint32_t pixel = compute.pixel_row(row);
      for (const IfmapPart& part : loading().parts) {
        ifmap.reads.push_back({pixel + part.row, part.lane, part.count});
      }
    }
  }

  void stream(std::uint32_t /*row*/, OperandPair& pair) override {
    if (at_ < channels_of(block_)) {
      pair.stream = channel(block_, at_);
    }
    if (!is_last(block_)) {
      read_weights(streaming(), block_ + 1, at_, pair);
    }
    ++at_;
    if (!is_last(block_) && at_ >= block_cycles()) {
      ++block_;
      at_ = 0;
    }
  }

  std::uint32_t before_block_end() const override {
    const std::uint32_t channels = channels_of(block_);
    if (at_ < channels) {
      return channels - 1 - at_;
    }
    return is_last(block_) ? kNoBlockEnd : block_cycles() - at_ + channels_of(block_ + 1) - 1;
  }
  StreamStep block_end() const override {
    const std::uint32_t block = at_ < channels_of(block_) ? block_ : block_ + 1;
    return channel(block, channels_of(block) - 1);
  }

  void load_runs(FoldRuns& runs) const override {
    runs.clear();
    const std::uint32_t weights = weight_reads(loading().preload);
    const std::uint32_t pixels = loading().compute.rows();
    FoldRun run;
    run.weights = run.ifmap = true;
    run.weight_rows = rows_of_block(0, 0, loading().preload);
    add_run(runs, run, std::min(weights, pixels));
    run.weights = weights > pixels;
    run.ifmap = !run.weights;
    add_run(runs, run, std::max(weights, pixels));
    run = {};
    run.shift = true;
    add_run(runs, run, loading().steps.load);
  }

  void stream_runs(FoldRuns& runs) const override {
    runs.clear();
    const auto& preload = streaming().preload;
    std::uint32_t at = 0;
    std::uint32_t next_block = 0;  // read while the one before it streams
    for (std::uint32_t first = 0; first < preload.n; first += config().cols) {
      ++next_block;
      const std::uint32_t channels = std::min(preload.n - first, config().cols);
      const bool last = first + channels == preload.n;
      const std::uint32_t reads = last ? 0 : weight_reads(preload);
      FoldRun run;
      run.weight_rows = rows_of_block(at, next_block, preload);
      run.streams = run.weights = true;
      add_run(runs, run, at + std::min(reads, channels - 1));
      run.weights = false;
      add_run(runs, run, at + channels - 1);
      run.weights = reads >= channels;
      run.last = true;
      add_run(runs, run, at + channels);
      run.streams = run.last = false;
      run.weights = true;
      add_run(runs, run, at + reads);
      at += std::max(config().cols, reads);
      add_run(runs, {}, last ? streaming().steps.stream : at);
    }
  }

  void skip(std::uint32_t /*row*/, std::uint32_t rows) override {
    while (rows > 0) {
      const std::uint32_t length = is_last(block_) ? at_ + rows : block_cycles();
      const std::uint32_t taken = std::min(rows, length - at_);
      at_ += taken;
      rows -= taken;
      if (!is_last(block_) && at_ == length) {
        ++block_;
        at_ = 0;
      }
    }
  }

 private:
  void rewind() override {
    block_ = 0;
    at_ = 0;
  }
  void archive_place(StateArchive& archive) override { archive.values(block_, at_); }

  std::uint32_t weight_reads(const PreloadCommand& preload) const {
    return (preload.weight_rows() + config().gather_rows - 1) / config().gather_rows;
  }

  /// Of the fold that streams.
  bool is_last(std::uint32_t block) const {
    return (block + 1) * config().cols >= streaming().preload.n;
  }
  std::uint32_t channels_of(std::uint32_t block) const {
    return std::min(streaming().preload.n - block * config().cols, config().cols);
  }
  /// From one block's first channel to that of the next.
  std::uint32_t block_cycles() const {
    return std::max(config().cols, weight_reads(streaming().preload));
  }

  /// All rows of a block of weights, so many a cycle as the transposer takes.
  RowsRead rows_of_block(std::uint32_t cycle, std::uint32_t block,
                         const PreloadCommand& preload) const {
    const std::uint32_t first = block * preload.weights_pitch;
    return {cycle, first, static_cast<std::int32_t>(config().gather_rows),
            first + preload.weight_rows()};
  }

  /// Rows of a block of weights into their transposer.
  void read_weights(const FoldCommands& fold, std::uint32_t block, std::uint32_t row,
                    OperandPair& pair) const {
    const auto& preload = fold.preload;
    const std::uint32_t first = row * config().gather_rows;
    const std::uint32_t end = std::min(first + config().gather_rows, preload.weight_rows());
    if (first >= end) {
      return;
    }
    WeightStep& weight = pair.weight;
    weight.valid = true;
    weight.from = {preload.weights.memory,
                   preload.weights.row + block * preload.weights_pitch + first};
    weight.rows = end - first;
    weight.index = first;
    weight.n = std::min(preload.n - block * config().cols, config().cols);
    weight.products_per_pe = preload.products_per_pe;
  }

  /// An output channel.
  StreamStep channel(std::uint32_t block, std::uint32_t column) const {
    const auto& preload = streaming().preload;
    StreamStep stream;
    stream.valid = true;
    stream.column = column;
    stream.new_block = column == 0;
    stream.swap = column == 0 && block == 0;
    stream.n = channels_of(block);
    stream.last = column + 1 == stream.n;
    stream.last_of_fold = stream.last && is_last(block);
    stream.pixels = streaming().compute.rows();
    stream.k = preload.k;
    stream.acc_row = preload.acc_row + block * preload.acc_pitch;
    stream.accumulate = preload.accumulate;
    stream.preload_entry = streaming().preload_entry;
    stream.products_per_pe = preload.products_per_pe;
    return stream;
  }

  std::uint32_t block_ = 0;  // that streams
  std::uint32_t at_ = 0;     // cycle of that block
};

}  // namespace

std::unique_ptr<FoldFeed> make_input_stationary_feed(const ArrayConfig& config) {
  return std::make_unique<InputStationaryFeed>(config);
}

}  // namespace systole
