#pragma once

#include <array>
#include <vector>

#include "models/dram/read_port.hpp"
#include "sim/top/dram_oracle.hpp"

namespace systole {

/// The banked DRAM as a machine sees it that remembers. First it repeats items that the DRAM and
/// the machine's past are known to have; from there on the DRAM works for the machine.
class ChainedDram final : public DramTiming {
 public:
  ChainedDram(const AcceleratorConfig& config, const Clients& clients, DramOracle& oracle);

  /// A segment that begins behind cycle `start`; of `items`, the first `known` are in its chain.
  void begin_segment(Cycle start, std::vector<DramItem> items, std::size_t known);
  /// What came behind those.
  std::vector<DramItem>& recorded() { return recorded_; }

  void read(Cycle due, const MemoryRead& read) override;
  bool can_write(Cycle now) const override { return can_request(kStoreMaster, now); }
  void write(Cycle now, const MemoryWrite& write) override;
  void begin_write(Cycle now) override;
  void look(Cycle now) override;
  bool idle() const override { return oracle_.idle(); }
  void close(Cycle end, Ledger& ledger, EventCounts& events) override;
  BandwidthSeries bandwidth() const override { return {}; }
  void archive(StateArchive& archive) override;
  void book_until(Cycle now, Ledger& ledger) override;
  TransferRuns take_transfers() override { return {}; }

 private:
  bool can_request(Master master, Cycle now) const {
    return !held_[master] && taken_[master] != now;
  }
  void request(Master master, Cycle now, const MemoryRead& burst);
  bool repeats() const { return next_ < items_.size(); }
  void ring(Cycle soonest);

  DramOracle& oracle_;
  const Clients clients_;
  const std::uint32_t cycles_per_beat_;
  const std::uint64_t alignment_;
  ReadsToSend reads_;
  std::array<bool, kMasters> held_{};                  // a request that is not taken
  std::array<Cycle, kMasters> taken_{kNever, kNever};  // cycle in which the last held one was
  Cycle start_ = 0;
  std::vector<DramItem> items_;
  std::size_t next_ = 0;
  std::size_t known_ = 0;
  std::vector<DramItem> recorded_;
};

}  // namespace systole
