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
    {EnergyComponent::Static, "static", "static power, if the table gives one"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kTable); ++i) {
    if (static_cast<std::size_t>(kTable[i].component) != i) {
      return false;
    }
  }
  return true;
}
static_assert(std::size(kTable) == kEnergyComponents, "every component has its row");
static_assert(in_order(), "rows stand in the order of the enumerators");

}  // namespace

const char* energy_component_name(EnergyComponent component) {
  return kTable[static_cast<std::size_t>(component)].name;
}

const char* energy_component_description(EnergyComponent component) {
  return kTable[static_cast<std::size_t>(component)].description;
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
  return *this;
}

}  // namespace systole
