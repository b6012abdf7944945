// Every folder of tests/bad_workloads holds a workload that must be refused, and the exact
// text of the refusal: NAME/NAME.yaml and NAME/NAME.expected.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "sim/config/error_log.hpp"
#include "sim/workload/workload.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> case_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{folder}) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string text_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string refusal_of(const std::string& workload) {
  try {
    load_inputs(workload, load_workload(workload));
    return "";
  } catch (const ConfigError& e) {
    return std::string{e.what()} + "\n";
  }
}

TEST(BadWorkloads, EachIsRefusedWithItsExactText) {
  fs::current_path(SYSTOLE_SOURCE_DIR);  // paths in the texts count from here
  const fs::path folder = fs::path{"tests"} / "bad_workloads";
  const std::vector<std::string> names = case_names(folder);
  ASSERT_FALSE(names.empty());
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const std::string expected = text_of(folder / name / (name + ".expected"));
    EXPECT_FALSE(expected.empty());
    EXPECT_EQ(refusal_of((folder / name / (name + ".yaml")).string()), expected);
  }
}

}  // namespace
}  // namespace systole
