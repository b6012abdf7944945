#include <algorithm>
#include <utility>

#include "models/array/fold_feed.hpp"

namespace systole {
namespace {

class InputStationaryFeed final : public FoldFeed {
 public:
  explicit InputStationaryFeed(const ArrayConfig& config) : config_{config} {}

  FoldSteps begin_load(const IssuedCommand& preload, const IssuedCommand& compute) override {
    next_.begin(config_, preload, compute);
    return next_.steps;
  }

  void load(std::uint32_t row, OperandPair& pair) override {
    const auto& compute = next_.compute;
    const std::uint32_t reads = next_.steps.load - config_.rows;
    if (row >= reads) {
      pair.stream.shift = true;
      pair.stream.shift_row = config_.rows - 1 - (row - reads);
      pair.stream.products_per_pe = compute.products_per_pe;
      return;
    }
    read_weights(next_, 0, row, pair);
    if (row < compute.rows()) {
      IfmapStep& ifmap = pair.ifmap;
      ifmap.valid = true;
      ifmap.index = row;
      ifmap.products_per_pe = compute.products_per_pe;
      const std::uint32_t pixel = compute.pixel_row(row);
      for (const IfmapPart& part : next_.parts) {
        ifmap.reads.push_back({pixel + part.row, part.lane, part.count});
      }
    }
  }

  FoldSteps begin_stream() override {
    std::swap(current_, next_);
    block_ = 0;
    at_ = 0;
    return current_.steps;
  }

  void stream(std::uint32_t /*row*/, OperandPair& pair) override {
    const auto& preload = current_.preload;
    const std::uint32_t first = block_ * config_.cols;
    const std::uint32_t channels = std::min(preload.n - first, config_.cols);
    const bool last_block = first + channels == preload.n;
    if (at_ < channels) {
      multiply(at_, channels, last_block, pair);
    }
    if (!last_block) {
      read_weights(current_, block_ + 1, at_, pair);
    }
    ++at_;
    if (!last_block && at_ >= std::max(config_.cols, weight_reads(preload))) {
      ++block_;
      at_ = 0;
    }
  }

  void load_runs(FoldRuns& runs) const override {
    runs.clear();
    const std::uint32_t weights = weight_reads(next_.preload);
    const std::uint32_t pixels = next_.compute.rows();
    FoldRun run;
    run.weights = run.ifmap = true;
    add_run(runs, run, std::min(weights, pixels));
    run.weights = weights > pixels;
    run.ifmap = !run.weights;
    add_run(runs, run, std::max(weights, pixels));
    run = {};
    run.shift = true;
    add_run(runs, run, next_.steps.load);
  }

  void stream_runs(FoldRuns& runs) const override {
    runs.clear();
    const auto& preload = current_.preload;
    std::uint32_t at = 0;
    for (std::uint32_t first = 0; first < preload.n; first += config_.cols) {
      const std::uint32_t channels = std::min(preload.n - first, config_.cols);
      const bool last = first + channels == preload.n;
      const std::uint32_t reads = last ? 0 : weight_reads(preload);
      FoldRun run;
      run.streams = run.weights = true;
      add_run(runs, run, at + std::min(reads, channels - 1));
      run.weights = false;
      add_run(runs, run, at + channels - 1);
      run.weights = reads >= channels;
      run.last = true;
      add_run(runs, run, at + channels);
      run = {};
      run.weights = true;
      add_run(runs, run, at + reads);
      at += std::max(config_.cols, reads);
      add_run(runs, {}, last ? current_.steps.stream : at);
    }
  }

  void skip(std::uint32_t /*row*/, std::uint32_t rows) override {
    const auto& preload = current_.preload;
    while (rows > 0) {
      const bool last_block = (block_ + 1) * config_.cols >= preload.n;
      const std::uint32_t length =
          last_block ? at_ + rows : std::max(config_.cols, weight_reads(preload));
      const std::uint32_t taken = std::min(rows, length - at_);
      at_ += taken;
      rows -= taken;
      if (!last_block && at_ == length) {
        ++block_;
        at_ = 0;
      }
    }
  }

  void archive(StateArchive& archive) override {
    next_.archive(config_, archive);
    current_.archive(config_, archive);
    archive.values(block_, at_);
  }

 private:
  std::uint32_t weight_reads(const PreloadCommand& preload) const {
    return (preload.weight_rows() + config_.gather_rows - 1) / config_.gather_rows;
  }

  /// Rows of a block of weights into their transposer.
  void read_weights(const FoldCommands& fold, std::uint32_t block, std::uint32_t row,
                    OperandPair& pair) const {
    const auto& preload = fold.preload;
    const std::uint32_t first = row * config_.gather_rows;
    const std::uint32_t end = std::min(first + config_.gather_rows, preload.weight_rows());
    if (first >= end) {
      return;
    }
    WeightStep& weight = pair.weight;
    weight.valid = true;
    weight.from = {preload.weights.memory,
                   preload.weights.row + block * preload.weights_pitch + first};
    weight.rows = end - first;
    weight.index = first;
    weight.n = std::min(preload.n - block * config_.cols, config_.cols);
    weight.products_per_pe = preload.products_per_pe;
  }

  /// An output channel.
  void multiply(std::uint32_t column, std::uint32_t channels, bool last_block, OperandPair& pair) {
    const auto& compute = current_.compute;
    const auto& preload = current_.preload;
    StreamStep& stream = pair.stream;
    stream.valid = true;
    stream.column = column;
    stream.new_block = column == 0;
    stream.swap = column == 0 && block_ == 0;
    stream.last = column + 1 == channels;
    stream.last_of_fold = stream.last && last_block;
    stream.pixels = compute.rows();
    stream.k = preload.k;
    stream.n = channels;
    stream.acc_row = preload.acc_row + block_ * preload.acc_pitch;
    stream.accumulate = preload.accumulate;
    stream.preload_entry = current_.preload_entry;
    stream.products_per_pe = preload.products_per_pe;
  }

  const ArrayConfig config_;
  FoldCommands next_;
  FoldCommands current_;
  std::uint32_t block_ = 0;  // of current_, that streams
  std::uint32_t at_ = 0;     // cycle of that block
};

}  // namespace

std::unique_ptr<FoldFeed> make_input_stationary_feed(const ArrayConfig& config) {
  return std::make_unique<InputStationaryFeed>(config);
}

}  // namespace systole
