#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/workload_test_files.hpp"

namespace systole {
namespace {

class WorkloadInputs : public WorkloadFiles {
 protected:
  static std::string workload(const std::string& keys) {
    return "name: n\ninputs: [{name: x, shape: [1, 2, 1], scale: 0.5, zero_point: 1}]\n"
           "outputs: [y]\n" +
           keys + "layers: [{name: y, op: reshape, inputs: [x], shape: [1, 2]}]\n";
  }

  std::string image_error(const std::string& file) const {
    const Network network = load(workload(""));
    try {
      load_images(path(file), network);
      return "";
    } catch (const ConfigError& e) {
      return without_folder(e.what());
    }
  }

  std::string input_error(const std::string& keys) const {
    const Network network = load(workload(keys));
    try {
      load_inputs(path("w.yaml"), network);
      return "";
    } catch (const ConfigError& e) {
      return without_folder(e.what());
    }
  }
};

TEST_F(WorkloadInputs, ImagesAndLabelsOfTheWorkloadAreLoaded) {
  write_array<std::int8_t>("i.npy", {3, 2, 1}, {1, 2, 3, 4, -128, 127});
  write_array<std::uint8_t>("l.npy", {3}, {0, 1, 1});
  const Network network = load(workload("images: i.npy\nlabels: l.npy\n"));
  const LabelledInputs inputs = load_inputs(path("w.yaml"), network);
  EXPECT_EQ(inputs.images, (TensorData{1, 2, 3, 4, -128, 127}));
  EXPECT_EQ(inputs.image_shape, (Shape{2, 1}));
  EXPECT_EQ(inputs.count(), 3);
  EXPECT_EQ(inputs.labels, (std::vector<int>{0, 1, 1}));
}

TEST_F(WorkloadInputs, WorkloadsNeedNotNameAny) {
  const Network network = load(workload(""));
  const LabelledInputs inputs = load_inputs(path("w.yaml"), network);
  EXPECT_FALSE(inputs.images);
  EXPECT_EQ(inputs.count(), 0);
  EXPECT_TRUE(inputs.labels.empty());
}

TEST_F(WorkloadInputs, RealImagesAreQuantizedWithTheInputsScale) {
  write_array<float>("i.npy", {2, 2, 1}, {0.25F, -0.25F, 1e9F, -1e9F});
  const Network network = load(workload(""));
  EXPECT_EQ(load_images(path("i.npy"), network).images, (TensorData{2, 0, 127, -128}));
}

TEST_F(WorkloadInputs, ImagesThatDoNotFitAreNamed) {
  write_array<std::int8_t>("shape.npy", {3, 1, 2}, std::vector<std::int8_t>(6));
  EXPECT_EQ(image_error("shape.npy"),
            "shape.npy: shape is [3, 1, 2], expected [count, 2, 1] for the input 'x'");
  write_array<std::int16_t>("range.npy", {2, 2, 1}, {1, 2, 3, 128});
  EXPECT_EQ(image_error("range.npy"), "range.npy: element [1, 1, 0] is 128, expected -128..127");
  write_array<float>("nan.npy", {1, 2, 1}, {1, std::numeric_limits<float>::quiet_NaN()});
  EXPECT_EQ(image_error("nan.npy"), "nan.npy: element [0, 1, 0] is nan, expected finite numbers");
  EXPECT_EQ(image_error("none.npy"), "none.npy: no such file");
}

TEST_F(WorkloadInputs, AScalarIsNoInputForImages) {
  write_array<std::int8_t>("i.npy", {1}, {1});
  Network network;
  network.tensors.push_back({"x", {}, {}, {}, 0, std::nullopt});
  network.inputs = {0};
  try {
    load_images(path("i.npy"), network);
    FAIL() << "was taken";
  } catch (const ConfigError& e) {
    EXPECT_EQ(without_folder(e.what()),
              "i.npy: images are for inputs whose first size is their number, 'x' is a scalar");
  }
}

TEST_F(WorkloadInputs, LabelsMustFitImagesAndOutput) {
  write_array<std::int8_t>("i.npy", {1, 2, 1}, {1, 2});
  write_array<std::uint8_t>("two.npy", {2}, {0, 1});
  EXPECT_EQ(input_error("images: i.npy\nlabels: two.npy\n"),
            "w.yaml:5:9: labels: has 2 labels, expected one for each of 1 images");
  write_array<std::uint8_t>("large.npy", {1}, {2});
  EXPECT_EQ(input_error("images: i.npy\nlabels: large.npy\n"),
            "w.yaml:5:9: labels: large.npy: element [0] is 2, expected 0..1");
  write_array<float>("real.npy", {1}, {1});
  EXPECT_EQ(input_error("images: gone.npy\nlabels: real.npy\n"),
            "w.yaml:4:9: images: gone.npy: no such file\n"
            "w.yaml:5:9: labels: real.npy: type is float32, expected integers");
}

}  // namespace
}  // namespace systole
