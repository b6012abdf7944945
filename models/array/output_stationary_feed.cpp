#include <algorithm>
#include <utility>

#include "models/array/fold_feed.hpp"

namespace systole {
namespace {

class OutputStationaryFeed final : public FoldFeed {
 public:
  explicit OutputStationaryFeed(const ArrayConfig& config) : config_{config} {}

  FoldSteps begin_load(const IssuedCommand& preload, const IssuedCommand& compute) override {
    next_.begin(config_, preload, compute);
    return next_.steps;
  }

  void load(std::uint32_t row, OperandPair& pair) override { read(next_, 0, row, pair); }

  FoldSteps begin_stream() override {
    std::swap(current_, next_);
    part_ = 0;
    at_ = 0;
    row_ = 0;
    return current_.steps;
  }

  void stream(std::uint32_t row, OperandPair& pair) override {
    const FoldSteps& steps = current_.steps;
    if (row < steps.stream - steps.busy) {
      return;  // the results before still leave
    }
    const bool last_part = part_ + 1 == current_.parts.size();
    const std::uint32_t columns = columns_of(current_.parts[part_]);
    if (at_ < columns) {
      multiply(at_, last_part && at_ + 1 == columns, pair);
    }
    if (!last_part) {
      read(current_, part_ + 1, at_, pair);
    }
    ++at_;
    if (!last_part && at_ >= std::max(columns, current_.steps.load)) {
      ++part_;
      at_ = 0;
    }
  }

  void load_runs(FoldRuns& runs) const override {
    runs.clear();
    FoldRun reads;
    reads.ifmap = true;
    add_run(runs, reads, next_.steps.load);
  }

  void stream_runs(FoldRuns& runs) const override {
    runs.clear();
    std::uint32_t at = current_.steps.stream - current_.steps.busy;
    add_run(runs, {}, at);
    for (std::size_t part = 0; part < current_.parts.size(); ++part) {
      const bool last = part + 1 == current_.parts.size();
      const std::uint32_t columns = columns_of(current_.parts[part]);
      const std::uint32_t reads = last ? 0 : current_.steps.load;
      FoldRun run;
      run.ifmap = run.weights = run.streams = true;
      add_run(runs, run, at + std::min(reads, columns));
      run.ifmap = false;
      add_run(runs, run, at + columns - (last ? 1 : 0));
      run.last = true;
      add_run(runs, run, at + columns);
      run = {};
      run.ifmap = true;
      add_run(runs, run, at + reads);
      at += std::max(columns, reads);
    }
  }

  void skip(std::uint32_t row, std::uint32_t rows) override {
    const std::uint32_t lead = current_.steps.stream - current_.steps.busy;
    rows -= row < lead ? std::min(rows, lead - row) : 0;
    while (rows > 0) {
      const bool last_part = part_ + 1 == current_.parts.size();
      const std::uint32_t columns = columns_of(current_.parts[part_]);
      const std::uint32_t length = last_part ? at_ + rows : std::max(columns, current_.steps.load);
      const std::uint32_t taken = std::min(rows, length - at_);
      row_ += std::min(columns, at_ + taken) - std::min(columns, at_);
      at_ += taken;
      rows -= taken;
      if (!last_part && at_ == length) {
        ++part_;
        at_ = 0;
      }
    }
  }

  void archive(StateArchive& archive) override {
    next_.archive(config_, archive);
    current_.archive(config_, archive);
    archive.values(part_, at_, row_);
  }

 private:
  /// Columns of the transposed part: products, or as many at once as a composable PE takes.
  std::uint32_t columns_of(const IfmapPart& part) const {
    const std::uint32_t at_once = current_.compute.products_per_pe;
    return (part.count + at_once - 1) / at_once;
  }

  /// Rows of a part into the transposer.
  void read(const FoldCommands& fold, std::size_t part, std::uint32_t row,
            OperandPair& pair) const {
    const auto& compute = fold.compute;
    const std::uint32_t first = row * config_.gather_rows;
    const std::uint32_t end = std::min(first + config_.gather_rows, compute.rows());
    if (first >= end) {
      return;
    }
    IfmapStep& ifmap = pair.ifmap;
    ifmap.valid = true;
    ifmap.index = first;
    ifmap.products_per_pe = compute.products_per_pe;
    const IfmapPart& of = fold.parts[part];
    for (std::uint32_t pixel = first; pixel < end; ++pixel) {
      ifmap.reads.push_back({compute.pixel_row(pixel) + of.row, of.lane, of.count});
    }
  }

  /// A column of all pixels, and its weights.
  void multiply(std::uint32_t column, bool last, OperandPair& pair) {
    const auto& compute = current_.compute;
    const auto& preload = current_.preload;
    StreamStep& stream = pair.stream;
    stream.valid = true;
    stream.column = column;
    stream.new_block = column == 0;
    stream.swap = row_ == 0;
    stream.last = last && !preload.keeps_sums;
    stream.last_of_fold = stream.last;
    stream.pixels = compute.rows();
    stream.products_per_pe = preload.products_per_pe;
    stream.k = std::min(preload.products_per_pe,
                        current_.parts[part_].count - column * preload.products_per_pe);
    stream.n = preload.n;
    stream.acc_row = preload.acc_row;
    stream.accumulate = preload.accumulate;
    stream.preload_entry = current_.preload_entry;
    WeightStep& weight = pair.weight;
    weight.valid = true;
    weight.from = {preload.weights.memory, preload.weights.row + row_};
    weight.n = preload.n;
    weight.products_per_pe = preload.products_per_pe;
    ++row_;
  }

  const ArrayConfig config_;
  FoldCommands next_;
  FoldCommands current_;
  std::size_t part_ = 0;   // of current_, that streams
  std::uint32_t at_ = 0;   // cycle of that part
  std::uint32_t row_ = 0;  // of current_'s weights, that streams next
};

}  // namespace

std::unique_ptr<FoldFeed> make_output_stationary_feed(const ArrayConfig& config) {
  return std::make_unique<OutputStationaryFeed>(config);
}

}  // namespace systole
