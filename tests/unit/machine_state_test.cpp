#include "sim/functional/machine_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "sim/functional/instruction_sets.hpp"

namespace systole {
namespace {

constexpr std::uint64_t kDramBytes = 1 << 14;

/// Programs of folds that mostly repeat each other, as a compiler's do, and of whatever may come
/// between them.
class RandomProgram {
 public:
  explicit RandomProgram(std::uint32_t seed) : random_{seed} {
    const std::uint32_t sizes[] = {4, 16, 20};
    config_.array.rows = sizes[below(3)];
    config_.array.cols = sizes[below(3)];
    config_.array.overflow = below(2) == 0 ? Overflow::Wrap : Overflow::Saturate;
    config_.scratchpad.organization =
        below(2) == 0 ? ScratchpadOrganization::Unified : ScratchpadOrganization::Split;
    if (config_.scratchpad.organization == ScratchpadOrganization::Split) {
      weights_ = LocalMemory::WeightScratchpad;
    }
    config_.scratchpad.activation = {4, 1};
    config_.scratchpad.weight = {4, 1};
    config_.accumulators.capacity_kib = 16;
    program_.registers.ifmap.is_signed = below(3) != 0;
    program_.registers.weight.is_signed = below(4) != 0;
    for (int nest = 0; nest < 6; ++nest) {
      load(LocalMemory::Scratchpad, 0, 48);
      load(weights_, kWeights, 16 * 6);
      load(LocalMemory::Accumulators, 0, 20);
      add_nest();
    }
  }

  const AcceleratorConfig& config() const { return config_; }
  const LayerProgram& program() const { return program_; }

 private:
  static constexpr std::uint32_t kWeights = 60;  // row

  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random_() % end); }

  void load(LocalMemory memory, std::uint32_t row, std::uint32_t rows) {
    const bool psums = memory == LocalMemory::Accumulators;
    LoadCommand load;
    load.rows = rows;
    load.row_bytes = psums ? config_.array.cols * 4
                           : 1 + below(memory == LocalMemory::Scratchpad ? config_.array.rows
                                                                         : config_.array.cols);
    load.dram_pitch = below(4) == 0 ? 0 : load.row_bytes;
    load.dram_address = below(kDramBytes - 8192);
    load.destination = {memory, row};
    load.block_pitch = rows;
    add(load);
  }

  /// Folds of one geometry, or nearly so.
  void add_nest() {
    const std::uint32_t grid = 1 + below(3);
    const std::uint32_t blocks = 1 + below(3);
    const std::uint32_t count_h = 1 + below(3);
    const std::uint32_t count_w = 1 + below(6);
    const std::uint32_t stride = 1 + below(2);
    const bool accumulate = below(2) == 0;
    for (std::uint32_t k = 0; k < 1 + below(5); ++k) {
      for (std::uint32_t block = 0; block < blocks; ++block) {
        const std::uint32_t weights = kWeights + 16 * below(6);
        const std::uint32_t n = below(10) == 0 ? 1 + below(config_.array.cols) : config_.array.cols;
        for (std::uint32_t at = 0; at < grid; ++at) {
          disturb();
          ComputeCommand compute;
          compute.count_h = below(40) == 0 ? 1 : count_h;
          compute.count_w = count_w;
          compute.pitch_h = count_w;
          compute.pitch_w = stride;
          compute.ifmap_row = k + at * 2;
          compute.k = below(10) == 0 ? 1 + below(config_.array.rows) : config_.array.rows;
          compute.products.slice_pitch = 1;
          PreloadCommand preload;
          preload.new_weights = at == 0 || below(30) == 0;
          preload.weights = {weights_, weights};
          preload.k = std::min(compute.k, 16U);
          preload.n = n;
          preload.acc_row = (block * grid + at) * 18;
          preload.acc_rows = compute.rows();
          preload.accumulate = (accumulate || k > 0) && below(20) != 0;
          add(preload);
          if (below(40) != 0) {
            add(compute);
          }
        }
      }
    }
  }

  /// Commands that what waits may or may not mind.
  void disturb() {
    switch (below(12)) {
      case 0:
        return load(LocalMemory::Scratchpad, below(80), 1 + below(4));
      case 1:
        return load(weights_, kWeights + below(90), 1 + below(20));
      case 2:
        return load(LocalMemory::Accumulators, below(100), 1 + below(4));
      case 3: {
        StoreCommand store;
        store.source = {LocalMemory::Accumulators, below(100)};
        store.rows = 1 + below(4);
        store.elements = config_.array.cols;
        store.raw = true;
        store.dram_pitch = std::uint64_t{4} * config_.array.cols;
        store.dram_address = kDramBytes + below(4096);
        return add(store);
      }
      case 4: {
        FillCommand fill;
        fill.destination = {LocalMemory::Scratchpad, below(100)};
        fill.rows = 1 + below(3);
        fill.value = static_cast<std::int32_t>(below(3));
        return add(fill);
      }
      default:
        return;
    }
  }

