#include "sim/config/named_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace systole {
namespace {

namespace fs = std::filesystem;

// Files that name each other, one in a folder of its own, a tensor, and what is not there.
TEST(FilesNamedIn, EachOnceWhoeverNamesIt) {
  const fs::path folder = fs::path{::testing::TempDir()} / "FilesNamedIn";
  fs::create_directories(folder / "below");
  std::ofstream{folder / "a.yaml"} << "one: below/b.yaml\nmore: {list: [t.npy, none.yaml, 3]}\n";
  std::ofstream{folder / "below/b.yaml"} << "back: ../a.yaml\nitself: b.yaml\ntensor: ../t.npy\n";
  std::ofstream{folder / "t.npy"} << "a.yaml";
  EXPECT_EQ(
      files_named_in((folder / "a.yaml").string()),
      (std::vector<std::string>{(folder / "below/b.yaml").string(), (folder / "t.npy").string()}));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace systole
