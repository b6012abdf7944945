// A fuzz target over the files that are given, and those in folders that are given, and over each
// with bytes changed and with its end cut off: an ordinary test, without libFuzzer. The changes are
// the same in every run.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "sim/network/splitmix64.hpp"

// NOLINTNEXTLINE(readability-redundant-declaration): clang declares it too, other compilers do not.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(int count, char** arguments) {
  std::vector<fs::path> files;
  for (int i = 1; i < count; ++i) {
    if (!fs::is_directory(arguments[i])) {
      files.emplace_back(arguments[i]);
      continue;
    }
    for (const auto& entry : fs::directory_iterator{arguments[i]}) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::uint8_t> damaged(const std::vector<std::uint8_t>& whole, std::uint64_t round,
                                  std::uint64_t& index) {
  std::vector<std::uint8_t> bytes = whole;
  for (std::uint64_t change = 0; change <= round % 3; ++change) {
    const std::uint64_t random = systole::splitmix64(index++);
    const std::size_t at = random % bytes.size();
    // A byte of its own, or one from elsewhere, which is more often still a sentence.
    bytes[at] = (random >> 60U) < 8 ? static_cast<std::uint8_t>(random >> 50U)
                                    : whole[(random >> 20U) % whole.size()];
  }
  if (round % 8 == 7) {
    bytes.resize(systole::splitmix64(index++) % bytes.size());
  }
  return bytes;
}

}  // namespace

int main(int count, char** arguments) {
  constexpr std::uint64_t kRounds = 200;
  const std::vector<fs::path> files = files_of(count, arguments);
  std::uint64_t index = 0;
  for (const fs::path& file : files) {
    std::ifstream in{file, std::ios::binary};
    const std::vector<char> read{std::istreambuf_iterator<char>{in}, {}};
    if (!in || read.empty()) {
      std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
      return 1;
    }
    const std::vector<std::uint8_t> whole{read.begin(), read.end()};
    LLVMFuzzerTestOneInput(whole.data(), whole.size());
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      const std::vector<std::uint8_t> bytes = damaged(whole, round, index);
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
  }
  return files.empty() ? 1 : 0;
}
