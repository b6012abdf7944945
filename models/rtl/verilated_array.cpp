#include "models/rtl/verilated_array.hpp"

#include <algorithm>
#include <string>
#include <tuple>

#include "models/rtl/array_socket.hpp"
#include "models/rtl/built_models.hpp"
#include "sim/network/refusal.hpp"

namespace systole {
namespace {

using Maker = std::unique_ptr<PeArray> (*)();

struct Choice {
  RtlArraySize size;
  Maker make = nullptr;
};

template <typename... Built>
std::vector<Choice> choices(const std::tuple<Built...>*) {
  return {{{Built::kRows, Built::kCols, Built::kOperandBits}, []() -> std::unique_ptr<PeArray> {
             return std::make_unique<rtl::VerilatedArray<Built>>();
           }}...};
}

std::vector<Choice> all_choices() { return choices(static_cast<const rtl::BuiltArrays*>(nullptr)); }

std::string text_of(const RtlArraySize& size) {
  return std::to_string(size.rows) + "x" + std::to_string(size.cols) + "x" +
         std::to_string(size.operand_bits);
}

[[noreturn]] void refuse(const RtlArraySize& wanted) {
  std::string text = "no Verilated array of " + text_of(wanted) +
                     " (rows, columns, operand bits) in this build, which has";
  const char* separator = " ";
  for (const Choice& choice : all_choices()) {
    text += separator + text_of(choice.size);
    separator = ", ";
  }
  throw Refusal{text + "; configure it with -DSYSTOLE_RTL_SIZES=\"" + text_of(wanted) + "\""};
}

}  // namespace

std::vector<RtlArraySize> verilated_array_sizes() {
  std::vector<RtlArraySize> sizes;
  for (const Choice& choice : all_choices()) {
    sizes.push_back(choice.size);
  }
  return sizes;
}

std::unique_ptr<PeArray> make_verilated_array(const ArrayConfig& config,
                                              std::uint32_t operand_bits) {
  if (config.dataflow != Dataflow::WeightStationary || config.overflow != Overflow::Wrap ||
      config.accumulator_bits != 32 || config.pe != PeKind::Fixed) {
    throw Refusal{
        "the Verilated array is weight stationary with 32-bit psums that wrap and fixed PEs; "
        "array.dataflow, array.accumulator_bits, array.overflow or array.pe ask for another"};
  }
  // Narrower operands fit in wider registers.
  const std::uint32_t bits =
      std::max({config.activation_bits, config.weight_bits, operand_bits, 8U});
  const RtlArraySize wanted{config.rows, config.cols, bits};
  const Choice* best = nullptr;
  const std::vector<Choice> built = all_choices();
  for (const Choice& choice : built) {
    if (choice.size.rows == wanted.rows && choice.size.cols == wanted.cols &&
        choice.size.operand_bits >= bits &&
        (best == nullptr || choice.size.operand_bits < best->size.operand_bits)) {
      best = &choice;
    }
  }
  if (best == nullptr) {
    refuse(wanted);
  }
  return best->make();
}

}  // namespace systole
