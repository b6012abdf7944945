#include "sim/compiler/compiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>
#include <variant>

#include "sim/compiler/constants_image.hpp"
#include "sim/compiler/conv_folds.hpp"
#include "sim/compiler/dram_map.hpp"
#include "sim/compiler/fusion.hpp"
#include "sim/compiler/layer_plan.hpp"
#include "sim/compiler/likeness.hpp"
#include "sim/compiler/supported.hpp"
#include "sim/program/inspect.hpp"
#include "sim/program/timing_key.hpp"
#include "sim/program/traffic.hpp"
#include "sim/program/unrolled.hpp"

namespace systole {
namespace {

/// Scratchpad rows for the buffers of a layer; kept tensors have the others.
MachineLimits limited(const MachineLimits& machine, const FreeRows& free) {
  MachineLimits limits = machine;
  limits.scratchpad_first = free.first;
  limits.scratchpad_rows = free.rows;
  return limits;
}

/// What a layer's program moves and, with a clock, takes.
struct Cost {
  Traffic traffic;
  std::uint64_t cycles = 0;
};

std::string join(const std::vector<std::string>& lines) {
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace

CompileError::CompileError(const std::vector<std::string>& lines)
    : std::runtime_error{join(lines)}, lines_{lines} {}

struct Compiler::State {
  State(const Network& net, const AcceleratorConfig& accelerator, LayerClock layer_clock)
      : network{net},
        config{accelerator},
        clock{accelerator.compiler.objective == Objective::Cycles ? std::move(layer_clock)
                                                                  : LayerClock{}},
        machine{config},
        dram{net},
        run_time{run_time_tensors(net)},
        origin(net.tensors.size()),
        addresses(net.layers.size()),
        plans(net.layers.size()),
        costs(net.layers.size()) {
    std::iota(origin.begin(), origin.end(), TensorId{0});
  }

  void plan(std::size_t index);
  Plan cut(std::size_t index) const;
  Plan cut_conv(std::size_t index, ConvLayer layer) const;
  ConvTiling tiling_of(std::size_t index, const ConvLayer& layer, const WeightImage& image,
                       const MachineLimits& limits) const;
  std::optional<Plan> cut_loops(std::size_t index, const ConvLayer& layer) const;
  Plan cut_pool(std::size_t index, PoolLayer layer) const;
  Plan cut_add(std::size_t index) const;
  void place_conv(std::size_t index, const ConvLayer& layer, std::uint64_t weight_bytes);
  void fuse();
  bool keep(const KeptTensor& tensor);
  const KeptTensor* kept_ifmap(TensorId tensor, std::size_t layer) const;
  const KeptTensor* kept_ofmap(std::size_t layer) const;
  Cost cost(std::size_t index, const Plan& plan) const;
  LayerRegisters registers(std::size_t index, const Plan& plan) const {
    return layer_registers(network, network.layers[index], plan, addresses[index].ofmap);
  }
  PackedCommands commands(std::size_t index, const Plan& plan) const;
  void append_image(const Cut& cut, const ConvAddresses& at, std::vector<DramSegment>& image) const;

  const Network& network;
  const AcceleratorConfig config;
  const LayerClock clock;       ///< empty: cycles do not count
  const MachineLimits machine;  ///< refers to `config`
  DramMap dram;
  const std::vector<bool> run_time;        ///< by tensor: given or computed, not a constant
  std::vector<TensorId> origin;            ///< by tensor: the one whose bytes it names
  std::vector<ConvAddresses> addresses;    ///< by layer; of convolutions
  std::vector<Plan> plans;                 ///< by layer
  std::vector<std::optional<Cost>> costs;  ///< of the plans, where they were asked for
  std::vector<KeptTensor> kept;
  std::vector<KeptReport> reports;
  mutable std::map<std::vector<std::uint64_t>, ConvTiling> tilings;  ///< by likeness
};

void Compiler::State::plan(std::size_t index) {
  const Layer& layer = network.layers[index];
  if (runs_on_host(network, layer)) {
    for (const TensorId input : layer.inputs) {
      dram.place(input);
    }
    dram.place(layer.output);
    return;
  }
  plans[index] = cut(index);
  if (const auto* conv = std::get_if<ConvPlan>(&plans[index].cut)) {
    place_conv(index, conv->layer, conv->image.bytes);
  } else if (const auto* loops = std::get_if<LoopPlan>(&plans[index].cut)) {
    place_conv(index, loops->layer, looped_weight_bytes(loops->looped, config));
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
}

/// Cuts a layer beside the tensors that are kept now; throws MappingError.
Plan Compiler::State::cut(std::size_t index) const {
  const Layer& layer = network.layers[index];
  const KeptTensor* ifmap = kept_ifmap(layer.inputs.at(0), index);
  if (const std::optional<ConvLayer> conv = as_conv(network, layer, run_time, ifmap)) {
    const std::optional<Plan> loops = cut_loops(index, *conv);
    return loops ? *loops : cut_conv(index, *conv);
  }
  if (const std::optional<PoolLayer> pool = as_pool(network, layer)) {
    return cut_pool(index, *pool);
  }
  return std::holds_alternative<Add>(layer.op) ? cut_add(index) : Plan{};
}

Plan Compiler::State::cut_conv(std::size_t index, ConvLayer layer) const {
  // Weights that another layer computes lie as that layer wrote them, one product in a row.
  const std::uint32_t products =
      layer.weight_is_activation
          ? 1
          : products_per_pe(config.array, layer.ifmap_format.bits, layer.weight_format.bits);
  const FreeRows rows = free_rows(kept, index, machine.scratchpad_rows);
  const MachineLimits limits = limited(MachineLimits{config, products}, rows);
  check_supported(layer, network, limits);
  if (const KeptTensor* ofmap = kept_ofmap(index)) {
    layer.kept_ofmap = *ofmap;
  }
  WeightImage image = weight_image(layer, limits);
  const ConvTiling tiling = tiling_of(index, layer, image, limits);
  LayerMapping mapping = describe_mapping(layer, image, limits, tiling);
  mapping.compulsory(Operand::Ifmap) *= layer.kept_ifmap ? 0U : 1U;
  mapping.compulsory(Operand::Ofmap) *= layer.stores_ofmap() ? 1U : 0U;
  return {ConvPlan{std::move(layer), std::move(image), tiling, products}, rows, mapping};
}

/// The search is long: layers alike take the tiling that the first of them got.
ConvTiling Compiler::State::tiling_of(std::size_t index, const ConvLayer& layer,
                                      const WeightImage& image, const MachineLimits& limits) const {
  const Layer& of = network.layers[index];
  const auto choose = [&] { return choose_tiling(layer, image, limits, of.mapping); };
  std::optional<std::vector<std::uint64_t>> like =
      kept.empty() ? systole::likeness(network, of, run_time) : std::nullopt;
  if (!like) {
    return choose();
  }
  const auto known = tilings.find(*like);
  return known != tilings.end() ? known->second
                                : tilings.emplace(std::move(*like), choose()).first->second;
}

/// None: the host sends the layer's commands.
std::optional<Plan> Compiler::State::cut_loops(std::size_t index, const ConvLayer& layer) const {
  if (config.sequencer.unroller == Unroller::None) {
    return std::nullopt;
  }
  const MachineLimits limits{config};
  check_supported(layer, network, limits);
  const std::optional<LoopedLayer> looped = as_loops(network, network.layers[index], layer, config);
  if (!looped) {
    return std::nullopt;
  }
  const LayerMapping mapping = describe_mapping(layer, *looped, config);
  return Plan{LoopPlan{layer, *looped}, {}, mapping};
}

void Compiler::State::place_conv(std::size_t index, const ConvLayer& layer,
                                 std::uint64_t weight_bytes) {
  ConvAddresses& at = addresses[index];
  at.ifmap = dram.place(layer.ifmap);
  at.weights = layer.weight_is_activation ? dram.place(layer.weight) : dram.allocate(weight_bytes);
  const std::uint64_t blocks = to_u64(ceil_div(layer.out_c, machine.array_cols));
  const std::uint64_t channels = blocks * config.array.cols;
  if (layer.needs_bias()) {
    at.bias = dram.allocate(blocks * bias_row_bytes(config));
  }
  if (layer.per_channel_requant()) {
    at.table = dram.allocate(channels * requant_entry_bytes(config));
  }
  at.ofmap = dram.place(layer.ofmap);
}

Plan Compiler::State::cut_pool(std::size_t index, PoolLayer layer) const {
  check_supported(layer, network, machine);
  const FreeRows rows = free_rows(kept, index, machine.scratchpad_rows);
  const MachineLimits limits = limited(machine, rows);
  if (const KeptTensor* ifmap = kept_ifmap(layer.ifmap, index)) {
    layer.kept_ifmap = *ifmap;
  }
  if (const KeptTensor* ofmap = kept_ofmap(index)) {
    layer.kept_ofmap = *ofmap;
  }
  const PoolTiling tiling = choose_pool_tiling(layer, limits, network.layers[index].mapping);
  LayerMapping mapping = describe_mapping(layer, limits, tiling);
  mapping.compulsory(Operand::Ifmap) *= layer.kept_ifmap ? 0U : 1U;
  mapping.compulsory(Operand::Ofmap) *= layer.stores_ofmap() ? 1U : 0U;
  return {PoolPlan{std::move(layer), tiling}, rows, mapping};
}

Plan Compiler::State::cut_add(std::size_t index) const {
  const Layer& layer = network.layers[index];
  check_supported_add(layer, network, machine);
  const FreeRows rows = free_rows(kept, index, machine.scratchpad_rows);
  const MachineLimits limits = limited(machine, rows);
  const Tensor& sum = network.tensor(layer.output);
  KeptAdd add;
  for (std::size_t i = 0; i < add.operands.size(); ++i) {
    if (const KeptTensor* operand = kept_ifmap(layer.inputs.at(i), index)) {
      add.operands[i] = *operand;
    }
  }
  if (const KeptTensor* ofmap = kept_ofmap(index)) {
    add.sum = *ofmap;
  }
  if (!add.operands[0] && !add.operands[1] && !add.sum) {
    const AddTiling tiling =
        choose_add_tiling(packed_tensor_bytes(sum.shape, sum.format), sum.format.bits, limits);
    return {AddPlan{tiling}, rows, describe_mapping(limits, tiling)};
  }
  add.channels = sum.shape.empty() ? 1 : sum.shape.back();
  add.pixels = sum.elements() / std::max<std::int64_t>(1, add.channels);
  add.bits = sum.format.bits;
  const KeptAddTiling tiling = choose_kept_add_tiling(add, limits);
  const LayerMapping mapping = describe_mapping(add, limits, tiling);
  return {KeptAddPlan{std::move(add), tiling}, rows, mapping};
}

/// The kept tensor that `layer` reads as `tensor`; null: it loads it.
const KeptTensor* Compiler::State::kept_ifmap(TensorId tensor, std::size_t layer) const {
  const auto found = std::find_if(kept.begin(), kept.end(), [&](const KeptTensor& k) {
    return k.tensor == origin[tensor] && k.is_read_by(layer);
  });
  return found == kept.end() ? nullptr : &*found;
}

const KeptTensor* Compiler::State::kept_ofmap(std::size_t layer) const {
  const auto found = std::find_if(kept.begin(), kept.end(),
                                  [&](const KeptTensor& k) { return k.producer == layer; });
  return found == kept.end() ? nullptr : &*found;
}

/// Keeps the ofmap of each layer in turn that can stay.
void Compiler::State::fuse() {
  const TensorUse use{network, config, run_time, origin};
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    std::optional<KeptTensor> tensor = keepable(use, i);
    const std::optional<std::int64_t> place =
        tensor ? place_beside(*tensor, kept, machine.scratchpad_rows) : std::nullopt;
    if (place) {
      tensor->first_row = *place;
      keep(*tensor);
    }
  }
}

/// Keeps the tensor if every layer of its life still finds a mapping beside it that moves no byte
/// of any operand more than before, and, with a clock, all of them together take no cycle more.
bool Compiler::State::keep(const KeptTensor& tensor) {
  kept.push_back(tensor);
  KeptReport report{tensor, 0, 0};
  std::map<std::size_t, Plan> with;
  std::map<std::size_t, Cost> costs_with;
  bool better = false;
  std::uint64_t cycles_before = 0, cycles_after = 0;
  try {
    for (std::size_t i = tensor.producer; i <= tensor.last_reader; ++i) {
      if (std::holds_alternative<std::monostate>(plans[i].cut)) {
        continue;
      }
      if (!costs[i]) {
        costs[i] = cost(i, plans[i]);
      }
      const Plan& plan = with.emplace(i, cut(i)).first->second;
      const Cost& now = costs_with.emplace(i, cost(i, plan)).first->second;
      const auto in_dram = [](const Cost& of, Stream stream) {
        return of.traffic.at(TrafficMemory::Dram, stream);
      };
      for (const Stream stream :
           {Stream::Ifmap, Stream::Weight, Stream::Bias, Stream::Requant, Stream::Ofmap}) {
        const StreamBytes before = in_dram(*costs[i], stream);
        const StreamBytes after = in_dram(now, stream);
        if (after.read > before.read || after.written > before.written) {
          kept.pop_back();
          return false;
        }
        better = better || after.read < before.read || after.written < before.written;
      }
      const auto saved = [&](Stream stream) {
        const StreamBytes before = in_dram(*costs[i], stream);
        const StreamBytes after = in_dram(now, stream);
        return before.read + before.written - after.read - after.written;
      };
      if (i == tensor.producer) {
        report.not_written = saved(Stream::Ofmap);
      } else if (tensor.is_read_by(i)) {
        report.not_read += saved(Stream::Ifmap);
      }
      cycles_before += costs[i]->cycles;
      cycles_after += now.cycles;
    }
  } catch (const MappingError&) {
    better = false;  // a layer no longer fits beside it
  }
  if (!better || cycles_after > cycles_before) {
    kept.pop_back();
    return false;
  }
  for (auto& [index, plan] : with) {
    plans[index] = std::move(plan);
    costs[index] = std::move(costs_with.at(index));
  }
  reports.push_back(std::move(report));
  return true;
}

Cost Compiler::State::cost(std::size_t index, const Plan& plan) const {
  const PackedProgram program{registers(index, plan), commands(index, plan)};
  return {traffic_of(program, config).traffic, clock ? clock(program.unpacked()) : 0};
}

PackedCommands Compiler::State::commands(std::size_t index, const Plan& plan) const {
  const Layer& layer = network.layers[index];
  const MachineLimits limits = limited(machine, plan.rows);
  const auto address = [&](TensorId tensor) { return dram.placement(tensor)->address; };
  if (const auto* conv = std::get_if<ConvPlan>(&plan.cut)) {
    return lower_conv(conv->layer, conv->image,
                      limited(MachineLimits{config, conv->products_per_pe}, plan.rows),
                      conv->tiling, addresses[index], TimingKey{config}.alignment());
  }
  if (const auto* pool = std::get_if<PoolPlan>(&plan.cut)) {
    return lower_pool(pool->layer, limits, pool->tiling, address(pool->layer.ifmap),
                      address(pool->layer.ofmap));
  }
  if (const auto* add = std::get_if<AddPlan>(&plan.cut)) {
    return lower_add(limits, add->tiling,
                     {address(layer.inputs.at(0)), address(layer.inputs.at(1))},
                     address(layer.output));
  }
  if (const auto* add = std::get_if<KeptAddPlan>(&plan.cut)) {
    return lower_kept_add(add->layer, limits, add->tiling,
                          {address(layer.inputs.at(0)), address(layer.inputs.at(1))},
                          address(layer.output));
  }
  return {};
}

/// Adds what a layer of the array finds in DRAM.
void Compiler::State::append_image(const Cut& cut, const ConvAddresses& at,
                                   std::vector<DramSegment>& image) const {
  const ConvLayer& layer = *array_layer(cut);
  const auto layout = [&](const TensorData& weights) {
    if (const auto* conv = std::get_if<ConvPlan>(&cut)) {
      return weight_bytes(layer, conv->image, weights);
    }
    return layer.groups > 1
               ? depthwise_weight_bytes(weights)
               : weight_bytes(layer, weight_image(layer, MachineLimits{config}), weights);
  };
  append_constants(network, layer, layout, at, config, image);
}

Compiler::Compiler(const Network& network, const AcceleratorConfig& config, LayerClock clock)
    : state_{std::make_unique<State>(network, config, std::move(clock))} {
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

std::vector<DramSegment> Compiler::dram_image() const {
  std::vector<DramSegment> image;
  for (std::size_t i = 0; i < state_->plans.size(); ++i) {
    if (array_layer(state_->plans[i].cut) != nullptr) {
      state_->append_image(state_->plans[i].cut, state_->addresses[i], image);
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
  const auto* conv = std::get_if<ConvPlan>(&state_->plans.at(layer).cut);
  return conv == nullptr ? std::vector<std::vector<FoldSpan>>{}
                         : systole::accumulation_order(
                               conv->layer, conv->image,
                               MachineLimits{state_->config, conv->products_per_pe}, conv->tiling);
}

std::vector<std::uint64_t> Compiler::likeness(std::size_t layer) const {
  const Layer& of = state_->network.layers.at(layer);
  std::optional<std::vector<std::uint64_t>> numbers =
      state_->kept.empty() ? systole::likeness(state_->network, of, state_->run_time)
                           : std::nullopt;
  if (!numbers) {
    return {};
  }
  append_places(state_->dram, of, state_->addresses.at(layer), state_->config, *numbers);
  return *numbers;
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
