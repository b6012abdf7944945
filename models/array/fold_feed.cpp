#include "models/array/fold_feed.hpp"

namespace systole {

bool fills_array(const ArrayConfig& config, const OperandPair& pair) {
  switch (config.dataflow) {
    case Dataflow::OutputStationary:
      return pair.stream.pixels == config.rows && pair.stream.n == config.cols &&
             pair.stream.k == pair.stream.products_per_pe;
    case Dataflow::InputStationary:
      return pair.stream.k == config.rows * pair.stream.products_per_pe &&
             pair.stream.pixels == config.cols;
    case Dataflow::WeightStationary:
      break;
  }
  return pair.ifmap.k == config.rows * pair.ifmap.products_per_pe && pair.ifmap.n == config.cols;
}

bool fills_array(const ArrayConfig& config, const FoldCommands& fold) {
  switch (config.dataflow) {
    case Dataflow::OutputStationary:
      return fold.compute.rows() == config.rows && fold.preload.n == config.cols;
    case Dataflow::InputStationary:
      return fold.preload.k == config.rows && fold.compute.rows() == config.cols;
    case Dataflow::WeightStationary:
      break;
  }
  return fold.compute.k == config.rows * fold.compute.products_per_pe &&
         fold.preload.n == config.cols;
}

void add_run(FoldRuns& runs, FoldRun run, std::uint32_t end) {
  if (end > (runs.empty() ? 0 : runs.back().end)) {
    run.end = end;
    runs.push_back(run);
  }
}

std::unique_ptr<FoldFeed> make_fold_feed(const ArrayConfig& config) {
  switch (config.dataflow) {
    case Dataflow::OutputStationary:
      return make_output_stationary_feed(config);
    case Dataflow::InputStationary:
      return make_input_stationary_feed(config);
    case Dataflow::WeightStationary:
      break;
  }
  return make_weight_stationary_feed(config);
}

}  // namespace systole
