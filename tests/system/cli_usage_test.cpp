#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<std::vector<std::string>> commands() {
  return {{"run"},
          {"golden"},
          {"show", "config"},
          {"show", "workload"},
          {"show", "mapping"},
          {"show", "program"},
          {"quantize"}};
}

std::vector<std::string> with(std::vector<std::string> words, const std::string& last) {
  words.push_back(last);
  return words;
}

/// The run failed as a user's mistake: nothing on standard output, one line on standard error.
void expect_usage_error(const std::vector<std::string>& arguments, const std::string& text) {
  const Outcome outcome = systole(arguments);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_EQ(outcome.err, text + '\n');
}

TEST(CliUsage, HelpListsEveryCommandAndTheExitCodes) {
  const Outcome outcome = systole({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  for (const auto& command : commands()) {
    EXPECT_THAT(
        outcome.out,
        HasSubstr("\n  " + (command.size() == 1 ? command[0] : command[0] + ' ' + command[1]) +
                  ' '));
  }
  for (const char* const code : {"\n  0  ", "\n  1  ", "\n  2  ", "\n  3  "}) {
    EXPECT_THAT(outcome.out, HasSubstr(code));
  }
  EXPECT_EQ(systole({"-h"}).out, outcome.out);
}

TEST(CliUsage, HelpShowsNoBannerOfTheKernel) {
  const Outcome outcome = systole({"--help"});
  EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("Accellera")));
}

TEST(CliUsage, EveryCommandHasHelpWithAnExampleOnLinesOfBearableLength) {
  for (const auto& command : commands()) {
    const Outcome outcome = systole(with(command, "--help"));
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, StartsWith("Usage: systole " + command[0]));
    EXPECT_THAT(outcome.out, HasSubstr("\nOptions:\n"));
    EXPECT_THAT(outcome.out, HasSubstr("\nExamples:\n  systole "));
    for (const auto& line : lines(outcome.out)) {
      EXPECT_THAT(line, SizeIs(testing::Le(100U)));
    }
  }
}

TEST(CliUsage, HelpFitsATerminalOf80ColumnsButForExamples) {
  std::vector<std::vector<std::string>> all = commands();
  all.insert(all.end(), {{}, {"show"}, {"convert"}, {"dram"}, {"energy"}, {"sweep"}, {"compare"}});
  for (const auto& command : all) {
    for (const auto& line : lines(systole(with(command, "--help")).out)) {
      if (line.rfind("  systole ", 0) != 0) {  // to be copied as it is
        EXPECT_THAT(line, SizeIs(testing::Le(80U)));
      }
    }
  }
}

TEST(CliUsage, ExamplesOfTheHelpNameFilesThatExist) {
  for (const auto& command : commands()) {
    std::istringstream words{systole(with(command, "--help")).out};
    for (std::string word; words >> word;) {
      if (word.rfind("configs/", 0) == 0 || word.rfind("workloads/", 0) == 0) {
        word.erase(word.find_last_not_of(";,.") + 1);
        EXPECT_TRUE(std::filesystem::exists(SYSTOLE_SOURCE_DIR "/" + word)) << word;
      }
    }
  }
}

