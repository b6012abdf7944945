// The comparison with the golden model can fail: each kind of fault is found, and named rightly.

#include <algorithm>
#include <functional>
#include <memory>

#include "models/golden/golden.hpp"
#include "sim/compiler/compiler.hpp"
#include "sim/engine/systemc_engine.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/network/packing.hpp"
#include "sim/run/inputs.hpp"
#include "sim/run/simulation.hpp"
#include "sim/top/accelerator.hpp"
#include "tests/support/forked_run.hpp"
#include "tests/support/layer_chains.hpp"
#include "tests/support/sim_test.hpp"

namespace systole {
namespace {

using test::ChainBuilder;
using test::small_machine;

/// Does something to the machine half a cycle before a clock edge, once or from then on each cycle.
/// It must be there before the machine, which it finds by its name.
class Saboteur final : public sc_core::sc_module {
 public:
  SYSTOLE_HAS_PROCESS(Saboteur);
  Saboteur(std::uint64_t cycle, bool again, std::function<void(Accelerator&)> act)
      : sc_module{sc_core::sc_module_name{"saboteur"}}, again_{again}, act_{std::move(act)} {
    SC_METHOD(strike);
    sensitive << event_;
    dont_initialize();
    event_.notify(static_cast<double>(cycle) * Clock::period() - Clock::period() / 2);
  }

 private:
  void strike() {
    auto* accelerator = dynamic_cast<Accelerator*>(sc_core::sc_find_object("accelerator"));
    ASSERT_NE(accelerator, nullptr);
    act_(*accelerator);
    if (again_) {
      event_.notify(Clock::period());
    }
  }

  const bool again_;
  std::function<void(Accelerator&)> act_;
  sc_core::sc_event event_{"event"};
};

Network two_layers() {
  return ChainBuilder{{5, 12}}
      .fully_connected("first", 8, false)
      .fully_connected("second", 6, true)
      .build();
}

class Mutation : private test::FreshKernel, public ::testing::Test {
 protected:
  /// Runs the network while `act` is at work.
  static std::vector<Mismatch> mismatches(const Network& network, std::uint64_t cycle, bool again,
                                          std::function<void(Accelerator&)> act) {
    const Saboteur saboteur{cycle, again, std::move(act)};
    return simulate(small_machine(), network, {}, {}).mismatches;
  }
  /// Flips a bit of a byte of the DRAM before the first cycle.
  static std::vector<Mismatch> with_dram_flip(const Network& network, std::uint64_t address,
                                              std::uint8_t bit = 0x40) {
    return mismatches(network, 1, false, [address, bit](Accelerator& machine) {
      std::uint8_t byte = 0;
      machine.dram->contents().read(address, &byte, 1);
      byte ^= bit;
      machine.dram->contents().write(address, &byte, 1);
    });
  }
  /// Where the first load of the operand in a layer's program reads.
  static std::uint64_t address_of(const Network& network, std::size_t layer, Operand operand) {
    const Legalized legal = legalize(network, small_machine());
    const Compiler compiler{legal.network, small_machine()};
    const LayerProgram program = compiler.lower(layer);
    for (const Command& command : program.commands) {
      const auto* load = std::get_if<LoadCommand>(&command.body);
      if (load != nullptr && load->operand == operand) {
        return load->dram_address;
      }
    }
    throw std::logic_error{"no such load"};
  }
  /// The cycles, of every tenth up to the 420th, in which a momentary fault is found.
  static std::vector<std::uint64_t> cycles_of_found(const std::function<void(Accelerator&)>& act) {
    std::vector<std::uint64_t> found;
    for (std::uint64_t cycle = 20; cycle < 420; cycle += 10) {
      const test::ForkedOutcome outcome = test::run_forked(
          [cycle, &act] {
            const auto seen = mismatches(two_layers(), cycle, false, act);
            return seen.empty() ? std::string{} : seen[0].layer;
          },
          60);
      EXPECT_TRUE(outcome.finished) << outcome.text;
      if (!outcome.text.empty()) {
        found.push_back(cycle);
      }
    }
    return found;
  }
  /// Runs with other constants in the requantization unit than the network's.
  static std::vector<Mismatch> with_registers(const std::function<void(Requantizer&)>& change) {
    const Network network = ChainBuilder{{5, 12}}.fully_connected("only", 8, false).build();
    const Legalized legal = legalize(network, small_machine());
    LayerRegisters registers = Compiler{legal.network, small_machine()}.lower(0).registers;
    change(registers.requant);
    return mismatches(network, 1, true, [registers](Accelerator& machine) {
      machine.requant_unit.configure(registers);
    });
  }
};

TEST_F(Mutation, NoFaultNoMismatch) {
  EXPECT_TRUE(mismatches(two_layers(), 1, true, [](Accelerator&) {}).empty());
}

TEST_F(Mutation, AStuckAccumulatorIsNamedByItsPixelAndChannel) {
  const auto found = mismatches(two_layers(), 1, true, [](Accelerator& machine) {
    machine.accumulators.contents()[2] = 1 << 24;  // row 0, third column
  });
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].layer, "first");
  EXPECT_EQ(found[0].inference, 0U);
  ASSERT_EQ(found[0].index.size(), 2U);
  EXPECT_EQ(found[0].index[1] % 4, 2);
  EXPECT_EQ(found[0].got, 127);
  EXPECT_LT(found[0].expected, 127);
}

