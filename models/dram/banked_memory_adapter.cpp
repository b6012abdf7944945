#include "models/dram/banked_memory_adapter.hpp"

#include <algorithm>

#include "models/dram/ideal_dram_timing.hpp"
#include "models/dram/make_dram.hpp"

namespace systole {

BankedMemoryAdapter::BankedMemoryAdapter(const AcceleratorConfig& config,
                                         const dram::Config& memory, const Clients& clients,
                                         DramSource& source)
    : source_{source},
      timing_{memory, port_config(config, kMasters), source.observers.commands,
              source.observers.requests},
      cycles_per_beat_{config.dma.bus_bytes / config.dram.bytes_per_cycle},
      clients_{clients} {
  timing_.start_trace(source.trace_start);
}

void BankedMemoryAdapter::request(Master master, Cycle now, const MemoryRequest& request) {
  open_[master] =
      !timing_.request(master, {request.address, request.bytes, request.write, request.tag}, now);
  alarm.ring_at(now + 1);
}

// The phase that a banked memory does not know.
void BankedMemoryAdapter::begin_burst(Master master, Cycle now) {
  static_cast<void>(master);
  static_cast<void>(now);
}

void BankedMemoryAdapter::look(Cycle now) {
  alarm.serve(now);
  timing_.tick(now);
  if (const auto& answer = timing_.answered()) {
    const MemoryResponse response{static_cast<std::uint32_t>(answer->id), now + 1,
                                  cycles_per_beat_};
    timing_.ready_for_answer(answer->master,
                             clients_[answer->master].unit->take_response(response));
  }
  for (const std::uint32_t master : timing_.released()) {
    open_[master] = false;
    closed_[master] = now;
    clients_[master].alarm->ring_at(now + 1);
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

std::unique_ptr<DramTiming> make_dram_timing(const AcceleratorConfig& config,
                                             const DramTiming::Clients& clients,
                                             DramSource& source) {
  if (source.banked) {
    return std::make_unique<BankedMemoryAdapter>(config, *source.banked, clients, source);
  }
  return std::make_unique<IdealDramTiming>(config, clients, source);
}

}  // namespace systole
