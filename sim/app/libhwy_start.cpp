#include <hwy/nanobenchmark.h>

#include <cstdint>

/// In place of the one in libhwy, which measures the processor's clock for 8 ms whenever the
/// library is loaded: for benchmarks, of which there are none here.
uint64_t hwy::platform::TimerResolution() { return 1; }
