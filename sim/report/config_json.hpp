#pragma once

#include <nlohmann/json.hpp>

#include "sim/config/accelerator_config.hpp"

namespace systole {

/// The effective configuration, every key with its value, as `systole show config` prints it.
/// It can be read back as an accelerator file: JSON is YAML.
nlohmann::ordered_json config_json(const AcceleratorConfig& config);

}  // namespace systole
