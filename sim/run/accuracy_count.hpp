#pragma once

#include <cstdint>
#include <utility>

#include "sim/network/network.hpp"
#include "sim/report/run_result.hpp"
#include "sim/workload/workload.hpp"

namespace systole {

/// Counts which images the machine and the golden model give their labels, inference by inference.
class AccuracyCount {
 public:
  /// `original`: the network as it was given, for the golden model. `inputs` outlive it.
  AccuracyCount(Network original, const LabelledInputs& inputs)
      : original_{std::move(original)}, inputs_{inputs} {}

  /// `output`: the machine's, of `network`, which is the original made legal for it.
  void add(std::uint64_t inference, const Network& network, const TensorData& output);
  const Accuracy& accuracy() const { return accuracy_; }

 private:
  const Network original_;
  const LabelledInputs& inputs_;
  Accuracy accuracy_;
};

}  // namespace systole
