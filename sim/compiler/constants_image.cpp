#include "sim/compiler/constants_image.hpp"

namespace systole {

void append_constants(const Network& network, const ConvLayer& layer, const WeightImage& blocks,
                      const WeightLayout& layout, const ConvAddresses& at,
                      const AcceleratorConfig& config, std::vector<DramSegment>& image) {
  const TensorData* weights = layer.weight_is_activation ? nullptr : data_of(network, layer.weight);
  if (weights != nullptr) {
    image.push_back({at.weights, layout(*weights)});
  }
  const TensorData* bias = layer.bias ? data_of(network, *layer.bias) : nullptr;
  const bool bias_known =
      (!layer.bias || bias != nullptr) && (layer.ifmap_zero_point == 0 || weights != nullptr);
  if (layer.needs_bias() && bias_known) {
    image.push_back({at.bias, bias_bytes(layer, blocks, config, bias, weights)});
  }
  if (layer.per_channel_requant()) {
    image.push_back(
        {at.table, requant_table_bytes(layer, blocks, config.array.cols, config.requant)});
  }
}

}  // namespace systole
