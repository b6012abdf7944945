#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <string>

#include "models/sequencer/command_observer.hpp"
#include "sim/compiler/compiler.hpp"
#include "sim/engine/fast_engine.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/run/measured_layers.hpp"
#include "sim/run/simulation.hpp"
#include "tests/support/random_layers.hpp"
#include "tests/support/random_machine.hpp"
#include "tests/support/timed_cases.hpp"

namespace systole {
namespace {

using test::LayerCase;

/// Somebody looks: every layer runs.
class Onlooker final : public CommandObserver {
 public:
  void on_layer(const std::string& name) override { static_cast<void>(name); }
  void on_command(const Command& command, const CommandTimes& times) override {
    static_cast<void>(command);
    static_cast<void>(times);
  }
};

TensorId append_copy_of(Network& network, TensorId tensor) {
  const Tensor original = network.tensor(tensor);
  network.tensors.push_back(original);
  network.tensors.back().name += "_copy";
  return network.tensors.size() - 1;
}

/// Makes the network too large to be packed in DRAM.
void append_large_tensor(Network& network) {
  Tensor large;
  large.name = "large";
  large.shape = {1, 1024, 1024};
  network.tensors.push_back(large);
}

/// Adds a copy of layer 0: an ofmap of its own and the same operands, or inputs of its own, too.
void append_copy(Network& network, bool own_inputs) {
  Layer copy = network.layers.at(0);
  copy.name += "_copy";
  copy.output = append_copy_of(network, copy.output);
  const std::vector<TensorId> inputs = network.inputs;
  for (const TensorId input : inputs) {
    const auto used = std::find(copy.inputs.begin(), copy.inputs.end(), input);
    if (own_inputs && used != copy.inputs.end()) {
      *used = append_copy_of(network, input);
      network.inputs.push_back(*used);
    }
  }
  network.outputs.push_back(copy.output);
  network.layers.push_back(std::move(copy));
}

bool same(const LayerResult& a, const LayerResult& b) {
  bool traffic = true;
  for (std::size_t memory = 0; memory < kTrafficMemories; ++memory) {
    for (std::size_t stream = 0; stream < kStreams; ++stream) {
      const auto& of_a =
          a.traffic.at(static_cast<TrafficMemory>(memory), static_cast<Stream>(stream));
      const auto& of_b =
          b.traffic.at(static_cast<TrafficMemory>(memory), static_cast<Stream>(stream));
      traffic = traffic && of_a.read == of_b.read && of_a.written == of_b.written;
    }
  }
  return traffic && a.cycles == b.cycles && a.compute_cycles == b.compute_cycles &&
         a.events == b.events && a.ledger == b.ledger && a.bank_conflicts == b.bank_conflicts &&
         a.peak_bytes_per_window == b.peak_bytes_per_window && a.windows == b.windows;
}

RunResult run(AcceleratorConfig config, const Network& network, CommandObserver* observer,
              MeasuredLayers* measured = nullptr) {
  config.energy.switching_activity = false;  // needs data
  SimulationOptions options;
  options.engine = EngineKind::Fast;
  options.data = DataSource::None;
  options.command_observer = observer;
  options.measured_layers = measured;
  return simulate(config, network, {}, options).result;
}

std::vector<std::uint64_t> likeness_of(const AcceleratorConfig& config, const Network& network,
                                       std::size_t layer) {
  const Network legal = legalize(network, config).network;
  const DramPlaces places = FastEngine{config, false}.dram_places();
  return Compiler{legal, config}.likeness(layer, places);
}

/// A layer that takes its figures from its twin has those that it gets when it runs itself.
class Twins {
 public:
  void expect_alike(const AcceleratorConfig& config, LayerCase layer_case) {
    Network& network = layer_case.network;
    append_copy(network, *rc::gen::arbitrary<bool>());
    append_large_tensor(network);
    Onlooker onlooker;
    RunResult run_alone;
    test::discard_refused([&] { run_alone = run(config, network, &onlooker); });
    const RunResult with_twins = run(config, network, nullptr);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      RC_ASSERT(same(with_twins.layers.at(i), run_alone.layers.at(i)));
    }
    const bool banked = config.dram.model == DramModel::Banked;
    const bool twins = likeness_of(config, network, 0) == likeness_of(config, network, 1);
    (banked ? twins_on_banks_ : twins_) += twins ? 1U : 0U;
    ++cases_;
  }

