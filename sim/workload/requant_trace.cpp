// `requant:` of a layer.

#include <algorithm>

#include "sim/config/accelerator_keywords.hpp"
#include "sim/workload/trace.hpp"

namespace systole {
namespace {

constexpr std::int32_t kLargest = 2147483647;
constexpr std::int32_t kNormal = 1 << 30;

bool is_sum(TraceOp op) {
  return op == TraceOp::Add || op == TraceOp::Sub || op == TraceOp::SquaredDifference;
}

/// Operators that compute with integer multipliers alone.
bool takes_scale(TraceOp op) {
  return op != TraceOp::SquaredDifference && op != TraceOp::Softmax && op != TraceOp::Logistic;
}

/// Constants of the same kind for the output, or for the operands of a sum.
struct Constants {
  std::vector<std::int32_t>& multiplier;
  std::vector<std::int32_t>& exponent;
  std::vector<float>& scale;
};

/// Either `scale`, or `multiplier` and `exponent`.
void read_constants(ConfigReader& reader, const ConstantFiles& files, std::int32_t least,
                    Constants out) {
  const std::size_t errors = reader.error_count();
  const bool is_float = reader.has("scale");
  for (const char* key : {"multiplier", "exponent"}) {
    const bool given = reader.has(key);
    if (is_float && given) {
      reader.error(key, "given beside scale, expected scale, or multiplier and exponent");
    } else if (!is_float && !given) {
      reader.error(key, "missing, expected a list or a .npy file");
    }
  }
  if (is_float) {
    out.scale = files.scales(reader, "scale");
    if (!std::all_of(out.scale.begin(), out.scale.end(), is_requant_scale)) {
      reader.error("scale", "a value is out of range, expected below 2^31");
    }
    return;
  }
  if (reader.has("multiplier")) {
    out.multiplier = files.integers(reader, "multiplier", InRange<std::int32_t>{0, kLargest});
  }
  if (reader.has("exponent")) {
    out.exponent = files.integers(reader, "exponent", InRange<std::int32_t>{-31, 30});
  }
  if (reader.error_count() != errors) {
    return;
  }
  if (out.multiplier.size() != out.exponent.size()) {
    reader.error("exponent", "has " + std::to_string(out.exponent.size()) +
                                 " values, expected as many as multiplier has, " +
                                 std::to_string(out.multiplier.size()));
  }
  for (const std::int32_t multiplier : out.multiplier) {
    if (multiplier != 0 && multiplier < least) {
      reader.error("multiplier", std::to_string(multiplier) + " is out of range, expected 0 or " +
                                     std::to_string(least) + "..2147483647");
      break;
    }
  }
}

}  // namespace

RequantTrace read_requant(ConfigReader reader, const ConstantFiles& files, TraceOp op) {
  RequantTrace requant;
  const std::size_t errors = reader.error_count();
  if (!takes_scale(op) && reader.has("scale")) {
    reader.error("scale", trace_op_name(op) + " takes multiplier and exponent alone");
  }
  // The division by the count takes bits of a mean's multiplier.
  read_constants(reader, files, op == TraceOp::Mean ? 1 : kNormal,
                 {requant.multiplier, requant.exponent, requant.scale});
  reader.optional("variant", requant.variant, OneOf{keywords::kRequantVariant});
  reader.optional("rounding", requant.rounding, OneOf{keywords::kLayerRounding});
  if (is_sum(op)) {
    constexpr std::int32_t kMostShift = 30;
    std::int32_t left_shift = 0;
    if (reader.optional("left_shift", left_shift, InRange<std::int32_t>{0, kMostShift})) {
      requant.left_shift = left_shift;
    }
    ConfigReader operands = reader.child("operands");
    read_constants(operands, files, kNormal,
                   {requant.operand_multiplier, requant.operand_exponent, requant.operand_scale});
    operands.reject_unknown();
    const std::size_t count = requant.operand_multiplier.size() + requant.operand_scale.size();
    if (reader.error_count() == errors && count != 2) {
      operands.error("", "has " + std::to_string(count) + " constants, expected 2");
    } else if (reader.error_count() == errors &&
               requant.scale.empty() != requant.operand_scale.empty()) {
      operands.error("", "is of another kind than the constants of the sum, expected the same");
    }
  }
  reader.reject_unknown();
  return requant;
}

}  // namespace systole
