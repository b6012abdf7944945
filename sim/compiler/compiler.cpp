#include "sim/compiler/compiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "sim/compiler/compiler_state.hpp"
#include "sim/compiler/constants_image.hpp"
#include "sim/compiler/conv_folds.hpp"
#include "sim/compiler/likeness.hpp"
#include "sim/compiler/scratchpad_places.hpp"
#include "sim/compiler/supported.hpp"
#include "sim/program/inspect.hpp"
#include "sim/program/timing_key.hpp"
#include "sim/program/traffic.hpp"
#include "sim/program/without_loops.hpp"

namespace systole {
namespace {

std::string join(const std::vector<CompileError::Line>& lines) {
  std::string text;
  for (const CompileError::Line& line : lines) {
    text += (text.empty() ? "" : "\n") + line.text;
  }
  return text;
}

CompileError::Line line_of(const Layer& layer, const MappingFault& fault) {
  const auto place = layer.mapping_places.find(fault.key);
  if (place != layer.mapping_places.end()) {
    return {true, fmt::format("{}: layer '{}': {}", place->second, layer.name, fault.what)};
  }
  return {false, fmt::format("layer '{}': {}{}{}", layer.name, fault.key,
                             fault.key.empty() ? "" : ": ", fault.what)};
}

}  // namespace

CompileError::CompileError(const std::vector<Line>& lines)
    : std::runtime_error{join(lines)}, lines_{lines} {}

void Compiler::State::plan(std::size_t index) {
  const Layer& layer = network.layers[index];
  if (runs_on_host(network, layer)) {
    check_supported_on_host(layer);
    for (const TensorId input : layer.inputs) {
      dram.place(input);
    }
    dram.place(layer.output);
    return;
  }
  std::vector<Plan> candidates = cut(index);
  plans[index] = candidates.front();
  if (const auto* conv = std::get_if<ConvPlan>(&plans[index].cut)) {
    place_conv(index, conv->layer, conv->image.blocks.size(), conv->image.bytes);
  } else if (const auto* loops = std::get_if<LoopPlan>(&plans[index].cut)) {
    place_conv(index, loops->layer, to_u64(ceil_div(loops->layer.out_c, machine.array_cols)),
               looped_weight_bytes(loops->looped, config));
  } else if (const auto* depthwise = std::get_if<DepthwisePlan>(&plans[index].cut)) {
    place_depthwise(index, depthwise->layer);
  } else if (std::holds_alternative<std::monostate>(plans[index].cut)) {
    check_supported_reshape(layer, network);
    dram.alias(layer.output, layer.inputs.at(0));
    origin[layer.output] = origin[layer.inputs.at(0)];
  } else {
    for (const TensorId input : layer.inputs) {
      dram.place(input);
    }
    dram.place(layer.output);
  }
  plans[index] = best_of(index, std::move(candidates));
  remember_choice(index);
}

/// Bytes from pixel to pixel of what the layer reads first and of what it writes.
DramPitches Compiler::State::pitches(const Layer& layer) const {
  const auto pitch = [&](TensorId tensor) {
    const std::optional<TensorPlacement>& at = dram.placement(tensor);
    return at ? at->pixel_pitch : 0;
  };
  return {pitch(layer.inputs.at(0)), pitch(layer.output)};
}

/// `blocks` of output channels have a row each of biases and of requantization constants.
void Compiler::State::place_conv(std::size_t index, const ConvLayer& layer, std::uint64_t blocks,
                                 std::uint64_t weight_bytes) {
  ConvAddresses& at = addresses[index];
  at.ifmap = dram.place(layer.ifmap);
  at.weights = layer.weight_is_activation ? dram.place(layer.weight) : dram.allocate(weight_bytes);
  const std::uint64_t channels = blocks * config.array.cols;
  if (layer.needs_bias()) {
    at.bias = dram.allocate(blocks * bias_row_bytes(config));
  }
  if (layer.per_channel_requant()) {
    at.table = dram.allocate(channels * requant_entry_bytes(config));
  }
  at.ofmap = dram.place(layer.ofmap);
}

void Compiler::State::place_depthwise(std::size_t index, const ConvLayer& layer) {
  ConvAddresses& at = addresses[index];
  at.ifmap = dram.place(layer.ifmap);
  at.weights = dram.allocate(constant_bytes(layer, machine));
  at.ofmap = dram.place(layer.ofmap);
}

Cost Compiler::State::cost(std::size_t index, const Plan& plan) const {
  const PackedProgram program{registers(index, plan), commands(index, plan)};
  return {traffic_of(program, config).traffic,
          counts_bytes() ? moved_dram_bytes(program, config) : 0, clock ? clock(program) : 0};
}

PackedCommands Compiler::State::commands(std::size_t index, const Plan& plan) const {
  const Layer& layer = network.layers[index];
  const MachineLimits limits = limited(machine, plan.rows);
  const auto address = [&](TensorId tensor) { return dram.placement(tensor)->address; };
  const std::uint64_t alignment = TimingKey{config}.alignment();
  if (const auto* conv = std::get_if<ConvPlan>(&plan.cut)) {
    return lower_conv(conv->layer, conv->image,
                      limited(MachineLimits{config, conv->products_per_pe}, plan.rows),
                      conv->tiling, addresses[index], alignment);
  }
  if (const auto* depthwise = std::get_if<DepthwisePlan>(&plan.cut)) {
    const ConvAddresses& at = addresses[index];
    return lower_depthwise(depthwise->layer, limits, depthwise->tiling,
                           {at.ifmap, at.weights, at.ofmap}, alignment);
  }
  if (const auto* pool = std::get_if<PoolPlan>(&plan.cut)) {
    return lower_pool(pool->layer, limits, pool->tiling, address(pool->layer.ifmap),
                      address(pool->layer.ofmap), alignment);
  }
  if (const auto* add = std::get_if<AddPlan>(&plan.cut)) {
    return lower_add(limits, add->tiling,
                     {address(layer.inputs.at(0)), address(layer.inputs.at(1))},
                     address(layer.output), alignment);
  }
  if (const auto* add = std::get_if<KeptAddPlan>(&plan.cut)) {
    return lower_kept_add(add->layer, limits, add->tiling,
                          {address(layer.inputs.at(0)), address(layer.inputs.at(1))},
                          address(layer.output));
  }
  return {};
}

/// Of a layer of the array.
WeightImage Compiler::State::blocks_of(const Cut& cut) const {
  const auto* conv = std::get_if<ConvPlan>(&cut);
  return conv != nullptr ? conv->image : weight_image(*array_layer(cut), MachineLimits{config});
}

/// Adds what a layer of the array or of the vector unit finds in DRAM beside activations.
void Compiler::State::append_image(const Cut& cut, const ConvAddresses& at,
                                   std::vector<DramSegment>& image) const {
  if (const auto* depthwise = std::get_if<DepthwisePlan>(&cut)) {
    systole::append_image(network, depthwise->layer, machine, at.weights, image);
    return;
  }
  const ConvLayer* layer = array_layer(cut);
  if (layer == nullptr) {
    return;
  }
  const bool loops = std::holds_alternative<LoopPlan>(cut);
  const WeightImage blocks = blocks_of(cut);
  const auto layout = [&](const TensorData& weights) {
    return loops && layer->groups > 1 ? depthwise_weight_bytes(weights)
                                      : weight_bytes(*layer, blocks, weights);
  };
  append_constants(network, *layer, blocks, layout, at, config, image);
}

Compiler::Compiler(const Network& network, const AcceleratorConfig& config, LayerClock clock)
    : state_{std::make_unique<State>(network, config, std::move(clock))} {
  for (const TensorId input : network.inputs) {
    state_->dram.place(input);
  }
  for (TensorId id = 0; id < network.tensors.size(); ++id) {
    if (const std::optional<ConcatPart>& part = state_->parts[id]) {
      state_->dram.place_inside(id, part->whole, part->offset);
    }
  }
  std::vector<CompileError::Line> errors;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    try {
      state_->plan(i);
    } catch (const MappingError& error) {
      for (const MappingFault& fault : error.faults()) {
        errors.push_back(line_of(network.layers[i], fault));
      }
    }
  }
  if (!errors.empty()) {
    throw CompileError{errors};
  }
  if (config.compiler.fusion == Fusion::Keep) {
    state_->fuse();
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

bool Compiler::is_in_place(std::size_t layer) const {
  return systole::is_in_place(state_->network.layers.at(layer), state_->parts);
}

std::vector<DramSegment> Compiler::dram_image() const {
  std::vector<DramSegment> image;
  for (std::size_t i = 0; i < state_->plans.size(); ++i) {
    state_->append_image(state_->plans[i].cut, state_->addresses[i], image);
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

std::optional<RunTimeBias> Compiler::run_time_bias(std::size_t layer) const {
  const ConvLayer* of = array_layer(state_->plans.at(layer).cut);
  if (of == nullptr || !of->has_run_time_bias()) {
    return std::nullopt;
  }
  const std::size_t blocks = state_->blocks_of(state_->plans[layer].cut).blocks.size();
  return RunTimeBias{of->weight, state_->addresses[layer].bias,
                     blocks * bias_row_bytes(state_->config)};
}

std::vector<std::uint8_t> Compiler::run_time_bias_bytes(std::size_t layer,
                                                        const TensorData& weights) const {
  const Cut& cut = state_->plans.at(layer).cut;
  const ConvLayer& of = *array_layer(cut);
  const TensorData* bias = of.bias ? data_of(state_->network, *of.bias) : nullptr;
  return bias_bytes(of, state_->blocks_of(cut), state_->config, bias, &weights);
}

std::uint64_t Compiler::dram_bytes() const { return state_->dram.bytes(); }

const LayerMapping& Compiler::mapping(std::size_t layer) const {
  return state_->plans.at(layer).mapping;
}

const std::vector<KeptReport>& Compiler::kept() const { return state_->reports; }

const KeptTensor* Compiler::only_in_scratchpad(TensorId tensor) const {
  const auto found =
      std::find_if(state_->kept.begin(), state_->kept.end(), [&](const KeptTensor& kept) {
        return kept.tensor == state_->origin.at(tensor) && !kept.in_dram;
      });
  return found == state_->kept.end() ? nullptr : &*found;
}

std::vector<std::vector<FoldSpan>> Compiler::accumulation_order(std::size_t layer) const {
  const Plan& plan = state_->plans.at(layer);
  if (const auto* depthwise = std::get_if<DepthwisePlan>(&plan.cut)) {
    return systole::accumulation_order(depthwise->layer);
  }
  const auto* conv = std::get_if<ConvPlan>(&plan.cut);
  if (conv == nullptr) {
    return {};
  }
  const MachineLimits limits{state_->config, conv->products_per_pe};
  std::vector<std::vector<FoldSpan>> of_blocks =
      systole::accumulation_order(conv->layer, conv->image, limits, conv->tiling);
  if (!conv->layer.one_group_a_block) {
    return of_blocks;
  }
  std::vector<std::vector<FoldSpan>> of_channels;
  for (std::size_t b = 0; b < of_blocks.size(); ++b) {
    of_channels.insert(of_channels.end(), to_u64(conv->image.blocks[b].columns), of_blocks[b]);
  }
  return of_channels;
}

std::int64_t Compiler::accumulation_channels(std::size_t layer) const {
  const Plan& plan = state_->plans.at(layer);
  const auto* conv = std::get_if<ConvPlan>(&plan.cut);
  const bool by_channel = std::holds_alternative<DepthwisePlan>(plan.cut) ||
                          (conv != nullptr && conv->layer.one_group_a_block);
  return by_channel ? 1 : state_->machine.array_cols;
}

std::vector<std::uint64_t> Compiler::likeness(std::size_t layer, const DramPlaces& places) const {
  const Layer& of = state_->network.layers.at(layer);
  std::optional<std::vector<std::uint64_t>> numbers =
      state_->kept.empty() ? systole::likeness(state_->network, of, state_->run_time)
                           : std::nullopt;
  if (!numbers || (places.shared_blocks_matter && places.period > state_->dram.alignment())) {
    return {};
  }
  append_places(state_->dram, of, state_->addresses.at(layer), places, *numbers);
  return *numbers;
}

std::vector<std::uint64_t> Compiler::likeness_of_plan(std::size_t layer,
                                                      const DramPlaces& places) const {
  std::vector<std::uint64_t> numbers = likeness(layer, places);
  const Plan& plan = state_->plans.at(layer);
  const auto* conv = std::get_if<ConvPlan>(&plan.cut);
  const MachineLimits limits = limited(
      conv == nullptr ? state_->machine : MachineLimits{state_->config, conv->products_per_pe},
      plan.rows);
  if (numbers.empty() || !append_plan(plan, limits, numbers)) {
    return {};
  }
  return numbers;
}

bool Compiler::needs_array(std::size_t layer) const {
  const Cut& cut = state_->plans.at(layer).cut;
  return !std::holds_alternative<PoolPlan>(cut) && !std::holds_alternative<AddPlan>(cut);
}

PackedProgram Compiler::lower_packed(std::size_t layer) const {
  const Plan& plan = state_->plans.at(layer);
  if (std::holds_alternative<LoopPlan>(plan.cut)) {
    throw std::logic_error{"the commands of loops cannot be packed"};
  }
  PackedProgram program{state_->registers(layer, plan), state_->commands(layer, plan)};
  validate(program, state_->config);
  return program;
}

LayerProgram Compiler::lower(std::size_t layer) const {
  const Plan& plan = state_->plans.at(layer);
  if (const auto* loops = std::get_if<LoopPlan>(&plan.cut)) {
    LayerProgram program =
        lower_loops(loops->layer, loops->looped, state_->addresses[layer], state_->config);
    program.registers = state_->registers(layer, plan);
    validate(without_loops(program, state_->config), state_->config);
    return program;
  }
  return lower_packed(layer).unpacked();
}

}  // namespace systole