TEST_F(Mutation, AStuckScratchpadByteIsFound) {
  const auto found = mismatches(two_layers(), 1, true, [](Accelerator& machine) {
    machine.scratchpad.contents(LocalMemory::Scratchpad)[1] = 0x55;
  });
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].layer, "first");
}

// In some cycles a flip changes bytes that are not used again; in others it must be seen. The
// cycles are those of this machine as it is timed: they move when its cycles do.
TEST_F(Mutation, AMomentaryFlipInTheScratchpadIsFoundWhileTheBytesAreInUse) {
  const auto found = cycles_of_found([](Accelerator& machine) {
    for (std::uint8_t& byte : machine.scratchpad.contents(LocalMemory::Scratchpad)) {
      byte ^= 0x80U;
    }
  });
  EXPECT_EQ(found, (std::vector<std::uint64_t>{70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 330,
                                               340, 350, 360, 370, 380}));
}

TEST_F(Mutation, AMomentaryFlipInTheAccumulatorsIsFoundWhileTheSumsAreInUse) {
  const auto found = cycles_of_found([](Accelerator& machine) {
    for (std::int64_t& sum : machine.accumulators.contents()) {
      sum ^= 1 << 14;
    }
  });
  EXPECT_EQ(found, (std::vector<std::uint64_t>{150, 160, 170, 180, 380, 390, 400, 410}));
}

TEST_F(Mutation, AFlippedWeightInTheDramIsFoundInItsLayerAlone) {
  const Network network = two_layers();
  const auto found = with_dram_flip(network, address_of(network, 1, Operand::Weight));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].layer, "second");
  EXPECT_EQ(found[0].index[1], 0) << "the first weight is of the first output channel";
  EXPECT_LE(found[0].mismatches, 5U) << "one channel of five pixels";
}

// An entry of the requantization table is its channel's multiplier, the lowest byte first, and the
// exponent behind it.
TEST_F(Mutation, AFlippedMultiplierInTheDramIsFoundInItsChannelAlone) {
  const Network network = two_layers();
  const auto found = with_dram_flip(network, address_of(network, 1, Operand::Requant) + 3);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].layer, "second");
  EXPECT_EQ(found[0].index[1], 0);
  EXPECT_LE(found[0].mismatches, 5U) << "one channel of five pixels";
}

// The exponent's lowest bit: of the others, most make a shift that no unit has.
TEST_F(Mutation, AFlippedExponentInTheDramIsFoundInItsChannelAlone) {
  const Network network = two_layers();
  const std::uint64_t multiplier_bytes = (small_machine().requant.multiplier_bits + 7) / 8;
  const auto found =
      with_dram_flip(network, address_of(network, 1, Operand::Requant) + multiplier_bytes, 0x01);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].layer, "second");
  EXPECT_EQ(found[0].index[1], 0);
  EXPECT_LE(found[0].mismatches, 5U) << "one channel of five pixels";
}

TEST_F(Mutation, AFlippedBiasIsFound) {
  const Network network = ChainBuilder{{1, 6, 6, 3}}.conv("conv", 5).build();
  const auto found = with_dram_flip(network, address_of(network, 0, Operand::Bias) + 1);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].layer, "conv");
  EXPECT_EQ(found[0].index.size(), 4U);
  EXPECT_EQ(found[0].index[3], 0);
}

