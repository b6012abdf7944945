#pragma once

#include "sim/config/accelerator_config.hpp"
#include "sim/program/machine_shape.hpp"

namespace systole {

/// What the sequencer with its unrollers knows of the machine.
struct SequencerBlockConfig {
  SequencerConfig station;
  LocalShape local;  ///< tells which commands wait for which
  LoopShape loops;   ///< by which the unrollers cut loops
};

}  // namespace systole
