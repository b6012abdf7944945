// The bursts of loads: when they are formed, and when the rows of their answers are sent.
#include <algorithm>

#include "models/dma/load_timing.hpp"
#include "models/dram/ideal_dram_timing.hpp"
#include "sim/program/load_rows.hpp"

namespace systole {
namespace {

bool in_scratchpad(LocalMemory memory) {
  return memory == LocalMemory::Scratchpad || memory == LocalMemory::WeightScratchpad;
}

}  // namespace

LoadTiming::Arriving LoadTiming::arriving(const IssuedCommand& issued) const {
  const auto& load = issued.as<LoadCommand>();
  const bool scratchpad = in_scratchpad(load.destination.memory);
  Arriving of{
      issued,          &load,
      scratchpad,      sign_extends(load, local_),
      rows_read(load), merged_row_bytes(load, local_),
      copies(load),    scratchpad ? dma_.scratchpad_write_latency : dma_.accumulator_write_latency};
  if (scratchpad && of.copies == 1) {
    find_alike(of);
  }
  return of;
}

/// They are if each row lies in one of the largest aligned blocks that rows are apart by.
void LoadTiming::find_alike(Arriving& of) const {
  const LoadCommand& load = *of.load;
  const std::uint64_t apart = load.dram_pitch & -load.dram_pitch;
  const std::uint64_t block = std::min<std::uint64_t>(apart, dma_.max_burst_bytes);
  const bool one_burst = (load.dram_address & (block - 1)) + load.row_bytes <= block;
  const bool few_parts =
      load.local_offset % of.row_bytes + load.row_bytes <= kPartsAlike * of.row_bytes;
  if (!one_burst || !few_parts) {
    return;
  }
  const Burst burst = burst_at(load, {});
  of.burst_bytes = burst.size;
  of.burst_beats = merger_.beats_of(burst);
  merger_.each_part(
      burst, load.local_offset, of.row_bytes,
      [&](std::uint32_t beat, std::uint32_t, std::uint32_t) { of.part_beats[of.parts++] = beat; });
}

Burst LoadTiming::burst_at(const LoadCommand& load, const Place& place) const {
  return choose_burst(load.dram_address + place.row * load.dram_pitch + place.offset,
                      load.row_bytes - place.offset, dma_);
}

void LoadTiming::begin_load() {
  arriving_.push_back(arriving(current_.issued));
  advance(*to_.dram);
}

/// Gives rows their turns and forms bursts, as far as slots are known to be free.
template <typename Dram>
void LoadTiming::advance(Dram& dram) {
  turn_rows();
  while (can_form()) {
    if (const Arriving& of = arriving_[forming_]; of.burst_bytes > 0) {
      form_alike(dram, of);
    } else {
      form_burst(dram, of);
    }
    turn_rows();
  }
}

inline void LoadTiming::turn_rows() {
  while (turning() && row_requests_.count < kRowRequests) {
    marks_.mark(kBusy, turn_row(arriving_.back().rows));
  }
}

/// Of the load that is turning, which reads so many.
inline Cycle LoadTiming::turn_row(std::uint32_t rows) {
  const std::size_t place = row_requests_.place(row_requests_.count++);
  const Cycle turn = std::max(next_turn_, row_requests_.free_from[place]);
  row_requests_.ready[place] = turn + dma_.request_latency;
  ++current_.row;
  current_.all_turned = current_.row == rows;
  next_turn_ = turn + 1;
  next_command_ = turn + (rows == 1 ? 2 : 1);
  return turn;
}

template <typename Dram>
void LoadTiming::form_burst(Dram& dram, const Arriving& of) {
  const Cycle formed = take_slot();
  marks_.mark(kBusy, formed);
  const Burst burst = burst_at(*of.load, formed_);
  dram.read(formed + dma_.bus_latency - 1, {burst.address, burst.size});
  formed_.offset += burst.useful;
  if (formed_.offset == of.load->row_bytes) {
    row_requests_.leave(formed);
    end_rows(of, 1);
  }
}

/// Bursts of rows that are alike, each of which makes room for the turn of another row.
template <typename Dram>
void LoadTiming::form_alike(Dram& dram, const Arriving& of) {
  const std::uint32_t rows = arriving_.back().rows;
  std::uint32_t left = of.rows - formed_.row;
  CycleRun all_formed, turns;
  for (; left > 0 && can_form(); --left) {
    const Cycle formed = take_slot();
    if (!all_formed.add(formed)) {
      send_alike(dram, of, all_formed);
      all_formed = {formed, 0, 1};
    }
    row_requests_.leave(formed);
    if (turning()) {
      const Cycle turn = turn_row(rows);
      if (!turns.add(turn)) {
        marks_.mark(kBusy, turns);
        turns = {turn, 0, 1};
      }
    }
  }
  marks_.mark(kBusy, turns);
  send_alike(dram, of, all_formed);
}

/// Rows of one burst each.
template <typename Dram>
void LoadTiming::send_alike(Dram& dram, const Arriving& of, const CycleRun& formed) {
  marks_.mark(kBusy, formed);
  const std::uint64_t first = of.load->dram_address + formed_.row * of.load->dram_pitch;
  dram.read_alike(formed.later(dma_.bus_latency - 1), {first, of.burst_bytes}, of.load->dram_pitch);
  end_rows(of, formed.count);
}

/// The last bursts of so many rows are formed.
void LoadTiming::end_rows(const Arriving& of, std::uint32_t rows) {
  formed_ = {formed_.row + rows, 0};
  if (formed_.row == of.rows) {
    formed_ = {};
    ++forming_;
  }
}

/// For the next burst, which is formed as soon as it has it.
inline Cycle LoadTiming::take_slot() {
  const Cycle from = to_form_from();
  const Cycle formed = std::max(from, slots_.next_free());
  mark_blocked(from, formed);
  next_form_ = formed + 1;
  slots_.take();
  return formed;
}

/// A burst waits for its slot until it is formed: that cycle is busy, whatever else it is marked.
inline void LoadTiming::mark_blocked(Cycle from, Cycle formed) {
  if (from > blocked_.end) {
    mark_last_blocked();
    blocked_.first = from;
  }
  blocked_.end = formed + 1;
}

Cycle LoadTiming::take_response(const MemoryResponse& response) {
  return take(response, *to_.dram);
}

void LoadTiming::take_reads(IdealDramTiming& dram, Cycle until) {
  do {
    if (!take_alike(dram, until)) {
      dram.read_taken(take(dram.answer_read(), dram));
    }
  } while (dram.next_read() <= until && takes_ahead());
  // A long load, at which nobody looks. What comes of later reads comes later.
  if (dram.next_read() > until && until > ledger_.next() + kUnbooked) {
    book(until);
  }
}

/// Takes bursts of rows that are alike, which come at equal distances. False: there are none.
bool LoadTiming::take_alike(IdealDramTiming& dram, Cycle until) {
  Arriving& from = arriving_.front();
  if (from.burst_bytes == 0) {
    return false;
  }
  if (from.apart == 0) {
    time_alike(from, dram.cycles_per_beat());
  }
  if (register_free(from) > dram.next_first_beat() + from.sent.front()) {
    return false;
  }
  const CycleRun first_beats = dram.answer_reads(until, from.rows - arrived_.row, from.apart);
  if (first_beats.count == 0) {
    return false;
  }
  write_rows(from, first_beats);
  arrived_.row += first_beats.count;
  if (arrived_.row == from.rows) {
    complete(scratchpad_sent_.first_write, from.issued.entry);
    end_load();
  }
  go_on(dram);
  return true;
}

void LoadTiming::time_alike(Arriving& of, std::uint32_t cycles_per_beat) const {
  of.leave = merger_.leaves_after(of.part_beats.data(), of.parts, of.burst_beats, cycles_per_beat,
                                  of.sent.data());
  const Cycle last_beat = Cycle{of.burst_beats - 1} * cycles_per_beat;
  of.free_slot = last_beat + dma_.release_latency;
  of.apart = std::max(last_beat + 1, merger_.first_beat_behind(of.leave));
}

/// Of the oldest load, when bursts that are alike come in these cycles.
void LoadTiming::write_rows(const Arriving& from, const CycleRun& first_beats) {
  const LoadCommand& load = *from.load;
  const BankMap& banks = to_.scratchpad->banks();
  LocalAddress to{
      load.destination.memory,
      load.destination.row +
          static_cast<std::uint32_t>(load.local_offset / from.row_bytes) * load.block_pitch +
          arrived_.row};
  CycleRun pushes;
  for (std::uint32_t part = 0; part < from.parts; ++part, to.row += load.block_pitch) {
    pushes = first_beats.later(from.sent[part] + from.latency - 1);
    marks_.mark(kPush, pushes);
    for (std::uint32_t i = 0; i < pushes.count;) {
      const BankMap::Rows place = banks.rows_from({to.memory, to.row + i});
      const std::uint32_t rows = std::min(place.left, pushes.count - i);
      to_.scratchpad->writes().add(pushes.part(i, rows).later(1), place.bank, BankUser::Load);
      i += rows;
    }
  }
  marks_.mark(kPushEnd, pushes);
  const CycleRun known = first_beats.earlier(1);
  burst_ends_to_know_.push_back({known, pushes.first - known.first});
  slots_.answer(first_beats.later(from.free_slot));
  scratchpad_sent_ = {pushes.last(), 1};
  merger_.take(first_beats.last() + from.leave);
}

template <typename Dram>
Cycle LoadTiming::take(const MemoryResponse& response, Dram& dram) {
  const Arriving& from = arriving_.front();
  const Burst burst = burst_at(*from.load, arrived_);
  const BeatTimes beats{response.first_beat, response.cycles_per_beat};
  if (from.scratchpad) {
    take_for_scratchpad(from, burst, beats);
  } else {
    take_for_others(from, burst, beats);
  }
  const Cycle last_beat = beats.at(merger_.beats_of(burst) - 1);
  slots_.answer(last_beat + dma_.release_latency);
  arrived_.offset += burst.useful;
  if (arrived_.offset == from.load->row_bytes) {
    arrived_ = {arrived_.row + 1, 0};
    if (arrived_.row == from.rows) {
      end_load();
    }
  }
  go_on(dram);
  return std::max(last_beat + 1, merger_.next_first_beat());
}

/// The last burst of the oldest one has come.
void LoadTiming::end_load() {
  arrived_ = {};
  arriving_.pop_front();
  --forming_;
}

/// With what an answer has brought, which lies behind its first beat.
template <typename Dram>
void LoadTiming::go_on(Dram& dram) {
  const bool turned_all = current_.all_turned;
  advance(dram);
  if (!turned_all && current_.all_turned && !to_.sequencer->load.empty()) {
    alarm.ring_at(next_command_);
  }
}

/// These rows are written as soon as they are there.
void LoadTiming::take_for_scratchpad(const Arriving& from, const Burst& burst,
                                     const BeatTimes& beats) {
  const LoadCommand& load = *from.load;
  Cycle first_push = 0;  // of the rows that go one a cycle
  Cycle end = 0;
  const auto send = [&](const MergedPart& part) {
    const Cycle due = part.sent + from.latency - 1;
    if (due != end) {
      marks_.mark(kPush, first_push, end);
      first_push = due;
    }
    std::uint32_t row = load.destination.row + part.block * load.block_pitch + arrived_.row;
    end = due;
    do {
      write_scratchpad(end++, {load.destination.memory, row++});
    } while (end < due + from.copies);
  };
  merger_.take_each(burst, load.local_offset + arrived_.offset, from.row_bytes, from.copies,
                    register_free(from), beats, send);
  marks_.mark(kPush, first_push, end);
  marks_.mark(kPushEnd, end - 1);
  burst_ends_to_know_.push_back({{beats.first - 1, 0, 1}, end - beats.first});
  scratchpad_sent_ = {end - from.copies, from.copies};
  if (ends_load(from, burst)) {
    complete(end - 1, from.issued.entry);
  }
}

/// These wait for their memory.
void LoadTiming::take_for_others(const Arriving& from, const Burst& burst, const BeatTimes& beats) {
  note_burst_ends(beats.first);
  const LoadCommand& load = *from.load;
  const auto send = [&](const MergedPart& part) {
    const Cycle due = part.sent + from.latency - 1;
    others_sent_ = {due, from.copies};
    if (from.sign_extends && !part.ends_row(from.row_bytes, load.row_bytes)) {
      return;
    }
    const std::uint32_t row = load.destination.row + part.block * load.block_pitch + arrived_.row;
    const bool last = part.row_offset + part.bytes == load.local_offset + load.row_bytes &&
                      ends_load(from, burst);
    to_others_.push_back(
        {{row, last, from.issued.entry}, load.destination.memory, due, from.copies});
    alarm.ring_at(due);
  };
  merger_.take_each(burst, load.local_offset + arrived_.offset, from.row_bytes, from.copies,
                    register_free(from), beats, send);
}

bool LoadTiming::ends_load(const Arriving& from, const Burst& burst) const {
  return arrived_.row + 1 == from.rows && arrived_.offset + burst.useful == from.load->row_bytes;
}

Cycle LoadTiming::register_free(const Arriving& from) const {
  const Sent& sent = from.scratchpad ? scratchpad_sent_ : others_sent_;
  if (sent.copies == 0) {
    return 0;
  }
  Cycle last_push = sent.first_write + sent.copies - 1;
  if (!from.scratchpad) {
    for (const Cycle end : burst_ends_) {
      last_push += end >= sent.first_write && end <= last_push ? 1 : 0;
    }
  }
  return last_push + 2 - from.latency;
}

}  // namespace systole
