#include "models/dram/dram_timing.hpp"

#include <stdexcept>

namespace systole {
namespace {

[[noreturn]] void no_archive() { throw std::logic_error{"this memory's state has no archive"}; }

}  // namespace

void MemoryMaster::take_reads(IdealDramTiming& /*dram*/, Cycle /*until*/) {
  throw std::logic_error{"reads of a unit that reads nothing"};
}

void DramTiming::read_alike(const CycleRun& due, const MemoryRead& first, std::uint64_t apart) {
  for (std::uint32_t i = 0; i < due.count; ++i) {
    read(due.at(i), MemoryRead::block_at(first.address + i * apart, first.bytes));
  }
}

void DramTiming::archive(StateArchive& /*archive*/) { no_archive(); }

void DramTiming::book_until(Cycle /*now*/, Ledger& /*ledger*/) { no_archive(); }

TransferRuns DramTiming::take_transfers() { no_archive(); }

}  // namespace systole
