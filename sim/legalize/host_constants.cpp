#include "sim/legalize/host_constants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <variant>

#include "sim/legalize/moved_scales.hpp"
#include "sim/legalize/requant_rule.hpp"
#include "sim/network/refusal.hpp"
#include "sim/network/tflite_multipliers.hpp"

namespace systole {
namespace {

class Follower {
 public:
  Follower(const Network& network, const Layer& layer, const std::vector<double>& growth,
           std::vector<std::string>& what)
      : format_{network.tensor(layer.output).format},
        output_{growth.at(layer.output)},
        what_{what} {
    std::transform(layer.inputs.begin(), layer.inputs.end(), std::back_inserter(input_),
                   [&](TensorId id) { return growth.at(id); });
  }

  void operator()(Mean& op) { requantizer(op.requant, input_[0] / output_); }
  void operator()(Relu& op) { requantizer(op.requant, input_[0] / output_); }
  void operator()(Requantize& op) { requantizer(op.requant, input_[0] / output_); }
  void operator()(TransposeConv& op) { requantizer(op.requant, input_[0] / output_); }
  void operator()(Mul& op) { requantizer(op.output, input_[0] * input_[1] / output_); }
  void operator()(BatchMatMul& op) { requantizer(op.requant, input_[0] * input_[1] / output_); }
  void operator()(Sub& op) { terms(op.terms, 1); }
  void operator()(SquaredDifference& op) { terms(op.terms, 2); }
  void operator()(LeakyRelu& op) { slopes(op.identity, op.alpha, 1); }
  void operator()(Prelu& op) { slopes(op.identity, op.alpha, input_[1]); }
  void operator()(Softmax& op) {
    fixed_point(op.input);
    if (op.input.exponent < 0) {
      throw Refusal{"has so small a scale times beta that the kernels do not take it"};
    }
    op.diff_min = -saturation_radius(tflite_multipliers::kSoftmaxIntegerBits, op.input);
  }
  void operator()(Logistic& op) {
    fixed_point(op.input);
    op.radius = saturation_radius(tflite_multipliers::kLogisticIntegerBits, op.input);
  }
  template <typename Other>
  void operator()(Other&) {}  // has no constants of a scale

 private:
  void requantizer(Requantizer& requant, double factor) {
    for (std::size_t i = 0; i < requant.multiplier.size(); ++i) {
      const QuantizedMultiplier q = times({requant.multiplier[i], requant.exponent[i]}, factor);
      requant.multiplier[i] = q.multiplier;
      requant.exponent[i] = q.exponent;
    }
    scales(requant.scale.begin(), requant.scale.end(), factor);
    tell(factor);
    const std::string clamp =
        rescale_clamp(requant.clamp_min, requant.clamp_max, requant.zero_point, output_, format_);
    if (!clamp.empty()) {
      what_.push_back(clamp);
    }
  }

  // Operands shrink to the coarser of both, so that none outgrows its left shift; their sum, to the
  // power of `degree`, goes from there to the output.
  void terms(Add& sum, std::int32_t degree) {
    const double coarser = std::max(input_[0], input_[1]);
    for (std::size_t i = 0; i < sum.input.size(); ++i) {
      const double factor = input_[i] / coarser;
      sum.input[i] = times(sum.input[i], factor);
      scales(&sum.input_scale[i], &sum.input_scale[i] + 1, factor);
      tell(factor);
    }
    requantizer(sum.output, (degree == 2 ? coarser * coarser : coarser) / output_);
  }

  void slopes(QuantizedMultiplier& identity, QuantizedMultiplier& alpha, double alpha_growth) {
    const double factor = input_[0] / output_;
    identity = times(identity, factor);
    alpha = times(alpha, factor * alpha_growth);
    tell(factor);
    tell(alpha_growth);
  }

  // The largest is that of the kernels: inputs that far apart have saturated anyway.
  void fixed_point(QuantizedMultiplier& input) {
    constexpr double kMost = (1 << 30) - 1;
    if (input_[0] != 1) {
      input = quantize_multiplier(std::min(real_multiplier(input) * input_[0], kMost));
    }
    tell(input_[0]);
  }

  static QuantizedMultiplier times(QuantizedMultiplier q, double factor) {
    if (factor == 1) {
      return q;
    }
    const QuantizedMultiplier product = quantize_small_multiplier(real_multiplier(q) * factor);
    if (product.exponent > 30) {
      throw Refusal{"a multiplier of 2^30 and more is out of range"};
    }
    return product;
  }

  template <typename Iterator>
  static void scales(Iterator first, Iterator last, double factor) {
    std::transform(first, last, first,
                   [&](float scale) { return static_cast<float>(double{scale} * factor); });
  }

  void tell(double factor) {
    if (factor != 1) {
      what_.push_back(fmt::format("multiplier times {:.6g}, as its scales", factor));
    }
  }

  ElementFormat format_;
  std::vector<double> input_;
  double output_;
  std::vector<std::string>& what_;
};

}  // namespace

void follow_scales(const Network& network, Layer& layer, const std::vector<double>& growth,
                   std::vector<std::string>& what) {
  std::visit(Follower{network, layer, growth, what}, layer.op);
}

}  // namespace systole
