#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "models/golden/golden.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/workload/workload.hpp"

namespace systole {
namespace {

const std::string kDigits =
    std::string{SYSTOLE_SOURCE_DIR} + "/workloads/digits_cnn/digits_cnn.yaml";

// Per cent of the labelled images that the golden model classifies rightly.
double accuracy(const Network& network, const LabelledInputs& inputs) {
  const std::int64_t elements = network.tensor(network.inputs.at(0)).elements();
  std::int64_t correct = 0;
  for (std::int64_t image = 0; image < inputs.count(); ++image) {
    const auto first = inputs.images->begin() + image * elements;
    const std::vector<TensorData> values =
        golden::run(network, {TensorData(first, first + elements)});
    const TensorData& scores = values[network.outputs.at(0)];
    const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
    correct += best == inputs.labels.at(static_cast<std::size_t>(image)) ? 1 : 0;
  }
  return 100.0 * static_cast<double>(correct) / static_cast<double>(inputs.count());
}

TEST(LegalizedDigits, KeepTheirAccuracyWithinOnePointWhenScalesBecomePowersOfTwo) {
  const Network network = load_workload(kDigits);
  const LabelledInputs inputs = load_inputs(kDigits, network);
  ASSERT_EQ(inputs.count(), 360);
  AcceleratorConfig config;
  config.requant.mode = RequantMode::ShiftOnly;
  const double original = accuracy(network, inputs);
  const double legalized = accuracy(legalize(network, config).network, inputs);
  RecordProperty("original_percent", std::to_string(original));
  RecordProperty("legalized_percent", std::to_string(legalized));
  EXPECT_GT(original, 90);
  EXPECT_GE(legalized, original - 1);
}

}  // namespace
}  // namespace systole
