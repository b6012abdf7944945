#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "sim/compiler/compiler.hpp"
#include "sim/config/accelerator_file.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/network/refusal.hpp"
#include "sim/program/without_loops.hpp"
#include "sim/run/simulation.hpp"
#include "sim/workload/workload.hpp"
#include "tests/support/engine_equality.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/forked_run.hpp"
#include "tests/support/machine_laws.hpp"
#include "tests/support/random_layers.hpp"
#include "tests/support/random_machine.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/workload_files.hpp"

namespace systole {
namespace {

using test::LayerCase;

// Longer runs are drawn again: the machine ticks some 10^5 to 10^6 cycles a second.
constexpr std::uint64_t kMostCycles = 400'000;
constexpr std::uint64_t kWatchdogCycles = 20'000;
constexpr unsigned kMostSeconds = 100;

/// Draws machines and layers; every case runs in a process of its own.
class Machine : public ::testing::Test {
 protected:
  /// Checks `cases` draws of `property`. Each test has its own stream of the one seed.
  void check(std::uint64_t stream, std::uint64_t cases, const std::function<void()>& property) {
    const std::uint64_t seed =
        test::from_environment("SYSTOLE_PROPERTY_SEED", 2024) * 1000 + stream;
    cases = test::from_environment("SYSTOLE_PROPERTY_CASES", cases, 1);
    const std::string params =
        fmt::format("seed={} max_success={} max_discard_ratio=20", seed, cases);
    ::setenv("RC_PARAMS", params.c_str(), 1);
    const bool holds = rc::check(property);
    std::cout << fmt::format(
        "held {} cases of {} cycles in all; {} were refused by the compiler and {} would take over "
        "{} cycles; RC_PARAMS=\"{}\"\n",
        held_, cycles_, refused_, too_long_, kMostCycles, params);
    EXPECT_TRUE(holds) << "smallest failing case, in " << folder() << ":\n" << failing_case_;
    constexpr std::uint64_t kFew = 5;  // of few cases chance may have more than its share refused
    EXPECT_LE(refused_, std::max(held_ / 4, kFew)) << "a refused case is no case";
  }

  /// Every number, and every law that ties counts together, in one run.
  void expect_equal_to_golden(AcceleratorConfig config, const Network& network) {
    config.energy.table = SYSTOLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml";
    try {
      const Legalized legal = legalize(network, config);
      const Compiler compiler{legal.network, config};
      if (estimated_cycles(compiler, legal.network, config) > kMostCycles) {
        ++too_long_;
        RC_DISCARD("too long");
      }
    } catch (const CompileError& error) {
      ++refused_;
      RC_DISCARD(error.what());
    } catch (const Refusal& error) {  // a scale without a power of two near it
      ++refused_;
      RC_DISCARD(error.what());
    }
    const std::string what = failure(config, network, {});
    if (!what.empty()) {
      keep(config, network, what);
      RC_FAIL(what);
    }
    ++held_;
  }

  /// Runs the network in a process of its own; what is wrong, or nothing.
  std::string failure(const AcceleratorConfig& config, const Network& network,
                      const LabelledInputs& inputs) {
    const test::ForkedOutcome outcome = test::run_forked(
        [&] {
          SimulationOptions options;
          options.watchdog_cycles = kWatchdogCycles;
          test::ProgramLog of_systemc;
          test::ProgramLog of_fast;
          options.command_observer = &of_systemc;
          const SimulationOutcome run = simulate(config, network, inputs, options);
          std::string broken = test::broken_laws(config, network, run);
          if (config.sequencer.unroller == Unroller::None) {  // else the fast engine refuses it
            options.engine = EngineKind::Fast;
            options.command_observer = nullptr;
            broken += test::differences(run, simulate(config, network, inputs, options));
            options.command_observer = &of_fast;  // all is gone through, nothing remembered
            broken += test::differences(run, simulate(config, network, inputs, options));
            broken += test::difference(of_systemc, of_fast);
          }
          return broken.empty() ? std::to_string(test::total_cycles(run)) : "broken:\n" + broken;
        },
        kMostSeconds);
    const bool good = outcome.finished && outcome.text.find("broken") == std::string::npos;
    cycles_ += good ? std::stoull(outcome.text) : 0;
    return good ? std::string{} : outcome.text;
  }

  static std::uint64_t estimated_cycles(const Compiler& compiler, const Network& network,
                                        const AcceleratorConfig& config) {
    std::uint64_t cycles = 0;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      if (!runs_on_host(network, network.layers[i])) {
        cycles += test::estimated_cycles(without_loops(compiler.lower(i), config), config);
      }
    }
    return cycles;
  }

  void keep_machine(const AcceleratorConfig& config, const std::string& what) {
    std::filesystem::create_directories(folder());
    std::ofstream{folder() + "/accelerator.yaml"} << accelerator_to_yaml(config);
    failing_case_ = what + "\n" + accelerator_to_yaml(config);
  }

