#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// A machine, a network and all that they name, in a folder of the test's own.
class CliOutputs : public ::testing::Test {
 protected:
  CliOutputs() {
    const fs::path source = SYSTOLE_SOURCE_DIR;
    fs::copy(source / "configs/tiny_4x4.yaml", file("machine.yaml"));
    fs::copy(source / "configs/energy", file("energy"), fs::copy_options::recursive);
    fs::copy(source / "configs/dram/hbm2.yaml", file("memory.yaml"));
    fs::copy(source / "workloads/product_4x4", file("net"), fs::copy_options::recursive);
  }

  std::string file(const std::string& name) const { return folder_.file(name); }

  std::vector<std::string> run(std::vector<std::string> more) const {
    const std::vector<std::string> words{"run",
                                         "-a",
                                         file("machine.yaml"),
                                         "-w",
                                         file("net/product_4x4.yaml"),
                                         "--set",
                                         "dram.model=banked",
                                         "--set",
                                         "dram.preset=" + file("memory.yaml"),
                                         "--set",
                                         "energy.table=" + file("energy/jouppi_7nm.yaml"),
                                         "-q"};
    more.insert(more.begin(), words.begin(), words.end());
    return more;
  }

  /// Refused for `what`, and every file is what it was, and there is no other.
  void expect_refused(const std::vector<std::string>& words, const std::string& what) const {
    const auto before = contents();
    const Outcome outcome = systole(words);
    EXPECT_EQ(outcome.exit_code, 2) << what;
    EXPECT_THAT(lines(outcome.err), SizeIs(1));
    EXPECT_THAT(outcome.err, HasSubstr(what));
    EXPECT_TRUE(contents() == before) << what;
  }

  void link(const std::string& target, const std::string& name) const {
    fs::create_hard_link(file(target), file(name));
  }

  std::vector<std::pair<std::string, std::string>> contents() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& entry : fs::recursive_directory_iterator{folder_.path()}) {
      all.emplace_back(entry.path().string(), !entry.is_symlink() && entry.is_regular_file()
                                                  ? read_file(entry.path().string())
                                                  : "");
    }
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(CliOutputs, ARunDoesNotReplaceWhatItsFilesName) {
  const auto onto = [&](const std::string& name, const std::string& what) {
    expect_refused(run({"--json", file(name)}), what + " and --json name the same file");
  };
  onto("net/a.npy", "a file that --workload names");
  onto("net/../net/b.npy", "a file that --workload names");
  onto("memory.yaml", "dram.preset");
  onto("energy/jouppi_7nm.yaml", "energy.table");
  link("net/a.npy", "hard.npy");
  onto("hard.npy", "a file that --workload names");
  fs::create_symlink("net/a.npy", file("soft.npy"));
  onto("soft.npy", "a file that --workload names");
}

TEST_F(CliOutputs, FilesInAFolderOfOutputsReplaceNothing) {
  expect_refused(run({"--csv", file("c"), "--json", file("c/layers.csv")}),
                 "'layers.csv' of --csv and --json name the same file");
  expect_refused(run({"--scalesim", file("c"), "--html", file("c/COMPUTE_REPORT.csv")}),
                 "'COMPUTE_REPORT.csv' of --scalesim and --html name the same file");
  expect_refused(run({"--dump", file("c"), "--json", file("c/product.npy")}),
                 "'product.npy' of --dump and --json name the same file");
  // A workload whose tensor is called as the dump of its layer is.
  fs::rename(file("net/a.npy"), file("net/product.npy"));
  std::string net = read_file(file("net/product_4x4.yaml"));
  net.replace(net.find("a.npy"), 5, "product.npy");
  write_file(file("net/product_4x4.yaml"), net);
  const std::string both = "a file that --workload names and 'product.npy' of --dump";
  expect_refused(run({"--dump", file("net")}), both);
  expect_refused({"golden", "-w", file("net/product_4x4.yaml"), "--dump", file("net")}, both);
  const Outcome beside = systole(run({"--dump", file("c"), "--json", file("c/report.json")}));
  EXPECT_EQ(beside.exit_code, 0) << beside.err;
  EXPECT_TRUE(fs::exists(file("c/report.json")));
}

