#include "sim/compiler/compiler.hpp"

#include <fmt/format.h>

#include <optional>
#include <variant>

#include "sim/compiler/add_lowering.hpp"
#include "sim/compiler/conv_folds.hpp"
#include "sim/compiler/conv_lowering.hpp"
#include "sim/compiler/dram_map.hpp"
#include "sim/compiler/pool_lowering.hpp"
#include "sim/compiler/supported.hpp"
#include "sim/program/inspect.hpp"

namespace systole {
namespace {

/// A layer that the array runs, cut and placed.
struct ConvPlan {
  ConvLayer layer;
  WeightImage image;
  ConvTiling tiling;
  ConvAddresses addresses;
};

struct PoolPlan {
  PoolLayer layer;
  PoolTiling tiling;
};

struct AddPlan {
  AddTiling tiling;
};

/// Nothing to run: a reshape, a layer of the host, or one that was refused.
using Plan = std::variant<std::monostate, ConvPlan, PoolPlan, AddPlan>;

std::string join(const std::vector<std::string>& lines) {
  return fmt::format("{}", fmt::join(lines, "\n"));
}

const TensorData* data_of(const Network& network, TensorId tensor) {
  const std::optional<TensorData>& data = network.tensor(tensor).data;
  return data ? &*data : nullptr;
}

/// Shapes only: any constants take the same time.
void set_any_constants(Requantizer& requant) {
  if (requant.entries() == 0) {
    requant.multiplier = {0};
    requant.exponent = {0};
    requant.scale = {0};
  }
}

}  // namespace

CompileError::CompileError(const std::vector<std::string>& lines)
    : std::runtime_error{join(lines)}, lines_{lines} {}

struct Compiler::State {
  State(const Network& net, const AcceleratorConfig& accelerator)
      : network{net},
        config{accelerator},
        machine{config},
        dram{net},
        run_time{run_time_tensors(net)},
        plans(net.layers.size()),
        mappings(net.layers.size()) {}

  void plan(std::size_t index);
  void plan_conv(std::size_t index, const ConvLayer& layer);
  void plan_pool(std::size_t index, const PoolLayer& layer);
  void plan_add(std::size_t index);
  LayerRegisters registers(std::size_t index) const;
  std::vector<Command> commands(std::size_t index) const;
  void append_image(const ConvPlan& plan, std::vector<DramSegment>& image) const;

