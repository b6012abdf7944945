#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "models/dram/make_dram.hpp"
#include "sim/compiler/compiler.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/program/command_numbers.hpp"
#include "sim/timing/state_archive.hpp"
#include "sim/top/machine_timing.hpp"
#include "tests/support/random_layers.hpp"
#include "tests/support/random_machine.hpp"
#include "tests/support/timed_cases.hpp"

namespace systole {
namespace {

using test::LayerCase;

constexpr std::uint64_t kPatience = 100'000;

/// The commands of a program with their numbers, as an archive asks for them.
class NumberedCommands final : public CommandSource {
 public:
  NumberedCommands(const AcceleratorConfig& config, const std::vector<Command>& commands,
                   CommandNumbers& numbers) {
    const Footprints footprints{local_shape(config)};
    for (const Command& command : commands) {
      known_.push_back({&command, numbers.of(command), footprints.of(command)});
    }
  }
  std::size_t size() const override { return known_.size(); }
  const Command& command(std::size_t at) const override { return *known_[at].command; }
  KnownCommand known(std::size_t at) const override { return known_[at]; }
  const KnownCommand* find(const Command* command) const {
    return &known_[static_cast<std::size_t>(command - known_.front().command)];
  }

 private:
  std::vector<KnownCommand> known_;
};

/// Who goes on: a new machine, or the one before when it has gone on with the program, of which
/// nothing may stay behind.
enum class Successor : std::uint8_t { New, Used };

/// A machine that gives way to another one every few commands: each is set to the state that the
/// one before has written, so many cycles later, and goes on as that one would have.
class RelayedMachines {
 public:
  RelayedMachines(const AcceleratorConfig& config, const LayerProgram& program, Successor successor)
      : config_{config},
        program_{program},
        successor_{successor},
        commands_{config, program.commands, numbers_} {}

  LayerMeasurement run(std::size_t apart, Cycle later) {
    LayerMeasurement all;
    BandwidthSeries bandwidth;
    auto machine = std::make_unique<MachineTiming>(config_, dram_);
    machine->begin(program_.registers, commands_, 0);
    Cycle began = 0;  // cycle of the machine that goes on with the program
    for (std::size_t until = apart; until < commands_.size(); until += apart) {
      const Cycle now = machine->run_until(until, kPatience);
      StateArchive written{numbers_};
      written.write_at(now);
      machine->archive(written);
      add(all, bandwidth, *machine, began, now);
      began = now + later;
      if (successor_ == Successor::New) {
        machine = std::make_unique<MachineTiming>(config_, dram_);
      } else {
        go_astray(*machine, until + apart);
      }
      restore(*machine, written, began);
      machine->begin(program_.registers, commands_, until);
    }
    const Cycle end = machine->run_until(commands_.size(), kPatience);
    add(all, bandwidth, *machine, began, end);
    all.peak_bytes_per_window = bandwidth.peak_bytes();
    all.windows = bandwidth.windows();
    return all;
  }

 private:
  void go_astray(MachineTiming& machine, std::size_t until) const {
    const Cycle end = machine.run_until(std::min(until, commands_.size()), kPatience);
    machine.take_counts(end);
    machine.take_transfers();
  }
  void restore(MachineTiming& machine, const StateArchive& written, Cycle now) {
    std::vector<const KnownCommand*> named;
    for (const StateArchive::Named& command : written.named()) {
      named.push_back(commands_.find(command.command));
    }
    const std::string bytes{written.bytes()};
    StateArchive read{numbers_};
    read.read_at(now, bytes, std::move(named));
    machine.archive(read);
  }
  /// What the machine has done from cycle `began` to `now`.
  static void add(LayerMeasurement& all, BandwidthSeries& bandwidth, MachineTiming& machine,
                  Cycle began, Cycle now) {
    const LayerMeasurement counts = machine.take_counts(now);
    TransferRuns transfers = machine.take_transfers();
    transfers.move_back(began);
    transfers.add_to(bandwidth, all.cycles);
    all.cycles += now - began;
    all.compute_cycles += counts.compute_cycles;
    all.events += counts.events;
    all.ledger += counts.ledger;
    all.bank_conflicts += counts.bank_conflicts;
  }

