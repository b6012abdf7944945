#include "tests/support/machine_laws.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sim/stats/bandwidth_window.hpp"

namespace systole::test {
namespace {

constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

struct Estimate {
  const AcceleratorConfig& config;

  std::uint64_t transfer(std::uint64_t rows, std::uint64_t row_bytes) const {
    const std::uint64_t bursts = rows * (ceil_div(row_bytes, config.dma.max_burst_bytes) + 1);
    const std::uint64_t beats = rows * (row_bytes + config.dma.bus_bytes);
    const std::uint64_t latency =
        std::max(config.dram.latency_cycles, config.dram.write_latency_cycles);
    return 20 + latency + beats / config.dram.bytes_per_cycle +
           bursts * latency / config.dma.max_outstanding_reads;
  }
  std::uint64_t operator()(const ConfigureCommand&) const { return 1; }
  std::uint64_t operator()(const LoadCommand& c) const { return transfer(c.rows, c.row_bytes); }
  std::uint64_t operator()(const FillCommand& c) const { return c.rows; }
  std::uint64_t operator()(const PreloadCommand&) const { return 3ULL * config.array.rows; }
  std::uint64_t operator()(const ComputeCommand& c) const { return 10 + c.rows(); }
  std::uint64_t operator()(const StoreCommand& c) const { return transfer(c.rows, c.elements); }
  std::uint64_t operator()(const PoolCommand& c) const {
    return std::uint64_t{c.out_h} * c.out_w * c.kernel_h * c.kernel_w *
           ceil_div(c.elements, config.vector.lanes);
  }
  std::uint64_t operator()(const DepthwiseCommand& c) const {
    return (std::uint64_t{c.out_h} * c.out_w * c.taps() + c.constant_rows()) *
           ceil_div(c.elements, config.vector.mac_lanes);
  }
  std::uint64_t operator()(const AddCommand& c) const {
    return 2ULL * c.rows * ceil_div(config.array.rows, config.vector.lanes);
  }
};

/// The laws of one layer; `broken` says which do not hold.
class LayerLaws {
 public:
  LayerLaws(const AcceleratorConfig& config, const LayerResult& layer, bool grouped)
      : config_{config}, layer_{layer} {
    if (layer.where == Place::Vector && layer.gemm.macs > 0) {
      equal(count(Event::VectorMac), static_cast<std::uint64_t>(layer.gemm.macs),
            "products in the vector unit");
    } else {
      products(grouped);
    }
    traffic();
    bounds();
    for (std::size_t unit = 0; unit < kLedgerUnits; ++unit) {
      equal(layer.ledger.total(static_cast<LedgerUnit>(unit)), layer.cycles,
            ledger_unit_name(static_cast<LedgerUnit>(unit)));
    }
    // What a layer does not need has nothing to do, and waits for nothing.
    const LedgerUnit other = layer.where == Place::Vector ? LedgerUnit::Array : LedgerUnit::Vector;
    equal(layer.ledger.at(other, Cause::Idle), layer.cycles, "idle cycles of the other unit");
  }
  const std::string& broken() const { return broken_; }

 private:
  std::uint64_t count(Event event) const { return layer_.events[event]; }

  void equal(std::uint64_t got, std::uint64_t expected, const char* what) {
    if (got != expected) {
      broken_ += fmt::format("layer '{}': {}: {}, expected {}\n", layer_.name, what, got, expected);
    }
  }
  void at_least(std::uint64_t got, std::uint64_t bound, const char* what) {
    if (got < bound) {
      broken_ +=
          fmt::format("layer '{}': {}: {}, expected at least {}\n", layer_.name, what, got, bound);
    }
  }

