#include <iterator>

#include "sim/energy/energy_model.hpp"

namespace systole {
namespace {

struct Row {
  EnergyComponent component;
  const char* name;
};

constexpr Row kTable[] = {
    {EnergyComponent::ArrayMultiply, "array_multiply"},
    {EnergyComponent::ArrayAdd, "array_add"},
    {EnergyComponent::ArrayRegisters, "array_registers"},
    {EnergyComponent::Scratchpad, "scratchpad"},
    {EnergyComponent::WeightScratchpad, "weight_scratchpad"},
    {EnergyComponent::Accumulators, "accumulators"},
    {EnergyComponent::Requantization, "requantization"},
    {EnergyComponent::Vector, "vector"},
    {EnergyComponent::Dram, "dram"},
    {EnergyComponent::Static, "static"},
};

struct OperandRow {
  EnergyOperand component;
  const char* name;
};

constexpr OperandRow kOperands[] = {
    {EnergyOperand::Ifmap, "ifmap"},           {EnergyOperand::Weight, "weight"},
    {EnergyOperand::Constants, "constants"},   {EnergyOperand::Psum, "psum"},
    {EnergyOperand::Ofmap, "ofmap"},           {EnergyOperand::Unused, "unused"},
    {EnergyOperand::Arithmetic, "arithmetic"}, {EnergyOperand::Shared, "shared"},
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

const char* energy_operand_name(EnergyOperand operand) {
  return kOperands[static_cast<std::size_t>(operand)].name;
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
