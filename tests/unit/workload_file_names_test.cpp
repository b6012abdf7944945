#include <gtest/gtest.h>

#include "sim/workload/file_names.hpp"

namespace systole {
namespace {

TEST(FileNamesTest, OnlyWhatIsSafeInEveryShellIsLeft) {
  FileNames names;
  EXPECT_EQ(names.next("conv1", ".npy"), "conv1.npy");
  EXPECT_EQ(names.next("/conv1/Conv", ".npy"), "_conv1_Conv.npy");
  EXPECT_EQ(names.next("a b\tc\xc3\xa9", ".npy"), "a_b_c__.npy");
  EXPECT_EQ(names.next("../up", ".npy"), "_.._up.npy");
  EXPECT_EQ(names.next("", ".npy"), "_.npy");
  EXPECT_LT(names.next(std::string(1000, 'x'), ".npy").size(), 255U);
}

TEST(FileNamesTest, NoNameIsGivenTwice) {
  FileNames names;
  EXPECT_EQ(names.next("a/b", ""), "a_b");
  EXPECT_EQ(names.next("a_b", ""), "a_b_2");
  EXPECT_EQ(names.next("a_b_2", ""), "a_b_2_2");
  EXPECT_EQ(names.next("/", ""), "_");
  EXPECT_EQ(names.next("?", ""), "__2");
}

TEST(FileNamesTest, ALayersFileIsNamedLikeNoOtherLayer) {
  Network network;
  for (const char* const name : {"a/b", "a_b_2", "a_b", "a b"}) {
    network.layers.emplace_back().name = name;
  }
  EXPECT_EQ(layer_files(network),
            (std::vector<std::string>{"a_b_3.npy", "a_b_2.npy", "a_b.npy", "a_b_4.npy"}));
}

}  // namespace
}  // namespace systole
