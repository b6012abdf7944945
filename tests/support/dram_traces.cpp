#include "tests/support/dram_traces.hpp"

#include <stdexcept>

namespace systole::test {
namespace {

constexpr std::uint64_t kRequests = 65536;
constexpr std::uint64_t kBytes = 64;

/// S. Vigna's splitmix64, http://prng.di.unimi.it/splitmix64.c
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_{seed} {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

 private:
  std::uint64_t state_;
};

std::vector<TraceRequest> sequential(std::uint64_t requests, bool write, dram::Cycle gap) {
  std::vector<TraceRequest> trace;
  for (std::uint64_t i = 0; i < requests; ++i) {
    trace.push_back({gap * i, write, kBytes * i});
  }
  return trace;
}

std::vector<TraceRequest> random(std::uint64_t requests, dram::Cycle gap) {
  constexpr std::uint64_t kBlocks = std::uint64_t{1} << 23U;  // 512 MiB
  SplitMix64 generator{0x5EED};
  std::vector<TraceRequest> trace;
  for (std::uint64_t i = 0; i < requests; ++i) {
    trace.push_back({gap * i, false, kBytes * (generator.next() % kBlocks)});
  }
  return trace;
}

/// Tiles of 256 rows x 256 bytes of a matrix of 1024 x 4096 bytes, along its rows first.
std::vector<TraceRequest> tiles() {
  std::vector<TraceRequest> trace;
  for (std::uint64_t tile = 0; tile < 64; ++tile) {
    const std::uint64_t corner = tile / 16 * 256 * 4096 + tile % 16 * 256;
    for (std::uint64_t row = 0; row < 256; ++row) {
      for (std::uint64_t block = 0; block < 4; ++block) {
        trace.push_back({0, false, corner + row * 4096 + block * kBytes});
      }
    }
  }
  return trace;
}

std::vector<TraceRequest> alternating() {
  constexpr std::uint64_t kWritten = std::uint64_t{2} << 20U;
  std::vector<TraceRequest> trace;
  for (std::uint64_t i = 0; i < kRequests / 2; ++i) {
    trace.push_back({0, false, kBytes * i});
    trace.push_back({0, true, kWritten + kBytes * i});
  }
  return trace;
}

}  // namespace

std::vector<TraceRequest> reference_trace(const std::string& name) {
  switch (name.front()) {
    case 'a':
      return sequential(kRequests, false, 0);
    case 'b':
      return sequential(kRequests, true, 0);
    case 'c':
      return tiles();
    case 'd':
      return alternating();
    case 'e':
      return random(kRequests, 0);
    case 'f':
      return sequential(16384, false, 40);
    case 'g':
      return random(4096, 200);
    default:
      throw std::invalid_argument{"no such trace: " + name};
  }
}

dram::Config preset(const std::string& name) {
  return dram::load_config(SYSTOLE_SOURCE_DIR "/configs/dram/" + name + ".yaml");
}

dram::Config matched_config(const std::string& part, const std::string& mapping) {
  dram::Config config = preset(part == "hbm2_1ch" ? "hbm2" : part);
  config.organization.channels = 1;
  config.mapping = mapping == "bg" ? "row:column:bank:bank_group" : "row:bank:bank_group:column";
  if (part == "hbm2_1ch") {
    config.mapping += ":pseudo_channel";
  }
  if (part == "lpddr4_3200") {
    config.command_bus = {};
  }
  return config;
}

TraceRunResult run_requests(const dram::Config& config, const std::vector<TraceRequest>& requests,
                            std::uint64_t max_outstanding_reads, dram::CommandObserver* observer) {
  auto next = requests.begin();
  return run_dram_trace(
      config,
      [&]() -> std::optional<TraceRequest> {
        return next == requests.end() ? std::nullopt : std::optional{*next++};
      },
      {max_outstanding_reads}, observer);
}

}  // namespace systole::test
