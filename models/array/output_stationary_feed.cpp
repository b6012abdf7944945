#include <algorithm>
#include <utility>

#include "models/array/fold_feed.hpp"
#include "sim/network/ceil_div.hpp"

namespace systole {
namespace {

class OutputStationaryFeed final : public FoldFeed {
 public:
  using FoldFeed::FoldFeed;

  void load(std::uint32_t row, OperandPair& pair) override { read(loading(), 0, row, pair); }

  void stream(std::uint32_t row, OperandPair& pair) override {
    const FoldSteps& steps = streaming().steps;
    if (row < steps.stream - steps.busy) {
      return;  // the results before still leave
    }
    const bool last_part = part_ + 1 == streaming().parts.size();
    const std::uint32_t columns = columns_of(streaming().parts[part_]);
    if (at_ < columns) {
      multiply(at_, last_part && at_ + 1 == columns, pair);
    }
    if (!last_part) {
      read(streaming(), part_ + 1, at_, pair);
    }
    ++at_;
    if (!last_part && at_ >= std::max(columns, streaming().steps.load)) {
      ++part_;
      at_ = 0;
    }
  }

  void load_runs(FoldRuns& runs) const override {
    runs.clear();
    FoldRun reads;
    reads.ifmap = true;
    reads.part = 0;
    reads.pixels = pixels_from(0, loading());
    add_run(runs, reads, loading().steps.load);
  }

  void stream_runs(FoldRuns& runs) const override {
    runs.clear();
    std::uint32_t at = streaming().steps.stream - streaming().steps.busy;
    add_run(runs, {}, at);
    std::uint32_t weights = 0;
    for (std::uint32_t part = 0; part < streaming().parts.size(); ++part) {
      const bool last = part + 1 == streaming().parts.size();
      const std::uint32_t columns = columns_of(streaming().parts[part]);
      const std::uint32_t reads = last ? 0 : streaming().steps.load;
      FoldRun run;
      run.ifmap = run.weights = run.streams = true;
      run.part = part + 1;
      run.pixels = pixels_from(at, streaming());
      run.weight_rows = {at, weights};
      add_run(runs, run, at + std::min(reads, columns));
      run.ifmap = false;
      add_run(runs, run, at + columns - (last ? 1 : 0));
      run.last = true;
      add_run(runs, run, at + columns);
      run.ifmap = true;
      run.weights = run.streams = run.last = false;
      add_run(runs, run, at + reads);
      at += std::max(columns, reads);
      weights += columns;
    }
  }

  void skip(std::uint32_t row, std::uint32_t rows) override {
    const std::uint32_t lead = streaming().steps.stream - streaming().steps.busy;
    rows -= row < lead ? std::min(rows, lead - row) : 0;
    while (rows > 0) {
      const bool last_part = part_ + 1 == streaming().parts.size();
      const std::uint32_t columns = columns_of(streaming().parts[part_]);
      const std::uint32_t length =
          last_part ? at_ + rows : std::max(columns, streaming().steps.load);
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

 private:
  void rewind() override {
    part_ = 0;
    at_ = 0;
    row_ = 0;
  }
  void archive_place(StateArchive& archive) override { archive.values(part_, at_, row_); }

  /// All of them, so many rows a cycle as the transposer takes.
  RowsRead pixels_from(std::uint32_t cycle, const FoldCommands& fold) const {
    return {cycle, 0, static_cast<std::int32_t>(config().gather_rows), fold.compute.rows()};
  }

  /// Columns of the transposed part: products, or as many at once as a composable PE takes.
  std::uint32_t columns_of(const IfmapPart& part) const {
    const std::uint32_t at_once = streaming().compute.products_per_pe;
    return ceil_div(part.count, at_once);
  }

  /// Rows of a part into the transposer.
  void read(const FoldCommands& fold, std::size_t part, std::uint32_t row,
            OperandPair& pair) const {
    const auto& compute = fold.compute;
    const std::uint32_t first = row * config().gather_rows;
    const std::uint32_t end = std::min(first + config().gather_rows, compute.rows());
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
    const auto& compute = streaming().compute;
    const auto& preload = streaming().preload;
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
                        streaming().parts[part_].count - column * preload.products_per_pe);
    stream.n = preload.n;
    stream.acc_row = preload.acc_row;
    stream.accumulate = preload.accumulate;
    stream.preload_entry = streaming().preload_entry;
    WeightStep& weight = pair.weight;
    weight.valid = true;
    weight.from = {preload.weights.memory, preload.weights.row + row_};
    weight.n = preload.n;
    weight.products_per_pe = preload.products_per_pe;
    ++row_;
  }

  std::size_t part_ = 0;   // that streams
  std::uint32_t at_ = 0;   // cycle of that part
  std::uint32_t row_ = 0;  // of the weights, that streams next
};

}  // namespace

std::unique_ptr<FoldFeed> make_output_stationary_feed(const ArrayConfig& config) {
  return std::make_unique<OutputStationaryFeed>(config);
}

}  // namespace systole
