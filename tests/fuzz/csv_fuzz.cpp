// libFuzzer target: any bytes as a SCALE-Sim topology. Nothing but a network or ConfigError may
// come out. README: tests/fuzz/README.md.

#include <cstddef>
#include <cstdint>
#include <string>

#include "sim/config/error_log.hpp"
#include "sim/scalesim/topology.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{data, data + size};
  for (const auto kind :
       {std::optional<systole::TopologyKind>{}, std::optional{systole::TopologyKind::Gemm}}) {
    try {
      systole::read_topology(text, "fuzz.csv", kind);
    } catch (const systole::ConfigError&) {
      continue;
    }
  }
  return 0;
}
