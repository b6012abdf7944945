#include "sim/stats/events.hpp"

#include <numeric>

#include <iterator>
#include <stdexcept>
#include <string>

namespace systole {
namespace {

struct Row {
  Event event;
  EventInfo info;
};

constexpr Row kTable[] = {
    {Event::Mac,
     {"mac", "MAC",
      "products that the PEs formed: the streamed rows times the k x n of their folds, padding "
      "taps and the zeros of packed groups included"}},
    {Event::MacZeroOperand,
     {"mac_zero_operand", "MAC", "of these MACs, those whose activation or weight is zero"}},
    {Event::MacPadding,
     {"mac_padding", "PE slot",
      "PE slots of streamed rows that lie outside the k x n of their fold"}},
    {Event::ArrayRegisterWriteBits,
     {"array_register_write_bits", "bit",
      "bits written to the activation, weight and partial-sum registers of the PEs"}},
    {Event::IfmapToggles,
     {"ifmap_toggled_bits", "bit",
      "of these bits, those of ifmap registers that changed their value"}},
    {Event::WeightToggles,
     {"weight_toggled_bits", "bit", "the same of weight registers, shadow registers included"}},
    {Event::PsumToggles, {"psum_toggled_bits", "bit", "the same of partial sums in the PEs"}},
    {Event::DrainToggles,
     {"drain_toggled_bits", "bit",
      "the same of output-stationary sums on their way out of the array"}},
    {Event::MultiplierToggles,
     {"multiplier_toggled_bits", "bit",
      "bits of streaming operands that toggle at a multiplier whose other operand is not zero"}},
    {Event::ScratchpadReadBits,
     {"scratchpad_read_bits", "bit", "bits read from the activation or unified scratchpad"}},
    {Event::ScratchpadWriteBits,
     {"scratchpad_write_bits", "bit", "bits written to the activation or unified scratchpad"}},
    {Event::WeightScratchpadReadBits,
     {"weight_scratchpad_read_bits", "bit",
      "bits read from the weight scratchpad; none if unified"}},
    {Event::WeightScratchpadWriteBits,
     {"weight_scratchpad_write_bits", "bit",
      "bits written to the weight scratchpad; none if unified"}},
    {Event::AccumulatorReadBits,
     {"accumulator_read_bits", "bit", "bits read from the accumulator banks"}},
    {Event::AccumulatorWriteBits,
     {"accumulator_write_bits", "bit", "bits written to the accumulator banks"}},
    {Event::AccumulatorAdd,
     {"accumulator_add", "operation", "additions into partial sums stored in the accumulators"}},
    {Event::RequantMultiply,
     {"requant_multiply", "operation", "multiplications by lanes of the requantization unit"}},
    {Event::RequantShift,
     {"requant_shift", "operation", "rounding shifts by lanes of the requantization unit"}},
    {Event::RequantAdd,
     {"requant_add", "operation", "additions of zero points by lanes of the requantization unit"}},
    {Event::VectorAdd, {"vector_add", "operation", "additions by lanes of the vector unit"}},
    {Event::VectorMultiply,
     {"vector_multiply", "operation", "multiplications by lanes of the vector unit"}},
    {Event::VectorCompare,
     {"vector_compare", "operation", "comparisons by lanes of the vector unit"}},
    {Event::VectorMac,
     {"vector_mac", "MAC", "products of depthwise convolutions in the vector unit"}},
    {Event::DramReadIfmapBytes,
     {"dram_read_ifmap_bytes", "byte", "ifmap bytes read from DRAM and used"}},
    {Event::DramReadWeightBytes,
     {"dram_read_weight_bytes", "byte", "weight bytes read from DRAM and used"}},
    {Event::DramReadBiasBytes,
     {"dram_read_bias_bytes", "byte", "bias bytes read from DRAM and used"}},
    {Event::DramReadRequantBytes,
     {"dram_read_requant_bytes", "byte",
      "bytes of requantization constants read from DRAM and used"}},
    {Event::DramFetchedBytes,
     {"dram_fetched_bytes", "byte",
      "bytes requested from DRAM: those used and those fetched beside them to fill a burst"}},
    {Event::DramWriteBytes, {"dram_write_bytes", "byte", "bytes written to DRAM"}},
    {Event::DramReadBursts, {"dram_read_bursts", "burst", "read requests sent to DRAM"}},
    {Event::DramWriteBursts, {"dram_write_bursts", "burst", "write requests sent to DRAM"}},
    {Event::DramReadAccesses,
     {"dram_read_accesses", "access", "read commands to banks of the DRAM; of model banked only"}},
    {Event::DramWriteAccesses,
     {"dram_write_accesses", "access",
      "write commands to banks of the DRAM; of model banked only"}},
    {Event::DramRowHits,
     {"dram_row_hits", "access", "accesses to banks that had their row open already"}},
    {Event::DramRowMisses, {"dram_row_misses", "access", "accesses that found their bank closed"}},
    {Event::DramRowConflicts,
     {"dram_row_conflicts", "access", "accesses that had to close another row first"}},
    {Event::DramActivates, {"dram_activates", "command", "rows opened in the DRAM"}},
    {Event::DramPrecharges,
     {"dram_precharges", "command",
      "commands to the DRAM that close the row of a bank, or of all"}},
    {Event::DramRefreshes, {"dram_refreshes", "command", "refreshes of a rank or pseudo channel"}},
    {Event::DramActiveCycles,
     {"dram_active_cycles", "DRAM cycle",
      "cycles of the DRAM's clock with an open row, summed over ranks and pseudo channels"}},
    {Event::DramPrechargedCycles,
     {"dram_precharged_cycles", "DRAM cycle",
      "cycles of the DRAM's clock with no open row, summed likewise"}},
    {Event::BankConflicts,
     {"bank_conflicts", "cycle", "cycles in which a scratchpad access waited for its bank"}},
    {Event::Folds, {"folds", "fold", "preloads of new weights into the array"}},
    {Event::PsumOverflows,
     {"psum_overflows", "addition",
      "additions in PEs and accumulators whose sum did not fit array.accumulator_bits"}},
    {Event::HostReadBytes,
     {"host_read_bytes", "byte",
      "bytes of DRAM that the host read for operators of its own and for biases"}},
    {Event::HostWriteBytes,
     {"host_write_bytes", "byte", "bytes of DRAM that the host wrote as their results"}},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kTable); ++i) {
    if (static_cast<std::size_t>(kTable[i].event) != i) {
      return false;
    }
  }
  return true;
}
static_assert(std::size(kTable) == kEvents, "every event has its row");
static_assert(in_order(), "rows stand in the order of the enumerators");

}  // namespace

const EventInfo& event_info(Event event) { return kTable[static_cast<std::size_t>(event)].info; }

EventCounts& EventCounts::operator+=(const EventCounts& o) {
  for (std::size_t i = 0; i < kEvents; ++i) {
    counts_[i] += o.counts_[i];
  }
  return *this;
}

std::uint64_t EventCounts::sum() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

EventCounts EventCounts::operator-(const EventCounts& o) const {
  EventCounts difference;
  for (std::size_t i = 0; i < kEvents; ++i) {
    if (counts_[i] < o.counts_[i]) {
      throw std::logic_error(std::string{"event count goes below zero: "} +
                             event_info(static_cast<Event>(i)).name);
    }
    difference.counts_[i] = counts_[i] - o.counts_[i];
  }
  return difference;
}

}  // namespace systole
