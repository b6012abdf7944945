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

}  // namespace
}  // namespace systole::test
