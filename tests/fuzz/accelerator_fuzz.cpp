// libFuzzer target: any bytes as an accelerator in YAML. Nothing but a configuration, which reads
// back as itself, or ConfigError may come out. README: tests/fuzz/README.md.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sim/config/accelerator_file.hpp"
#include "sim/config/error_log.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{data, data + size};
  try {
    const systole::AcceleratorConfig config = systole::parse_accelerator(text, "fuzz.yaml");
    // Names of files in it are relative to the file: written again they are none.
    if (systole::parse_accelerator(systole::accelerator_to_yaml(config), "again.yaml").array.rows !=
        config.array.rows) {
      std::abort();
    }
  } catch (const systole::ConfigError&) {
    return 0;
  }
  return 0;
}
