#include "sim/compiler/likeness.hpp"

#include <algorithm>
#include <type_traits>
#include <variant>

namespace systole {
namespace {

/// Collects numbers. Bindings name every field of a struct: they do not compile when one is added.
class Collector {
 public:
  template <typename... T>
  void add(const T&... numbers) {
    (values_.push_back(static_cast<std::uint64_t>(numbers)), ...);
  }

  void add_window(const Window& window) {
    const auto& [kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, top, left, bottom,
                 right] = window;
    add(kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, top, left, bottom, right);
  }

  /// Whether constants come by channel, and which of the unit's operations are counted; values
  /// are data.
  void add_requant(const Requantizer& requant) { add(requant.mode, requant.entries() > 1 ? 1 : 0); }

  void add_tensor(const Tensor& tensor, bool run_time) {
    add(tensor.shape.size());
    for (const std::int64_t size : tensor.shape) {
      add(size);
    }
    const auto& [bits, is_signed, is_float, is_binary] = tensor.format;
    add(bits, is_signed, is_float, is_binary, tensor.zero_point, run_time);
  }

  /// Whether the array or the vector unit runs such a layer.
  bool add_op(const LayerOp& op) {
    add(op.index());
    return std::visit([this](const auto& of_kind) { return add_fields(of_kind); }, op);
  }

  std::vector<std::uint64_t> take() { return std::move(values_); }

 private:
  template <typename Op>
  bool add_fields(const Op& op) {
    if constexpr (std::is_same_v<Op, Conv2d>) {
      const auto& [window, groups, has_bias, requant] = op;
      add_window(window);
      add(groups, has_bias);
      add_requant(requant);
    } else if constexpr (std::is_same_v<Op, FullyConnected>) {
      const auto& [has_bias, requant] = op;
      add(has_bias);
      add_requant(requant);
    } else if constexpr (std::is_same_v<Op, MatMul>) {
      const auto& [requant] = op;
      add_requant(requant);
    } else if constexpr (std::is_same_v<Op, MaxPool> || std::is_same_v<Op, AveragePool>) {
      const auto& [window, clamp_min, clamp_max] = op;
      add_window(window);
      add(clamp_min, clamp_max);
    } else if constexpr (std::is_same_v<Op, Add>) {
      add_requant(op.output);
    } else {
      return false;
    }
    return true;
  }

  std::vector<std::uint64_t> values_;
};

}  // namespace

std::optional<std::vector<std::uint64_t>> likeness(const Network& network, const Layer& layer,
                                                   const std::vector<bool>& run_time) {
  Collector collector;
  if (runs_on_host(network, layer) || !collector.add_op(layer.op)) {
    return std::nullopt;
  }
  for (const TensorId input : layer.inputs) {
    collector.add_tensor(network.tensor(input), run_time[input]);
  }
  collector.add_tensor(network.tensor(layer.output), run_time[layer.output]);
  const auto& [tile_oh, tile_ow, tile_oc, tile_ic, depthwise, pack_taps] = layer.mapping;
  collector.add(tile_oh, tile_ow, tile_oc, tile_ic);
  collector.add(depthwise.has_value(), depthwise.value_or(DepthwiseMapping::Diagonal));
  collector.add(pack_taps.has_value(), pack_taps.value_or(false));
  return collector.take();
}

void append_places(const DramMap& dram, const Layer& layer, const ConvAddresses& at,
                   const DramPlaces& places, std::vector<std::uint64_t>& numbers) {
  std::vector<std::uint64_t> addresses = {at.ifmap, at.weights, at.bias, at.table, at.ofmap};
  std::vector<TensorId> tensors = layer.inputs;
  tensors.push_back(layer.output);
  for (const TensorId tensor : tensors) {
    const std::optional<TensorPlacement>& placement = dram.placement(tensor);
    addresses.push_back(placement ? placement->address : 0);
    numbers.push_back(placement ? placement->pixel_pitch : 0);
    if (placement && placement->pixel_pitch != 0 && places.shared_blocks_matter) {
      numbers.push_back(placement->address);  // other parts of the same tensor are between
    }
  }
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    numbers.push_back(addresses[i] % places.period);
    if (places.shared_blocks_matter) {
      const auto same = std::find_if(addresses.begin(), addresses.end(), [&](std::uint64_t other) {
        return other / dram.alignment() == addresses[i] / dram.alignment();
      });
      numbers.push_back(static_cast<std::uint64_t>(same - addresses.begin()));
    }
  }
}

}  // namespace systole