  const Network& network;
  const AcceleratorConfig config;
  const MachineLimits machine;  ///< refers to `config`
  DramMap dram;
  const std::vector<bool> run_time;  ///< by tensor: given or computed, not a constant
  std::vector<Plan> plans;
  std::vector<LayerMapping> mappings;
};

void Compiler::State::plan(std::size_t index) {
  const Layer& layer = network.layers[index];
  if (runs_on_host(network, layer)) {
    for (const TensorId input : layer.inputs) {
      dram.place(input);
    }
    dram.place(layer.output);
  } else if (const std::optional<ConvLayer> conv = as_conv(network, layer, run_time)) {
    plan_conv(index, *conv);
  } else if (const std::optional<PoolLayer> pool = as_pool(network, layer)) {
    plan_pool(index, *pool);
  } else if (std::holds_alternative<Add>(layer.op)) {
    plan_add(index);
  } else {
    check_supported_reshape(layer, network);
    dram.alias(layer.output, layer.inputs.at(0));
  }
}

void Compiler::State::plan_conv(std::size_t index, const ConvLayer& layer) {
  check_supported(layer, network, machine);
  ConvPlan plan;
  plan.layer = layer;
  plan.image = weight_image(layer, machine.array_cols);
  plan.tiling = choose_tiling(layer, plan.image, machine, network.layers[index].mapping);
  plan.addresses.ifmap = dram.place(layer.ifmap);
  plan.addresses.weights =
      layer.weight_is_activation ? dram.place(layer.weight) : dram.allocate(plan.image.bytes);
  const std::uint64_t channels = plan.image.blocks.size() * config.array.cols;
  if (layer.needs_bias()) {
    plan.addresses.bias = dram.allocate(plan.image.blocks.size() * accumulator_row_bytes(config));
  }
  if (layer.per_channel_requant()) {
    plan.addresses.table = dram.allocate(channels * requant_entry_bytes(config));
  }
  plan.addresses.ofmap = dram.place(layer.ofmap);
  mappings[index] = describe_mapping(layer, plan.image, machine, plan.tiling);
  plans[index] = std::move(plan);
}

void Compiler::State::plan_pool(std::size_t index, const PoolLayer& layer) {
  check_supported(layer, network, machine);
  const PoolTiling tiling = choose_pool_tiling(layer, machine, network.layers[index].mapping);
  dram.place(layer.ifmap);
  dram.place(layer.ofmap);
  mappings[index] = describe_mapping(layer, machine, tiling);
  plans[index] = PoolPlan{layer, tiling};
}

void Compiler::State::plan_add(std::size_t index) {
  const Layer& layer = network.layers[index];
  check_supported_add(layer, network, machine);
  const Tensor& sum = network.tensor(layer.output);
  const AddTiling tiling =
      choose_add_tiling(packed_tensor_bytes(sum.shape, sum.format), sum.format.bits, machine);
  for (const TensorId input : layer.inputs) {
    dram.place(input);
  }
  dram.place(layer.output);
  mappings[index] = describe_mapping(machine, tiling);
  plans[index] = AddPlan{tiling};
}

LayerRegisters Compiler::State::registers(std::size_t index) const {
  const Layer& layer = network.layers[index];
  LayerRegisters registers;
  if (runs_on_host(network, layer)) {
    return registers;
  }
  registers.ifmap = network.tensor(layer.inputs.at(0)).format;
  registers.ofmap = network.tensor(layer.output).format;
  if (const auto* conv = std::get_if<ConvPlan>(&plans[index])) {
    registers.weight = conv->layer.weight_format;
    registers.requant = *conv->layer.requant;
    set_any_constants(registers.requant);
    registers.ofmap_place = {conv->addresses.ofmap, to_u64(conv->layer.out_c),
                             conv->layer.ofmap_format.bits};
  } else if (const auto* pool = std::get_if<PoolPlan>(&plans[index])) {
    registers.pool_clamp_min = pool->layer.clamp_min;
    registers.pool_clamp_max = pool->layer.clamp_max;
  } else if (const auto* add = std::get_if<Add>(&layer.op)) {
    registers.add = *add;
    set_any_constants(registers.add.output);
  }
  return registers;
}

std::vector<Command> Compiler::State::commands(std::size_t index) const {
  const Layer& layer = network.layers[index];
  if (const auto* conv = std::get_if<ConvPlan>(&plans[index])) {
    return lower_conv(conv->layer, conv->image, machine, conv->tiling, conv->addresses);
  }
  if (const auto* pool = std::get_if<PoolPlan>(&plans[index])) {
    return lower_pool(pool->layer, machine, pool->tiling,
                      dram.placement(pool->layer.ifmap)->address,
                      dram.placement(pool->layer.ofmap)->address);
  }
  if (const auto* add = std::get_if<AddPlan>(&plans[index])) {
    return lower_add(
        machine, add->tiling,
        {dram.placement(layer.inputs.at(0))->address, dram.placement(layer.inputs.at(1))->address},
        dram.placement(layer.output)->address);
  }
  return {};
}

void Compiler::State::append_image(const ConvPlan& plan, std::vector<DramSegment>& image) const {
  const ConvLayer& layer = plan.layer;
  const TensorData* weights = data_of(network, layer.weight);
  if (weights != nullptr && !layer.weight_is_activation) {
    image.push_back({plan.addresses.weights, weight_bytes(layer, plan.image, *weights)});
  }
  const TensorData* bias = layer.bias ? data_of(network, *layer.bias) : nullptr;
  const bool bias_known =
      (!layer.bias || bias != nullptr) && (layer.ifmap_zero_point == 0 || weights != nullptr);
  if (layer.needs_bias() && bias_known) {
    image.push_back({plan.addresses.bias, bias_bytes(layer, config, bias, weights)});
  }
  if (layer.per_channel_requant()) {
    image.push_back(
        {plan.addresses.table, requant_table_bytes(layer, machine.array_cols, config.requant)});
  }
}

Compiler::Compiler(const Network& network, const AcceleratorConfig& config)
    : state_{std::make_unique<State>(network, config)} {
  for (const TensorId input : network.inputs) {
    state_->dram.place(input);
  }
  std::vector<std::string> errors;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    try {
      state_->plan(i);
    } catch (const MappingError& error) {
      errors.push_back(fmt::format("layer '{}': {}", network.layers[i].name, error.what()));
    }
  }
  if (!errors.empty()) {
    throw CompileError{errors};
  }
}

Compiler::~Compiler() = default;

const TensorPlacement& Compiler::placement(TensorId tensor) const {
  const std::optional<TensorPlacement>& placement = state_->dram.placement(tensor);
  if (!placement) {
    throw std::logic_error{"tensor '" + state_->network.tensor(tensor).name +
                           "' is no activation: it has no place of its own"};
  }
  return *placement;
}

std::vector<DramSegment> Compiler::dram_image() const {
  std::vector<DramSegment> image;
  for (const Plan& plan : state_->plans) {
    if (const auto* conv = std::get_if<ConvPlan>(&plan)) {
      state_->append_image(*conv, image);
    }
  }
  // Constants that a layer reads like activations.
  for (TensorId id = 0; id < state_->network.tensors.size(); ++id) {
    const Tensor& tensor = state_->network.tensor(id);
    if (state_->dram.placement(id) && tensor.data && !state_->run_time[id]) {
      image.push_back({state_->dram.placement(id)->address,
                       pack_tensor(*tensor.data, tensor.shape, tensor.format)});
    }
  }
  return image;
}

std::uint64_t Compiler::dram_bytes() const { return state_->dram.bytes(); }

const LayerMapping& Compiler::mapping(std::size_t layer) const {
  return state_->mappings.at(layer);
}

std::vector<std::vector<FoldSpan>> Compiler::accumulation_order(std::size_t layer) const {
  const auto* conv = std::get_if<ConvPlan>(&state_->plans.at(layer));
  return conv == nullptr
             ? std::vector<std::vector<FoldSpan>>{}
             : systole::accumulation_order(conv->layer, conv->image, state_->machine, conv->tiling);
}

LayerProgram Compiler::lower(std::size_t layer) const {
  LayerProgram program{state_->registers(layer), state_->commands(layer)};
  validate(program, state_->config);
  return program;
}

}  // namespace systole