TEST_F(CliOutputs, EnergyDoesNotReplaceItsTable) {
  ASSERT_EQ(systole(run({"--json", file("report.json")})).exit_code, 0);
  const std::string table = file("energy/cacti_45nm_lop.yaml");
  expect_refused({"energy", file("report.json"), "--table", table, "--json", table},
                 "energy.table and --json name the same file");
  expect_refused(
      {"energy", file("report.json"), "--csv", file("c"), "--json", file("c/energy.csv")},
      "'energy.csv' of --csv and --json name the same file");
}

TEST_F(CliOutputs, ThePageOfASweepReplacesNothing) {
  write_file(file("sweep.yaml"),
             "accelerator: machine.yaml\nworkload: net/product_4x4.yaml\n"
             "axes: [{key: energy.table, values: [energy/jouppi_7nm.yaml, " +
                 file("energy/horowitz_45nm.yaml") + "]}]\n");
  for (const char* const name : {"machine.yaml", "net/product_4x4.yaml", "net/b.npy",
                                 "energy/jouppi_7nm.yaml", "energy/horowitz_45nm.yaml"}) {
    expect_refused({"sweep", file("sweep.yaml"), "-o", file("s"), "--html", file(name)},
                   "and --html name the same file");
  }
  fs::create_directory(file("s"));
  expect_refused({"sweep", file("sweep.yaml"), "-o", file("s"), "--html", file("s/points.csv")},
                 "'points.csv' of --output and --html name the same file");
}

TEST_F(CliOutputs, WhatGoesToAnOpenDescriptorStandsBehindWhatItsFileHas) {
  const std::string run = SYSTOLE_BINARY_DIR "/systole run -a " SYSTOLE_SOURCE_DIR
                                             "/configs/tiny_4x4.yaml -w " SYSTOLE_SOURCE_DIR
                                             "/workloads/product_4x4/product_4x4.yaml ";
  const auto expect_behind = [&](const std::string& options, const std::string& redirection,
                                 const std::string& begin, const std::string& end) {
    write_file(file("log"), "precious\n");
    const std::string command = run + options + ' ' + redirection + file("log");
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    const std::string log = read_file(file("log"));
    EXPECT_EQ(log.rfind("precious\n" + begin, 0), 0U) << command << '\n' << log;
    EXPECT_THAT(log, HasSubstr(end)) << command;
  };
  const std::string report = "product_4x4 on tiny_4x4";
  expect_behind("--json /dev/stdout", ">>", "{\n", report);
  expect_behind("--json /dev/stdout -q --bandwidth-csv /dev/fd/1", ">>", "{\n", "}\nlayer,");
  expect_behind("--html /dev/stdout", ">>", "<!doctype", report);
  expect_behind("--timeline /dev/stdout", ">>", "{", report);
  expect_behind("--dram-trace /dev/stdout", ">>", "# layer", report);
  expect_behind("--vcd /dev/stdout", ">>", "$", report);
  expect_behind("-q --json /dev/stderr", "2>>", "{\n", "}\n");
  expect_behind("-q --json /dev/fd/3", "3>>", "{\n", "}\n");
}

TEST_F(CliOutputs, WhatIsWrittenInPlaceIsNotReplaced) {
  const std::string same = file("same.json");
  const Outcome out = systole_to(same, run({"--json", same}));
  EXPECT_EQ(out.exit_code, 2);
  EXPECT_EQ(out.err,
            "systole run: standard output and --json name the same file, '" + same + "'\n");
  const Outcome csv = systole_to(file("layers.csv"), run({"--csv", file(".")}));
  EXPECT_THAT(csv.err, HasSubstr("standard output and 'layers.csv' of --csv name the same file"));
  const Outcome both = systole_to(same, run({"--json", "/dev/stdout", "--html", same}));
  EXPECT_THAT(both.err, HasSubstr("--json and --html name the same file"));
  EXPECT_EQ(systole_to(same, run({"--json", "/dev/stdout"})).exit_code, 0);
  expect_refused(run({"--json", "/dev/fd/99"}), "/dev/fd/99: is not open for writing");
  expect_refused(run({"--json", "/dev/stdin"}), "/dev/stdin: is not open for writing");
}

TEST_F(CliOutputs, AMistakeLeavesNoFolder) {
  expect_refused(run({"--csv", file("g/a/b"), "--dump", file("g/d"), "--json", file("g/no/x")}),
                 "there is no folder");
  expect_refused(run({"--csv", file("g/a/b"), "--watchdog", "1"}), "--watchdog");
  expect_refused({"golden", "-w", file("nope"), "--dump", file("g/x")}, "nope");
}

