#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kGemmini = "configs/gemmini_16x16.yaml";
constexpr const char* kDigits = "workloads/digits_cnn/digits_cnn.yaml";

std::vector<std::string> run_digits(const std::string& config,
                                    const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"run", "-a", config, "-w", kDigits};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

nlohmann::json json_without_time(const std::string& path) {
  auto report = nlohmann::json::parse(read_file(path));
  report.erase("wall_seconds");
  return report;
}

/// Digits on one of the shipped accelerators: bit-exact, and every ledger closes.
class CliRunDigits : public ::testing::TestWithParam<std::string> {};

TEST_P(CliRunDigits, IsBitExactAndBooksEveryCycle) {
  const TemporaryFolder folder;
  const std::string report = folder.file("report.json");
  const Outcome outcome =
      systole(run_digits("configs/" + GetParam() + ".yaml", {"--images", "2", "--json", report}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());

  const auto json = nlohmann::json::parse(read_file(report));
  EXPECT_EQ(json["accelerator"], GetParam());
  EXPECT_EQ(json["workload"], "digits_cnn");
  EXPECT_EQ(json["engine"], "systemc");
  EXPECT_EQ(json["inferences"], 2);
  EXPECT_EQ(json["totals"]["check"], "pass");
  EXPECT_EQ(json["layers"].size(), 9U);
  std::uint64_t cycles = 0;
  for (const auto& layer : json["layers"]) {
    cycles += layer["cycles"].get<std::uint64_t>();
    for (const auto& unit : layer["ledger"]) {
      std::uint64_t booked = 0;
      for (const auto& cause : unit) {
        booked += cause.get<std::uint64_t>();
      }
      EXPECT_EQ(booked, layer["cycles"].get<std::uint64_t>()) << layer["name"];
    }
  }
  EXPECT_EQ(json["totals"]["cycles"], cycles);
}

INSTANTIATE_TEST_SUITE_P(OnEveryAccelerator, CliRunDigits,
                         ::testing::Values("tiny_4x4", "gemmini_16x16", "edge_32x32",
                                           "tpu_v1_256x256"),
                         [](const auto& test) { return test.param; });

/// The report without what a run without data cannot know.
nlohmann::json timing_of(const std::string& path) {
  nlohmann::json report = json_without_time(path);
  report.erase("data");
  report.erase("accuracy");
  report.erase("inferences");
  const auto erase = [](nlohmann::json& part) {
    part.erase("check");
    part["events"].erase("mac_zero_operand");
    part["events"].erase("psum_overflows");
  };
  erase(report["totals"]);
  for (nlohmann::json& layer : report["layers"]) {
    erase(layer);
  }
  return report;
}

TEST_P(CliRunDigits, TakesTheSameTimeTrafficAndEnergyWithoutDataAndWithRandomData) {
  const TemporaryFolder folder;
  const std::string config = "configs/" + GetParam() + ".yaml";
  const auto run = [&](const std::string& report, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = run_digits(config, {"-q", "--json", folder.file(report)});
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = systole(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(read_file(folder.file(report)));
  };
  run("given", {"--images", "1"});
  const nlohmann::json none = run("none", {"--no-data"});
  const nlohmann::json random = run("random", {"--random-data", "3"});
  EXPECT_EQ(timing_of(folder.file("given")), timing_of(folder.file("none")));
  EXPECT_EQ(timing_of(folder.file("given")), timing_of(folder.file("random")));
  EXPECT_EQ(none["data"], "none");
  EXPECT_EQ(none["totals"]["check"], "skipped");
  EXPECT_TRUE(none["totals"]["events"]["mac_zero_operand"].is_null());
  EXPECT_TRUE(none["accuracy"].is_null());
  EXPECT_EQ(random["data"], "random");
  EXPECT_EQ(random["totals"]["check"], "pass");
}

TEST(CliRun, ShapesRunWithoutDataAndWithRandomDataButNotAsTheyAre) {
  const TemporaryFolder folder;
  write_file(
      folder.file("shapes.yaml"),
      "name: shapes\ninputs: [{name: image, shape: [1, 6, 6, 3]}]\noutputs: [fc]\nlayers:\n"
      "  - {name: a, op: conv2d, inputs: [image], kernel: 3, out_channels: 20, weights: {},\n"
      "     bias: {}, padding: same}\n"
      "  - {name: b, op: conv2d, inputs: [a], kernel: 1, out_channels: 20, weights: {}}\n"
      "  - {name: sum, op: add, inputs: [a, b]}\n"
      "  - {name: fc, op: fully_connected, inputs: [sum], out_channels: 10, weights: {}}\n");
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"run", "-a", kGemmini, "-w", folder.file("shapes.yaml")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return systole(arguments);
  };
  EXPECT_THAT(run({}).err, HasSubstr("without tensors a workload can only be timed (--no-data)"));
  EXPECT_EQ(run({}).exit_code, 2);
  EXPECT_THAT(run({"--no-data"}).out, HasSubstr("0 layers bit-exact, 0 differ, 4 not compared"));
  for (const char* mode : {"requant.mode=shift_only", "requant.mode=multiplier_shift"}) {
    const Outcome random = run({"--random-data", "0", "--set", mode});
    EXPECT_EQ(random.exit_code, 0) << random.err;
    EXPECT_THAT(random.out, HasSubstr("4 layers bit-exact, 0 differ, 0 not compared")) << mode;
    EXPECT_EQ(run({"--no-data", "--set", mode}).exit_code, 0) << mode;
  }
}

TEST(CliRun, ATopologyOfScaleSimRunsOnMadeUpValues) {
  const TemporaryFolder folder;
  const std::string csv = folder.file("net.csv");
  write_file(csv, "Layer, IFMAP Height, ...\nA,9,9,3,3,5,8,2,\nDP,6,6,3,3,2,1,1,\n");
  const Outcome outcome = systole({"run", "-a", kGemmini, "-w", csv, "--random-data", "1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("3 layers bit-exact, 0 differ, 0 not compared"));
  EXPECT_EQ(systole({"run", "-a", kGemmini, "-w", csv}).err,
            csv +
                ": a topology has no tensors: it can be timed (--no-data) or run on made-up "
                "values (--random-data SEED)\n");
  EXPECT_THAT(systole({"show", "workload", "-w", csv, "--topology", "gemm"}).err,
              HasSubstr("net.csv:2:9: '3' stands behind the last column"));
  EXPECT_THAT(systole(run_digits(kGemmini, {"--topology", "conv"})).err,
              HasSubstr("--topology is for SCALE-Sim's topologies"));
}

TEST(CliRun, OptionsThatNeedDataAreRefusedBesideNoData) {
  for (const auto& [option, value] : {std::pair{"--random-data", "1"}, std::pair{"--images", "1"},
                                      std::pair{"--dump", "folder"}}) {
    const Outcome outcome = systole(run_digits(kGemmini, {"--no-data", option, value}));
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err,
                HasSubstr(std::string{option} + " needs data, and --no-data is given"));
  }
}

// Of any format: a workload's own images and labels, given by hand.
TEST(CliRun, LabelsOfGivenInputsGiveTheAccuracy) {
  const TemporaryFolder folder;
  const std::string images = "workloads/digits_cnn/test_images.npy";
  const std::string labels = "workloads/digits_cnn/test_labels.npy";
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"run", "-a", "configs/gemmini_16x16.yaml", "--engine", "fast"}, {"golden"}}) {
    std::vector<std::string> words = command;
    words.insert(words.end(),
                 {"-w", "workloads/digits_cnn/digits_cnn.yaml", "-i", images, "--images", "30"});
    EXPECT_THAT(systole(words).out, Not(HasSubstr("accuracy")));
    words.insert(words.end(), {"--labels", labels});
    EXPECT_THAT(systole(words).out, HasSubstr(" of 30)"));
    words.back() = images;
    EXPECT_THAT(systole(words).err, HasSubstr("test_images.npy: shape is "));
  }
  const Outcome alone =
      systole({"golden", "-w", "workloads/digits_cnn/digits_cnn.yaml", "--labels", labels});
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.err, HasSubstr("--labels names the labels of --inputs, which is missing"));
}

