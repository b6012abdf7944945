// Resize with mode nearest: a choice of elements on each axis.

#include <algorithm>
#include <cmath>
#include <functional>

#include "sim/onnx/operators.hpp"
#include "sim/onnx/selection.hpp"

namespace systole::onnx {
namespace {

// Where an element of a resized axis comes from, in binary32 as onnxruntime has it.
class ResizedAxis {
 public:
  ResizedAxis(std::string coordinates, std::string rounding)
      : coordinates_{std::move(coordinates)}, rounding_{std::move(rounding)} {
    const auto one_of = [](const std::string& text, std::initializer_list<const char*> known) {
      return std::any_of(known.begin(), known.end(), [&](const char* k) { return text == k; });
    };
    if (!one_of(coordinates_, {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel",
                               "tf_half_pixel_for_nn"})) {
      throw NodeError{"has the coordinates '" + printable_name(coordinates_) +
                      "', expected half_pixel, asymmetric, align_corners, pytorch_half_pixel or "
                      "tf_half_pixel_for_nn"};
    }
    if (!one_of(rounding_, {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})) {
      throw NodeError{"has the nearest_mode '" + printable_name(rounding_) +
                      "', expected round_prefer_floor, round_prefer_ceil, floor or ceil"};
    }
  }

  Indices indices(std::int64_t in, std::int64_t out, float scale) const {
    expect_indices(out);
    Indices result;
    for (std::int64_t i = 0; i < out; ++i) {
      result.push_back(std::clamp<std::int64_t>(
          static_cast<std::int64_t>(rounded(position(static_cast<float>(i), in, out, scale))), 0,
          in - 1));
    }
    return result;
  }

 private:
  float position(float i, std::int64_t in, std::int64_t out, float scale) const {
    if (coordinates_ == "asymmetric") {
      return i / scale;
    }
    if (coordinates_ == "align_corners") {
      return out == 1 ? 0.0F : i * static_cast<float>(in - 1) / static_cast<float>(out - 1);
    }
    if (coordinates_ == "tf_half_pixel_for_nn") {
      return (i + 0.5F) / scale;
    }
    return coordinates_ == "pytorch_half_pixel" && out == 1 ? 0.0F : (i + 0.5F) / scale - 0.5F;
  }
  float rounded(float at) const {
    return rounding_ == "floor"               ? std::floor(at)
           : rounding_ == "ceil"              ? std::ceil(at)
           : rounding_ == "round_prefer_ceil" ? std::floor(at + 0.5F)
                                              : std::ceil(at - 0.5F);
  }

  std::string coordinates_, rounding_;
};

// An optional list of sizes or scales: inputs that are left out may be there, and empty.
bool has_elements(Graph& graph, const Node& node, std::size_t i) {
  return node.has(i) && graph.constant(node, i).shape != Shape{0};
}

// All elements of an axis, in their order.
bool is_whole(const Indices& indices, std::int64_t count) {
  return static_cast<std::int64_t>(indices.size()) == count &&
         std::adjacent_find(indices.begin(), indices.end(), std::greater_equal{}) == indices.end();
}

}  // namespace

void build_resize(Graph& graph, const Node& node) {
  node.expect_inputs(1, 4);
  if (const std::string mode = node.text("mode", "nearest"); mode != "nearest") {
    throw NodeError{"has the mode '" + printable_name(mode) +
                    "', of which no integers are defined, expected nearest"};
  }
  for (const char* of_other_modes : {"cubic_coeff_a", "extrapolation_value"}) {
    node.real(of_other_modes, 0);
  }
  node.integer("exclude_outside", 0);
  if (node.integer("antialias", 0) != 0 || node.has_attribute("axes") ||
      node.text("keep_aspect_ratio_policy", "stretch") != "stretch") {
    throw NodeError{"has antialias, axes or an aspect ratio to keep, which are not supported"};
  }
  // Opset 10 had X and scales, and the positions of asymmetric and floor.
  const bool old = node.opset() < 11;
  const ResizedAxis axis{
      old ? "asymmetric" : node.text("coordinate_transformation_mode", "half_pixel"),
      old ? "floor" : node.text("nearest_mode", "round_prefer_floor")};
  const Shape from = graph.in_value(node, 0).shape;
  const std::size_t at_scales = old ? 1 : 2;
  const bool by_size = !old && has_elements(graph, node, 3);
  if (!by_size && !has_elements(graph, node, at_scales)) {
    throw NodeError{"has neither scales nor sizes, expected one of the two"};
  }
  const Indices sizes = by_size ? integers_of(graph.constant(node, 3)) : Indices{};
  const std::vector<float> scales =
      by_size ? std::vector<float>{} : floats_of(graph.constant(node, at_scales));
  if (sizes.size() + scales.size() != from.size()) {
    throw NodeError{"has " + std::to_string(sizes.size() + scales.size()) +
                    " scales or sizes for an input of " + shape_text(from) +
                    ", expected one for each dimension"};
  }
  std::vector<Indices> indices(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto in = static_cast<float>(from[i]);
    const float scale = by_size ? static_cast<float>(sizes[i]) / in : scales[i];
    const float size = by_size ? static_cast<float>(sizes[i]) : std::floor(in * scale);
    if (!(scale > 0) || !(size >= 1 && size <= static_cast<float>(kMostIndices))) {
      throw NodeError{"has a scale or size that gives axis " + std::to_string(i) +
                      " no elements, or over 2^20"};
    }
    // Of 3 elements a scale of 1.3 makes 3, but others: the size alone does not say.
    if (scale == 1) {
      continue;
    }
    Indices taken = axis.indices(from[i], static_cast<std::int64_t>(size), scale);
    if (!is_whole(taken, from[i])) {
      indices[i] = std::move(taken);
    }
  }
  define_moved(graph, node, gather_axes(from, indices));
}

}  // namespace systole::onnx
