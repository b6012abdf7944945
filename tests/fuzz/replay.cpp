// A fuzz target over the files that are given, and over each with bytes changed: an ordinary test,
// without libFuzzer. The changes are the same in every run.

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "sim/network/splitmix64.hpp"

// NOLINTNEXTLINE(readability-redundant-declaration): clang declares it too, other compilers do not.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** files) {
  constexpr std::uint64_t kRounds = 200;
  std::uint64_t index = 0;
  for (int i = 1; i < count; ++i) {
    std::ifstream in{files[i], std::ios::binary};
    const std::vector<char> bytes{std::istreambuf_iterator<char>{in}, {}};
    if (!in || bytes.empty()) {
      std::fprintf(stderr, "%s: cannot be read\n", files[i]);
      return 1;
    }
    const std::vector<std::uint8_t> whole{bytes.begin(), bytes.end()};
    LLVMFuzzerTestOneInput(whole.data(), whole.size());
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      std::vector<std::uint8_t> damaged = whole;
      for (std::uint64_t change = 0; change <= round % 3; ++change) {
        const std::uint64_t random = systole::splitmix64(index++);
        const std::size_t at = random % damaged.size();
        // A byte of its own, or one from elsewhere, which is more often still a sentence.
        damaged[at] = (random >> 60U) < 8 ? static_cast<std::uint8_t>(random >> 50U)
                                          : whole[(random >> 20U) % whole.size()];
      }
      LLVMFuzzerTestOneInput(damaged.data(), damaged.size());
    }
  }
  return count > 1 ? 0 : 1;
}