  ~Twins() {
    std::cout << "held " << cases_ << " pairs of layers, " << twins_
              << " of them twins on an ideal "
              << "DRAM, " << twins_on_banks_ << " on a banked one\n";
    EXPECT_GT(twins_, 0U);
    EXPECT_GT(twins_on_banks_, 0U);
  }

 private:
  std::uint64_t cases_ = 0;
  std::uint64_t twins_ = 0;
  std::uint64_t twins_on_banks_ = 0;
};

TEST(Likeness, OfConvolutionsMeansTheSameFigures) {
  Twins twins;
  EXPECT_TRUE(rc::check("convolutions", [&] {
    const AcceleratorConfig config = test::with_multipliers(test::random_machine());
    twins.expect_alike(config, test::random_conv(config, *rc::gen::arbitrary<bool>()));
  }));
}

TEST(Likeness, OfMatrixProductsMeansTheSameFigures) {
  Twins twins;
  EXPECT_TRUE(rc::check("matrix products", [&] {
    const AcceleratorConfig config = test::with_multipliers(test::random_machine());
    twins.expect_alike(config, test::random_matmul(config));
  }));
}

TEST(Likeness, OfPoolingMeansTheSameFigures) {
  Twins twins;
  EXPECT_TRUE(rc::check("pooling", [&] {
    twins.expect_alike(test::with_multipliers(test::random_machine()), test::random_pool());
  }));
}

TEST(Likeness, OfSumsMeansTheSameFigures) {
  Twins twins;
  EXPECT_TRUE(rc::check("sums", [&] {
    const AcceleratorConfig config = test::with_multipliers(test::random_machine());
    twins.expect_alike(config, test::random_add(config));
  }));
}

/// Changes what layers that need no array cannot tell if rows of the scratchpad stay as wide.
void change_array(AcceleratorConfig& machine) {
  ArrayConfig& array = machine.array;
  array.dataflow = *rc::gen::element(Dataflow::WeightStationary, Dataflow::OutputStationary,
                                     Dataflow::InputStationary);
  array.overlap = *rc::gen::element(Overlap::Full, Overlap::None);
  if (array.cols % 2 == 0 && machine.requant.lanes <= array.cols / 2) {
    array.cols /= *rc::gen::inRange<std::uint32_t>(1, 3);
  }
  machine.accumulators.capacity_kib *= *rc::gen::inRange<std::uint32_t>(1, 3);
}

/// A layer that takes its figures from a machine with another scratchpad, or another array, has
/// those that it gets when it runs itself.
class Machines {
 public:
  /// `need_no_array`: the layers.
  explicit Machines(bool need_no_array) : need_no_array_{need_no_array} {}

  void expect_alike(const AcceleratorConfig& config, const LayerCase& layer_case) {
    AcceleratorConfig other = config;
    other.scratchpad.activation.capacity_kib *= *rc::gen::inRange<std::uint32_t>(1, 9);
    other.scratchpad.weight.capacity_kib *= *rc::gen::inRange<std::uint32_t>(1, 9);
    other.energy.dram = "another";
    if (need_no_array_) {
      change_array(other);
    }
    Onlooker onlooker;
    RunResult run_alone;
    MeasuredLayers measured;
    test::discard_refused([&] {
      run(config, layer_case.network, nullptr, &measured);
      run_alone = run(other, layer_case.network, &onlooker);
    });
    const std::uint64_t before = measured.found();
    const RunResult after_another = run(other, layer_case.network, nullptr, &measured);
    for (std::size_t i = 0; i < layer_case.network.layers.size(); ++i) {
      RC_ASSERT(same(after_another.layers.at(i), run_alone.layers.at(i)));
    }
    const bool larger =
        config.scratchpad.activation.capacity_kib != other.scratchpad.activation.capacity_kib;
    const bool another = config.array.dataflow != other.array.dataflow;
    found_ += larger ? measured.found() - before : 0;
    of_arrays_ += another ? measured.found() - before : 0;
    ++cases_;
  }

