#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "sim/workload/random_data.hpp"
#include "sim/workload/workload.hpp"

namespace systole {
namespace {

struct Published {
  const char* file;
  std::int64_t macs;
  std::int64_t weights;
  std::int64_t biases;  ///< with those of folded batch normalizations, half of their parameters
};

// AlexNet to SqueezeNet: layer by layer from the published definitions; weights, biases and batch
// normalization add up to torchvision's and Caffe's totals of parameters. The others against what
// is published with them: GoogLeNet: 6,998,552 parameters of Caffe's bvlc_googlenet; OpenVINO's
// model zoo (googlenet-v1) says
//   6.999 M and 3.266 * 10^9 operations, two for each product, those of its LRN and pools among
//   them.
// Tiny YOLO: 15,867,885 values in darknet's yolov2-tiny-voc.weights (three more for each of 3,056
//   normalized channels) and 6.97 * 10^9 operations; OpenVINO's yolo-v2-tiny-ava (the same layers)
//   15.8587 M and 6.9949 * 10^9.
// U-Net: 31,030,658 parameters of one channel to two classes; nobody publishes its products: they
//   follow from the sizes in figure 1 of Ronneberger et al. 2015.
// BERT-base: 109,482,240 parameters, 110 M in Devlin et al. 2018 (23,835,648 of them embeddings,
//   38,400 of layer normalizations); products of 128 tokens follow from the layers' sizes.
// ViT-S/16: 22,050,664 parameters (75,648 of positions, 384 of the class token, 19,200 of layer
//   normalizations) and 4.6 * 10^9 MACs: 22.1 M and 4.6 G on the card of timm's
//   deit_small_patch16_224.
constexpr Published kPublished[] = {
    {"alexnet", 724'406'816, 60'954'656, 10'568},
    {"vgg16", 15'470'264'320, 138'344'128, 13'416},
    {"resnet18", 1'814'073'344, 11'678'912, 1'000 + 9'600 / 2},
    {"resnet50", 4'089'184'256, 25'502'912, 1'000 + 53'120 / 2},
    {"mobilenet_v1", 568'740'352, 4'209'088, 1'000 + 21'888 / 2},
    {"mobilenet_v2", 300'774'272, 3'469'760, 1'000 + 34'112 / 2},
    {"squeezenet_1_0", 818'924'576, 1'244'448, 3'976},
    {"googlenet", 1'582'671'872, 6'998'552 - 8'280, 8'280},
    {"yolo_tiny", 3'485'520'896, 15'867'885 - 3 * 3'056 - 3'181, 3'181},
    {"unet", 150'428'424'448, 31'030'658 - 6'850, 6'850},
    {"bert_base", 11'174'215'680, 85'524'480, 109'482'240 - 23'835'648 - 38'400 - 85'524'480},
    {"vit_s", 4'598'882'304, 21'912'576, 22'050'664 - 75'648 - 384 - 19'200 - 21'912'576},
};

std::string path_of(const std::string& name) {
  return std::string{SYSTOLE_SOURCE_DIR} + "/workloads/shapes/" + name + ".yaml";
}

class Shapes : public ::testing::TestWithParam<Published> {};

TEST_P(Shapes, HaveThePublishedProductsAndParameters) {
  const Published& published = GetParam();
  const Network network = load_workload(path_of(published.file), {/*shapes_only=*/true});
  EXPECT_EQ(network.name, published.file);
  const std::vector<bool> run_time = run_time_tensors(network);
  std::int64_t macs = 0;
  std::int64_t weights = 0;
  std::int64_t biases = 0;
  for (const Layer& layer : network.layers) {
    macs += gemm_shape(network, layer).macs;
    for (const TensorId input : layer.inputs) {
      const Tensor& tensor = network.tensor(input);
      (tensor.shape.size() == 1 ? biases : weights) += run_time[input] ? 0 : tensor.elements();
    }
  }
  EXPECT_EQ(macs, published.macs);
  EXPECT_EQ(weights, published.weights);
  EXPECT_EQ(biases, published.biases);
}

// No layer's result is thrown away but the network's own.
TEST_P(Shapes, EveryResultIsReadOrIsAnOutput) {
  const Network network = load_workload(path_of(GetParam().file), {/*shapes_only=*/true});
  std::set<TensorId> used{network.outputs.begin(), network.outputs.end()};
  for (const Layer& layer : network.layers) {
    used.insert(layer.inputs.begin(), layer.inputs.end());
  }
  for (const Layer& layer : network.layers) {
    EXPECT_EQ(used.count(layer.output), 1U) << layer.name;
  }
}

INSTANTIATE_TEST_SUITE_P(OfNetworks, Shapes, ::testing::ValuesIn(kPublished),
                         [](const auto& test) { return std::string{test.param.file}; });

TEST(ShapesFolder, HoldsNoNetworkThatIsNotTested) {
  std::set<std::string> tested;
  for (const Published& published : kPublished) {
    tested.insert(published.file);
  }
  for (const auto& entry :
       std::filesystem::directory_iterator{SYSTOLE_SOURCE_DIR "/workloads/shapes"}) {
    EXPECT_EQ(tested.count(entry.path().stem().string()), 1U) << entry.path();
  }
}

}  // namespace
}  // namespace systole
