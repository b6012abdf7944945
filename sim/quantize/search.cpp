#include "sim/quantize/search.hpp"

#include <algorithm>
#include <cmath>

#include "sim/quantize/value_groups.hpp"

namespace systole::quantize {
namespace {

/// The weights of a layer, or the values of a type group.
struct Operand {
  bool is_weights = false;
  std::size_t layer = 0;
  std::vector<ValueId> values;
  std::string name;
  std::size_t width = 0;  // index into the widths
  bool closed = false;    // narrower breaks a limit, or there is nothing narrower
  double score = 0;       // energy saved by the next step for the noise that it adds
};

/// Products of one image; 0 for layers without weights.
double macs_of(const FloatNetwork& network, const FloatLayer& layer) {
  const auto outputs = static_cast<double>(element_count(network.value(layer.output).shape));
  if (const auto* conv = std::get_if<FloatConv2d>(&layer.op)) {
    return outputs * static_cast<double>(conv->weight.data.size()) /
           static_cast<double>(conv->weight.shape[0]);
  }
  const auto* fc = std::get_if<FloatFullyConnected>(&layer.op);
  return fc == nullptr ? 0 : outputs * static_cast<double>(fc->weight.shape[1]);
}

class Search {
 public:
  Search(const FusedNetwork& fused, const Scheme& scheme, const FloatImages& images,
         const BitCosts& costs)
      : fused_{fused},
        scheme_{scheme},
        limits_{scheme.search.value()},
        images_{first_images(images, limits_.images)},
        costs_{costs},
        types_{type_groups(fused.network)} {
    list_operands();
    widest_energy_ = energy();
    const QuantizedNetwork widest = walk();
    wanted_ = widest.real_output;
    noise_ = noise_of(widest);
    float_right_ = count_right(wanted_, images_.labels);
    if (!holds(widest)) {
      result_.unmet = "even with all at the widest, a limit does not hold";
    }
  }

  SearchResult run(const std::function<void(const SearchStep&)>& tell) {
    if (!result_.unmet.empty()) {  // what narrower widths hold, they hold by chance
      result_.bits = bits();
      return std::move(result_);
    }
    for (Operand& operand : operands_) {
      measure(operand);
    }
    while (!done()) {
      Operand* best = leader();
      if (best == nullptr) {
        break;
      }
      measure(*best);  // the network is not what it was when this was measured
      if (best->closed || best != leader()) {
        continue;
      }
      ++best->width;
      noise_ = noise_of(walk());
      result_.steps.push_back({best->name, best->is_weights, limits_.bits[best->width],
                               -10 * std::log10(noise_), energy() / widest_energy_});
      tell(result_.steps.back());
      measure(*best);
    }
    if (limits_.energy_share && !done()) {
      result_.unmet = "energy_share is not reached: no other step is left or holds the limits";
    }
    result_.bits = bits();
    return std::move(result_);
  }

 private:
  static FloatImages first_images(FloatImages images, std::int64_t most) {
    if (images.count > most) {
      images.values.resize(images.values.size() / static_cast<std::size_t>(images.count) *
                           static_cast<std::size_t>(most));
      images.count = most;
      images.labels.resize(std::min(images.labels.size(), static_cast<std::size_t>(most)));
    }
    return images;
  }

  void list_operands() {
    const FloatNetwork& network = fused_.network;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      if (weight_count(network.layers[i].op) > 0) {
        Operand operand;
        operand.is_weights = true;
        operand.layer = i;
        operand.name = network.layers[i].name;
        operands_.push_back(operand);
      }
    }
    for (ValueId group = 0; group < types_.size(); ++group) {
      Operand operand;
      for (ValueId id = 0; id < types_.size(); ++id) {
        if (types_[id] == group) {
          operand.values.push_back(id);
        }
      }
      if (!operand.values.empty()) {
        operand.name = network.value(operand.values[0]).name;
        operands_.push_back(operand);
      }
    }
  }

