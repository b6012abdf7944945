#include "models/dram/banked_memory_adapter.hpp"

#include <algorithm>

#include "models/dram/ideal_dram_timing.hpp"
#include "models/dram/make_dram.hpp"

namespace systole {

BankedMemoryAdapter::BankedMemoryAdapter(const DramBlockConfig& config, const dram::Config& memory,
                                         const Clients& clients, DramSource& source)
    : source_{source},
      timing_{memory, port_config(config, kMasters), source.observers.commands,
              source.observers.requests},
      cycles_per_beat_{config.cycles_per_beat()},
      clients_{clients} {
  timing_.start_trace(source.trace_start);
}

void BankedMemoryAdapter::read(Cycle due, const MemoryRead& read) {
  reads_.push(due, read);
  alarm.ring_at(due);
}

void BankedMemoryAdapter::write(Cycle now, const MemoryWrite& write) {
  open_[kStoreMaster] =
      !timing_.request(kStoreMaster, {write.address, write.bytes, true, 0, write.useful}, now);
  alarm.ring_at(now + 1);
}

// The phase that a banked memory does not know.
void BankedMemoryAdapter::begin_write(Cycle now) { static_cast<void>(now); }

void BankedMemoryAdapter::look(Cycle now) {
  alarm.serve(now);
  if (reads_.due() <= now && can_request(kLoadMaster, now)) {
    const MemoryRead read = reads_.take();
    open_[kLoadMaster] =
        !timing_.request(kLoadMaster, {read.address, read.bytes, false, 0, read.bytes}, now);
    sent_reads_.push_back(now);
  }
  timing_.tick(now);
  if (const auto& answer = timing_.answered()) {
    const MemoryResponse response{now + 1, cycles_per_beat_};
    timing_.ready_for_answer(answer->master,
                             clients_[answer->master].unit->take_response(response));
  }
  for (const std::uint32_t master : timing_.released()) {
    open_[master] = false;
    closed_[master] = now;
    if (master == kStoreMaster) {
      clients_[master].alarm->ring_at(now + 1);
    }
  }
  if (can_request(kLoadMaster, now + 1)) {
    alarm.ring_at(std::max(reads_.due(), now + 1));
  }
  const Cycle next = timing_.next_event();
  if (next != kNever) {
    alarm.ring_at(std::max(next, now + 1));
  }
}

void BankedMemoryAdapter::close(Cycle end, Ledger& ledger, EventCounts& events) {
  const dram::LayerActivity activity = timing_.finish_layer(end);
  ledger += activity.ledger(end);
  events += activity.events();
  source_.trace_start = timing_.trace_end();
}

std::unique_ptr<DramTiming> make_dram_timing(const DramBlockConfig& config,
                                             const DramTiming::Clients& clients,
                                             DramSource& source) {
  if (source.banked) {
    return std::make_unique<BankedMemoryAdapter>(config, *source.banked, clients, source);
  }
  return std::make_unique<IdealDramTiming>(config, clients, source);
}

}  // namespace systole
