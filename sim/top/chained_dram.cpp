#include "sim/top/chained_dram.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "sim/program/timing_key.hpp"

namespace systole {

ChainedDram::ChainedDram(const AcceleratorConfig& config, const Clients& clients,
                         DramOracle& oracle)
    : oracle_{oracle},
      clients_{clients},
      cycles_per_beat_{config.dma.bus_bytes / config.dram.bytes_per_cycle},
      alignment_{TimingKey{config}.alignment()} {}

void ChainedDram::begin_segment(Cycle start, std::vector<DramItem> items, std::size_t known) {
  start_ = start;
  items_ = std::move(items);
  next_ = 0;
  known_ = known;
  recorded_.clear();
  alarm = {};
  alarm.serve(1);
  ring(start + 1);
}

/// `soonest`: the next cycle in which it can be looked at.
void ChainedDram::ring(Cycle soonest) {
  if (!repeats()) {
    if (const Cycle next = oracle_.next_event(); next != kNever) {
      alarm.ring_at(std::max(next, soonest));
    }
  } else if (items_[next_].kind == DramItem::Kind::Event) {
    alarm.ring_at(start_ + items_[next_].at);
  }
  if (can_request(kLoadMaster, soonest) && reads_.due() != kNever) {
    alarm.ring_at(std::max(reads_.due(), soonest));
  }
}

void ChainedDram::read(Cycle due, const MemoryRead& read) {
  reads_.push(due, read);
  alarm.ring_at(due);
}

void ChainedDram::write(Cycle now, const MemoryWrite& write) {
  request(kStoreMaster, now, {write.address, write.bytes});
  ring(now);  // masters are looked at before
}

void ChainedDram::request(Master master, Cycle now, const MemoryRead& burst) {
  DramItem item;
  item.at = now - start_;
  item.kind = DramItem::Kind::Request;
  item.master = master;
  if (repeats()) {
    item.room = items_[next_].room;
    if (!(item == items_[next_])) {
      throw std::logic_error{"a machine of a known state sends other requests"};
    }
    const bool known = next_++ < known_;
    if (!known) {
      recorded_.push_back(item);
    }
  } else {
    item.room = oracle_.request(master, item.at);
    const Burst& requested = oracle_.requested();
    if (requested.size != burst.bytes || (requested.address - burst.address) % alignment_ != 0) {
      throw std::logic_error{"a machine sends other bursts than its program"};
    }
    recorded_.push_back(item);
  }
  held_[master] = !item.room;
}

// The phase that a banked memory does not know.
void ChainedDram::begin_write(Cycle now) { static_cast<void>(now); }

void ChainedDram::look(Cycle now) {
  alarm.serve(now);
  if (reads_.due() <= now && can_request(kLoadMaster, now)) {
    request(kLoadMaster, now, reads_.take());
    sent_reads_.push_back(now);
  }
  std::optional<DramItem> event;
  bool known = false;
  if (!repeats()) {
    event = oracle_.run_before(now - start_ + 1);
  } else if (items_[next_].kind == DramItem::Kind::Event && items_[next_].at == now - start_) {
    known = next_ < known_;
    event = items_[next_++];
  }
  if (event) {
    if (event->answers()) {
      const MemoryResponse response{now + 1, cycles_per_beat_};
      event->ready = clients_[event->master].unit->take_response(response) - start_;
      if (!known) {
        oracle_.reply(*event);
      }
    }
    for (std::uint32_t master = 0; master < kMasters; ++master) {
      if ((std::uint32_t{event->released} >> master & 1U) != 0) {
        held_[master] = false;
        taken_[master] = now;
        if (master == kStoreMaster) {
          clients_[master].alarm->ring_at(now + 1);
        }
      }
    }
    if (!known) {
      recorded_.push_back(*event);
    }
  }
  ring(now + 1);
}

// The oracle counts, over all segments.
void ChainedDram::close(Cycle end, Ledger& ledger, EventCounts& events) {
  static_cast<void>(end);
  static_cast<void>(ledger);
  static_cast<void>(events);
}

void ChainedDram::book_until(Cycle now, Ledger& ledger) {
  static_cast<void>(now);
  static_cast<void>(ledger);
}

void ChainedDram::archive(StateArchive& archive) {
  reads_.archive(archive);
  for (bool& held : held_) {
    archive.value(held);
  }
  if (archive.reading()) {
    sent_reads_.clear();
    taken_.fill(kNever);
    ring(archive.now() + 1);
  }
}

}  // namespace systole
