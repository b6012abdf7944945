#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sim/network/ceil_div.hpp"
#include "sim/report/bandwidth.hpp"
#include "sim/report/csv_field.hpp"
#include "sim/report/totals.hpp"
#include "sim/report/utf8.hpp"

namespace systole {
std::string bandwidth_csv(const RunResult& run) {
  std::string out =
      "layer,first_cycle [cycle],cycles [cycle],read [byte],written [byte],bandwidth [byte/cycle],"
      "bandwidth [GB/s]\r\n";
  for (const LayerResult& layer : run.layers) {
    const std::uint64_t all = ceil_div(layer.cycles, kBandwidthWindow);
    for (std::size_t i = 0; i < std::max<std::uint64_t>(layer.windows.size(), all); ++i) {
      const std::uint64_t first = i * kBandwidthWindow;
      const std::uint64_t cycles =
          std::max<std::uint64_t>(1, std::min(kBandwidthWindow, layer.cycles - first));
      // The series ends with the last traffic, the layer may go on.
      const BandwidthSeries::Window window =
          i < layer.windows.size() ? layer.windows[i] : BandwidthSeries::Window{};
      const double rate = static_cast<double>(window.bytes()) / static_cast<double>(cycles);
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{}\r\n",
                     csv_field(valid_utf8(layer.name)), first, cycles, window.read_bytes,
                     window.write_bytes, rate, gb_per_s(rate, run.config.clock_mhz));
    }
  }
  return out;
}

}  // namespace systole