TEST_F(CliOutputs, WhatTheSystemSaysOfAPathIsSaidWithThePath) {
  fs::create_symlink("loop", file("loop"));
  const std::string too_long = file(std::string(300, 'x'));
  expect_refused(run({"--json", file("loop")}),
                 "loop: cannot be written: Too many levels of symbolic links");
  expect_refused(run({"--json", file("loop/x")}),
                 "cannot create a file in its folder: Too many levels of symbolic links");
  expect_refused(run({"--json", too_long}), "cannot be written: File name too long");
  expect_refused(run({"--csv", too_long}), "cannot be created: File name too long");
  const std::string circle = ": cannot be read: Too many levels of symbolic links";
  expect_refused(run({"--inputs", file("loop")}), "loop" + circle);
  for (const char* const name : {"loop", "loop.onnx", "loop.tflite", "loop.csv"}) {
    fs::remove(file(name));
    fs::create_symlink(name, file(name));
    expect_refused({"show", "workload", "-w", file(name)}, name + circle);
  }
  expect_refused({"energy", file("loop")}, "loop" + circle);
  expect_refused({"convert", file("net/product_4x4.yaml"), "-o", file("loop")},
                 "loop: cannot be created: Too many levels of symbolic links");
}

TEST_F(CliOutputs, WhatTheSystemSaysOfANamedFileIsSaidWhereItIsNamed) {
  fs::create_symlink("loop.yaml", file("loop.yaml"));
  write_file(file("bad.yaml"),
             "name: bad\narray: {rows: 4, cols: 4}\n"
             "energy: {table: loop.yaml}\n"
             "dram: {model: banked, preset: " +
                 file(std::string(300, 'x')) + ".yaml}\n");
  const Outcome outcome = systole({"show", "config", "-a", file("bad.yaml")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr(":3:17: energy.table: " + file("loop.yaml") +
                                     ": cannot be read: Too many levels of symbolic links\n"));
  EXPECT_THAT(outcome.err, HasSubstr(":4:31: dram.preset: "));
  EXPECT_THAT(outcome.err, HasSubstr(": cannot be read: File name too long\n"));
}

TEST_F(CliOutputs, AnAxisThatNamesAFileThatCannotBeIsRefused) {
  const std::string too_long(300, 'x');
  write_file(file("sweep.yaml"),
             "accelerator: machine.yaml\nworkload: net/product_4x4.yaml\n"
             "axes: [{key: energy.table, values: [" +
                 too_long + "]}]\n");
  const Outcome outcome = systole({"sweep", file("sweep.yaml"), "-o", file("s")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("sweep.yaml:3:37: axes[0].values[0]: "));
  EXPECT_THAT(outcome.err, HasSubstr("cannot be read: File name too long"));
}

TEST_F(CliOutputs, WhatMayNotBeReadIsNotMissing) {
  if (::geteuid() == 0) {
    GTEST_SKIP() << "root may read everything";
  }
  fs::copy(SYSTOLE_SOURCE_DIR "/workloads/product_4x4", file("other"), fs::copy_options::recursive);
  fs::permissions(file("net"), fs::perms::none);
  const std::string denied = "a.npy: cannot be read: Permission denied";
  const Outcome outcome = systole({"show", "workload", "-w", file("net/a.npy")});
  const Outcome images =
      systole({"golden", "-w", file("other/product_4x4.yaml"), "-i", file("net/a.npy")});
  fs::permissions(file("net"), fs::perms::owner_all);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr(denied));
  EXPECT_EQ(images.exit_code, 2);
  EXPECT_THAT(images.err, HasSubstr(denied));
}

// Seconds of simulation: it is stopped when its folders are there.
TEST_F(CliOutputs, FoldersThatARunCreatedGoWhenItIsStopped) {
  fs::create_directory(file("mine"));
  const auto before = contents();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const int status = status_of_stopped(
        {"run", "-a", "configs/tiny_4x4.yaml", "-w", "workloads/shapes/resnet50.yaml", "--no-data",
         "--engine", "systemc", "-q", "--csv", file("new/folder/"), "--scalesim", file("mine")},
        signal, [&](pid_t) { return fs::exists(file("new/folder")); });
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    EXPECT_EQ(WTERMSIG(status), signal);
    EXPECT_FALSE(fs::exists(file("new")));
    EXPECT_TRUE(fs::exists(file("mine"))) << "was there before";
    EXPECT_TRUE(contents() == before);
  }
}

}  // namespace
}  // namespace systole::test
