#pragma once

#include <cstdint>

#include "models/dram/banked/banked_memory_timing.hpp"
#include "models/dram/dram_block_config.hpp"
#include "models/dram/dram_timing.hpp"
#include "models/dram/read_port.hpp"

namespace systole {

/// dram::BankedMemoryTiming for the recurrences: BankedMemory (banked_memory.hpp) without a kernel.
class BankedMemoryAdapter final : public DramTiming {
 public:
  BankedMemoryAdapter(const DramBlockConfig& config, const dram::Config& memory,
                      const Clients& clients, DramSource& source);

  void read(Cycle due, const MemoryRead& read) override;
  bool can_write(Cycle now) const override { return can_request(kStoreMaster, now); }
  void write(Cycle now, const MemoryWrite& write) override;
  void begin_write(Cycle now) override;
  void look(Cycle now) override;
  bool idle() const override { return timing_.idle(); }
  void close(Cycle end, Ledger& ledger, EventCounts& events) override;
  BandwidthSeries bandwidth() const override { return timing_.bandwidth(); }

 private:
  bool can_request(Master master, Cycle now) const {
    return !open_[master] && closed_[master] != now;
  }

  DramSource& source_;
  dram::BankedMemoryTiming timing_;
  const std::uint32_t cycles_per_beat_;
  const Clients clients_;
  ReadsToSend reads_;
  std::array<bool, kMasters> open_{};                   // a request without END_REQ
  std::array<Cycle, kMasters> closed_{kNever, kNever};  // cycle of the last late END_REQ
};

}  // namespace systole