  BitsByName bits() const {
    BitsByName bits;
    for (const Operand& operand : operands_) {
      const std::uint8_t width = limits_.bits[operand.width];
      if (operand.is_weights) {
        bits.weights[operand.name] = width;
      }
      for (const ValueId id : operand.values) {
        bits.activations[fused_.network.value(id).name] = width;
      }
    }
    return bits;
  }

  double energy() const {
    const FloatNetwork& network = fused_.network;
    std::vector<std::uint8_t> value_bits(network.values.size());
    std::vector<std::uint8_t> weight_bits(network.layers.size());
    for (const Operand& operand : operands_) {
      for (const ValueId id : operand.values) {
        value_bits[id] = limits_.bits[operand.width];
      }
      if (operand.is_weights) {
        weight_bits[operand.layer] = limits_.bits[operand.width];
      }
    }
    double pj = 0;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      const FloatLayer& layer = network.layers[i];
      if (weight_bits[i] != 0) {
        pj += macs_of(network, layer) * costs_.mac_pj(value_bits[layer.inputs[0]], weight_bits[i]);
        pj += static_cast<double>(weight_count(layer.op)) * weight_bits[i] * costs_.dram_pj_per_bit;
      }
    }
    for (ValueId id = 0; id < network.values.size(); ++id) {
      pj += 2 * static_cast<double>(element_count(network.value(id).shape)) * value_bits[id] *
            costs_.dram_pj_per_bit;
    }
    return pj;
  }

  QuantizedNetwork walk() {
    return quantize_network(fused_, scheme_, bits(), images_, {false, &cache_, {}});
  }

  /// Power of the output's error over that of the float network's output.
  static double noise_of(const QuantizedNetwork& network) {
    return std::pow(10.0, -sqnr_db(network.real_output, network.output) / 10);
  }

  bool holds(const QuantizedNetwork& network) const {
    if (limits_.min_sqnr_db && -10 * std::log10(noise_of(network)) < *limits_.min_sqnr_db) {
      return false;
    }
    if (limits_.max_accuracy_loss) {
      const std::int64_t lost = float_right_ - count_right(network.output, images_.labels);
      const double points = 100.0 * static_cast<double>(lost) / static_cast<double>(images_.count);
      return points <= *limits_.max_accuracy_loss;
    }
    return true;
  }

  /// The score of the operand's next step, as the network is now.
  void measure(Operand& operand) {
    if (operand.width + 1 == limits_.bits.size()) {
      operand.closed = true;
      return;
    }
    const double before = energy();
    ++operand.width;
    const QuantizedNetwork trial = walk();
    const double saved = before - energy();
    operand.closed = !holds(trial);
    --operand.width;
    constexpr double kLeastNoise = 1e-12;  // also for steps that lower it by chance
    operand.score = saved / std::max(noise_of(trial) - noise_, kLeastNoise);
  }

  Operand* leader() {
    Operand* best = nullptr;
    for (Operand& operand : operands_) {
      if (!operand.closed && (best == nullptr || operand.score > best->score)) {
        best = &operand;
      }
    }
    return best;
  }

  bool done() const {
    return limits_.energy_share && energy() <= *limits_.energy_share * widest_energy_;
  }

  const FusedNetwork& fused_;
  const Scheme& scheme_;
  const SearchScheme& limits_;
  const FloatImages images_;
  const BitCosts& costs_;
  const std::vector<ValueId> types_;
  CalibrationCache cache_;
  std::vector<Operand> operands_;
  Activations wanted_;  // the float network's output
  std::int64_t float_right_ = 0;
  double widest_energy_ = 0;
  double noise_ = 0;  // of the network as it is
  SearchResult result_;
};

}  // namespace

SearchResult search_bits(const FusedNetwork& fused, const Scheme& scheme, const FloatImages& images,
                         const BitCosts& costs,
                         const std::function<void(const SearchStep&)>& tell) {
  return Search{fused, scheme, images, costs}.run(tell);
}

}  // namespace systole::quantize
