#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "sim/waveform/vcd_writer.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

class VcdWriterTest : public ::testing::Test {
 protected:
  VcdWriterTest() { fs::remove(file); }
  ~VcdWriterTest() override { fs::remove(file); }

  static std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
  }

  // Tests run beside each other, each in a process of its own.
  const std::string file =
      testing::TempDir() + "systole_vcd_writer_test_" + std::to_string(::getpid()) + ".vcd";
};

TEST_F(VcdWriterTest, WritesScopesAndChangesAlone) {
  VcdWriter vcd{file, {{"clk", 1}, {"a.x", 4}, {"a.b.y", 64}, {"c.z", 1}}, "two cycles of $end"};
  vcd.values(0, {1, 5, 0, 1});
  vcd.values(5, {0, 5, 0, 1});
  vcd.comment("layer 2");
  vcd.values(10, {1, 8, ~std::uint64_t{0}, 1});
  vcd.values(12, {1, 8, ~std::uint64_t{0}, 1});
  vcd.commit(20);
  EXPECT_EQ(text_of(file),
            "$comment two cycles of _end $end\n"
            "$timescale 1 ns $end\n"
            "$var wire 1 ! clk $end\n"
            "$scope module a $end\n"
            "$var wire 4 \" x [3:0] $end\n"
            "$scope module b $end\n"
            "$var wire 64 # y [63:0] $end\n"
            "$upscope $end\n"
            "$upscope $end\n"
            "$scope module c $end\n"
            "$var wire 1 $ z $end\n"
            "$upscope $end\n"
            "$enddefinitions $end\n"
            "#0\n$dumpvars\n1!\nb101 \"\nb0 #\n1$\n$end\n"
            "#5\n0!\n"
            "$comment layer 2 $end\n"
            "#10\n1!\nb1000 \"\nb" +
                std::string(64, '1') +
                " #\n"
                "#20\n");
}

TEST_F(VcdWriterTest, GivesEachOfManyVariablesACodeOfItsOwn) {
  std::vector<VcdWriter::Variable> variables;
  for (int i = 0; i < 10'000; ++i) {
    variables.push_back({"v" + std::to_string(i), 1});
  }
  VcdWriter vcd{file, variables, ""};
  vcd.commit(0);
  std::istringstream lines{text_of(file)};
  std::vector<std::string> codes;
  for (std::string word, type, bits, code; lines >> word;) {
    if (word == "$var" && lines >> type >> bits >> code) {
      codes.push_back(code);
    }
  }
  ASSERT_EQ(codes.size(), variables.size());
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(std::adjacent_find(codes.begin(), codes.end()), codes.end());
}

TEST_F(VcdWriterTest, LeavesNoFileWithoutCommit) {
  {
    VcdWriter vcd{file, {{"clk", 1}}, ""};
    vcd.values(0, {1});
  }
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(VcdWriterTest, SaysWhenTheFileCannotBeWritten) {
  EXPECT_THROW(VcdWriter("/nowhere/at/all.vcd", {{"clk", 1}}, ""), std::runtime_error);
}

TEST_F(VcdWriterTest, SaysWhenTheDiskIsFull) {
  if (!fs::exists("/dev/full")) {
    GTEST_SKIP() << "no /dev/full here";
  }
  VcdWriter vcd{"/dev/full", {{"clk", 1}}, ""};
  vcd.values(0, {1});
  EXPECT_THROW(vcd.commit(1), std::runtime_error);
}

}  // namespace
}  // namespace systole
