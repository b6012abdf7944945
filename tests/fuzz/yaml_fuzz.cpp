// libFuzzer target: any bytes as a workload in YAML, shapes only, since files beside it are none.
// Nothing but a network or ConfigError may come out. README: tests/fuzz/README.md.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "sim/config/error_log.hpp"
#include "sim/workload/workload.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = ::memfd_create("workload.yaml", 0);
  if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) {
    return -1;  // not an input worth keeping
  }
  try {
    systole::load_workload("/proc/self/fd/" + std::to_string(file), {/*shapes_only=*/true});
  } catch (const systole::ConfigError&) {
    ::close(file);
    return 0;
  }
  ::close(file);
  return 0;
}
