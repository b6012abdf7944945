#include "models/array/pe_array.hpp"

namespace systole {

std::unique_ptr<PeArray> make_transparent_pe_array(const ArrayConfig& config) {
  if (config.pe == PeKind::Composable) {
    return make_composable_array(config);
  }
  return config.dataflow == Dataflow::OutputStationary
             ? make_output_stationary_array(config)
             : make_watched_weight_stationary_array(config);
}

std::unique_ptr<PeArray> make_pe_array(const ArrayConfig& config) {
  if (config.pe == PeKind::Composable) {
    return make_composable_array(config);
  }
  return config.dataflow == Dataflow::OutputStationary ? make_output_stationary_array(config)
                                                       : make_weight_stationary_array(config);
}

}  // namespace systole