  std::uint64_t held_ = 0;

 private:
  static std::string folder() {
    return std::string{SYSTOLE_BINARY_DIR "/failing_cases/"} +
           testing::UnitTest::GetInstance()->current_test_info()->name();
  }

  /// rapidcheck shrinks as long as smaller cases fail: the last one kept is the smallest.
  void keep(const AcceleratorConfig& config, const Network& network, const std::string& what) {
    test::write_workload(folder(), network);
    keep_machine(config, "systole run -a accelerator.yaml -w workload.yaml\n" + what);
    std::ifstream workload{folder() + "/workload.yaml"};
    failing_case_ += std::string{std::istreambuf_iterator<char>{workload}, {}};
  }

  std::uint64_t cycles_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t too_long_ = 0;
  std::string failing_case_;
};

/// A machine and a layer that `draw` makes for it, with usual or with unusual constants.
template <typename Draw>
std::pair<AcceleratorConfig, Network> random_case(const Draw& draw) {
  const AcceleratorConfig config = test::random_machine();
  LayerCase drawn = draw(test::with_multipliers(config));
  if (*rc::gen::inRange(0, 2) != 0) {
    test::vary_constants(config, drawn.network);
  }
  return {config, std::move(drawn.network)};
}

TEST_F(Machine, RunsAnyConvolutionLikeGolden) {
  check(1, 250, [this] {
    const auto [config, network] =
        random_case([](const auto& c) { return test::random_conv(c, false); });
    expect_equal_to_golden(config, network);
  });
}

TEST_F(Machine, RunsAnyConvolutionOfAnotherSeedLikeGolden) {
  check(2, 250, [this] {
    const auto [config, network] =
        random_case([](const auto& c) { return test::random_conv(c, false); });
    expect_equal_to_golden(config, network);
  });
}

TEST_F(Machine, RunsAnyGroupedConvolutionLikeGolden) {
  check(3, 250, [this] {
    const auto [config, network] =
        random_case([](const auto& c) { return test::random_conv(c, true); });
    expect_equal_to_golden(config, network);
  });
}

TEST_F(Machine, RunsAnyFullyConnectedLayerLikeGolden) {
  check(4, 150, [this] {
    const auto [config, network] =
        random_case([](const auto& c) { return test::random_fully_connected(c); });
    expect_equal_to_golden(config, network);
  });
}

TEST_F(Machine, RunsAnyMatrixProductLikeGolden) {
  check(5, 150, [this] {
    const auto [config, network] =
        random_case([](const auto& c) { return test::random_matmul(c); });
    expect_equal_to_golden(config, network);
  });
}

TEST_F(Machine, WithComposablePesRunsAnyProductLikeGolden) {
  check(11, 200, [this] {
    const AcceleratorConfig config = test::random_composable_machine();
    const AcceleratorConfig multiplying = test::with_multipliers(config);
    const std::uint32_t kind = *rc::gen::inRange(0U, 4U);
    expect_equal_to_golden(config, kind == 0   ? test::random_fully_connected(multiplying).network
                                   : kind == 1 ? test::random_matmul(multiplying).network
                                               : test::random_conv(multiplying, kind == 2).network);
  });
}

// Taps that share a scratchpad row share PEs, and what a PE adds at once counts.
TEST_F(Machine, WhoseComposablePesSaturateRunsAnyConvolutionLikeGolden) {
  check(13, 120, [this] {
    const AcceleratorConfig config = test::with_multipliers(test::random_saturating_machine());
    expect_equal_to_golden(config, test::random_conv(config, false).network);
  });
}

// Depthwise ones in the vector unit among them, whose lanes add the last sum to the bias.
TEST_F(Machine, WhoseSumsSaturateRunsAnyGroupedConvolutionLikeGolden) {
  check(14, 200, [this] {
    const AcceleratorConfig config = test::with_multipliers(test::random_saturating_machine());
    expect_equal_to_golden(config, test::random_conv(config, true).network);
  });
}

TEST_F(Machine, WithLoopInstructionsRunsAnyProductLikeGolden) {
  check(12, 200, [this] {
    const AcceleratorConfig config = test::random_unrolling_machine();
    const AcceleratorConfig multiplying = test::with_multipliers(config);
    const std::uint32_t kind = *rc::gen::inRange(0U, 5U);
    Network network = kind == 0   ? test::random_fully_connected(multiplying).network
                      : kind == 1 ? test::random_matmul(multiplying).network
                                  : test::random_conv(multiplying, kind == 2).network;
    if (kind == 2) {
      network.layers.at(0).mapping.tile_oc = 0;  // depthwise loops take a channel each
    }
    expect_equal_to_golden(config, network);
  });
}

TEST_F(Machine, RunsAnyPoolingLikeGolden) {
  check(6, 150, [this] {
    const AcceleratorConfig config = test::random_machine();
    expect_equal_to_golden(config, test::random_pool().network);
  });
}

TEST_F(Machine, RunsAnySumLikeGolden) {
  check(7, 150, [this] {
    const AcceleratorConfig config = test::random_machine();
    expect_equal_to_golden(config, test::random_scaled_add().network);
  });
}

/// One of the shipped memories at any clock, behind the same bus.
AcceleratorConfig with_banked_dram(AcceleratorConfig config) {
  config.dram.model = DramModel::Banked;
  config.dram.preset = *rc::gen::elementOf(
      std::vector<std::string>{"ddr3_2133", "ddr4_2400", "hbm2", "lpddr4_3200"});
  config.clock_mhz = *rc::gen::inRange(100U, 2000U);
  config.dram.path_latency_cycles = *rc::gen::inRange(0U, 40U);
  return config;
}

TEST_F(Machine, RunsAnyLayerOnABankedDramLikeGolden) {
  check(10, 150, [this] {
    const auto [config, network] = random_case([](const auto& c) {
      return *rc::gen::arbitrary<bool>() ? test::random_conv(c, true)
                                         : test::random_fully_connected(c);
    });
    expect_equal_to_golden(with_banked_dram(config), network);
  });
}

std::int64_t choose(std::int64_t low, std::int64_t high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(low, high + 1));
}

