#include <algorithm>

#include "models/array/fold_feed.hpp"

namespace systole {
namespace {

class WeightStationaryFeed final : public FoldFeed {
 public:
  using FoldFeed::FoldFeed;

  void load(std::uint32_t row, OperandPair& pair) override {
    const auto& preload = loading().preload;
    WeightStep& weight = pair.weight;
    weight.valid = true;
    weight.index = config().rows - 1 - row;
    weight.zero = weight.index >= preload.weight_rows();
    weight.from = {preload.weights.memory, preload.weights.row + weight.index};
    weight.n = preload.n;
    weight.products_per_pe = preload.products_per_pe;
  }

  void stream(std::uint32_t row, OperandPair& pair) override {
    const auto& compute = streaming().compute;
    const auto& preload = streaming().preload;
    IfmapStep& ifmap = pair.ifmap;
    ifmap.valid = row < compute.rows();  // else padding
    const std::uint32_t pixel = compute.pixel_row(row);
    for (const IfmapPart& part : streaming().parts) {
      ifmap.reads.push_back({pixel + part.row, part.lane, part.count});
    }
    ifmap.k = compute.k;
    ifmap.products_per_pe = compute.products_per_pe;
    ifmap.n = preload.n;
    ifmap.acc_row = preload.acc_row + row;
    ifmap.accumulate = preload.accumulate;
    ifmap.swap = row == 0 && streaming().fresh;
  }

  void load_runs(FoldRuns& runs) const override {
    runs.clear();
    FoldRun run;
    run.shift = true;
    run.weight_rows = {0, config().rows - 1, -1};
    add_run(runs, run,
            loading().steps.load - std::min(loading().steps.load, loading().preload.weight_rows()));
    run.weights = true;
    add_run(runs, run, loading().steps.load);
  }

  void stream_runs(FoldRuns& runs) const override {
    runs.clear();
    FoldRun run;
    run.ifmap = run.streams = true;
    add_run(runs, run, streaming().compute.rows());
    run.ifmap = run.streams = false;  // padding, beside which a load may go on
    add_run(runs, run, ~std::uint32_t{0});
  }

  void skip(std::uint32_t /*row*/, std::uint32_t /*rows*/) override {}

 private:
  void rewind() override {}
  void archive_place(StateArchive& /*archive*/) override {}
};

}  // namespace

std::unique_ptr<FoldFeed> make_weight_stationary_feed(const ArrayConfig& config) {
  return std::make_unique<WeightStationaryFeed>(config);
}

}  // namespace systole
