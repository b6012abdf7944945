#include "sim/workload/activation_keys.hpp"

namespace systole {
namespace {

enum class ActivationRule { None, Relu, Relu6 };
constexpr Choice<ActivationRule> kActivations[] = {{"none", ActivationRule::None},
                                                   {"relu", ActivationRule::Relu},
                                                   {"relu6", ActivationRule::Relu6}};

std::optional<float> read_limit(ConfigReader& map, const std::string& key) {
  double value = 0;
  const std::size_t errors = map.error_count();
  const bool given = map.optional(key, value, kRealLimitRange);
  return given && map.error_count() == errors ? std::optional{static_cast<float>(value)}
                                              : std::nullopt;
}

}  // namespace

RealLimits read_real_limits(ConfigReader& map) {
  const RealLimits limits{read_limit(map, "min"), read_limit(map, "max")};
  if (limits.min && limits.max && *limits.min > *limits.max) {
    map.error("max", "is below min, expected min <= max");
  }
  return limits;
}

RealLimits read_activation_limits(ConfigReader& reader) {
  if (!reader.has("activation")) {
    return {};
  }
  const YAML::Node node = reader.raw("activation");
  if (node.IsMap()) {
    ConfigReader map = reader.child("activation");
    const RealLimits limits = read_real_limits(map);
    map.reject_unknown();
    return limits;
  }
  ActivationRule rule = ActivationRule::None;
  reader.read(node, "activation", rule, OneOf{kActivations});
  RealLimits limits;
  if (rule != ActivationRule::None) {
    limits.min = 0.0F;
  }
  if (rule == ActivationRule::Relu6) {
    limits.max = 6.0F;
  }
  return limits;
}

}  // namespace systole