TEST_F(Mutation, AWrongShiftIsFound) {
  EXPECT_EQ(with_registers([](Requantizer& r) { r.exponent[0] += 1; }).size(), 1U);
}

TEST_F(Mutation, AMultiplierThatIsSlightlyOffIsFound) {
  EXPECT_EQ(with_registers([](Requantizer& r) { r.multiplier[0] += 30'000'000; }).size(), 1U);
}

TEST_F(Mutation, AWrongZeroPointIsFound) {
  EXPECT_EQ(with_registers([](Requantizer& r) { r.zero_point += 1; }).size(), 1U);
}

TEST_F(Mutation, AWrongClampIsFound) {
  EXPECT_EQ(with_registers([](Requantizer& r) { r.clamp_min = 0; }).size(), 1U);
}

/// A program that is not what the compiler made, run as it is.
class ProgramMutation : private test::FreshKernel, public ::testing::Test {
 protected:
  /// Elements of a convolution's output that differ from golden's.
  static std::size_t differing(const std::function<void(LayerProgram&)>& change) {
    const AcceleratorConfig config = small_machine();
    const Network network = ChainBuilder{{1, 6, 6, 3}}.conv("conv", 5).build();
    const Network legal = legalize(network, config).network;
    const Compiler compiler{legal, config};
    SystemcEngine engine{config, {}};
    for (const DramSegment& segment : compiler.dram_image()) {
      engine.write_dram(segment.address, segment.bytes);
    }
    const std::vector<TensorData> inputs = inference_inputs(legal, {}, 0);
    const Tensor& ifmap = legal.tensor(legal.inputs[0]);
    engine.write_dram(compiler.placement(legal.inputs[0]).address,
                      pack_tensor(inputs[0], ifmap.shape, ifmap.format));
    LayerProgram program = compiler.lower(0);
    change(program);
    engine.run(program);

    const TensorId id = legal.outputs[0];
    const Tensor& ofmap = legal.tensor(id);
    const TensorPlacement& place = compiler.placement(id);
    const TensorData got =
        unpack_tensor(engine.read_dram(place.address, place.bytes), ofmap.shape, ofmap.format);
    const TensorData expected = golden::run(legal, inputs).at(id);
    std::size_t count = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      count += got[i] != expected[i] ? 1U : 0U;
    }
    return count;
  }

  /// Changes the first command of its kind.
  template <typename Kind>
  static void change_first(LayerProgram& program, const std::function<void(Kind&)>& change) {
    for (Command& command : program.commands) {
      if (auto* found = std::get_if<Kind>(&command.body)) {
        change(*found);
        return;
      }
    }
    FAIL() << "no such command";
  }
};

TEST_F(ProgramMutation, TheProgramAsItIsGivesGoldensNumbers) {
  EXPECT_EQ(differing([](LayerProgram&) {}), 0U);
}

TEST_F(ProgramMutation, AComputeOfTheNextTapIsFound) {
  EXPECT_GT(differing([](LayerProgram& program) {
              change_first<ComputeCommand>(program, [](ComputeCommand& c) { c.ifmap_row += 1; });
            }),
            0U);
}

TEST_F(ProgramMutation, WeightsOfTheNextTapAreFound) {
  EXPECT_GT(differing([](LayerProgram& program) {
              change_first<PreloadCommand>(program, [](PreloadCommand& p) { p.weights.row += 1; });
            }),
            0U);
}

TEST_F(ProgramMutation, ASumThatIsNotAddedToIsFound) {
  EXPECT_GT(differing([](LayerProgram& program) {
              for (Command& command : program.commands) {
                if (auto* preload = std::get_if<PreloadCommand>(&command.body)) {
                  preload->accumulate = false;
                }
              }
            }),
            0U);
}

TEST_F(ProgramMutation, AStoreToTheNextPixelIsFound) {
  EXPECT_GT(differing([](LayerProgram& program) {
              change_first<StoreCommand>(program,
                                         [](StoreCommand& s) { s.dram_address += s.dram_pitch; });
            }),
            0U);
}

TEST_F(ProgramMutation, ALoadOfTheNextByteIsFound) {
  EXPECT_GT(differing([](LayerProgram& program) {
              change_first<LoadCommand>(program, [](LoadCommand& l) { l.dram_address += 1; });
            }),
            0U);
}

}  // namespace
}  // namespace systole