  void add(const CommandBody& body) { program_.commands.push_back({body}); }

  std::mt19937 random_;
  AcceleratorConfig config_;
  LayerProgram program_;
  LocalMemory weights_ = LocalMemory::Scratchpad;
};

/// A machine whose DRAM holds something.
struct Machine {
  explicit Machine(const AcceleratorConfig& config, std::uint32_t seed) : state{config} {
    std::mt19937 random{seed};
    std::vector<std::uint8_t> bytes(kDramBytes);
    // Zeros are counted, and sums of many large bytes leave 32 bits.
    std::generate(bytes.begin(), bytes.end(), [&] {
      return random() % 4 == 0 ? std::uint8_t{0x7f} : static_cast<std::uint8_t>(random() % 200);
    });
    state.dram().write(0, bytes.data(), bytes.size());
  }

  std::vector<std::uint8_t> bytes(std::uint32_t cols) {
    std::vector<std::uint8_t> all(2 * kDramBytes);
    state.dram().read(0, all.data(), all.size());
    LocalMemories& local = state.local();
    const std::uint32_t rows = local.row_count(LocalMemory::Scratchpad);
    const std::uint8_t* scratchpad = local.rows(LocalMemory::Scratchpad, 0, rows);
    all.insert(all.end(), scratchpad,
               scratchpad + std::size_t{rows} * local.row_bytes(LocalMemory::Scratchpad));
    for (std::uint32_t row = 0; row < local.row_count(LocalMemory::Accumulators); ++row) {
      const auto* psums = reinterpret_cast<const std::uint8_t*>(local.psums32(row));
      all.insert(all.end(), psums, psums + std::size_t{4} * cols);
    }
    return all;
  }

  MachineState state;
  EventCounts events;
};

// At the end of a program nothing waits any more: programs of one command each never make another
// one wait.
void run_one_by_one(const LayerProgram& program, Machine& machine) {
  for (const Command& command : program.commands) {
    machine.state.run({program.registers, {command}}, machine.events);
  }
}

TEST(MachineState, RunsCommandsThatWaitForEachOtherAsOneAfterTheOther) {
  for (const InstructionSet& set : instruction_sets()) {
    force(set);
    for (std::uint32_t seed = 0; seed < 60; ++seed) {
      const RandomProgram random{seed};
      Machine together{random.config(), seed};
      together.state.run(random.program(), together.events);
      Machine alone{random.config(), seed};
      run_one_by_one(random.program(), alone);
      const std::uint32_t cols = random.config().array.cols;
      ASSERT_EQ(together.bytes(cols), alone.bytes(cols)) << set.name << ", seed " << seed;
      ASSERT_EQ(together.events, alone.events) << set.name << ", seed " << seed;
    }
  }
}

// Most runs go on where others ended, some go back: commands come again, and folds are cut.
TEST(MachineState, RunsPackedCommandsAsOneAfterTheOther) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    const RandomProgram random{seed};
    const std::vector<Command>& commands = random.program().commands;
    std::mt19937 runs{seed};
    PackedProgram packed{random.program().registers,
                         PackedCommands{{std::make_shared<std::vector<Command>>(commands)}}};
    std::uint32_t at = 0;
    for (int run = 0; run < 60; ++run) {
      const auto all = static_cast<std::uint32_t>(commands.size());
      const auto count = std::min(1 + static_cast<std::uint32_t>(runs() % 40), all - at);
      packed.commands.append({0, at, count, runs() % 64});
      at = runs() % 4 == 0 ? static_cast<std::uint32_t>(runs() % all) : (at + count) % all;
    }
    Machine together{random.config(), seed};
    together.state.run(packed, together.events);
    Machine alone{random.config(), seed};
    run_one_by_one(packed.unpacked(), alone);
    const std::uint32_t cols = random.config().array.cols;
    ASSERT_EQ(together.bytes(cols), alone.bytes(cols)) << "seed " << seed;
    ASSERT_EQ(together.events, alone.events) << "seed " << seed;
  }
}

}  // namespace
}  // namespace systole
