#include "sim/energy/node_scaling.hpp"

#include <iterator>
#include <stdexcept>

namespace systole {
namespace {

/// Energy of a switching = a2 V^2 + a1 V + a0, up to a factor that all nodes share.
struct Node {
  ProcessNode node;
  double volts;
  double a2, a1, a0;
  double area;  // from 45 nm; of the node, whatever the flavour
};

constexpr Node kNodes[] = {
    {ProcessNode::Nm45, 0.9, 1.018, -0.3107, 0.1539, 1},
    {ProcessNode::Nm32, 0.9, 0.8367, -0.4341, 0.1701, 0.46},
    {ProcessNode::Nm20, 0.9, 0.373, -0.1582, 0.04104, 0.21},
    {ProcessNode::Nm16, 0.8, 0.2958, -0.1241, 0.03024, 0.19},
    {ProcessNode::Nm14, 0.8, 0.2363, -0.09675, 0.02239, 0.17},
    {ProcessNode::Nm10, 0.75, 0.2068, -0.09311, 0.02375, 0.1},
    {ProcessNode::Nm7, 0.7, 0.1776, -0.09097, 0.02447, 0.059},
    {ProcessNode::Lp45, 0.9, 1.103, -0.362, 0.2767, 1},
    {ProcessNode::Lp32, 0.9, 0.9559, -0.7823, 0.471, 0.46},
    {ProcessNode::Lp20, 0.9, 0.2632, -0.14, 0.06841, 0.21},
    {ProcessNode::Lp16, 0.8, 0.2139, -0.1187, 0.05639, 0.19},
    {ProcessNode::Lp14, 0.8, 0.1556, -0.06472, 0.03066, 0.17},
    {ProcessNode::Lp10, 0.75, 0.1261, -0.0518, 0.02769, 0.1},
    {ProcessNode::Lp7, 0.7, 0.09365, -0.03409, 0.02043, 0.059},
};

const Node& row(ProcessNode node) {
  for (const Node& candidate : kNodes) {
    if (candidate.node == node) {
      return candidate;
    }
  }
  throw std::logic_error("a process node without scaling coefficients");
}

double energy_at(const Node& node) {
  return node.a2 * node.volts * node.volts + node.a1 * node.volts + node.a0;
}

/// Energy and area in units that all nodes share.
NodeFactors level(ProcessNode node) {
  if (node == ProcessNode::Nm28) {
    const NodeFactors above = level(ProcessNode::Nm32);
    const NodeFactors below = level(ProcessNode::Nm20);
    constexpr double kPart = (32.0 - 28.0) / (32.0 - 20.0);
    return {above.energy + kPart * (below.energy - above.energy),
            above.area + kPart * (below.area - above.area)};
  }
  return {energy_at(row(node)), row(node).area};
}

}  // namespace

NodeFactors node_factors(ProcessNode from, ProcessNode to) {
  const NodeFactors a = level(from);
  const NodeFactors b = level(to);
  return {b.energy / a.energy, b.area / a.area};
}

double supply_volts(ProcessNode node) {
  return row(node == ProcessNode::Nm28 ? ProcessNode::Nm32 : node).volts;
}

}  // namespace systole
