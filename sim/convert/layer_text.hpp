#pragma once

#include <functional>
#include <string>

#include "sim/convert/constant_writer.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// The layer as one flow map. `name_of` gives the name under which a tensor is read; constants
/// of products are written with their layer. Throws ConvertError.
std::string layer_text(const Network& network, const Layer& layer,
                       const std::function<std::string(TensorId)>& name_of, ConstantWriter& files);

}  // namespace systole
