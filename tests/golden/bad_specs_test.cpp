// tests/bad_specs holds files that must be refused, and beside each the exact text of the refusal.
// The first word of its name says what reads it: a sweep, a scheme of quantization or a DRAM.

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "models/dram/banked/config.hpp"
#include "sim/config/checked_yaml.hpp"
#include "sim/config/error_log.hpp"
#include "sim/quantize/scheme.hpp"
#include "sim/sweep/sweep_spec.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

using Load = std::function<void(const std::string&)>;

const std::map<std::string, Load>& readers() {
  static const std::map<std::string, Load> table{
      {"dram", [](const std::string& file) { dram::load_config(file); }},
      {"scheme", [](const std::string& file) { quantize::load_scheme(file); }},
      {"sweep", [](const std::string& file) { load_sweep(file); }},
  };
  return table;
}

std::string refusal_of(const fs::path& file) {
  const std::string name = file.filename().string();
  try {
    readers().at(name.substr(0, name.find('_')))(file.string());
    return "accepted\n";
  } catch (const ConfigError& e) {
    return std::string{e.what()} + "\n";
  }
}

std::set<fs::path> files_ending_in(const std::string& extension) {
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator{fs::path{"tests"} / "bad_specs"}) {
    if (entry.path().extension() == extension) {
      files.insert(entry.path());
    }
  }
  return files;
}

class BadSpecs : public ::testing::Test {
 protected:
  BadSpecs() { fs::current_path(SYSTOLE_SOURCE_DIR); }  // paths in the texts count from here
};

TEST_F(BadSpecs, AreRefusedWithTheirExactText) {
  const std::set<fs::path> files = files_ending_in(".yaml");
  ASSERT_FALSE(files.empty());
  for (const fs::path& file : files) {
    const fs::path expected = fs::path{file}.replace_extension(".expected");
    EXPECT_EQ(refusal_of(file), read_text_file(expected.string())) << file;
  }
}

TEST_F(BadSpecs, EveryExpectedTextHasItsFile) {
  ASSERT_EQ(files_ending_in(".expected").size(), files_ending_in(".yaml").size());
  for (const fs::path& expected : files_ending_in(".expected")) {
    EXPECT_TRUE(fs::exists(fs::path{expected}.replace_extension(".yaml"))) << expected;
  }
}

}  // namespace
}  // namespace systole
