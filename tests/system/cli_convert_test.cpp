#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <map>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::map<std::string, std::string> files_in(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    files[entry.path().filename().string()] = read_file(entry.path().string());
  }
  return files;
}

std::string converted(const std::string& workload, const std::string& folder,
                      const std::string& option = "") {
  std::vector<std::string> arguments = {"convert", workload, "-o", folder};
  if (!option.empty()) {
    arguments.push_back(option);
  }
  const Outcome outcome = systole(arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return outcome.out.substr(0, outcome.out.find('\n'));
}

/// The golden model gives the same for every layer, and converting again the same bytes.
void expect_same(const std::string& workload) {
  const TemporaryFolder folder;
  const std::string yaml = converted(workload, folder.file("a"));
  converted(yaml, folder.file("b"));
  EXPECT_EQ(files_in(folder.file("a")), files_in(folder.file("b")));
  EXPECT_EQ(files_in(folder.file("a")).count(std::filesystem::path{yaml}.filename()), 1U);
  const auto dump = [&](const std::string& network, const std::string& name) {
    EXPECT_EQ(
        systole({"golden", "-w", network, "--images", "1", "--dump", folder.file(name)}).exit_code,
        0);
    return files_in(folder.file(name));
  };
  const auto given = dump(workload, "given");
  EXPECT_FALSE(given.empty());
  EXPECT_EQ(given, dump(yaml, "converted"));
}

TEST(CliConvert, TheDigitsNetworkComesBackToTheBit) {
  expect_same("workloads/digits_cnn/digits_cnn.yaml");
}

// Layers may be called anything; the files of "a/b" and "a_b" are two.
TEST(CliConvert, NamesThatNoFileCanHaveGetFilesOfTheirOwn) {
  const TemporaryFolder folder;
  const std::string network = folder.file("net.yaml");
  write_file(network,
             "name: ../net\n"
             "inputs:\n"
             "  - {name: image, shape: [1, 2, 2, 2], scale: 0.1}\n"
             "outputs: [../up]\n"
             "layers:\n"
             "  - {name: a/b, op: conv2d, inputs: [image], kernel: 1, out_channels: 2,\n"
             "     weights: {scale: [0.1, 0.2]}, output: {scale: 0.1}}\n"
             "  - {name: a_b, op: conv2d, inputs: [a/b], kernel: 1, out_channels: 2,\n"
             "     weights: {scale: [0.3, 0.2]}, output: {scale: 0.1}}\n"
             "  - {name: ../up, op: max_pool2d, inputs: [a_b], kernel: 2}\n");
  const Outcome outcome =
      systole({"convert", network, "-o", folder.file("yaml"), "--random-data", "1"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, folder.file("yaml") + "/_.._net.yaml\n");
  expect_same(folder.file("yaml") + "/_.._net.yaml");
  const Outcome run = systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w", network,
                               "--random-data", "1", "--quiet", "--dump", folder.file("dump")});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  std::vector<std::string> names;
  for (const auto& [name, bytes] : files_in(folder.file("dump"))) {
    names.push_back(name);
  }
  EXPECT_THAT(names, ElementsAre("_.._up.npy", "a_b.npy", "a_b_2.npy"));
}

TEST(CliConvert, AFolderThatHoldsSomethingIsRefused) {
  const TemporaryFolder folder;
  write_file(folder.file("mine"), "old");
  const Outcome outcome =
      systole({"convert", "workloads/digits_cnn/digits_cnn.yaml", "-o", folder.path()});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("is not empty, expected a new or an empty folder"));
  EXPECT_EQ(files_in(folder.path()).size(), 1U);
}

TEST(CliConvert, ItRunsInTheSameCyclesWithTheSameImagesAndLabels) {
  const TemporaryFolder folder;
  const std::string yaml = converted("workloads/digits_cnn/digits_cnn.yaml", folder.file("a"));
  const auto report = [](const std::string& workload) {
    return systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w", workload, "--images", "3"})
        .out;
  };
  EXPECT_EQ(report(yaml), report("workloads/digits_cnn/digits_cnn.yaml"));
  EXPECT_THAT(report(yaml), HasSubstr("accuracy 100.0 %"));
}

