#pragma once

#include <cstddef>
#include <string>

#include "sim/network/network.hpp"

namespace systole::app {

/// The number of the first layer of that name. Throws UsageError "`option`: NETWORK has no layer
/// 'NAME' (did you mean ...?)" if there is none; `option` is as "systole run: --layers".
std::size_t require_layer(const Network& network, const std::string& name,
                          const std::string& option);

}  // namespace systole::app