  ~Machines() {
    std::cout << "held " << cases_ << " pairs of machines, " << found_
              << " layers taken from one with a smaller scratchpad, " << of_arrays_
              << " from one with another dataflow\n";
    EXPECT_GT(found_, 0U);
    EXPECT_EQ(of_arrays_ > 0, need_no_array_);
  }

 private:
  const bool need_no_array_;
  std::uint64_t cases_ = 0;
  std::uint64_t found_ = 0;
  std::uint64_t of_arrays_ = 0;
};

TEST(LikenessAmongMachines, OfConvolutionsMeansTheSameFigures) {
  Machines machines{false};
  EXPECT_TRUE(rc::check("convolutions", [&] {
    const AcceleratorConfig config = test::with_multipliers(test::random_machine());
    machines.expect_alike(config, test::random_conv(config, *rc::gen::arbitrary<bool>()));
  }));
}

TEST(LikenessAmongMachines, OfMatrixProductsMeansTheSameFigures) {
  Machines machines{false};
  EXPECT_TRUE(rc::check("matrix products", [&] {
    const AcceleratorConfig config = test::with_multipliers(test::random_machine());
    machines.expect_alike(config, test::random_matmul(config));
  }));
}

TEST(LikenessAmongMachines, OfPoolingMeansTheSameFigures) {
  Machines machines{true};
  EXPECT_TRUE(rc::check("pooling", [&] {
    machines.expect_alike(test::with_multipliers(test::random_machine()), test::random_pool());
  }));
}

TEST(LikenessAmongMachines, OfSumsMeansTheSameFigures) {
  Machines machines{true};
  EXPECT_TRUE(rc::check("sums", [&] {
    const AcceleratorConfig config = test::with_multipliers(test::random_machine());
    machines.expect_alike(config, test::random_add(config));
  }));
}

TEST(Likeness, TellsApartWhatHasOtherCommands) {
  AcceleratorConfig config;
  config.dram.model = DramModel::Ideal;
  Network network;
  Tensor ifmap;
  ifmap.name = "ifmap";
  ifmap.shape = {1, 9, 9, 4};
  Tensor weight;
  weight.name = "weight";
  weight.shape = {4, 3, 3, 4};
  Tensor ofmap;
  ofmap.name = "ofmap";
  ofmap.shape = {1, 7, 7, 4};
  network.tensors = {ifmap, weight, ofmap};
  network.inputs = {0};
  network.outputs = {2};
  network.layers = {{"conv", Conv2d{{3, 3}, 1, false, {}}, {0, 1}, 2, {}}};
  const std::vector<std::uint64_t> likeness = likeness_of(config, network, 0);

  Network padded = network;
  std::get<Conv2d>(padded.layers[0].op).window.pad_top = 1;
  std::get<Conv2d>(padded.layers[0].op).window.pad_bottom = 1;
  padded.tensors[2].shape[1] = 9;
  EXPECT_NE(likeness_of(config, padded, 0), likeness);
  Network off_zero = network;
  off_zero.tensors[0].zero_point = 3;  // taken off the bias, and the value of padding
  EXPECT_NE(likeness_of(config, off_zero, 0), likeness);
  Network pinned = network;
  pinned.layers[0].mapping.tile_oh = 1;
  EXPECT_NE(likeness_of(config, pinned, 0), likeness);
  Network wide = network;
  wide.tensors[1].shape[0] = wide.tensors[2].shape[3] = 8;
  EXPECT_NE(likeness_of(config, wide, 0), likeness);
  Network by_channel = network;
  std::get<Conv2d>(by_channel.layers[0].op).requant.multiplier = {1 << 30, 1 << 30, 0, 0};
  std::get<Conv2d>(by_channel.layers[0].op).requant.exponent = {0, 0, 0, 0};
  EXPECT_NE(likeness_of(config, by_channel, 0), likeness);
}

TEST(Likeness, IsNoneOfLayersWithoutCommands) {
  Network network;
  Tensor vector;
  vector.shape = {1, 4};
  network.tensors = {vector, vector};
  network.inputs = {0};
  network.outputs = {1};
  network.layers = {{"reshape", Reshape{}, {0}, 1, {}}};
  EXPECT_TRUE(likeness_of({}, network, 0).empty());
}

}  // namespace
}  // namespace systole
