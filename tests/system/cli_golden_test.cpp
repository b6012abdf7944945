#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

TEST(CliGolden, MakesUpTheValuesOfARun) {
  const TemporaryFolder folder;
  const std::string csv = folder.file("net.csv");
  write_file(csv, "Layer, x, y, z, w,\nA,9,7,5,\nB,3,20,11,\n");
  const auto dumped = [&](const std::string& command, const std::string& seed,
                          const std::vector<std::string>& more) {
    std::vector<std::string> words{command,      "-w",     csv,
                                   "--topology", "gemm",   "--random-data",
                                   seed,         "--dump", folder.file(command + seed)};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = systole(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return read_file(folder.file(command + seed + "/A.npy")) +
           read_file(folder.file(command + seed + "/B.npy"));
  };
  const std::string golden = dumped("golden", "4", {});
  EXPECT_EQ(golden, dumped("run", "4", {"-a", "configs/gemmini_16x16.yaml"}));
  EXPECT_NE(golden, dumped("golden", "5", {}));
}

// Sums that saturate depend on the order in which the accelerator adds up.
TEST(CliGolden, SaturatesAsTheAcceleratorDoes) {
  const TemporaryFolder folder;
  const std::string net = folder.file("net.yaml");
  write_file(net,
             "name: net\n"
             "inputs: [{name: x, shape: [1, 6, 6, 12], bits: 8, scale: 0.1}]\n"
             "outputs: [b]\n"
             "layers:\n"
             "  - {name: a, op: conv2d, inputs: [x], kernel: 3, out_channels: 20, weights: {}}\n"
             "  - {name: b, op: conv2d, inputs: [a], kernel: 1, out_channels: 9, weights: {}}\n");
  const auto dumped = [&](const std::string& command, const std::string& name,
                          const std::vector<std::string>& keys) {
    std::vector<std::string> words{command, "-a",     "configs/tiny_4x4.yaml",
                                   "-w",    net,      "--random-data",
                                   "1",     "--dump", folder.file(name)};
    for (const std::string& key : keys) {
      words.insert(words.end(), {"--set", key});
    }
    const Outcome outcome = systole(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return read_file(folder.file(name + "/a.npy")) + read_file(folder.file(name + "/b.npy"));
  };
  const std::string narrow = "array.accumulator_bits=16";
  const std::string saturate = "array.overflow=saturate";
  const std::string golden = dumped("golden", "golden", {narrow, saturate});
  EXPECT_EQ(golden, dumped("run", "run", {narrow, saturate}));
  EXPECT_NE(golden, dumped("golden", "wraps", {narrow}));
  EXPECT_NE(golden, dumped("golden", "other_order", {narrow, saturate, "array.rows=2"}))
      << "the case shows no order";
}

}  // namespace
}  // namespace systole::test
