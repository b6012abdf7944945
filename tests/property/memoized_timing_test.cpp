#include "sim/top/memoized_timing.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <iostream>
#include <memory>
#include <optional>

#include "models/dram/make_dram.hpp"
#include "sim/compiler/compiler.hpp"
#include "sim/legalize/legalize.hpp"
#include "tests/support/random_layers.hpp"
#include "tests/support/random_machine.hpp"
#include "tests/support/timed_cases.hpp"

namespace systole {
namespace {

using test::expect_same;
using test::LayerCase;

constexpr std::uint64_t kPatience = 100'000;
constexpr std::size_t kForgetsNothing = std::size_t{1} << 30U;  // bytes

/// A layer's program, and three copies of it one behind the other in one program, which come back
/// to the same states.
struct Programs {
  Programs(const AcceleratorConfig& config, const LayerCase& layer_case) {
    test::discard_refused([&] {
      network = legalize(layer_case.network, config).network;
      compiler = std::make_unique<Compiler>(network, config);
    });
    once = compiler->lower(0);
    thrice = once;
    for (const CommandClass configured : {CommandClass::Load, CommandClass::Store}) {
      thrice.commands.push_back({ConfigureCommand{configured}});
      thrice.commands.insert(thrice.commands.end(), once.commands.begin(), once.commands.end());
    }
  }

  Network network;
  std::unique_ptr<Compiler> compiler;
  LayerProgram once, thrice;
};

/// A machine that remembers takes the cycles of one that does not: on each program, and again when
/// it has seen everything.
class Remembering {
 public:
  void expect_equal(const AcceleratorConfig& config, const LayerCase& layer_case) {
    const Programs programs{config, layer_case};
    const Machines machines{config};
    MemoizedTiming remembers = machines.remembering(kForgetsNothing);
    MemoizedTiming forgets = machines.remembering(0);
    for (const LayerProgram* program : {&programs.once, &programs.thrice}) {
      const LayerMeasurement expected = machines.measured(*program);
      expect_same(remembers.run(*program, kPatience), expected);
      const std::uint64_t computed = remembers.computed();
      expect_same(remembers.run(*program, kPatience), expected);
      // The end of a program is computed each time where the DRAM has a say in it.
      RC_ASSERT(remembers.computed() == computed + (machines.banked ? 1 : 0));
      expect_same(forgets.run(*program, kPatience), expected);
    }
    const LayerMeasurement expected = machines.measured(programs.once);
    const PackedProgram packed = programs.compiler->lower_packed(0);
    MemoizedTiming of_packed = machines.remembering(kForgetsNothing);
    expect_same(of_packed.run(packed, kPatience), expected);
    expect_same(of_packed.run(packed, kPatience), expected);
    expect_same(of_packed.run(programs.once, kPatience), expected);
    count(remembers);
  }

  /// What a layer left in the machine is nothing to the next one.
  void expect_equal_in_turn(const AcceleratorConfig& config, const LayerCase& first,
                            const LayerCase& second) {
    const std::array<Programs, 2> layers{Programs{config, first}, Programs{config, second}};
    const Machines machines{config};
    MemoizedTiming remembers = machines.remembering(kForgetsNothing);
    for (const auto program : {&Programs::once, &Programs::thrice}) {
      for (const Programs& layer : layers) {
        expect_same(remembers.run(layer.*program, kPatience), machines.measured(layer.*program));
      }
    }
    count(remembers);
  }

  ~Remembering() {
    std::cout << "held " << cases_ << " cases: " << computed_ << " segments computed, "
              << remembered_ << " remembered\n";
  }

 private:
  struct Machines {
    explicit Machines(const AcceleratorConfig& of)
        : config{of}, banked{banked_dram_config(of.dram)} {}

    MemoizedTiming remembering(std::size_t max_bytes) const {
      return banked ? MemoizedTiming{config, *banked, max_bytes}
                    : MemoizedTiming{config, max_bytes};
    }
    LayerMeasurement measured(const LayerProgram& program) const {
      DramSource dram{banked, {}};
      return MachineTiming{config, dram}.run(program, kPatience);
    }

    const AcceleratorConfig& config;
    const std::optional<dram::Config> banked;
  };

  void count(const MemoizedTiming& remembers) {
    computed_ += remembers.computed();
    remembered_ += remembers.remembered();
    ++cases_;
  }

  std::uint64_t cases_ = 0;
  std::uint64_t computed_ = 0;
  std::uint64_t remembered_ = 0;
};

TEST(MemoizedTiming, TakesTheSameCyclesForAnyConvolution) {
  Remembering remembering;
  EXPECT_TRUE(rc::check("convolutions", [&] {
    const AcceleratorConfig config = test::random_machine();
    remembering.expect_equal(config, test::random_conv(config, *rc::gen::arbitrary<bool>()));
  }));
}

TEST(MemoizedTiming, TakesTheSameCyclesForAnyMatrixProduct) {
  Remembering remembering;
  EXPECT_TRUE(rc::check("matrix products", [&] {
    const AcceleratorConfig config = test::random_machine();
    remembering.expect_equal(config, test::random_matmul(config));
  }));
}

TEST(MemoizedTiming, TakesTheSameCyclesForAnyPooling) {
  Remembering remembering;
  EXPECT_TRUE(rc::check("pooling", [&] {
    const AcceleratorConfig config = test::random_machine();
    remembering.expect_equal(config, test::random_pool());
  }));
}

TEST(MemoizedTiming, TakesTheSameCyclesForAnySum) {
  Remembering remembering;
  EXPECT_TRUE(rc::check("sums", [&] {
    const AcceleratorConfig config = test::random_machine();
    remembering.expect_equal(config, test::random_add(config));
  }));
}

TEST(MemoizedTiming, TakesTheSameCyclesForLayersInTurn) {
  Remembering remembering;
  EXPECT_TRUE(rc::check("layers in turn", [&] {
    const AcceleratorConfig config = test::random_machine();
    remembering.expect_equal_in_turn(config, test::random_matmul(config),
                                     test::random_conv(config, false));
  }));
}

}  // namespace
}  // namespace systole
