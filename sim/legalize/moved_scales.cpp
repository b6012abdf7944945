#include "sim/legalize/moved_scales.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <variant>

#include "sim/legalize/folding.hpp"

namespace systole {
namespace {

template <typename... Ops>
bool is_any(const LayerOp& op) {
  return (std::holds_alternative<Ops>(op) || ...);
}

/// Operators that requantize to any scale.
bool requantizes(const LayerOp& op) {
  return is_any<Conv2d, FullyConnected, MatMul, Add, Sub, Mul, Mean, SquaredDifference, Relu,
                LeakyRelu, Prelu, Requantize, TransposeConv, BatchMatMul>(op);
}

/// Operators to an output of fixed scale, or none, from inputs of any scale.
bool takes_any_scale(const LayerOp& op) {
  return is_any<ArgExtremum, Softmax, Logistic, L2Normalization, Dequantize>(op);
}

// The power of two that replaces a scale. The range may lose one step of the new scale, and no
// more than 1/256 of its width: that costs less than steps of twice the size everywhere.
double covering_scale(double scale, ElementFormat format) {
  const auto codes = static_cast<double>(format.max() - format.min() + 1);
  return std::ldexp(1.0, covering_exponent(scale * (1 - 1 / std::max(256.0, codes))));
}

double own_growth(const Tensor& tensor) {
  const auto scale = double{tensor.scale[0]};
  return is_power_of_two(scale) ? 1 : covering_scale(scale, tensor.format) / scale;
}

/// Tensors of one scale each, by the number of their set.
class ScaleSets {
 public:
  explicit ScaleSets(const Network& network)
      : network_{network},
        computed_{run_time_tensors(network)},
        set_(network.tensors.size()),
        keeps_(network.tensors.size(), false) {
    std::iota(set_.begin(), set_.end(), TensorId{0});
    for (const TensorId id : network.inputs) {
      keeps_[id] = true;
    }
    for (const Layer& layer : network.layers) {
      visit(layer);
    }
  }

  std::vector<double> growth() const {
    const std::size_t count = set_.size();
    std::vector<bool> settled(count, false);
    std::vector<double> growth_of_set(count, 1.0);
    for (TensorId id = 0; id < count; ++id) {
      settled[set_[id]] = settled[set_[id]] || keeps_[id];
    }
    for (const Layer& layer : network_.layers) {
      const Tensor& tensor = network_.tensor(layer.output);
      const TensorId set = set_[layer.output];
      if (!settled[set] && tensor.scale.size() == 1 && tensor.scale[0] > 0) {
        settled[set] = true;
        growth_of_set[set] = own_growth(tensor);
      }
    }
    std::vector<double> result(count, 1.0);
    for (TensorId id = 0; id < count; ++id) {
      result[id] = growth_of_set[set_[id]];
    }
    return result;
  }

 private:
  void visit(const Layer& layer) {
    if (shares_scale(layer.op)) {
      for (const TensorId id : layer.inputs) {
        if (computed_[id]) {  // constants are rescaled by themselves
          join(id, layer.output);
        }
      }
    } else if (!requantizes(layer.op) || bound_to_products(layer)) {
      keeps_[layer.output] = keeps_[layer.output] || !requantizes(layer.op);
      for (const TensorId id : layer.inputs) {
        keeps_[id] = keeps_[id] || !takes_any_scale(layer.op);
      }
    }
  }

  /// Biases count in steps of ifmap times weights: those that nobody rewrites bind both.
  bool bound_to_products(const Layer& layer) const {
    if (const auto* conv = std::get_if<TransposeConv>(&layer.op)) {
      return conv->has_bias;
    }
    return is_any<Conv2d, FullyConnected>(layer.op) && computed_[layer.inputs.at(1)];
  }

  void join(TensorId a, TensorId b) {
    std::replace(set_.begin(), set_.end(), TensorId{set_[a]}, TensorId{set_[b]});
  }

  const Network& network_;
  std::vector<bool> computed_;
  std::vector<TensorId> set_;
  std::vector<bool> keeps_;
};

}  // namespace

bool shares_scale(const LayerOp& op) {
  return is_any<MaxPool, AveragePool, Reshape, Pad, Concat, Transpose, StridedSlice, Gather,
                Extremum, ReduceExtremum, ResizeNearest, ResizeBilinear>(op);
}

std::vector<double> scale_growth(const Network& network) { return ScaleSets{network}.growth(); }

std::int32_t rescaled(std::int32_t q, std::int32_t zero_point, double growth,
                      ElementFormat format) {
  const double value = zero_point + std::nearbyint((double{1} * q - zero_point) / growth);
  return static_cast<std::int32_t>(
      std::clamp(value, static_cast<double>(format.min()), static_cast<double>(format.max())));
}

std::string rescale_clamp(std::int32_t& low, std::int32_t& high, std::int32_t zero_point,
                          double growth, ElementFormat format) {
  const std::int32_t old_low = low, old_high = high;
  if (growth != 1) {
    low = rescaled(low, zero_point, growth, format);
    high = rescaled(high, zero_point, growth, format);
  }
  return low == old_low && high == old_high
             ? std::string{}
             : fmt::format("clamp {}..{} -> {}..{}", old_low, old_high, low, high);
}

}  // namespace systole
