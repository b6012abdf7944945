#include "sim/quantize/quantization_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/report/table.hpp"
#include "sim/report/units.hpp"
#include "sim/report/version.hpp"

namespace systole::quantize {
namespace {

using nlohmann::ordered_json;

std::string type_name(ElementFormat element) {
  return fmt::format("{}{}", element.is_signed ? "int" : "uint", element.bits);
}

std::string number(double value) { return fmt::format("{:.4g}", value); }

std::string range_text(Range range) {
  return fmt::format("{} .. {}", number(range.low), number(range.high));
}

std::string scale_text(const std::vector<IntegerFormat>& formats) {
  const auto [least, most] =
      std::minmax_element(formats.begin(), formats.end(),
                          [](const auto& a, const auto& b) { return a.scale < b.scale; });
  const auto low = static_cast<double>(least->scale);
  const auto high = static_cast<double>(most->scale);
  return low == high ? number(low) : range_text({low, high});
}

std::vector<Cell> row(const std::string& name, const char* what,
                      const std::vector<IntegerFormat>& formats, const Fidelity& fidelity,
                      const std::string& network_sqnr) {
  return {name,
          what,
          type_name(formats[0].element),
          range_text(fidelity.values),
          scale_text(formats),
          std::to_string(formats[0].zero_point),
          percent(fidelity.saturated_share, 1.0),
          fmt::format("{:.1f}", fidelity.sqnr_db),
          network_sqnr};
}

ordered_json fidelity_json(const Fidelity& fidelity) {
  return {{"min", fidelity.values.low},
          {"max", fidelity.values.high},
          {"sqnr_db", fidelity.sqnr_db},
          {"saturated_share", fidelity.saturated_share},
          {"mean_error_steps", fidelity.mean_error},
          {"histogram",
           {{"low", fidelity.histogram.low},
            {"high", fidelity.histogram.high},
            {"counts", fidelity.histogram.counts}}}};
}

/// The real numbers that the ends of the integers stand for.
ordered_json format_json(const std::vector<IntegerFormat>& formats) {
  const IntegerFormat& first = formats[0];
  ordered_json scales = ordered_json::array();
  for (const IntegerFormat& format : formats) {
    scales.push_back(format.scale);
  }
  ordered_json json = {{"bits", first.element.bits},
                       {"signed", first.element.is_signed},
                       {"zero_point", first.zero_point},
                       {"scale", formats.size() == 1 ? scales[0] : scales}};
  if (formats.size() == 1) {
    json["range"] = {first.real(first.lowest), first.real(first.highest)};
  }
  return json;
}

ordered_json value_json(const QuantizedNetwork& network, ValueId id) {
  const QuantizedValue& value = network.values[id];
  ordered_json json = format_json({value.format});
  json.update(fidelity_json(value.fidelity));
  json["network_sqnr_db"] = value.network_sqnr_db;
  return json;
}

}  // namespace

std::string text_report(const QuantizedNetwork& network, const QuantizationReport& report,
                        std::optional<std::size_t> width) {
  Table table{fmt::format("{} quantized by {}", network.fused.network.name, report.scheme.name),
              {{"layer", "", Align::Left, 0, true},
               {"tensor", "", Align::Left},
               {"type", "", Align::Left},
               {"range", "of the floats", Align::Right, 2},
               {"scale", "", Align::Right},
               {"zero", "point"},
               {"saturated", "", Align::Right, 1},
               {"SQNR", "dB"},
               {"network", "dB"}}};
  const FloatNetwork& floats = network.fused.network;
  const auto add_value = [&](ValueId id, const char* what) {
    const QuantizedValue& value = network.values[id];
    table.add_row(row(floats.value(id).name, what, {value.format}, value.fidelity,
                      fmt::format("{:.1f}", value.network_sqnr_db)));
  };
  for (const ValueId id : floats.inputs) {
    add_value(id, "input");
  }
  for (std::size_t i = 0; i < floats.layers.size(); ++i) {
    const QuantizedLayer& layer = network.layers[i];
    if (layer.weights) {
      table.add_row(
          row(floats.layers[i].name, "weights", layer.weights->formats, layer.weight_fidelity, ""));
    }
    add_value(floats.layers[i].output, "output");
  }
  if (width) {
    table.fit(*width);
  }
  std::string text = table.render(width.value_or(table.width()), false);
  for (std::size_t i = 0; i < floats.layers.size(); ++i) {
    if (network.layers[i].raised_scales != 0) {
      text +=
          fmt::format("{}: {} scales of its weights are raised for biases to fit {} bits\n",
                      floats.layers[i].name, network.layers[i].raised_scales, network.bias_bits);
    }
    if (network.layers[i].clipped_biases != 0) {
      text +=
          fmt::format("{}: {} biases do not fit {} bits and are clipped\n", floats.layers[i].name,
                      network.layers[i].clipped_biases, network.bias_bits);
    }
  }
  std::uint32_t widest = 0;
  for (const QuantizedLayer& layer : network.layers) {
    widest = std::max(widest, layer.accumulator_bits);
  }
  constexpr std::uint32_t kUsual = 32;  // a machine's, if it does not say
  text += fmt::format("Accumulators of {} bits hold every sum of any image", widest);
  text += widest > kUsual
              ? fmt::format("; those of {}, with which images are counted here, may not.\n", kUsual)
              : ".\n";
  text += fmt::format("Calibrated with {} images.",
                      grouped(static_cast<std::uint64_t>(report.calibration_images)));
  if (!report.unmet.empty()) {
    text += " Search: " + report.unmet + ".";
  }
  if (!report.steps.empty()) {
    text += fmt::format(" Search: {} steps, energy {} of all at the widest.", report.steps.size(),
                        percent(report.steps.back().energy_share, 1.0));
  }
  text += '\n';
  if (const auto& accuracy = report.accuracy) {
    const auto all = static_cast<double>(accuracy->images);
    text += fmt::format(
        "Accuracy on {} images: float {} ({}), integers {} ({}).\n", accuracy->images,
        percent(static_cast<double>(accuracy->float_right), all), accuracy->float_right,
        percent(static_cast<double>(accuracy->integer_right), all), accuracy->integer_right);
  }
  return text;
}

ordered_json json_report(const QuantizedNetwork& network, const QuantizationReport& report) {
  const FloatNetwork& floats = network.fused.network;
  ordered_json json = {{"systole", version()},
                       {"network", floats.name},
                       {"scheme", report.scheme.name},
                       {"calibration_images", report.calibration_images}};
  if (const auto& accuracy = report.accuracy) {
    json["accuracy"] = {{"images", accuracy->images},
                        {"float_right", accuracy->float_right},
                        {"integer_right", accuracy->integer_right}};
  }
  ordered_json inputs = ordered_json::array();
  for (const ValueId id : floats.inputs) {
    inputs.push_back({{"name", floats.value(id).name}, {"activations", value_json(network, id)}});
  }
  json["inputs"] = inputs;
  ordered_json layers = ordered_json::array();
  for (std::size_t i = 0; i < floats.layers.size(); ++i) {
    const QuantizedLayer& layer = network.layers[i];
    ordered_json entry = {{"name", floats.layers[i].name},
                          {"op", float_op_name(floats.layers[i].op)},
                          {"activations", value_json(network, floats.layers[i].output)}};
    if (layer.weights) {
      entry["weights"] = format_json(layer.weights->formats);
      entry["weights"].update(fidelity_json(layer.weight_fidelity));
      entry["raised_scales"] = layer.raised_scales;
      entry["clipped_biases"] = layer.clipped_biases;
      entry["accumulator_bits"] = layer.accumulator_bits;
    }
    layers.push_back(std::move(entry));
  }
  json["layers"] = layers;
  ordered_json steps = ordered_json::array();
  for (const SearchStep& step : report.steps) {
    steps.push_back({{"tensor", step.tensor},
                     {"operand", step.is_weights ? "weights" : "activations"},
                     {"bits", step.bits},
                     {"sqnr_db", step.sqnr_db},
                     {"energy_share", step.energy_share}});
  }
  json["search"] = steps;
  return json;
}

}  // namespace systole::quantize