TEST(CliUsage, VersionIsOneLine) {
  const Outcome outcome = systole({"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(lines(outcome.out), SizeIs(1));
  EXPECT_THAT(outcome.out, StartsWith("systole "));
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(CliUsage, NoCommandIsAnError) {
  expect_usage_error({},
                     "systole: expected run, golden, show, quantize, convert, dram, energy, sweep, "
                     "compare or explain, "
                     "found nothing; see 'systole --help'");
}

TEST(CliUsage, AnUnknownCommandIsAnErrorWithASuggestion) {
  expect_usage_error({"goldn"},
                     "systole: unknown command 'goldn', expected run, golden, show, quantize, "
                     "convert, "
                     "dram, energy, sweep, compare or explain (did you mean "
                     "'golden'?); see 'systole --help'");
}

TEST(CliUsage, ShowNeedsASubject) {
  expect_usage_error(
      {"show"},
      "systole show: expected config, workload, mapping, program or array, found nothing; "
      "see 'systole show --help'");
  expect_usage_error(
      {"show", "cnfig"},
      "systole show: expected config, workload, mapping, program or array, found 'cnfig' "
      "(did you mean 'config'?); see 'systole show --help'");
}

TEST(CliUsage, AnUnknownOptionIsAnErrorWithASuggestion) {
  expect_usage_error({"run", "--jsn", "x"},
                     "systole run: unknown option '--jsn' (did you mean '--json'?); see 'systole "
                     "run --help'");
  expect_usage_error({"--hlep"},
                     "systole: unknown option '--hlep' (did you mean '--help'?); see 'systole "
                     "--help'");
}

TEST(CliUsage, TheStartOfAnOptionSuggestsTheOption) {
  const auto expect_suggested = [](const std::string& given, const std::string& option) {
    expect_usage_error({"run", given, "x"}, "systole run: unknown option '" + given +
                                                "' (did you mean '" + option +
                                                "'?); see 'systole run --help'");
  };
  expect_suggested("--acc", "--accelerator");
  expect_suggested("--work", "--workload");
  expect_suggested("--vc", "--vcd");
  expect_suggested("--dram-c", "--dram-commands");
}

TEST(CliUsage, NothingBehindHelpAndVersionIsIgnored) {
  expect_usage_error({"--version", "run"},
                     "systole: unexpected argument 'run' behind --version; see 'systole --help'");
  expect_usage_error({"-h", "--version"},
                     "systole: unexpected argument '--version' behind -h; see 'systole --help'");
  EXPECT_THAT(systole({"-h", "nope"}).err, HasSubstr("unknown command 'nope'"));
  EXPECT_EQ(systole({"-h", "run"}).out, systole({"run", "--help"}).out);
  EXPECT_EQ(systole({"--help", "show", "config"}).out, systole({"show", "config", "-h"}).out);
  EXPECT_EQ(systole({"show", "-h", "config"}).out, systole({"show", "config", "-h"}).out);
  EXPECT_EQ(systole({"-h", "show"}).out, systole({"show", "-h"}).out);
}

// Whatever a file is called.
TEST(CliUsage, AMessageIsOneLineThatATerminalCanShow) {
  const std::string name = "a\nb\x1B[31m\xFF";
  const std::string shown = "a\\nb\\x1b[31m\\xff";
  expect_usage_error({"show", "workload", "-w", name + ".yaml"},
                     shown + ".yaml: cannot be read: No such file or directory");
  expect_usage_error({"explain", "-a", "configs/tiny_4x4.yaml", "-w",
                      "workloads/product_4x4/product_4x4.yaml", "--json", name + "/x"},
                     "systole: " + shown + "/x: there is no folder " + shown);
}

TEST(CliUsage, OptionsAreNotAbbreviated) {
  const Outcome outcome = systole({"run", "--accel", "configs/tiny_4x4.yaml"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("unknown option '--accel'"));
}

TEST(CliUsage, RequiredOptionsAreNamed) {
  expect_usage_error({"run"}, "systole run: --accelerator is missing; see 'systole run --help'");
  expect_usage_error({"run", "-a", "x.yaml"},
                     "systole run: --workload is missing; see 'systole run --help'");
  expect_usage_error({"golden"},
                     "systole golden: --workload is missing; see 'systole golden --help'");
  expect_usage_error(
      {"show", "mapping", "-a", "x.yaml"},
      "systole show mapping: --workload is missing; see 'systole show mapping --help'");
}

TEST(CliUsage, OptionsWithoutTheirValueOrWithOneTooManyAreErrors) {
  expect_usage_error({"run", "--json"},
                     "systole run: --json needs a value; see 'systole run --help'");
  expect_usage_error({"run", "-a", ""},
                     "systole run: --accelerator needs a value; see 'systole run --help'");
  expect_usage_error({"run", "--quiet=3"},
                     "systole run: --quiet takes no value; see 'systole run --help'");
  expect_usage_error({"run", "--json=a", "--json=b"},
                     "systole run: --json is given more than once; see 'systole run --help'");
  expect_usage_error({"run", "stray"},
                     "systole run: unexpected argument 'stray'; see 'systole run --help'");
}

TEST(CliUsage, AKeyThatIsSetTwiceIsAnError) {
  const auto refused = [](const std::string& first, const std::string& second) {
    expect_usage_error({"show", "config", "-a", "configs/tiny_4x4.yaml", "--set", first, "--set",
                        "dram.latency_cycles=9", "--set", second},
                       "systole show config: --set '" + second + "' replaces --set '" + first +
                           "', expected each key once; see 'systole show config --help'");
  };
  refused("array.rows=abc", "array.rows=8");
  refused("array.rows=8", "array.rows=8");
  refused("array.rows=8", "array={cols: 4}");
  expect_usage_error(
      {"energy", "report.json", "--set", "energy.node=7nm", "--set=energy.node=45nm"},
      "systole energy: --set 'energy.node=45nm' replaces --set 'energy.node=7nm', "
      "expected each key once; see 'systole energy --help'");
  EXPECT_EQ(
      systole({"show", "config", "-a", "configs/tiny_4x4.yaml", "--set", "array={rows: 8, cols: 8}",
               "--set", "array.max_compute_rows=64", "--set", "dma={bus_bytes: 8}"})
          .err,
      "");
}

TEST(CliUsage, NumbersOutOfRangeAreErrors) {
  for (const char* const number :
       {"0", "-1", "1.5", "1e3", "0x10", "", "ten", "99999999999999999999"}) {
    const Outcome outcome =
        systole({"run", "-a", "x", "-w", "y", std::string{"--images="} + number});
    EXPECT_EQ(outcome.exit_code, 2) << number;
    EXPECT_THAT(outcome.err, StartsWith("systole run: --images")) << number;
  }
}

TEST(CliUsage, AnUnknownEngineIsNamedBesideThoseThatAre) {
  expect_usage_error({"run", "-a", "x", "-w", "y", "--engine", "sistemc"},
                     "systole run: --engine: expected systemc, fast or verilated, found 'sistemc' "
                     "(did you mean 'systemc'?); see 'systole run --help'");
}

TEST(CliUsage, OptionsThatDoNotGoTogetherAreErrors) {
  expect_usage_error({"run", "-a", "x", "-w", "y", "--no-data", "--random-data", "1"},
                     "systole run: --random-data needs data, and --no-data is given; see 'systole "
                     "run --help'");
  expect_usage_error({"golden", "-w", "y", "--set", "array.rows=8"},
                     "systole golden: --set changes an accelerator, and --accelerator is missing; "
                     "see 'systole golden --help'");
  expect_usage_error({"run", "-a", "x", "-w", "y", "--timeline", "t", "--timeline-cycles", "9:3"},
                     "systole run: --timeline-cycles: expected FIRST:END, two whole numbers "
                     "under 2^64, END above FIRST, found '9:3'; see 'systole run --help'");
  expect_usage_error({"quantize", "-w", "x", "--calibrate", "y", "-o", "z", "--test-labels", "l"},
                     "systole quantize: --test-labels names the labels of --test, which is "
                     "missing; see 'systole quantize --help'");
  expect_usage_error({"sweep", "x.yaml"},
                     "systole sweep: --output is missing; see 'systole sweep --help'");
}

// Such a file would be without an event, which was told after the run.
TEST(CliUsage, AWindowBeforeTheFirstCycleIsRefused) {
  expect_usage_error({"run", "-a", "x", "-w", "y", "--timeline", "t", "--timeline-cycles", "0:1"},
                     "systole run: --timeline-cycles: the first cycle is 1, expected END above 1, "
                     "found '0:1'; see 'systole run --help'");
  expect_usage_error({"run", "-a", "x", "-w", "y", "--vcd", "t", "--vcd-cycles", "0:1"},
                     "systole run: --vcd-cycles: the first cycle is 1, expected END above 1, "
                     "found '0:1'; see 'systole run --help'");
}

TEST(CliUsage, ANameOfAFileIsNotEmpty) {
  expect_usage_error({"energy", ""},
                     "systole energy: REPORT.json is empty, expected a file; see 'systole energy "
                     "--help'");
  expect_usage_error({"compare", "a.json", ""},
                     "systole compare: REPORT.json is empty, expected a file; see 'systole compare "
                     "--help'");
  expect_usage_error({"run", ""}, "systole run: unexpected argument ''; see 'systole run --help'");
}

TEST(CliUsage, AnOutputThatIsAFolderIsRefusedBeforeAnythingRuns) {
  const Outcome outcome = systole({"run", "-a", "configs/tiny_4x4.yaml", "-w",
                                   "workloads/digits_cnn/digits_cnn.yaml", "--json", "configs"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_EQ(outcome.err, "systole: configs: is a folder, expected a file\n");
}

TEST(CliUsage, AFileThatIsNotThereIsNamed) {
  const Outcome outcome = systole({"show", "config", "-a", "configs/nowhere.yaml"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(lines(outcome.err), SizeIs(1));
  EXPECT_THAT(outcome.err, StartsWith("configs/nowhere.yaml"));
}

TEST(CliUsage, MistakesOfTheMachineAndOfTheNetworkAreToldTogether) {
  const TemporaryFolder folder;
  write_file(folder.file("a.yaml"), "name: a\n");
  write_file(folder.file("w.yaml"), "name: w\n");
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"run"}, {"golden"}, {"explain"}, {"show", "mapping"}, {"show", "array"}}) {
    std::vector<std::string> words = command;
    words.insert(words.end(), {"-a", folder.file("a.yaml"), "-w", folder.file("w.yaml")});
    const Outcome outcome = systole(words);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(folder.file("a.yaml") + ":1:1: array: missing"));
    EXPECT_THAT(outcome.err, HasSubstr('\n' + folder.file("w.yaml") + ":1:1: layers: missing"));
  }
}

TEST(CliUsage, EachFileThatIsMissingHasItsLine) {
  const std::string missing = ": no such file\n";
  const std::string not_there = ": cannot be read: No such file or directory\n";
  EXPECT_EQ(systole({"run", "-a", "a", "-w", "w", "-i", "i", "--labels", "l"}).err,
            "a" + not_there + "w" + not_there + "i" + missing + "l" + missing);
  EXPECT_EQ(systole({"golden", "-w", "workloads/product_4x4/product_4x4.yaml", "-i", "i",
                     "--labels", "l"})
                .err,
            "i" + missing + "l" + missing);
  EXPECT_EQ(systole({"quantize", "-w", "w", "--calibrate", "c", "--labels", "l", "--test", "t",
                     "--test-labels", "tl", "--config", "s", "-o", "o"})
                .err,
            "s" + not_there + "w" + not_there + "c" + missing + "l" + missing + "t" + missing +
                "tl" + missing);
  EXPECT_EQ(systole({"energy", "r", "--table", "t"}).err, "r" + not_there + "t" + missing);
  EXPECT_EQ(systole({"dram", "t", "--dram", "d"}).err, "d" + not_there + "t" + missing);
}

TEST(CliUsage, EachFileAndEachNameThatIsWrongHasItsLine) {
  expect_usage_error({"compare", "nowhere/a.json", "nowhere/b.json", "nowhere/a.json"},
                     "nowhere/a.json: cannot be read: No such file or directory\n"
                     "nowhere/b.json: cannot be read: No such file or directory");
  const std::vector<std::string> run{"run", "-a", "configs/tiny_4x4.yaml", "-w",
                                     "workloads/digits_cnn/digits_cnn.yaml"};
  const auto with_options = [&run](const std::vector<std::string>& options) {
    std::vector<std::string> words = run;
    words.insert(words.end(), options.begin(), options.end());
    return words;
  };
  expect_usage_error(with_options({"--layers", "conv1,nope,conv0"}),
                     "systole run: --layers: digits_cnn has no layer 'nope'\n"
                     "systole run: --layers: digits_cnn has no layer 'conv0' (did you mean "
                     "'conv1'?)");
  expect_usage_error(
      with_options({"--vcd", "nowhere/v", "--csv", "README.md", "--json", "nowhere/j"}),
      "systole: README.md: cannot be created: Not a directory\n"
      "systole: nowhere/j: there is no folder nowhere\n"
      "systole: nowhere/v: there is no folder nowhere");
}

TEST(CliUsage, OutputThatCannotBeWrittenIsAnError) {
  const Outcome outcome = systole_to("/dev/full", {"--help"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err, "systole: cannot write to standard output\n");
}

TEST(CliUsage, ChoosesLayersWhoseNamesHaveCommas) {
  const TemporaryFolder folder;
  std::ofstream{folder.file("net.yaml")}
      << "name: net\ninputs:\n  - {name: image, shape: [1, 4, 4, 4]}\noutputs: ['b\\']\nlayers:\n"
      << "  - {name: 'a,1', op: max_pool2d, inputs: [image], kernel: 2, stride: 1}\n"
      << "  - {name: 'b\\', op: max_pool2d, inputs: ['a,1'], kernel: 2, stride: 1}\n";
  const auto run = [&](const std::string& layers) {
    return systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w", folder.file("net.yaml"),
                    "--no-data", "--layers", layers, "--json", folder.file("report.json"),
                    "--quiet"});
  };
  const Outcome both = run("a\\,1,b\\\\");
  ASSERT_EQ(both.exit_code, 0) << both.err;
  const auto report = nlohmann::json::parse(read_file(folder.file("report.json")));
  EXPECT_EQ(report["layers"][0]["name"], "a,1");
  EXPECT_EQ(report["layers"][1]["name"], "b\\");

  EXPECT_THAT(run("a,1").err, HasSubstr("--layers: net has no layer 'a'"));
  const Outcome open = run("b\\");
  EXPECT_EQ(open.exit_code, 2);
  EXPECT_THAT(open.err, HasSubstr("--layers: expected a comma or a backslash behind each "));
}

}  // namespace
}  // namespace systole::test