TEST(CliRun, ImagesFillWholeBatches) {
  const TemporaryFolder folder;
  write_file(folder.file("batch.yaml"),
             "name: batch\ninputs: [{name: i, shape: [7, 8, 8, 1], scale: 1}]\noutputs: [l]\n"
             "layers: [{name: l, op: max_pool2d, inputs: [i], kernel: 2}]\n");
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"run", "-a", "configs/gemmini_16x16.yaml"}, {"golden"}}) {
    std::vector<std::string> words = command;
    words.insert(words.end(),
                 {"-w", folder.file("batch.yaml"), "-i", "workloads/digits_cnn/test_images.npy"});
    const Outcome all = systole(words);
    EXPECT_EQ(all.exit_code, 2);
    EXPECT_EQ(all.err,
              "systole: 360 images do not fill batches of 7, the first size of the input 'i', "
              "expected a multiple of it (--images takes the first ones)\n");
    words.insert(words.end(), {"--images", "14"});
    EXPECT_EQ(systole(words).exit_code, 0);
  }
}

TEST(CliRun, InAPipeThereIsNoColourAndNoProgress) {
  const Outcome outcome = systole(run_digits(kGemmini, {"--images", "1"}));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, HasSubstr("conv1"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
}

TEST(CliRun, ColourComesWhenAskedFor) {
  const Outcome outcome = systole(run_digits(kGemmini, {"--images", "1", "--color", "always"}));
  EXPECT_THAT(outcome.out, HasSubstr("\x1b["));
}

TEST(CliRun, QuietPrintsNothing) {
  const Outcome outcome = systole(run_digits(kGemmini, {"--images", "1", "--quiet"}));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(CliRun, WithoutACheckTheReportSaysSo) {
  const TemporaryFolder folder;
  const std::string report = folder.file("report.json");
  const Outcome outcome =
      systole(run_digits(kGemmini, {"--images", "1", "--no-check", "--json", report}));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(json_without_time(report)["totals"]["check"], "skipped");
}

TEST(CliRun, TwoRunsGiveTheSameReport) {
  const TemporaryFolder folder;
  for (const char* const name : {"a.json", "b.json"}) {
    systole(run_digits(kGemmini, {"--images", "2", "--quiet", "--json", folder.file(name)}));
  }
  EXPECT_EQ(json_without_time(folder.file("a.json")), json_without_time(folder.file("b.json")));
}

// Debian's Python, whatever else PATH offers: the package is installed for that one.
TEST(CliRun, TheReportFollowsItsSchema) {
  if (std::system("/usr/bin/python3 -c 'import jsonschema' 2>/dev/null") != 0) {
    GTEST_SKIP() << "python3-jsonschema is not installed";
  }
  const TemporaryFolder folder;
  const std::string report = folder.file("report.json");
  systole(run_digits(kGemmini, {"--images", "1", "--quiet", "--json", report}));
  const std::string validate = "/usr/bin/python3 -m jsonschema -i '" + report + "' '" +
                               SYSTOLE_SOURCE_DIR "/sim/report/report.schema.json'";
  EXPECT_EQ(std::system(validate.c_str()), 0);
}

TEST(CliRun, TheMachineDumpsWhatTheGoldenModelDumps) {
  const TemporaryFolder folder;
  const Outcome machine = systole(
      run_digits("configs/tiny_4x4.yaml", {"--images", "2", "--dump", folder.file("machine")}));
  const Outcome golden = systole({"golden", "-a", "configs/tiny_4x4.yaml", "-w", kDigits,
                                  "--images", "2", "--dump", folder.file("golden")});
  ASSERT_EQ(machine.exit_code, 0) << machine.err;
  ASSERT_EQ(golden.exit_code, 0) << golden.err;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder.file("golden")}) {
    const std::string name = entry.path().filename().string();
    EXPECT_EQ(read_file(entry.path().string()), read_file(folder.file("machine/" + name))) << name;
    ++files;
  }
  EXPECT_EQ(files, 9U);
}