  const AcceleratorConfig& config_;
  const LayerProgram& program_;
  const Successor successor_;
  const TimingKey key_{config_};
  CommandNumbers numbers_{key_};
  NumberedCommands commands_;
  DramSource dram_;
};

struct Held {
  ~Held() { std::cout << "held " << cases << " cases, " << machines << " machines\n"; }
  std::uint64_t cases = 0, machines = 0;
};

void expect_relayed(Held& held, AcceleratorConfig config, const LayerCase& layer_case) {
  config.dram.model = DramModel::Ideal;  // a banked one is no part of a state
  Network network;
  std::unique_ptr<Compiler> compiler;
  test::discard_refused([&] {
    network = legalize(layer_case.network, config).network;
    compiler = std::make_unique<Compiler>(network, config);
  });
  const LayerProgram program = compiler->lower(0);
  DramSource dram;
  const LayerMeasurement expected = MachineTiming{config, dram}.run(program, kPatience);
  const auto apart = *rc::gen::inRange<std::size_t>(1, 9);
  const auto later = *rc::gen::inRange<Cycle>(0, 200);
  const auto expect_same = [&](Successor successor, Cycle that_much_later) {
    RelayedMachines machines{config, program, successor};
    test::expect_same(machines.run(apart, that_much_later), expected);
  };
  expect_same(Successor::New, later);
  expect_same(Successor::Used, later);
  expect_same(Successor::Used, 0);  // the same cycles once more
  ++held.cases;
  held.machines += program.commands.size() / apart;
}

TEST(RestoredMachine, GoesOnWithAnyConvolution) {
  Held held;
  EXPECT_TRUE(rc::check("convolutions", [&] {
    const AcceleratorConfig config = test::random_machine();
    expect_relayed(held, config, test::random_conv(config, *rc::gen::arbitrary<bool>()));
  }));
}

TEST(RestoredMachine, GoesOnWithAnyMatrixProduct) {
  Held held;
  EXPECT_TRUE(rc::check("matrix products", [&] {
    const AcceleratorConfig config = test::random_machine();
    expect_relayed(held, config, test::random_matmul(config));
  }));
}

TEST(RestoredMachine, GoesOnWithAnyPooling) {
  Held held;
  EXPECT_TRUE(rc::check("pooling", [&] {
    const AcceleratorConfig config = test::random_machine();
    expect_relayed(held, config, test::random_pool());
  }));
}

TEST(RestoredMachine, GoesOnWithAnySum) {
  Held held;
  EXPECT_TRUE(rc::check("sums", [&] {
    const AcceleratorConfig config = test::random_machine();
    expect_relayed(held, config, test::random_add(config));
  }));
}

/// Half of the load's copies of a row go to a bank in which folds accumulate, half to the next one.
/// Machines take turns while it is under way.
TEST(RestoredMachine, KnowsInWhichBankTheNextCopyOfARowIs) {
  constexpr std::uint32_t kPes = 8;
  AcceleratorConfig config;
  config.array.rows = config.array.cols = kPes;
  config.accumulators = {4, 2};
  const std::uint32_t of_a_bank = accumulator_rows(config) / 2;
  LoadCommand bias;
  bias.rows = of_a_bank;
  bias.row_bytes = 4 * kPes;
  bias.destination = {LocalMemory::Accumulators, of_a_bank / 2};
  bias.operand = Operand::Bias;
  PreloadCommand preload;
  preload.k = preload.n = kPes;
  preload.acc_rows = of_a_bank / 8;
  preload.accumulate = true;
  ComputeCommand compute;
  compute.count_w = preload.acc_rows;
  compute.pitch_w = 1;
  compute.k = kPes;
  LayerProgram program;
  program.commands = {{bias}};
  for (std::uint32_t fold = 0; fold < 2 * of_a_bank / compute.count_w; ++fold) {
    program.commands.insert(program.commands.end(), {{preload}, {compute}});
  }
  DramSource dram;
  const LayerMeasurement expected = MachineTiming{config, dram}.run(program, kPatience);
  ASSERT_GT(expected.bank_conflicts.at(BankedLocal::Accumulators, BankUser::Load, BankUser::Array),
            0U);
  const LayerMeasurement got = RelayedMachines{config, program, Successor::New}.run(1, 0);
  EXPECT_EQ(got.cycles, expected.cycles);
  EXPECT_EQ(got.bank_conflicts, expected.bank_conflicts);
}

}  // namespace
}  // namespace systole
