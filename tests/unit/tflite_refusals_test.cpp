// Models that the TensorFlow Lite reader refuses, one mistake each, and what it says of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "tests/unit/tflite_one_node.hpp"

namespace systole::test {
namespace {

using namespace tflite::file;
using Op = BuiltinOperator;
using ::testing::HasSubstr;

using Sizes = OneNode::Sizes;

constexpr auto kInt8 = TensorType::INT8;
constexpr auto kUint8 = TensorType::UINT8;
constexpr auto kInt32 = TensorType::INT32;
constexpr auto kInt64 = TensorType::INT64;
constexpr auto kFloat = TensorType::FLOAT32;

template <typename Options>
Options strided() {
  Options options;
  options.stride_h = options.stride_w = 1;
  return options;
}

template <typename Options>
Options with_axis(std::int32_t axis) {
  Options options;
  options.axis = axis;
  return options;
}

OneNode image() { return OneNode{}.reads({1, 4, 4, 2}); }
OneNode image_and(const Sizes& weight, const std::vector<float>& scale = {0.1F}) {
  return image().has(kInt8, weight, scale);
}

std::string conv_refusal(const OneNode& one) {
  return one.refusal(Op::CONV_2D, strided<Conv2DOptionsT>());
}

TEST(TfliteRefusals, Convolutions) {
  const Sizes ofmap{1, 4, 4, 3};
  EXPECT_EQ(conv_refusal(image_and({3, 3, 3, 2}).writes(ofmap)), "");
  EXPECT_EQ(conv_refusal(image_and({3, 3, 3, 4}).writes(ofmap)),
            "has weights of 3 x 3 x 3 x 4 for an ifmap with 2 channels");
  EXPECT_EQ(conv_refusal(image_and({3, 3, 3, 1}).writes(ofmap)),
            "has weights of 3 x 3 x 3 x 1 for an ifmap with 2 channels");
  EXPECT_EQ(conv_refusal(image().has(kInt8, {3, 3, 3, 2}, {0.1F}, 1).writes(ofmap)),
            "has weights with the zero point 1, expected 0");
  EXPECT_EQ(conv_refusal(image_and({3, 18}).writes(ofmap)),
            "weight has the shape 3 x 18, expected 4 dimensions");
  EXPECT_EQ(conv_refusal(OneNode{}.reads({4, 4, 2}).has(kInt8, {3, 3, 3, 2}, {0.1F}).writes(ofmap)),
            "ifmap has the shape 4 x 4 x 2, expected 4 dimensions");
  EXPECT_EQ(conv_refusal(image_and({3, 3, 3, 2}).writes({2, 4, 4, 3})),
            "has 2 images in its output, expected 1 as in its input");
  EXPECT_EQ(conv_refusal(image_and({3, 3, 3, 2}).writes({1, 4, 4, 5})),
            "has an output of 1 x 4 x 4 x 5, its operator gives 1 x 4 x 4 x 3");
  auto padded = strided<Conv2DOptionsT>();
  padded.padding = static_cast<Padding>(2);
  EXPECT_EQ(image_and({3, 3, 3, 2}).writes(ofmap).refusal(Op::CONV_2D, padded),
            "has the padding 2, expected SAME or VALID");
  EXPECT_EQ(conv_refusal(OneNode{}
                             .reads(kUint8, {1, 4, 4, 2}, {0.5F})
                             .has(kUint8, {3, 3, 3, 2}, {0.1F, 0.2F, 0.3F})
                             .writes(kUint8, ofmap, {0.5F})),
            "has uint8 weights with several scales, expected one");
}

TEST(TfliteRefusals, WeightsAndBiases) {
  const Sizes ofmap{1, 4, 4, 3};
  EXPECT_EQ(conv_refusal(image().reads(kInt8, {3, 3, 3, 2}, {0.1F}).writes(ofmap)),
            "tensor 1 't1' is computed, expected constant weights");
  EXPECT_EQ(conv_refusal(image().has(kUint8, {3, 3, 3, 2}, {0.1F}).writes(ofmap)),
            "tensor 1 't1' is of UINT8, expected the activations' type: weights alone, or of other "
            "widths, are not supported");
  EXPECT_EQ(
      conv_refusal(image_and({3, 3, 3, 2}, {}).writes(ofmap)),
      "tensor 1 't1' has 0 scales, expected one, or one for each of the 3 channels on axis 0");
  EXPECT_EQ(conv_refusal(image_and({3, 3, 3, 2}, {0.1F, 0.2F}).writes(ofmap)),
            "tensor 1 't1' has 2 scales on axis 0, expected one, or one for each of the 3 channels "
            "on axis 0");
  EXPECT_EQ(conv_refusal(image_and({3, 3, 3, 2}, {0.1F, 0.2F, 0.3F})
                             .with([](TensorT& t) { t.quantization->quantized_dimension = 1; })
                             .writes(ofmap)),
            "tensor 1 't1' has 3 scales on axis 1, expected one, or one for each of the 3 channels "
            "on axis 0");
  EXPECT_EQ(conv_refusal(image_and({3, 3, 3, 2}).has({1, 2, 3}).writes(ofmap)), "");
  const std::string wrong_bias = "tensor 2 't2' is no constant INT32 bias with 3 elements";
  EXPECT_EQ(conv_refusal(image_and({3, 3, 3, 2}).has({1, 2}).writes(ofmap)), wrong_bias);
  EXPECT_EQ(conv_refusal(image_and({3, 3, 3, 2}).has(kFloat, {3}).writes(ofmap)), wrong_bias);
  EXPECT_EQ(conv_refusal(image_and({3, 3, 3, 2}).reads(kInt32, {3}).writes(ofmap)), wrong_bias);
}

TEST(TfliteRefusals, DepthwiseAndTransposedConvolutions) {
  const auto depthwise = [](const OneNode& one) {
    return one.refusal(Op::DEPTHWISE_CONV_2D, strided<DepthwiseConv2DOptionsT>());
  };
  EXPECT_EQ(depthwise(image_and({1, 3, 3, 4}).writes({1, 4, 4, 4})), "");
  for (const Sizes& weight : {Sizes{2, 3, 3, 4}, Sizes{1, 3, 3, 3}}) {
    EXPECT_EQ(depthwise(image_and(weight).writes({1, 4, 4, 4})),
              "has weights of " + std::to_string(weight[0]) + " x 3 x 3 x " +
                  std::to_string(weight[3]) + " for an ifmap with 2 channels");
  }
  const auto transposed = [](const Sizes& weight, TensorType type) {
    return OneNode{}
        .has({1, 4, 4, 3})
        .has(kInt8, weight, {0.1F})
        .reads({1, 4, 4, 2})
        .writes(type, {1, 4, 4, 3}, {0.5F})
        .refusal(Op::TRANSPOSE_CONV, strided<TransposeConvOptionsT>());
  };
  EXPECT_EQ(transposed({3, 3, 3, 2}, kInt8), "");
  EXPECT_EQ(transposed({3, 3, 3, 4}, kInt8),
            "has weights of 3 x 3 x 3 x 4 for an ifmap with 2 channels");
  EXPECT_EQ(transposed({3, 3, 3, 2}, kUint8), "has an ifmap and an output that differ in type");
}

TEST(TfliteRefusals, Products) {
  const auto product = [](const OneNode& one) {
    return one.refusal(Op::FULLY_CONNECTED, FullyConnectedOptionsT{});
  };
  const auto row = [] { return OneNode{}.reads({1, 8}); };
  EXPECT_EQ(product(row().has(kInt8, {3, 8}, {0.1F}).writes({1, 3})), "");
  EXPECT_EQ(product(row().has(kInt8, {3, 5}, {0.1F}).writes({1, 3})),
            "has weights of 3 x 5, an input of 1 x 8 and an output of 1 x 3, which do not fit "
            "together");
  EXPECT_EQ(product(row().has(kInt8, {3, 8}, {0.1F}).writes({3, 1})),
            "has weights of 3 x 8, an input of 1 x 8 and an output of 3 x 1, which do not fit "
            "together");
  FullyConnectedOptionsT shuffled;
  shuffled.weights_format = 1;
  EXPECT_EQ(row().has(kInt8, {3, 8}, {0.1F}).writes({1, 3}).refusal(Op::FULLY_CONNECTED, shuffled),
            "has shuffled weights, which are not supported");
  const auto matrices = [](const Sizes& a, const Sizes& b, const Sizes& out) {
    return OneNode{}.reads(a).reads(b).writes(out).refusal(Op::BATCH_MATMUL, BatchMatMulOptionsT{});
  };
  EXPECT_EQ(matrices({2, 3, 4}, {2, 4, 5}, {2, 3, 5}), "");
  EXPECT_EQ(matrices({4}, {4, 5}, {1, 5}), "multiplies 4 by 4 x 5 to 1 x 5, expected matrices");
  EXPECT_EQ(matrices({2, 3, 4}, {3, 4, 5}, {3, 3, 5}),
            "multiplies 2 x 3 x 4 by 3 x 4 x 5, whose batches do not fit together");
  EXPECT_EQ(matrices({3, 4}, {5, 4}, {3, 4}), "multiplies 3 x 4 by 5 x 4: the inner sizes differ");
  EXPECT_EQ(OneNode{}
                .reads(kUint8, {3, 4}, {0.5F})
                .reads(kUint8, {4, 5}, {0.5F})
                .writes(kUint8, {3, 5}, {0.5F})
                .refusal(Op::BATCH_MATMUL, BatchMatMulOptionsT{}),
            "is of UINT8, of this operator only INT8 is supported");
}

TEST(TfliteRefusals, ElementsAndFunctionsOfThem) {
  EXPECT_EQ(OneNode{}.reads({2, 3}).reads({2, 4}).writes({2, 4}).refusal(Op::ADD, AddOptionsT{}),
            "has operands of 2 x 3 and 2 x 4, which do not fit together");
  EXPECT_EQ(
      OneNode{}.reads({2}).reads(kUint8, {2}, {0.5F}).writes({2}).refusal(Op::ADD, AddOptionsT{}),
      "tensor 1 't1' and the output differ in type");
  EXPECT_EQ(OneNode{}.reads(kInt32, {2}).reads({2}).writes({2}).refusal(Op::ADD, AddOptionsT{}),
            "tensor 0 't0' is of INT32 with 0 scales, expected INT8 or UINT8 with one");
  SoftmaxOptionsT softmax;
  softmax.beta = 1;
  EXPECT_EQ(OneNode{}
                .has(kInt8, {}, {0.5F})
                .writes(kInt8, {}, {1.0F / 256}, -128)
                .refusal(Op::SOFTMAX, softmax),
            "has a scalar for its input, expected rows");
  EXPECT_EQ(OneNode{}
                .reads(kInt8, {1, 3}, {1e-9F})
                .writes(kInt8, {1, 3}, {1.0F / 256}, -128)
                .refusal(Op::SOFTMAX, softmax),
            "has so small an input scale times beta that the kernels do not take it");
  EXPECT_EQ(OneNode{}.reads({2}).writes(kInt32, {2}).refusal(Op::DEQUANTIZE),
            "has an output of INT32, expected FLOAT32");
  LeakyReluOptionsT leaky;
  leaky.alpha = -1e-9F;
  EXPECT_EQ(OneNode{}.reads({2}).writes({2}).refusal(Op::LEAKY_RELU, leaky),
            "needs a multiplier of -1e-09, expected a finite one that is not below 0");
  EXPECT_EQ(OneNode{}.reads(kInt8, {2}, {1e10F}).writes(kInt8, {2}, {1.0F}).refusal(Op::RELU),
            "needs a multiplier of 1e+10, expected one below 2^30");
}

TEST(TfliteRefusals, NumbersThatOperatorsOnlyMove) {
  const auto reshape = [](const OneNode& one) { return one.refusal(Op::RESHAPE); };
  EXPECT_EQ(reshape(OneNode{}.reads({2, 3}).writes({6})), "");
  EXPECT_EQ(reshape(OneNode{}.reads({2, 3}).writes({5})),
            "makes 5 of 2 x 3: the elements differ in number");
  EXPECT_EQ(reshape(OneNode{}.has(kInt64, {2}).writes(kInt64, {2})),
            "tensor 0 't0' is of INT64, which is for axes and sizes only");
  EXPECT_EQ(OneNode{}.has(kInt64, {2}).writes({2}).refusal(Op::QUANTIZE),
            "tensor 0 't0' is of INT64, expected INT8, UINT8, INT32 or FLOAT32");
}

TEST(TfliteRefusals, PadsAndPermutations) {
  const auto pad = [](const Sizes& amounts, const Sizes& out) {
    return OneNode{}.reads({2, 3}).has(amounts).writes(out).refusal(Op::PAD);
  };
  EXPECT_EQ(pad({1, 0, 0, 1}, {3, 4}), "");
  EXPECT_EQ(pad({1, 0}, {3, 3}), "padding has 2 elements, expected 4");
  EXPECT_EQ(pad({-1, 0, 0, 0}, {1, 3}), "pads by -1 and 0, expected 0..2^28");
  EXPECT_EQ(OneNode{}.reads({2}).has({1, 0}).has(kInt8, {2}, {0.5F}).writes({3}).refusal(Op::PADV2),
            "pads with a value that is not one constant");
  const auto transpose = [](OneNode one) { return one.writes({3, 2}).refusal(Op::TRANSPOSE); };
  const auto matrix = [] { return OneNode{}.reads({2, 3}); };
  EXPECT_EQ(transpose(matrix().has({1, 0})), "");
  EXPECT_EQ(transpose(matrix().has({1, 1})), "has a permutation that names axis 1 twice");
  EXPECT_EQ(transpose(matrix().has({1})), "permutation has 1 element, expected 2");
  EXPECT_EQ(transpose(matrix().has({1, 2})), "has the axis 2 of 2 x 3");
  EXPECT_EQ(transpose(matrix().reads(kInt32, {2})), "tensor 1 't1' is not constant");
  EXPECT_EQ(transpose(matrix().has(kFloat, {2})),
            "tensor 1 't1' is of FLOAT32, expected INT32 or INT64");
  EXPECT_EQ(transpose(matrix().has(kInt32, {65})),
            "tensor 1 't1' has 65 elements, at most 64 are expected");
  EXPECT_EQ(transpose(matrix().has({1, 0}).with([](TensorT& t) { t.shape = {3}; })),
            "tensor 1 't1' has 8 bytes of data, expected 12");
}

TEST(TfliteRefusals, Slices) {
  const auto slice = [](const Sizes& begin, const Sizes& size) {
    return OneNode{}.reads({2, 4}).has(begin).has(size).writes({2, 2}).refusal(Op::SLICE);
  };
  EXPECT_EQ(slice({0, 1}, {-1, 2}), "");
  EXPECT_EQ(slice({0, 4}, {2, 2}), "begins at 4 on axis 1 of 2 x 4");
  EXPECT_EQ(slice({0, -1}, {2, 2}), "begins at -1 on axis 1 of 2 x 4");
  EXPECT_EQ(slice({0, 3}, {2, 2}), "takes 2 from 3 on of axis 1 of 2 x 4");
  EXPECT_EQ(slice({0, 1}, {2, 0}), "takes 0 from 1 on of axis 1 of 2 x 4");
  const auto strided_slice = [](const Sizes& end, const Sizes& stride,
                                const StridedSliceOptionsT& options) {
    return OneNode{}.reads({2, 4}).has({0, 1}).has(end).has(stride).writes({2, 2}).refusal(
        Op::STRIDED_SLICE, options);
  };
  EXPECT_EQ(strided_slice({2, 3}, {1, 1}, {}), "");
  EXPECT_EQ(strided_slice({2, 3}, {1, 0}, {}), "has a stride of 0, expected -2^31..2^31 without 0");
  EXPECT_EQ(strided_slice({2, 1}, {1, 1}, {}), "takes nothing on axis 1");
  EXPECT_EQ(strided_slice({2}, {1, 1}, {}), "end has 1 element, expected 2");
  StridedSliceOptionsT mask;
  mask.ellipsis_mask = 1;
  EXPECT_EQ(strided_slice({2, 3}, {1, 1}, mask),
            "has an ellipsis, a new axis or ends as offsets, which are not supported");
}

TEST(TfliteRefusals, Resizes) {
  const auto resize = [](const Sizes& size, const Sizes& out) {
    return image().has(size).writes(out).refusal(Op::RESIZE_BILINEAR);
  };
  EXPECT_EQ(resize({8, 8}, {1, 8, 8, 2}), "");
  EXPECT_EQ(resize({8, 8}, {1, 8, 8, 3}),
            "resizes 1 x 4 x 4 x 2 to 1 x 8 x 8 x 3: batch and channels must stay");
  EXPECT_EQ(resize({8, 7}, {1, 8, 8, 2}),
            "has an output of 1 x 8 x 8 x 2, its operator gives 1 x 8 x 7 x 2");
  ResizeBilinearOptionsT both;
  both.align_corners = both.half_pixel_centers = true;
  EXPECT_EQ(image().has({8, 8}).writes({1, 8, 8, 2}).refusal(Op::RESIZE_BILINEAR, both),
            "has both align_corners and half_pixel_centers, expected one of the two");
}

TEST(TfliteRefusals, Blocks) {
  const auto batches = [](const Sizes& block, const Sizes& amounts) {
    return image().has(block).has(amounts).writes({4, 2, 2, 2}).refusal(Op::SPACE_TO_BATCH_ND);
  };
  EXPECT_EQ(batches({2, 2}, {0, 0, 0, 0}), "");
  EXPECT_EQ(batches({2, 2}, {0, 0}), "has 2 blocks and 2 amounts for an input of 1 x 4 x 4 x 2");
  EXPECT_EQ(batches({2, 2}, {0, 0, 0, -1}), "pads or cuts by -1, expected 0..2^28");
  EXPECT_EQ(batches({2, 0}, {0, 0, 0, 0}), "has a block of 0, expected 1..2^28 in all");
  DepthToSpaceOptionsT none;
  EXPECT_EQ(image().writes({1, 4, 4, 2}).refusal(Op::DEPTH_TO_SPACE, none),
            "has blocks of 0, expected 1..16384");
}

TEST(TfliteRefusals, ElementsThatAreTakenMirroredAndRepeated) {
  const auto rows = [] { return OneNode{}.reads({3, 2}); };
  GatherOptionsT batches;
  batches.batch_dims = 1;
  EXPECT_EQ(rows().has({0}).writes({1, 2}).refusal(Op::GATHER, batches),
            "has batch dimensions, which are not supported");
  EXPECT_EQ(rows().reads(kInt32, {1}).writes({1, 2}).refusal(Op::GATHER, GatherOptionsT{}),
            "has indices that are computed, expected constant ones");
  const auto mirror = [&](const Sizes& amounts) {
    return rows().has(amounts).writes({5, 2}).refusal(Op::MIRROR_PAD, MirrorPadOptionsT{});
  };
  EXPECT_EQ(mirror({2, 0, 0, 0}), "");
  EXPECT_EQ(mirror({2, 0}), "has 2 amounts for an input of 3 x 2, expected 4");
  EXPECT_EQ(mirror({3, 0, 0, 0}), "mirrors 3 and 0 elements of 3, expected 0..2");
  EXPECT_EQ(mirror({0, -1, 0, 0}), "mirrors 0 and -1 elements of 3, expected 0..2");
  EXPECT_EQ(rows().has({2}).writes({6, 2}).refusal(Op::TILE),
            "has 1 multiples for an input of 3 x 2, expected 2");
  EXPECT_EQ(rows().has({2}).writes({2}).refusal(Op::BROADCAST_TO), "repeats 3 x 2 to 2");
}

TEST(TfliteRefusals, PartsAndWholes) {
  const auto columns = [] { return OneNode{}.reads({2, 4}); };
  EXPECT_EQ(OneNode{}.has({1}).reads({2, 4}).writes({2, 1}).writes({2, 1}).writes({2, 1}).refusal(
                Op::SPLIT),
            "cuts 4 elements of axis 1 of 2 x 4 into 3 parts, expected equal ones");
  EXPECT_EQ(OneNode{}.has({1, 0}).reads({2, 4}).writes({2, 4}).refusal(Op::SPLIT),
            "has 2 axes, expected one");
  EXPECT_EQ(columns().writes({4}).refusal(Op::UNPACK, with_axis<UnpackOptionsT>(0)),
            "takes axis 0 of 2 x 4 apart into 1 outputs, expected 2");
  const auto pack = [](const OneNode& one) { return one.refusal(Op::PACK, PackOptionsT{}); };
  EXPECT_EQ(pack(OneNode{}.reads({2}).reads({2}).writes({3, 2})),
            "packs 2 inputs into 3 x 2, expected 3");
  EXPECT_EQ(pack(OneNode{}.reads({3}).reads({3}).writes({2, 2})), "packs 3 into 2 x 2, expected 2");
  EXPECT_EQ(pack(OneNode{}.reads({2}).has(kInt8, {2}, {0.5F}).writes({2, 2})),
            "packs a constant, which is not supported");
  const auto join = [](const OneNode& one) {
    return one.refusal(Op::CONCATENATION, with_axis<ConcatenationOptionsT>(1));
  };
  EXPECT_EQ(join(columns().reads({2, 1}).writes({2, 5})), "");
  EXPECT_EQ(join(columns().reads({3, 1}).writes({2, 5})), "puts 3 x 1 into 2 x 5");
  EXPECT_EQ(join(columns().reads({2, 1}).writes({2, 6})),
            "has inputs that do not fill its output of 2 x 6");
  ConcatenationOptionsT clamped;
  clamped.activation = Activation::RELU;
  EXPECT_EQ(columns().writes({2, 4}).refusal(Op::CONCATENATION, clamped),
            "has a fused activation, which the kernels do not take");
}

// Shapes that nodes put together before the network runs.
TEST(TfliteRefusals, KnownIntegers) {
  const auto slice = [](const Sizes& begin, const Sizes& end, const Sizes& stride) {
    return OneNode{}
        .has({5, 6, 7})
        .has(begin)
        .has(end)
        .has(stride)
        .writes(kInt32, {1})
        .refusal(Op::STRIDED_SLICE, StridedSliceOptionsT{});
  };
  EXPECT_EQ(slice({0}, {3}, {2}), "slices integers other than one after the other");
  EXPECT_EQ(slice({2}, {2}, {1}), "slices nothing");
  EXPECT_EQ(slice({0}, {2}, {1}), "has an output of 1 elements, its operator gives 2");
}

TEST(TfliteRefusals, Tensors) {
  const auto relu = [](const std::function<void(TensorT&)>& change) {
    return OneNode{}.reads({2}).writes({2}).with(change).refusal(Op::RELU);
  };
  EXPECT_EQ(relu([](TensorT& t) { t.shape = {1, 1, 1, 1, 1, 1, 1, 1, 2}; }),
            "tensor 1 't1' has 9 dimensions, at most 8 are supported");
  EXPECT_EQ(relu([](TensorT& t) { t.quantization->details_type = 1; }),
            "tensor 1 't1' has custom quantization, which is not supported");
  EXPECT_EQ(relu([](TensorT& t) {
              t.quantization->scale = {0.5F, 0.5F};
              t.quantization->zero_point = {0, 1};
            }),
            "tensor 1 't1' has zero points that differ, expected one for all");
  EXPECT_EQ(relu([](TensorT& t) { t.sparsity = std::make_unique<UnreadT>(); }),
            "tensor 1 't1' is sparse, which is not supported");
}

TEST(TfliteRefusals, DataOutsideOfTheFlatbuffer) {
  TfliteModel model = small_tflite_model();
  model.model.buffers.at(1)->offset = 4096;
  EXPECT_THAT(errors_of_bytes(model.bytes()),
              HasSubstr("keeps its data outside of the flatbuffer, which is not supported"));
}

TEST(TfliteRefusals, EndsOfTheGraph) {
  const auto with = [](const Sizes& inputs, const Sizes& outputs) {
    TfliteModel m;
    const std::int32_t in = m.int8({2}, 0.5F, 0);
    m.node(static_cast<std::int32_t>(Op::RELU), {in}, {m.int8({2}, 0.5F, 0)});
    m.integers({1});
    m.tensor(kInt64, {2});
    m.int8({}, 0.5F, 0);
    m.set_ends(inputs, outputs);
    return errors_of_bytes(m.bytes());
  };
  EXPECT_EQ(with({0}, {1}), "");
  EXPECT_EQ(with({0, 99}, {1}), "input tensor 99: does not exist");
  EXPECT_EQ(with({0, 2}, {1}), "input tensor 2: is constant");
  EXPECT_EQ(with({0, 0}, {1}), "input tensor 0: is named twice");
  EXPECT_EQ(with({0, 3}, {1}),
            "input tensor 3: tensor 3 't3' is of INT64, expected INT8, UINT8, INT32 or FLOAT32");
  EXPECT_EQ(with({0, 4}, {1}),
            "input tensor 4: tensor 4 't4' is a scalar, expected one dimension or more");
  EXPECT_EQ(with({0}, {}), "has no outputs");
  EXPECT_EQ(with({0}, {99}), "output tensor 99: is not computed by any node");
  EXPECT_EQ(with({0}, {0}), "output tensor 0: is not computed by any node");
  EXPECT_EQ(with({0}, {2}), "output tensor 2: is not computed by any node");
}

TEST(TfliteRefusals, MistakesOfNodesAreToldBesideThoseOfTheGraph) {
  TfliteModel model = small_tflite_model();
  model.model.operator_codes.at(0)->builtin_code = 27;
  model.graph().outputs.clear();
  EXPECT_EQ(errors_of_bytes(model.bytes()),
            "node 0 (SVDF): is an operator that is not supported\nhas no outputs");
  model.graph().operators.clear();
  model.graph().inputs.push_back(1000);
  EXPECT_EQ(errors_of_bytes(model.bytes()), "input tensor 1000: does not exist\nhas no operators");
}

TEST(TfliteRefusals, Files) {
  std::vector<std::uint8_t> bytes = small_tflite_model().bytes();
  bytes.resize(bytes.size() / 2);
  EXPECT_EQ(errors_of_bytes(bytes), "is damaged: an offset in it leads nowhere");
  const std::string large = write_bytes("large.tflite", {});
  std::filesystem::resize_file(large, std::uintmax_t{1} << 31);  // no block of it is on the disk
  EXPECT_EQ(errors_of(large), "has 2 GiB or more, expected less");
  std::filesystem::remove(large);
  EXPECT_EQ(errors_of("/proc/self/mem"), "cannot be read to its end");  // at 0 there is none
}

}  // namespace
}  // namespace systole::test