TEST(CliRun, AReportThatCouldNotBeWrittenIsRefusedBeforeTheRun) {
  const TemporaryFolder folder;
  const Outcome outcome =
      systole(run_digits(kGemmini, {"--json", folder.file("no/such/folder/report.json")}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(lines(outcome.err), SizeIs(1));
  EXPECT_THAT(outcome.err, HasSubstr("there is no folder"));
}

TEST(CliRun, FilesThatWouldReplaceEachOtherAreRefusedBeforeTheRun) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::vector<std::string>& more) {
    const Outcome outcome = systole(run_digits(kGemmini, more));
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(lines(outcome.err), SizeIs(1));
    return outcome.err;
  };
  const std::string same = folder.file("same");
  const std::string also = folder.file("./same");
  EXPECT_THAT(refused({"--json", same, "--html", also}),
              HasSubstr("--json and --html name the same file"));
  EXPECT_THAT(refused({"--vcd", same, "--timeline", same}),
              HasSubstr("--timeline and --vcd name the same file"));
  EXPECT_THAT(refused({"--json", kDigits}), HasSubstr("--workload and --json name the same file"));
  EXPECT_FALSE(std::filesystem::exists(same));
  EXPECT_THAT(refused({"--csv", same, "--json", same}),
              HasSubstr("--csv and --json name the same file"));
}

