// Functions of one real number. On integers they are tables: exact, whatever is in them. What goes
// beyond the four operations is computed as binary64 and rounded to binary32.

#include <algorithm>
#include <cmath>

#include "sim/onnx/operators.hpp"
#include "sim/onnx/pending.hpp"

namespace systole::onnx {
namespace {

using Function = std::function<float(float)>;

template <typename InDouble>
Function rounded(InDouble function) {
  return [function](float x) { return static_cast<float>(function(static_cast<double>(x))); };
}

// The limits of HardSigmoid and HardSwish.
float from_0_to_1(float x) { return std::min(std::max(x, 0.0F), 1.0F); }

// log(1 + e^x), of which e^x would overflow.
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

Function gelu(const Node& node) {
  const std::string approximate = node.text("approximate", "none");
  if (approximate == "none") {
    return rounded([](double x) { return 0.5 * x * (1 + std::erf(x * std::sqrt(0.5))); });
  }
  if (approximate != "tanh") {
    throw NodeError{"has the approximation '" + printable_name(approximate) +
                    "', expected none or tanh"};
  }
  return rounded([](double x) {
    const double inner = std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
    return 0.5 * x * (1 + std::tanh(inner));
  });
}

double number_at(Graph& graph, const Node& node, std::size_t i, const char* what) {
  const Value& value = graph.in_value(node, i);
  if (!value.constant || value.constant->values.size() != 1) {
    throw NodeError{std::string{"has "} + what +
                    " that is not one constant number, which is not supported"};
  }
  return static_cast<double>(floats_of(*value.constant).front());
}

Function function_of(Graph& graph, const Node& node) {
  const std::string op = node.op();
  if (op == "Abs") {
    return [](float x) { return std::abs(x); };
  }
  if (op == "Neg") {
    return [](float x) { return -x; };
  }
  if (op == "Exp") {
    return rounded([](double x) { return std::exp(x); });
  }
  if (op == "Erf") {
    return rounded([](double x) { return std::erf(x); });
  }
  if (op == "Sigmoid" || op == "com.microsoft.QLinearSigmoid") {
    return rounded([](double x) { return 1 / (1 + std::exp(-x)); });
  }
  if (op == "Softplus") {
    return rounded(softplus);
  }
  if (op == "Softsign") {
    return [](float x) { return x / (1.0F + std::abs(x)); };
  }
  if (op == "Mish") {
    return rounded([](double x) { return x * std::tanh(softplus(x)); });
  }
  if (op == "Sqrt") {
    return [](float x) { return std::sqrt(x); };
  }
  if (op == "Reciprocal") {
    return [](float x) { return 1.0F / x; };
  }
  if (op == "Pow") {
    const double exponent = number_at(graph, node, 1, "an exponent");
    return rounded([exponent](double x) { return std::pow(x, exponent); });
  }
  if (op == "Tanh") {
    return rounded([](double x) { return std::tanh(x); });
  }
  if (op == "Elu") {
    return rounded([alpha = static_cast<double>(node.real("alpha", 1))](double x) {
      return x < 0 ? alpha * std::expm1(x) : x;
    });
  }
  if (op == "LeakyRelu" || op == "com.microsoft.QLinearLeakyRelu") {
    return [alpha = node.real("alpha", 0.01F)](float x) { return x < 0 ? alpha * x : x; };
  }
  if (op == "HardSigmoid") {
    return [alpha = node.real("alpha", 0.2F), beta = node.real("beta", 0.5F)](float x) {
      return from_0_to_1(alpha * x + beta);
    };
  }
  if (op == "HardSwish") {
    return [](float x) { return x * from_0_to_1(x / 6.0F + 0.5F); };
  }
  if (op == "PRelu") {
    const auto alpha = static_cast<float>(number_at(graph, node, 1, "a slope"));
    return [alpha](float x) { return x < 0 ? alpha * x : x; };
  }
  if (op == "Gelu") {
    return gelu(node);
  }
  throw std::logic_error{"onnx: a function without a definition"};
}

}  // namespace

void build_function(Graph& graph, const Node& node) {
  const std::size_t inputs = node.op() == "PRelu" || node.op() == "Pow" ? 2 : 1;
  node.expect_inputs(inputs, inputs);
  const Function function = function_of(graph, node);
  Builder& builder = graph.builder();
  const ValueId x = graph.in(node, 0);
  const Value value = builder.value(x);
  const bool in_floats = node.op() == "Sigmoid";
  const std::optional<Unary> inner = find_unary(graph, x);
  if (!inner && in_floats) {
    define_float_layer(graph, node, FloatSigmoid{}, {x}, value.shape);
    return;
  }
  if (!inner) {
    quantized_operand(graph, node, 0);  // says what is wrong
    throw NodeError{"has an operand with a scale per channel, expected one"};
  }
  std::function<ValueId()> real;
  if (in_floats) {
    real = [&builder, x, shape = value.shape] {
      return builder.add_layer(FloatSigmoid{}, {builder.file_tensor(x)}, shape, ElementType::Float,
                               identity(shape.size()));
    };
  }
  define_pending(graph, node, pending_unary(builder, mapped(*inner, function), std::move(real)),
                 value.shape, value.depth);
}

// Larger or smaller: of integers alike, or of integers and a number.
void build_min_max(Graph& graph, const Node& node) {
  node.expect_inputs(2, 2);
  const bool largest = node.op() == "Max";
  Builder& builder = graph.builder();
  const ValueId first = graph.in(node, 0);
  const ValueId second = graph.in(node, 1);
  const Shape shape = broadcast_shape(builder.value(first).shape, builder.value(second).shape);
  const std::optional<Operand> a = find_quantized(graph, first);
  const std::optional<Operand> b = find_quantized(graph, second);
  if (a && b && a->params == b->params && a->params.per_tensor()) {
    const Aligned both = align(builder, a->integers, b->integers);
    const TensorId left = builder.tensor({both.a, a->params}, both.layout);
    const TensorId right = builder.tensor({both.b, b->params}, both.layout);
    const ValueId integers =
        builder.add_layer(Extremum{largest}, {left, right}, shape, a->params, both.layout);
    define_dequantized(graph, node, {integers, a->params});
    return;
  }
  const bool number_first = builder.value(first).constant != nullptr;
  const std::optional<Unary> unary = find_unary(graph, number_first ? second : first);
  const Value number = builder.value(number_first ? first : second);
  if (!unary || !number.constant || number.type != ElementType::Float ||
      number.constant->values.size() != 1 || builder.value(unary->x.integers).shape != shape) {
    throw NodeError{
        "expected two operands of one scale through DequantizeLinear, or one and a "
        "number"};
  }
  const float limit = floats_of(*number.constant).front();
  Unary limited = mapped(*unary, [limit, largest](float x) {
    return largest ? std::max(x, limit) : std::min(x, limit);
  });
  define_pending(graph, node, pending_unary(builder, std::move(limited), nullptr), shape,
                 builder.value(number_first ? second : first).depth);
}

// onnxruntime's: a table from x_scale, x_zero_point, y_scale, y_zero_point.
void build_qlinear_function(Graph& graph, const Node& node) {
  node.expect_inputs(4, 5);
  const Operand x = graph.operand(node, 0);
  if (!x.params.per_tensor()) {
    throw NodeError{"has an operand with a scale per channel, expected one"};
  }
  const QuantParams out = graph.params(node, 3, 4, x.params.type);
  graph.out(node, 0,
            tabulated(graph.builder(), mapped(reals_of(x), function_of(graph, node)), out, {}));
}

}  // namespace systole::onnx
