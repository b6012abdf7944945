// libFuzzer target: any bytes as a .npy file. Nothing but an array, whose shape is the one read
// alone, or NpyError may come out. README: tests/fuzz/README.md.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sim/workload/npy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = ::memfd_create("tensor.npy", 0);
  if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) {
    return -1;  // not an input worth keeping
  }
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  try {
    if (systole::read_npy(path).shape != systole::read_npy_shape(path)) {
      std::abort();
    }
  } catch (const systole::NpyError&) {
    ::close(file);
    return 0;
  }
  ::close(file);
  return 0;
}
