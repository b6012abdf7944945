#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "sim/config/accelerator_file.hpp"
#include "sim/config/checked_yaml.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

std::set<fs::path> files_ending_in(const std::string& extension) {
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator{SYSTOLE_SOURCE_DIR "/tests/bad_configs"}) {
    if (entry.path().extension() == extension) {
      files.insert(entry.path());
    }
  }
  return files;
}

/// What a user sees, with the file's name alone in front.
std::string errors_of(const fs::path& file) {
  try {
    parse_accelerator(read_text_file(file.string()), file.filename().string());
  } catch (const ConfigError& e) {
    return e.what() + std::string{"\n"};
  }
  return "accepted\n";
}

TEST(BadConfigs, GiveExactlyTheExpectedErrors) {
  const auto files = files_ending_in(".yaml");
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) {
    const auto expected = fs::path{file}.replace_extension(".expected");
    EXPECT_EQ(errors_of(file), read_text_file(expected.string())) << file.filename();
  }
}

TEST(BadConfigs, EveryExpectedTextHasItsFile) {
  ASSERT_EQ(files_ending_in(".expected").size(), files_ending_in(".yaml").size());
  for (const auto& expected : files_ending_in(".expected")) {
    EXPECT_TRUE(fs::exists(fs::path{expected}.replace_extension(".yaml"))) << expected;
  }
}

}  // namespace
}  // namespace systole
