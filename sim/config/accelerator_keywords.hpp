#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "sim/config/accelerator_config.hpp"
#include "sim/config/check.hpp"

// How the enumerations of an accelerator are spelled in YAML.
namespace systole::keywords {

constexpr Choice<Dataflow> kDataflow[] = {{"weight_stationary", Dataflow::WeightStationary},
                                          {"output_stationary", Dataflow::OutputStationary},
                                          {"input_stationary", Dataflow::InputStationary}};

constexpr Choice<Overlap> kOverlap[] = {{"none", Overlap::None}, {"full", Overlap::Full}};

constexpr Choice<Overflow> kOverflow[] = {{"wrap", Overflow::Wrap},
                                          {"saturate", Overflow::Saturate}};

constexpr Choice<PeKind> kPeKind[] = {{"fixed", PeKind::Fixed}, {"composable", PeKind::Composable}};

constexpr Choice<ScratchpadOrganization> kOrganization[] = {
    {"unified", ScratchpadOrganization::Unified}, {"split", ScratchpadOrganization::Split}};

constexpr Choice<BankPorts> kPorts[] = {{"single", BankPorts::Single}, {"dual", BankPorts::Dual}};

constexpr Choice<Unroller> kUnroller[] = {{"none", Unroller::None}, {"loops", Unroller::Loops}};

constexpr Choice<RequantMode> kRequantMode[] = {{"multiplier_shift", RequantMode::MultiplierShift},
                                                {"shift_only", RequantMode::ShiftOnly},
                                                {"float_scale", RequantMode::FloatScale}};

constexpr Choice<RequantVariant> kRequantVariant[] = {{"tflite", RequantVariant::Tflite},
                                                      {"single", RequantVariant::Single}};

constexpr Choice<Rounding> kRounding[] = {
    {"nearest_even", Rounding::NearestEven}, {"nearest_away", Rounding::NearestAway},
    {"half_up", Rounding::HalfUp},           {"floor", Rounding::Floor},
    {"toward_zero", Rounding::TowardZero},   {"stochastic", Rounding::Stochastic}};

/// What a layer of a workload can ask for: stochastic rounding is of the machine, and its seed.
constexpr auto kLayerRounding = [] {
  std::array<Choice<Rounding>, std::size(kRounding) - 1> all{};
  std::size_t count = 0;
  for (const auto& choice : kRounding) {
    if (choice.value != Rounding::Stochastic) {
      all[count++] = choice;
    }
  }
  return all;
}();

constexpr Choice<DepthwiseMapping> kDepthwise[] = {{"diagonal", DepthwiseMapping::Diagonal},
                                                   {"column", DepthwiseMapping::Column},
                                                   {"vector", DepthwiseMapping::Vector}};

constexpr Choice<DramModel> kDramModel[] = {{"ideal", DramModel::Ideal},
                                            {"banked", DramModel::Banked}};

/// The memories of configs/dram.
constexpr const char* kDramPresets[] = {"ddr3_2133", "ddr4_2400", "hbm2", "lpddr4_3200"};

constexpr Choice<ProcessNode> kProcessNode[] = {
    {"45nm", ProcessNode::Nm45},    {"32nm", ProcessNode::Nm32},    {"28nm", ProcessNode::Nm28},
    {"20nm", ProcessNode::Nm20},    {"16nm", ProcessNode::Nm16},    {"14nm", ProcessNode::Nm14},
    {"10nm", ProcessNode::Nm10},    {"7nm", ProcessNode::Nm7},      {"45nm_lp", ProcessNode::Lp45},
    {"32nm_lp", ProcessNode::Lp32}, {"20nm_lp", ProcessNode::Lp20}, {"16nm_lp", ProcessNode::Lp16},
    {"14nm_lp", ProcessNode::Lp14}, {"10nm_lp", ProcessNode::Lp10}, {"7nm_lp", ProcessNode::Lp7}};

constexpr Choice<NumberFormat> kNumberFormat[] = {{"int", NumberFormat::Int},
                                                  {"fp16", NumberFormat::Fp16},
                                                  {"bf16", NumberFormat::Bf16},
                                                  {"fp32", NumberFormat::Fp32}};

constexpr Choice<Objective> kObjective[] = {{"cycles", Objective::Cycles},
                                            {"traffic", Objective::Traffic}};

constexpr Choice<Fusion> kFusion[] = {{"none", Fusion::None}, {"keep", Fusion::Keep}};

/// Of energy.node when the table's own node stays.
constexpr const char* kAsTable = "as_table";

/// What energy.node may say: that, or a process.
template <std::size_t... I>
constexpr std::array<Choice<std::optional<ProcessNode>>, sizeof...(I) + 1> energy_nodes(
    std::index_sequence<I...> /*of kProcessNode*/) {
  return {{{kAsTable, std::nullopt}, {kProcessNode[I].name, kProcessNode[I].value}...}};
}
constexpr auto kEnergyNode = energy_nodes(std::make_index_sequence<std::size(kProcessNode)>{});

}  // namespace systole::keywords
