#include "sim/app/layer_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "sim/app/options.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/report/utf8.hpp"

namespace systole::app {

std::size_t require_layer(const Network& network, const std::string& name,
                          const std::string& option) {
  std::vector<std::string> names;
  for (const Layer& layer : network.layers) {
    names.push_back(layer.name);
  }
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw UsageError{fmt::format("{}: {} has no layer {}{}", option, printable(network.name),
                                 quoted(name), did_you_mean(name, names))};
  }
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace systole::app