// Pipes have no canonical path.
TEST(CliRun, ReadsFromPipesAndWritesToThem) {
  const TemporaryFolder folder;
  const std::string command =
      "echo '{name: piped, array: {rows: 16, cols: 16}}' | '" SYSTOLE_BINARY_DIR
      "/systole' run -a /dev/stdin -w '" SYSTOLE_SOURCE_DIR "/" +
      std::string{kDigits} + "' --quiet --no-data --engine fast --json /dev/stdout | cat > '" +
      folder.file("json") + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(nlohmann::json::parse(read_file(folder.file("json")))["accelerator"], "piped");
}

// Labels are of the first output, whatever its shape and however many there are: 4 x 4 pixels of 32
// channels are 512 elements, of which one is the right one.
TEST(CliRun, TheAccuracyIsThatOfTheWholeFirstOutput) {
  const TemporaryFolder folder;
  for (const auto& entry :
       std::filesystem::directory_iterator{SYSTOLE_SOURCE_DIR "/workloads/digits_cnn"}) {
    std::filesystem::copy(entry.path(), folder.file(entry.path().filename().string()));
  }
  const auto last_lines = [&](const std::string& outputs) {
    std::string text = read_file(folder.file("digits_cnn.yaml"));
    text.replace(text.find("[fc9]"), 5, outputs);
    write_file(folder.file("changed.yaml"), text);
    const std::string network = folder.file("changed.yaml");
    const Outcome run =
        systole({"run", "-a", kGemmini, "-w", network, "--images", "20", "--engine", "fast"});
    const Outcome golden = systole({"golden", "-w", network, "--images", "20"});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return lines(run.out).back() + "\n" + lines(golden.out).back();
  };
  EXPECT_THAT(last_lines("[fc9, conv6]"), HasSubstr("accuracy 100.0 % (20 of 20)"));
  EXPECT_THAT(last_lines("[fc9, conv6]"), HasSubstr("inferences, accuracy 100.0 % (20 of 20)"));
  const std::string of_pixels = last_lines("[conv6]");
  EXPECT_THAT(of_pixels, HasSubstr("accuracy 0.0 % (0 of 20); before"));
  EXPECT_THAT(of_pixels, HasSubstr("inferences, accuracy 0.0 % (0 of 20)"));
}