  void products(bool grouped) {
    const std::uint64_t pes = slots();
    const auto defined = static_cast<std::uint64_t>(layer_.gemm.macs);
    if (grouped) {  // groups side by side in a fold: between them lie weights of zero
      at_least(count(Event::Mac), defined, "products");
      at_least(defined, count(Event::Mac) - count(Event::MacZeroOperand), "products of the layer");
    } else {
      equal(count(Event::Mac), defined, "products");
    }
    equal((count(Event::Mac) + count(Event::MacPadding)) % pes, 0, "PE-cycles of whole vectors");
    at_least(count(Event::Mac), count(Event::MacZeroOperand), "products over those with a zero");
    at_least(count(Event::ArrayRegisterWriteBits),
             count(Event::IfmapToggles) + count(Event::WeightToggles) + count(Event::PsumToggles) +
                 count(Event::DrainToggles),
             "bits written to the array's registers over those that toggle");
    // Weight stationary, every vector writes its row of psums once; else each output at least once.
    const std::uint64_t vectors = (count(Event::Mac) + count(Event::MacPadding)) / pes;
    const std::uint64_t sums = config_.array.dataflow == Dataflow::WeightStationary
                                   ? config_.array.cols * vectors
                                   : static_cast<std::uint64_t>(layer_.gemm.m * layer_.gemm.n);
    at_least(count(Event::AccumulatorWriteBits), config_.array.accumulator_bits * sums,
             "accumulator bits written");
  }
  /// Products of all PEs in a cycle.
  std::uint64_t slots() const {
    return std::uint64_t{config_.array.rows} * config_.array.cols * layer_.operands.products_per_pe;
  }
  std::uint64_t read_bytes() const {
    return count(Event::DramReadIfmapBytes) + count(Event::DramReadWeightBytes) +
           count(Event::DramReadBiasBytes) + count(Event::DramReadRequantBytes);
  }
  void traffic() {
    equal(count(Event::DramWriteBytes), layer_.compulsory_write_bytes, "bytes written to DRAM");
    at_least(read_bytes(), layer_.compulsory_read_bytes, "bytes read from DRAM");
    at_least(count(Event::DramFetchedBytes), read_bytes(), "bytes fetched over bytes wanted");
    // What the DRAM gave has been written somewhere; constants go to a table that is not counted.
    const std::uint64_t written = count(Event::ScratchpadWriteBits) +
                                  count(Event::WeightScratchpadWriteBits) +
                                  count(Event::AccumulatorWriteBits);
    at_least(written, 8 * (read_bytes() - count(Event::DramReadRequantBytes)),
             "bits written to local memories");
  }
  void bounds() {
    const std::uint64_t pes = slots();
    at_least(layer_.cycles, (count(Event::Mac) + count(Event::MacPadding)) / pes,
             "cycles of vectors");
    at_least(layer_.cycles, layer_.compute_cycles, "cycles with a fold in the array");
    at_least(layer_.cycles, ceil_div(count(Event::DramFetchedBytes), config_.dram.bytes_per_cycle),
             "cycles of read beats");
    at_least(layer_.cycles, ceil_div(count(Event::DramWriteBytes), config_.dram.bytes_per_cycle),
             "cycles of write beats");
    at_least(layer_.cycles, ceil_div(count(Event::RequantShift), config_.requant.lanes),
             "cycles of requantization");
    const std::uint64_t written = config_.dram.write_bytes_per_cycle;
    const std::uint64_t both_ways =
        config_.dram.bytes_per_cycle + (written == 0 ? config_.dram.bytes_per_cycle : written);
    at_least(kBandwidthWindow * both_ways, layer_.peak_bytes_per_window, "bytes of a window");
    std::uint64_t read = 0, stored = 0;
    for (const BandwidthSeries::Window& window : layer_.windows) {
      read += window.read_bytes;
      stored += window.write_bytes;
    }
    equal(read, count(Event::DramFetchedBytes), "bytes read over time");
    equal(stored, count(Event::DramWriteBytes), "bytes written over time");
  }

  const AcceleratorConfig& config_;
  const LayerResult& layer_;
  std::string broken_;
};

}  // namespace

std::uint64_t estimated_cycles(const LayerProgram& program, const AcceleratorConfig& config) {
  std::uint64_t cycles = 0;
  for (const Command& command : program.commands) {
    cycles += std::visit(Estimate{config}, command.body);
  }
  return cycles;
}

std::string broken_laws(const AcceleratorConfig& config, const Network& network,
                        const SimulationOutcome& run) {
  std::string text;
  for (const Mismatch& mismatch : run.mismatches) {
    text +=
        fmt::format("layer '{}': {} elements differ, first {}: {}, expected {}\n", mismatch.layer,
                    mismatch.mismatches, mismatch.index, mismatch.got, mismatch.expected);
  }
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const auto* conv = std::get_if<Conv2d>(&network.layers[i].op);
    const bool grouped = conv != nullptr && conv->groups > 1;
    text += LayerLaws{config, run.result.layers.at(i), grouped}.broken();
  }
  return text;
}

std::uint64_t total_cycles(const SimulationOutcome& run) {
  std::uint64_t cycles = 0;
  for (const LayerResult& layer : run.result.layers) {
    cycles += layer.cycles;
  }
  return cycles;
}

}  // namespace systole::test
