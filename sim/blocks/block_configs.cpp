#include "sim/blocks/block_configs.hpp"

namespace systole {

SequencerBlockConfig sequencer_config(const AcceleratorConfig& config) {
  return {config.sequencer, local_shape(config), loop_shape(config)};
}

}  // namespace systole
