#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/network/tflite_multipliers.hpp"
#include "sim/workload/trace.hpp"

namespace systole {

/// Adds one layer to a network: its shape, its constants, its requantization. What does not
/// fit together is an error of the layer's reader. For shapes only, requantizers without scales
/// stay without constants.
class LayerBuilder {
 public:
  LayerBuilder(LayerTrace& trace, bool shapes_only, Network& network)
      : trace_{trace}, shapes_only_{shapes_only}, network_{network} {}

  /// The layer's output, or nothing after an error.
  std::optional<TensorId> build(std::vector<TensorId> inputs);

 private:
  // Each gives the operator, or nothing after an error; it adds constants to inputs_ and
  // gives ofmap_ its shape.
  std::optional<LayerOp> build_op();
  std::optional<LayerOp> build_conv();
  std::optional<LayerOp> build_fully_connected();
  std::optional<LayerOp> build_matmul();
  template <typename Pool>
  std::optional<LayerOp> build_pool();
  std::optional<LayerOp> build_add();
  std::optional<LayerOp> build_reshape();

  // Operators of the host (host_builder.cpp).
  std::optional<LayerOp> build_host_op();
  std::optional<LayerOp> build_sub();
  std::optional<LayerOp> build_mul();
  std::optional<LayerOp> build_mean(bool is_sum);
  std::optional<LayerOp> build_softmax();
  std::optional<LayerOp> build_logistic();
  std::optional<LayerOp> build_relu();
  std::optional<LayerOp> build_requantize();
  template <typename Op>
  std::optional<LayerOp> build_resize();
  std::optional<LayerOp> build_transpose_conv();
  std::optional<LayerOp> build_batch_matmul();

  // Those that move elements (movement_builder.cpp).
  std::optional<LayerOp> build_pad();
  std::optional<LayerOp> build_concat();
  std::optional<LayerOp> build_transpose();
  std::optional<LayerOp> build_strided_slice();

  // Those that choose, look up or compare elements (element_builder.cpp).
  std::optional<LayerOp> build_extremum(bool largest);
  std::optional<LayerOp> build_reduce_extremum(bool largest);
  std::optional<LayerOp> build_arg_extremum(bool largest);
  std::optional<LayerOp> build_squared_difference();
  std::optional<LayerOp> build_lookup();
  std::optional<LayerOp> build_gather();
  template <typename Op, typename OfScales>
  std::optional<LayerOp> build_slopes(const char* inputs, OfScales of_scales);
  std::optional<LayerOp> build_prelu();
  std::optional<LayerOp> build_leaky_relu();
  std::optional<LayerOp> build_l2_normalization();

  bool has_right_input_count();
  /// `axes:`, ascending; gives ofmap_ the shape without them, or with 1.
  std::optional<std::vector<std::size_t>> reduced_axes();
  /// `axis:`, counted from 0.
  std::optional<std::size_t> own_axis();
  /// Sets the ofmap's shape to that of inputs whose sizes of 1 are repeated.
  bool set_repeated_shape();
  bool has_integers();  ///< none of its inputs is float32
  /// Reports products of elements, zero points off, of up to a x b that the host's 32 bits may not
  /// hold.
  bool fits_host(std::int64_t a, std::int64_t b);
  std::int64_t largest_distance(std::size_t operand) const;  ///< from its zero point
  std::uint32_t widest_operand() const;                      ///< in bits, of two
  using SumDerivation = std::function<tflite_multipliers::Sum(float a, float b, float ofmap,
                                                              std::int32_t left_shift)>;
  /// The constants that are given, or those of the scales; left_shift is that of the operands.
  bool set_sum(Add& sum, const SumDerivation& derive);
  void keep_numbers();  ///< of the first input, for the ofmap
  /// A list with a value for each axis of the first input.
  bool has_axes(const std::string& key, std::size_t count);
  /// One multiplier: the constants that are given, or `derive`'s if all tensors have scales.
  bool set_single_requantizer(Requantizer& requant,
                              const std::function<std::optional<QuantizedMultiplier>()>& derive);
  bool all_have_scales() const;
  /// Of a tensor that has one.
  float scale_of(std::size_t operand) const { return input(operand).scale[0]; }
  float ofmap_scale() const { return ofmap_.scale[0]; }
  bool has_rows();  ///< a last axis; what was reduced over all axes has none
  bool has_image();
  bool set_window_output(std::int64_t channels);
  /// Sizes that are 0 in `expected` are open; `meaning` names them.
  bool add_weights(const Shape& expected, const std::vector<std::string>& meaning);
  bool add_bias(std::int64_t channels);
  bool set_requantizer(Requantizer& requant, std::int64_t channels, bool product_in_float);
  void take_constants(Requantizer& requant) const;
  bool derive_multipliers(Requantizer& requant, bool product_in_float);
  /// Of the inputs and the output; for shapes only none is needed.
  bool has_scales(const Tensor& second);
  bool set_limits(std::int32_t& lo, std::int32_t& hi);

  const Tensor& input(std::size_t index) const { return network_.tensor(inputs_.at(index)); }
  /// Reports an error of "weights", "weights.file" or "inputs[1]", and is false.
  bool fail(const std::string& key, const std::string& what);

  LayerTrace& trace_;
  bool shapes_only_;
  Network& network_;
  std::vector<TensorId> inputs_;
  Tensor ofmap_;
};

}  // namespace systole
