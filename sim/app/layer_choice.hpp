#pragma once

#include <string>

#include "sim/network/network.hpp"

namespace systole::app {

/// Throws UsageError "`option`: NETWORK has no layer 'NAME' (did you mean ...?)" unless it has;
/// `option` is as "systole run: --layers".
void require_layer(const Network& network, const std::string& name, const std::string& option);

}  // namespace systole::app
