#include "sim/quantize/scheme.hpp"

#include <algorithm>

#include "sim/config/reader.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/fixed_point/q_format.hpp"

namespace systole::quantize {
namespace {

constexpr Choice<Method> kActivationMethods[] = {
    {"min_max", Method::MinMax},
    {"averaged_min_max", Method::AveragedMinMax},
    {"sigma", Method::Sigma},
    {"percentile", Method::Percentile},
    {"mean_squared_error", Method::MeanSquaredError},
    {"kl_divergence", Method::KullbackLeibler},
    {"dynamic_fixed_point", Method::DynamicFixedPoint},
    {"pact", Method::Pact},
};
constexpr Choice<Method> kWeightMethods[] = {
    {"min_max", Method::MinMax},
    {"sigma", Method::Sigma},
    {"percentile", Method::Percentile},
    {"mean_squared_error", Method::MeanSquaredError},
    {"kl_divergence", Method::KullbackLeibler},
    {"dynamic_fixed_point", Method::DynamicFixedPoint},
    {"ternary", Method::Ternary},
    {"binary", Method::Binary},
    {"wage", Method::Wage},
};
constexpr Choice<RealRounding> kRoundings[] = {
    {"nearest_even", RealRounding::NearestEven}, {"nearest_away", RealRounding::NearestAway},
    {"half_up", RealRounding::HalfUp},           {"floor", RealRounding::Floor},
    {"toward_zero", RealRounding::TowardZero},   {"stochastic", RealRounding::Stochastic},
};
enum class Granularity { Tensor, Channel };
constexpr Choice<Granularity> kGranularities[] = {{"tensor", Granularity::Tensor},
                                                  {"channel", Granularity::Channel}};

constexpr InRange<std::uint8_t> kBits{1, 16};
constexpr InRange<std::int64_t> kImages{1, std::int64_t{1} << 31};

/// `scales: free` and `scales: power_of_two`, read as a bool.
void read_scales(ConfigReader& node, bool& powers_of_two) {
  enum class Scales { Free, PowerOfTwo };
  constexpr static Choice<Scales> kChoices[] = {{"free", Scales::Free},
                                                {"power_of_two", Scales::PowerOfTwo}};
  Scales scales = powers_of_two ? Scales::PowerOfTwo : Scales::Free;
  node.optional("scales", scales, OneOf{kChoices});
  powers_of_two = scales == Scales::PowerOfTwo;
}

void refuse_beside_format(ConfigReader& node, const char* key) {
  if (node.has(key)) {
    node.error(key, "given beside format, expected one of the two");
  }
}

/// `format: Q3.4` in place of all that it says.
void read_format(ConfigReader& node, OperandScheme& scheme) {
  std::string name;
  if (!node.optional("format", name, NotEmpty{})) {
    return;
  }
  for (const char* key :
       {"bits", "signed", "symmetric", "method", "sigmas", "percentile", "scales"}) {
    refuse_beside_format(node, key);
  }
  const std::optional<QFormat> format = parse_q_format(name);
  if (!format) {
    node.error("format", quoted(name) +
                             " is no fixed-point format of 1 to 16 bits, expected Q3.4, "
                             "UQ4.4 or (8, 4), say");
    return;
  }
  scheme.bits = format->bits;
  scheme.is_signed = format->is_signed;
  scheme.symmetric = true;
  scheme.fraction_bits = format->fraction_bits;
}

template <std::size_t N>
void read_operand(ConfigReader& node, OperandScheme& scheme, const Choice<Method> (&methods)[N]) {
  node.optional("bits", scheme.bits, kBits);
  scheme.bits_at = node.place("bits");
  node.optional("signed", scheme.is_signed);
  node.optional("symmetric", scheme.symmetric);
  node.optional("method", scheme.method, OneOf{methods});
  node.optional("sigmas", scheme.sigmas, InRange{0.1, 100.0});
  node.optional("percentile", scheme.percentile, InRange{50.0, 100.0});
  read_scales(node, scheme.powers_of_two);
  read_format(node, scheme);
}

void read_weights(ConfigReader node, WeightScheme& scheme) {
  read_operand(node, scheme, kWeightMethods);
  if (scheme.fraction_bits) {
    refuse_beside_format(node, "per");
    refuse_beside_format(node, "narrow_range");
    scheme.per_channel = scheme.narrow_range = false;
    if (!scheme.is_signed) {
      node.error("format",
                 "unsigned weights need a zero point, which a format has not: expected a "
                 "signed one, Q3.4, say");
      scheme.is_signed = true;  // said
    }
  }
  Granularity granularity = scheme.per_channel ? Granularity::Channel : Granularity::Tensor;
  node.optional("per", granularity, OneOf{kGranularities});
  scheme.per_channel = granularity == Granularity::Channel;
  node.optional("narrow_range", scheme.narrow_range);
  node.optional("rounding", scheme.rounding, OneOf{kRoundings});
  node.optional("seed", scheme.seed);
  node.reject_unknown();
}

LayerBits read_layer(ConfigReader& node) {
  LayerBits layer;
  node.required("name", layer.name, NotEmpty{});
  const auto read = [&](const char* key, std::optional<std::uint8_t>& bits) {
    std::uint8_t value = 8;
    if (node.optional(key, value, kBits)) {
      bits = value;
    }
  };
  read("activation_bits", layer.activations);
  read("weight_bits", layer.weights);
  layer.name_at = node.place("name");
  layer.activations_at = node.place("activation_bits");
  layer.weights_at = node.place("weight_bits");
  node.reject_unknown();
  return layer;
}

SearchScheme read_search(ConfigReader node) {
  SearchScheme search;
  node.required("bits", search.bits, kBits);
  std::sort(search.bits.rbegin(), search.bits.rend());
  search.bits.erase(std::unique(search.bits.begin(), search.bits.end()), search.bits.end());
  if (node.has("bits") && search.bits.empty()) {
    node.error("bits", "expected at least one width");
  }
  node.optional("images", search.images, kImages);
  const auto read = [&](const char* key, std::optional<double>& out, InRange<double> range) {
    double value = 0;
    if (node.optional(key, value, range)) {
      out = value;
    }
  };
  read("min_sqnr_db", search.min_sqnr_db, {-100.0, 200.0});
  read("max_accuracy_loss", search.max_accuracy_loss, {0.0, 100.0});
  search.max_accuracy_loss_at = node.place("max_accuracy_loss");
  read("energy_share", search.energy_share, {0.0, 1.0});
  if (!search.min_sqnr_db && !search.max_accuracy_loss && !search.energy_share) {
    node.error("", "has no limit, expected min_sqnr_db, max_accuracy_loss or energy_share");
  }
  node.reject_unknown();
  return search;
}

/// The last of the layers: its widths follow the rules of the whole.
void check_layer(ConfigReader& node, const Scheme& scheme) {
  const LayerBits& layer = scheme.layers.back();
  const auto same = [&](const LayerBits& other) { return other.name == layer.name; };
  if (std::count_if(scheme.layers.begin(), scheme.layers.end(), same) > 1) {
    node.error("name", quoted(layer.name) + " is given twice");
  }
  if (!node.has("weight_bits") && !node.has("activation_bits")) {
    node.error("", "has no width, expected weight_bits or activation_bits");
  }
  if (scheme.activations.fraction_bits && layer.activations) {
    node.error("activation_bits",
               "activations.format is the width of every layer, expected no other beside it");
  }
  if (scheme.weights.fraction_bits && layer.weights) {
    node.error("weight_bits",
               "weights.format is the width of every layer, expected no other beside it");
  }
  if (scheme.weights.symmetric && layer.weights.value_or(2) < 2 &&
      scheme.weights.method != Method::Binary) {
    node.error("weight_bits", "symmetric weights have at least 2 bits: -1, 0 and 1");
  }
  const bool with_sign = scheme.activations.symmetric && scheme.activations.is_signed;
  if (with_sign && layer.activations.value_or(2) < 2) {
    node.error("activation_bits", "signed activations without a zero point have at least 2 bits");
  }
}

/// Rules between keys.
void check_rules(ConfigFile& file, const Scheme& scheme) {
  if (scheme.search && !scheme.layers.empty()) {
    file.rule_error({"search", "layers"}, "chooses all widths, expected no layers beside it");
  }
  if (scheme.search && (scheme.activations.fraction_bits || scheme.weights.fraction_bits)) {
    file.rule_error({"search", "activations.format", "weights.format"},
                    "search and format both say widths, expected one of the two");
  }
  const int least = scheme.search ? scheme.search->bits.back() : 8;
  if (least < 2 && (scheme.weights.symmetric || scheme.activations.symmetric)) {
    file.rule_error({"search.bits"}, "without a zero point there are at least 2 bits");
  }
  if (!scheme.weights.symmetric && scheme.weights.per_channel) {
    file.rule_error({"weights.symmetric", "weights.per"},
                    "weights with a zero point have one scale, expected per: tensor");
  }
  if (!scheme.weights.is_signed && scheme.weights.symmetric) {
    file.rule_error({"weights.signed"},
                    "unsigned weights need a zero point, expected symmetric: false");
  }
  const auto needs_symmetric = [&](const OperandScheme& operand, const std::string& key) {
    const bool fixed = operand.method == Method::DynamicFixedPoint ||
                       operand.method == Method::Ternary || operand.method == Method::Binary ||
                       operand.method == Method::Wage;
    if (fixed && !operand.symmetric) {
      file.rule_error({key + ".symmetric", key + ".method"},
                      std::string{method_name(operand.method)} +
                          " has no zero point, expected symmetric: true");
    }
  };
  needs_symmetric(scheme.activations, "activations");
  needs_symmetric(scheme.weights, "weights");
  if (scheme.weights.method == Method::Ternary && scheme.weights.bits != 2) {
    file.rule_error({"weights.bits", "weights.method"}, "ternary weights have 2 bits");
  }
  const bool binary = scheme.weights.method == Method::Binary;
  if (binary && scheme.weights.bits != 1) {
    file.rule_error({"weights.bits", "weights.method"}, "binary weights have 1 bit");
  }
  if (scheme.weights.symmetric && scheme.weights.bits < 2 && !binary) {
    file.rule_error({"weights.bits"}, "symmetric weights have at least 2 bits: -1, 0 and 1");
  }
  if (scheme.activations.symmetric && scheme.activations.is_signed && scheme.activations.bits < 2) {
    file.rule_error({"activations.bits"},
                    "signed activations without a zero point have at least 2 bits");
  }
}

Scheme read_scheme(ConfigFile file) {
  ConfigReader root = file.root();
  Scheme scheme;
  root.required("name", scheme.name, NotEmpty{});
  root.optional("source", scheme.source, NotEmpty{});
  ConfigReader calibration = root.child_or_empty("calibration");
  calibration.optional("images", scheme.images, kImages);
  calibration.reject_unknown();
  ConfigReader activations = root.child_or_empty("activations");
  read_operand(activations, scheme.activations, kActivationMethods);
  activations.reject_unknown();
  read_weights(root.child_or_empty("weights"), scheme.weights);
  ConfigReader bias = root.child_or_empty("bias");
  bias.optional("bits", scheme.bias.bits, InRange<std::uint8_t>{8, 32});
  bias.optional("correction", scheme.bias.correction);
  bias.reject_unknown();
  for (ConfigReader& layer : root.optional_children("layers")) {
    scheme.layers.push_back(read_layer(layer));
    check_layer(layer, scheme);
  }
  if (auto search = root.optional_child("search")) {
    scheme.search = read_search(*search);
  }
  root.reject_unknown();
  if (file.ok()) {
    check_rules(file, scheme);
  }
  file.check();
  return scheme;
}

}  // namespace

const char* method_name(Method method) {
  for (const auto& choice : kActivationMethods) {
    if (choice.value == method) {
      return choice.name.data();
    }
  }
  for (const auto& choice : kWeightMethods) {
    if (choice.value == method) {
      return choice.name.data();
    }
  }
  return "?";
}

Scheme load_scheme(const std::string& path, const std::vector<std::string>& overrides) {
  return read_scheme(ConfigFile::load(path, overrides));
}

Scheme parse_scheme(const std::string& text, const std::string& file,
                    const std::vector<std::string>& overrides) {
  return read_scheme(ConfigFile::parse(text, file, overrides));
}

}  // namespace systole::quantize