TEST(CliRun, ARunThatFailsLeavesAnOldReportAlone) {
  const TemporaryFolder folder;
  const std::string report = folder.file("report.json");
  write_file(report, "old");
  const Outcome outcome =
      systole(run_digits(kGemmini, {"--json", report, "--set", "array.rows=0"}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(read_file(report), "old");
  const auto entries = std::filesystem::directory_iterator{folder.path()};
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(CliRun, EveryMistakeOfAConfigurationIsOneLine) {
  const Outcome outcome = systole(run_digits(
      kGemmini, {"--set", "array.rows=0", "--set", "array.cols=many", "--set", "drm.latency=1"}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(lines(outcome.err), SizeIs(3));
  for (const auto& line : lines(outcome.err)) {
    EXPECT_THAT(line, StartsWith("--set "));
  }
}

TEST(CliRun, StandardOutputThatIsFullIsAnError) {
  const Outcome outcome = systole_to("/dev/full", run_digits(kGemmini, {"--images", "1"}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err, "systole: cannot write to standard output\n");
}

TEST(CliRun, WritesTheReportsOfScaleSimAsTheJsonReportHasThem) {
  const TemporaryFolder folder;
  const Outcome outcome =
      systole(run_digits(kGemmini, {"--engine", "fast", "--no-data", "--quiet", "--json",
                                    folder.file("run.json"), "--scalesim", folder.file("s")}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto rows = lines(read_file(folder.file("s") + "/COMPUTE_REPORT.csv"));
  const auto json = nlohmann::json::parse(read_file(folder.file("run.json")));
  std::size_t row = 1;
  for (const auto& layer : json["layers"]) {
    if (layer["events"]["mac"] > 0) {
      ASSERT_LT(row, rows.size());
      EXPECT_THAT(rows[row], StartsWith(std::to_string(row - 1) + ", " + layer["cycles"].dump() +
                                        ", " + layer["compute_cycles"].dump() + ", "));
      ++row;
    }
  }
  EXPECT_EQ(row, rows.size());
  EXPECT_THAT(lines(read_file(folder.file("s") + "/BANDWIDTH_REPORT.csv")), SizeIs(row));
  EXPECT_THAT(lines(read_file(folder.file("s") + "/DETAILED_ACCESS_REPORT.csv")), SizeIs(row));
}

TEST(CliRun, WritesWhatGoesToABankedDramAndHowItServesIt) {
  const TemporaryFolder folder;
  const Outcome outcome = systole(run_digits(
      kGemmini, {"--images", "1", "--quiet", "--set", "dram.model=banked", "--json",
                 folder.file("run.json"), "--dram-trace", folder.file("trace"), "--dram-commands",
                 folder.file("commands"), "--bandwidth-csv", folder.file("bandwidth.csv")}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(read_file(folder.file("run.json")));
  const auto& events = json["totals"]["events"];

  std::uint64_t reads = 0, writes = 0, layers = 0;
  for (const std::string& line : lines(read_file(folder.file("trace")))) {
    ++(line.front() == '#' ? layers : line.find(" W ") == std::string::npos ? reads : writes);
  }
  EXPECT_EQ(layers, json["layers"].size());
  EXPECT_EQ(reads, events["dram_read_accesses"]) << "DDR4: a request is one access";
  EXPECT_EQ(writes, events["dram_write_accesses"]);

  std::uint64_t activates = 0, refreshes = 0;
  for (const std::string& line : lines(read_file(folder.file("commands")))) {
    activates += line.find(" A ") == std::string::npos ? 0U : 1U;
    refreshes += line.find(" F ") == std::string::npos ? 0U : 1U;
  }
  EXPECT_EQ(activates, events["dram_activates"]);
  EXPECT_EQ(refreshes, events["dram_refreshes"].get<std::uint64_t>() + layers)
      << "one behind each layer, in the file alone";

  std::uint64_t bytes = 0;
  const auto windows = lines(read_file(folder.file("bandwidth.csv")));
  for (std::size_t i = 1; i < windows.size(); ++i) {
    std::vector<std::string> cells;
    std::istringstream row{windows[i]};
    for (std::string cell; std::getline(row, cell, ',');) {
      cells.push_back(cell);
    }
    bytes += std::stoull(cells.at(3)) + std::stoull(cells.at(4));
  }
  EXPECT_EQ(bytes, json["totals"]["dram_read_bytes"].get<std::uint64_t>() +
                       json["totals"]["dram_write_bytes"].get<std::uint64_t>());

  const Outcome replay =
      systole({"dram", folder.file("trace"), "--dram", "configs/dram/ddr4_2400.yaml"});
  EXPECT_EQ(replay.exit_code, 0) << replay.err;
  EXPECT_THAT(replay.out, HasSubstr(" written\n"));
  const Outcome onto_itself =
      systole({"dram", folder.file("trace"), "--dram", "configs/dram/ddr4_2400.yaml", "--json",
               folder.file("trace")});
  EXPECT_EQ(onto_itself.exit_code, 2);
  EXPECT_THAT(onto_itself.err, HasSubstr("systole dram: TRACE and --json name the same file"));
}

TEST(CliRun, RefusesCommandsOfADramWithoutBanks) {
  const TemporaryFolder folder;
  const Outcome outcome =
      systole(run_digits(kGemmini, {"--dram-commands", folder.file("commands")}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err, "systole run: --dram-commands needs dram.model banked, found ideal\n");
  EXPECT_FALSE(std::filesystem::exists(folder.file("commands")));
}

TEST(CliRun, ShowsTheTrafficOfEveryMemory) {
  const Outcome outcome = systole(run_digits(kGemmini, {"--images", "1", "--bandwidth"}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("DRAM traffic by operand"));
  EXPECT_THAT(outcome.out, HasSubstr("dram_read"));
  EXPECT_THAT(outcome.out, HasSubstr("requant_table"));
}

TEST(CliRun, RunsChosenLayersAsTheWholeNetworkDoes) {
  const TemporaryFolder folder;
  const auto report = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"--images", "2", "--json", folder.file("report.json")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = systole(run_digits(kGemmini, arguments));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(read_file(folder.file("report.json")));
  };
  const auto whole = report({});
  const std::string third = whole["layers"][2]["name"];
  const std::string last = whole["layers"].back()["name"];
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, std::vector<std::string>{"--no-check"},
        std::vector<std::string>{"--engine", "fast"}}) {
    std::vector<std::string> arguments = {"--layers", third + "," + last};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto part = report(arguments);
    ASSERT_THAT(part["layers"], SizeIs(2));
    for (const auto& [got, expected] : {std::pair{part["layers"][0], whole["layers"][2]},
                                        std::pair{part["layers"][1], whole["layers"].back()}}) {
      EXPECT_EQ(got["name"], expected["name"]);
      EXPECT_EQ(got["cycles"], expected["cycles"]);
      EXPECT_EQ(got["ledger"], expected["ledger"]);
      EXPECT_EQ(got["events"], expected["events"]);
      EXPECT_EQ(got["check"], more == std::vector<std::string>{"--no-check"} ? "skipped" : "pass");
    }
    EXPECT_TRUE(part["accuracy"].is_null());
  }
  const Outcome unknown = systole(run_digits(kGemmini, {"--layers", third + ",conv_9"}));
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("--layers: digits_cnn has no layer 'conv_9'"));
}

}  // namespace
}  // namespace systole::test
