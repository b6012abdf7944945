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

/// A machine that remembers takes the cycles of one that does not: on a layer, on three copies of
/// it one behind the other in one program, which come back to the same states, and on both again,
/// when it has seen everything.
class Remembering {
 public:
  void expect_equal(const AcceleratorConfig& config, const LayerCase& layer_case) {
    const std::optional<dram::Config> banked = banked_dram_config(config.dram);
    const auto remembering = [&](std::size_t max_bytes) {
      return banked ? MemoizedTiming{config, *banked, max_bytes}
                    : MemoizedTiming{config, max_bytes};
    };
    const auto measured = [&](const LayerProgram& program) {
      DramSource dram{banked, {}};
      return MachineTiming{config, dram}.run(program, kPatience);
    };
    Network network;
    std::unique_ptr<Compiler> compiler;
    test::discard_refused([&] {
      network = legalize(layer_case.network, config).network;
      compiler = std::make_unique<Compiler>(network, config);
    });
    const LayerProgram once = compiler->lower(0);
    LayerProgram thrice = once;
    for (const CommandClass configured : {CommandClass::Load, CommandClass::Store}) {
      thrice.commands.push_back({ConfigureCommand{configured}});
      thrice.commands.insert(thrice.commands.end(), once.commands.begin(), once.commands.end());
    }
    const std::array<const LayerProgram*, 2> programs = {&once, &thrice};
    MemoizedTiming remembers = remembering(kForgetsNothing);
    MemoizedTiming forgets = remembering(0);
    for (const LayerProgram* program : programs) {
      const LayerMeasurement expected = measured(*program);
      expect_same(remembers.run(*program, kPatience), expected);
      const std::uint64_t computed = remembers.computed();
      expect_same(remembers.run(*program, kPatience), expected);
      // The end of a program is computed each time where the DRAM has a say in it.
      RC_ASSERT(remembers.computed() == computed + (banked ? 1 : 0));
      expect_same(forgets.run(*program, kPatience), expected);
    }
    const LayerMeasurement expected = measured(once);
    const PackedProgram packed = compiler->lower_packed(0);
    MemoizedTiming of_packed = remembering(kForgetsNothing);
    expect_same(of_packed.run(packed, kPatience), expected);
    expect_same(of_packed.run(packed, kPatience), expected);
    expect_same(of_packed.run(once, kPatience), expected);
    computed_ += remembers.computed();
    remembered_ += remembers.remembered();
    ++cases_;
  }

  ~Remembering() {
    std::cout << "held " << cases_ << " cases: " << computed_ << " segments computed, "
              << remembered_ << " remembered\n";
  }

 private:
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

}  // namespace
}  // namespace systole
