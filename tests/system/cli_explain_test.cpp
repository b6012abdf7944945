// systole explain on the command line: each of its figures is a run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kMachineAndNetwork = {"-a", "configs/tiny_4x4.yaml", "-w",
                                                     "workloads/digits_cnn/digits_cnn.yaml"};

json report_of(std::vector<std::string> words, const TemporaryFolder& folder) {
  const std::string file = folder.file("report.json");
  words.insert(words.end(), kMachineAndNetwork.begin(), kMachineAndNetwork.end());
  words.insert(words.end(), {"--json", file});
  const Outcome outcome = systole(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return json::parse(read_file(file));
}

/// Cycles of each layer and of all, of a run with these keys.
std::vector<std::uint64_t> cycles_with(const json& keys, const TemporaryFolder& folder) {
  std::vector<std::string> words = {"run", "--no-data", "--engine", "fast"};
  for (const json& key : keys) {
    words.insert(words.end(), {"--set", key.get<std::string>()});
  }
  const json report = report_of(words, folder);
  std::vector<std::uint64_t> cycles;
  for (const json& layer : report.at("layers")) {
    cycles.push_back(layer.at("cycles"));
  }
  cycles.push_back(report.at("totals").at("cycles"));
  return cycles;
}

std::uint64_t cycles_of_twice(const json& layer, const json& resource) {
  for (const json& twice : layer.at("twice")) {
    if (twice.at("resource") == resource) {
      return twice.at("cycles");
    }
  }
  ADD_FAILURE() << layer.at("name") << " has no " << resource;
  return 0;
}

TEST(CliExplain, EveryFigureIsARunWithItsKeys) {
  const TemporaryFolder folder;
  const json explained = report_of({"explain"}, folder);
  std::vector<json> rows = explained.at("layers");
  rows.push_back(explained.at("total"));
  const std::vector<std::uint64_t> before = cycles_with(json::array(), folder);
  ASSERT_EQ(rows.size(), before.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].at("cycles"), before[i]) << rows[i].at("name");
  }
  std::size_t resources = 0;
  for (const json& resource : explained.at("resources")) {
    if (!resource.at("refused").is_null()) {
      continue;
    }
    ++resources;
    const std::vector<std::uint64_t> after = cycles_with(resource.at("set"), folder);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(cycles_of_twice(rows[i], resource.at("resource")), after[i])
          << rows[i].at("name") << ", twice of " << resource.at("resource");
    }
  }
  EXPECT_EQ(resources, 15U);
}

TEST(CliExplain, PrintsEachLayerOrTheChosenOne) {
  std::vector<std::string> words = {"explain"};
  words.insert(words.end(), kMachineAndNetwork.begin(), kMachineAndNetwork.end());
  const Outcome all = systole(words);
  ASSERT_EQ(all.exit_code, 0) << all.err;
  EXPECT_EQ(all.err, "");
  EXPECT_THAT(all.out, HasSubstr("conv1   8,931"));
  EXPECT_THAT(all.out, HasSubstr("fc9     3,005"));
  EXPECT_THAT(all.out, HasSubstr("dma.max_outstanding_reads=2"));
  words.insert(words.end(), {"--layer", "pw4"});
  const Outcome one = systole(words);
  ASSERT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("pw4"));
  EXPECT_THAT(one.out, Not(HasSubstr("conv1")));
  words.back() = "pw5";
  const Outcome none = systole(words);
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("systole explain: --layer"));
  EXPECT_THAT(none.err, HasSubstr("did you mean 'pw4'"));
}

// What goes together neither on the command line nor in the machine's file.
TEST(CliRefusals, OptionsThatContradictEachOther) {
  const auto refusal_of = [](const std::vector<std::string>& words) {
    const Outcome outcome = systole(words);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.out;
    return outcome.err;
  };
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "run");
    words.insert(words.end(), kMachineAndNetwork.begin(), kMachineAndNetwork.end());
    return refusal_of(words);
  };
  EXPECT_EQ(run({"--layers", "pw4", "--set", "compiler.fusion=keep"}),
            "systole run: --layers needs compiler.fusion none, found keep\n");
  EXPECT_THAT(run({"--layers", "pw4", "-i", "a.npy", "--labels", "b.npy"}),
              HasSubstr("--labels gives the accuracy of the whole network, and --layers"));
  EXPECT_THAT(refusal_of({"convert", "n.yaml", "-o", "d", "--no-data", "--random-data", "1"}),
              HasSubstr("--random-data needs data, and --no-data is given"));
  EXPECT_THAT(refusal_of({"sweep", "s.yaml", "-o", "d", "-j", "4097"}),
              HasSubstr("--jobs: expected at most 4096, found 4097"));
  EXPECT_THAT(refusal_of({"sweep", "s.yaml", "--list", "--html", "p.html"}),
              HasSubstr("--html needs the results of all points"));
}

}  // namespace
}  // namespace systole::test