// What a layer leaves behind in the machine meets the next one.
TEST_F(Machine, RunsAnyNetworkLikeGolden) {
  check(15, 200, [this] {
    const AcceleratorConfig config = test::random_compiling_machine();
    expect_equal_to_golden(config, test::random_network(config, choose));
  });
}

// All layers of the network on one machine, one after the other, and twice: a layer that
// leaves something behind that changes the cycles of the next run ends it with an exception.
TEST_F(Machine, OfAnyKindRunsTheDigitsNetworkTwiceInTheSameCycles) {
  const std::string path = SYSTOLE_SOURCE_DIR "/workloads/digits_cnn/digits_cnn.yaml";
  const Network network = load_workload(path);
  LabelledInputs inputs = load_inputs(path, network);
  inputs.images->resize(2 * static_cast<std::size_t>(network.tensor(network.inputs[0]).elements()));
  inputs.labels.resize(2);
  check(8, 16, [&] {
    AcceleratorConfig config = test::random_machine();
    if (*rc::gen::arbitrary<bool>()) {
      config = with_banked_dram(config);
    }
    config.energy.table = SYSTOLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml";
    RC_PRE(config.array.rows >= 4 && config.array.cols >= 4 && config.dram.latency_cycles <= 60);
    try {
      const Legalized legal = legalize(network, config);
      const Compiler compiler{legal.network, config};
    } catch (const CompileError& error) {
      RC_DISCARD(error.what());
    }
    const std::string what = failure(config, network, inputs);
    if (!what.empty()) {
      keep_machine(config, what);
      RC_FAIL(what);
    }
    ++held_;
  });
}

// What a failing case is written to must be what failed.
TEST_F(Machine, RunsACaseFromItsFilesInTheSameCycles) {
  check(9, 20, [this] {
    auto [config, network] = random_case([](const auto& c) { return test::random_conv(c, true); });
    if (*rc::gen::arbitrary<bool>()) {
      config = test::random_compiling_machine();
      network = test::random_network(config, choose);
    }
    const std::string folder = SYSTOLE_BINARY_DIR "/written_case";
    const auto cycles = [](const AcceleratorConfig& machine, const Network& drawn) {
      const test::ForkedOutcome outcome = test::run_forked(
          [&] {
            const SimulationOutcome run = simulate(machine, drawn, {}, {});
            return fmt::format("{} mismatches, {} cycles", run.mismatches.size(),
                               test::total_cycles(run));
          },
          kMostSeconds);
      return outcome.text;
    };
    AcceleratorConfig with_table = config;
    with_table.energy.table = SYSTOLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml";
    try {
      const Legalized legal = legalize(network, config);
      const Compiler compiler{legal.network, config};
      RC_PRE(estimated_cycles(compiler, legal.network, config) <= kMostCycles);
    } catch (const CompileError& error) {
      RC_DISCARD(error.what());
    } catch (const Refusal& error) {  // a scale without a power of two near it
      RC_DISCARD(error.what());
    }
    test::write_workload(folder, network);
    std::ofstream{folder + "/accelerator.yaml"} << accelerator_to_yaml(with_table);
    const AcceleratorConfig reread = load_accelerator(folder + "/accelerator.yaml");
    RC_ASSERT(reread == with_table);
    RC_ASSERT(cycles(with_table, network) ==
              cycles(reread, load_workload(folder + "/workload.yaml")));
    ++held_;
  });
}

}  // namespace
}  // namespace systole