TEST(CliConvert, ModelsOfTensorFlowLiteComeBackToTheBit) {
  const std::string folder = std::string{SYSTOLE_TFLITE_DATA} + "/models/";
  for (const char* model : {"mlperf_ic_resnet8", "mlperf_kws_dscnn", "mltk_rock_paper_scissors"}) {
    if (!std::filesystem::exists(folder + model + ".tflite")) {
      GTEST_SKIP() << "no " << folder << ": models are not converted";
    }
    expect_same(folder + model + ".tflite");
  }
}

TEST(CliConvert, ShapesBecomeShapesOrRandomValues) {
  const TemporaryFolder folder;
  const std::string csv = folder.file("net.csv");
  write_file(csv, "Layer, M, N, K,\nA,3,4,5,\nB,2,2,2,\n");
  const std::string yaml = converted(csv, folder.file("a"));
  EXPECT_THAT(read_file(yaml), HasSubstr("op: matmul, inputs: [A.ifmap], out_channels: 4"));
  converted(yaml, folder.file("b"), "--no-data");
  EXPECT_EQ(files_in(folder.file("a")), files_in(folder.file("b")));
  for (const std::string& network : {csv, yaml}) {
    const std::string dump = folder.file(network == csv ? "of_csv" : "of_yaml");
    const Outcome made_up = systole({"golden", "-w", network, "--random-data=5", "--dump", dump});
    ASSERT_EQ(made_up.exit_code, 0) << made_up.err;
  }
  EXPECT_EQ(files_in(folder.file("of_csv")), files_in(folder.file("of_yaml")));
  const std::string filled = converted(yaml, folder.file("c"), "--random-data=1");
  EXPECT_EQ(systole({"run", "-a", "configs/tiny_4x4.yaml", "-w", filled}).exit_code, 0);
}

TEST(CliConvert, WhatYamlCannotSayIsToldOfTheModel) {
  const TemporaryFolder folder;
  const std::string model = "tests/data/onnx/dynamic/model.onnx";
  const Outcome outcome = systole({"convert", model, "-o", folder.file("net")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err, "systole: " + model +
                             ": layer 'dynamic_scale_0': YAML has no operator dynamic_scale\n");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(CliConvert, WhatCannotBeWrittenIsNamedAsItWouldHaveBeen) {
  const TemporaryFolder folder;
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit full{600, limit.rlim_max};  // more than the message has
  const auto on_full = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  const Outcome convert =
      systole({"convert", "workloads/digits_cnn/digits_cnn.yaml", "-o", folder.file("net")});
  const Outcome quantize =
      systole({"quantize", "-w", "workloads/digits_float/digits_float.yaml", "--calibrate",
               "workloads/digits_float/calibration_images.npy", "-o", folder.file("net")});
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, on_full);
  for (const Outcome& outcome : {convert, quantize}) {
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err.rfind("systole: " + folder.file("net") + "/", 0), 0U) << outcome.err;
    EXPECT_EQ(outcome.err.find(".tmp"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(": cannot write: File too large\n"), std::string::npos)
        << outcome.err;
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

// A second or so of writing: it is stopped when the folder beside the output is there.
TEST(CliConvert, NothingIsLeftWhenItIsStoppedWhileItWrites) {
  const TemporaryFolder folder;
  const std::string output = folder.file("net");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const int status = status_of_stopped(
        {"convert", "workloads/shapes/resnet50.yaml", "-o", output, "--random-data=1"}, signal,
        [&](pid_t child) {
          return std::filesystem::exists(output + ".tmp" + std::to_string(child));
        });
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    EXPECT_EQ(WTERMSIG(status), signal);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
}

}  // namespace
}  // namespace systole::test
