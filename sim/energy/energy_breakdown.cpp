#include <iterator>

#include "sim/energy/energy_model.hpp"

namespace systole {
namespace {

struct Row {
  EnergyComponent component;
  const char* name;
  const char* description;
};

constexpr Row kTable[] = {
    {EnergyComponent::ArrayMultiply, "array_multiply", "multipliers of the PEs"},
    {EnergyComponent::ArrayAdd, "array_add", "adders of the PEs"},
    {EnergyComponent::ArrayRegisters, "array_registers", "registers of the PEs"},
    {EnergyComponent::Scratchpad, "scratchpad", "activation or unified scratchpad"},
    {EnergyComponent::WeightScratchpad, "weight_scratchpad", "weight scratchpad, if it is split"},
    {EnergyComponent::Accumulators, "accumulators", "accumulator banks and their adders"},
    {EnergyComponent::Requantization, "requantization", "requantization unit"},
    {EnergyComponent::Vector, "vector", "vector unit: pooling and residual add"},
    {EnergyComponent::Dram, "dram", "DRAM, bytes fetched but not used included"},
    {EnergyComponent::Static, "static", "static power and leakage, if the table gives them"},
};

struct OperandRow {
  EnergyOperand component;
  const char* name;
  const char* description;
};

constexpr OperandRow kOperands[] = {
    {EnergyOperand::Ifmap, "ifmap", "activations, where a memory or register holds nothing else"},
    {EnergyOperand::Weight, "weight", "weights, where a memory or register holds nothing else"},
    {EnergyOperand::Constants, "constants", "biases and requantization constants from DRAM"},
    {EnergyOperand::Psum, "psum", "partial sums in the array and in the accumulators"},
    {EnergyOperand::Ofmap, "ofmap", "results written to DRAM"},
    {EnergyOperand::Unused, "unused", "bytes fetched from DRAM beside what was asked for"},
    {EnergyOperand::Arithmetic, "arithmetic", "operations"},
    {EnergyOperand::Shared, "shared", "memories that hold several kinds of operands; leakage"},
};

template <typename Table>
constexpr bool in_order(const Table& table) {
  for (std::size_t i = 0; i < std::size(table); ++i) {
    if (static_cast<std::size_t>(table[i].component) != i) {
      return false;
    }
  }
  return true;
}
static_assert(std::size(kTable) == kEnergyComponents, "every component has its row");
static_assert(std::size(kOperands) == kEnergyOperands, "every operand has its row");
static_assert(in_order(kTable), "rows stand in the order of the enumerators");
static_assert(in_order(kOperands), "rows stand in the order of the enumerators");

}  // namespace

const char* energy_component_name(EnergyComponent component) {
  return kTable[static_cast<std::size_t>(component)].name;
}

const char* energy_component_description(EnergyComponent component) {
  return kTable[static_cast<std::size_t>(component)].description;
}

const char* energy_operand_name(EnergyOperand operand) {
  return kOperands[static_cast<std::size_t>(operand)].name;
}

const char* energy_operand_description(EnergyOperand operand) {
  return kOperands[static_cast<std::size_t>(operand)].description;
}

Energy EnergyBreakdown::total() const {
  Energy sum;
  for (const Energy& e : components_) {
    sum += e;
  }
  return sum;
}

EnergyBreakdown& EnergyBreakdown::operator+=(const EnergyBreakdown& o) {
  for (std::size_t i = 0; i < kEnergyComponents; ++i) {
    components_[i] += o.components_[i];
  }
  for (std::size_t i = 0; i < kEnergyOperands; ++i) {
    operands_[i] += o.operands_[i];
  }
  return *this;
}

}  // namespace systole
