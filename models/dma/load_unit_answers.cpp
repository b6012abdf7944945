// What LoadUnit makes of the answers to its bursts: local rows, and when they are due.

#include <algorithm>
#include <utility>

#include "models/dma/load_unit.hpp"
#include "sim/program/load_rows.hpp"

namespace systole {
namespace {

/// int8 elements become 32-bit ones, the low byte first.
void widen(LocalWrite& write) {
  ByteRow wide;
  for (const std::uint8_t byte : write.bytes) {
    const std::uint8_t sign = byte >= 0x80 ? 0xFF : 0;
    wide.insert(wide.end(), {byte, sign, sign, sign});
  }
  write.bytes = std::move(wide);
  write.offset *= 4;
}

}  // namespace

/// The memory starts an answer: its beats are at the port from `response.first_beat` on. Returns
/// the earliest cycle for the first beat of the next one.
std::uint64_t LoadUnit::take_response(const DramResponse& response) {
  InFlight& flight = in_flight_[response.tag];
  const LoadCommand& load = *flight.load;
  const BeatTimes beats{response.first_beat, response.cycles_per_beat};
  const std::uint32_t row_bytes = merged_row_bytes(load, local_);
  const bool scratchpad = by_scratchpad_register(load);
  bytes_left_[flight.entry] -= flight.burst.useful;
  for (const MergedPart& part : merger_.take(flight.burst, flight.offset, row_bytes, copies(load),
                                             register_free(scratchpad), beats)) {
    schedule(flight, response, part);
  }
  const std::uint64_t last_beat = beats.at(merger_.beats_of(flight.burst) - 1);
  flight.free_at = last_beat + dma_.release_latency;
  slot_taken_[response.tag] = false;
  return std::max(last_beat + 1, merger_.next_first_beat());
}

bool LoadUnit::by_scratchpad_register(const LoadCommand& load) {
  return load.widen || &port_of(load.destination.memory) == &scratchpad_write;
}

/// First cycle in which the register of the scratchpads, or the other one, can take a part: that of
/// the last write of the part before, as far as the bursts known now can hold it up.
std::uint64_t LoadUnit::register_free(bool scratchpad) const {
  if (scratchpad) {
    return repeater_.free();
  }
  if (others_sent_.copies == 0) {
    return 0;
  }
  std::uint64_t last_push = others_sent_.first_write + others_sent_.copies - 1;
  for (const std::uint64_t end : burst_ends_) {
    last_push += end >= others_sent_.first_write && end <= last_push ? 1 : 0;
  }
  return last_push + 2 - dma_.accumulator_write_latency;
}

/// Queues the writes of one part.
void LoadUnit::schedule(const InFlight& flight, const DramResponse& response,
                        const MergedPart& part) {
  const LoadCommand& load = *flight.load;
  const std::uint32_t row_bytes = merged_row_bytes(load, local_);
  const bool scratchpad = by_scratchpad_register(load);
  Scheduled scheduled;
  LocalWrite& write = scheduled.write;
  write.to = {load.destination.memory,
              load.destination.row + part.block * load.block_pitch + flight.row};
  write.offset = static_cast<std::uint32_t>(part.row_offset % row_bytes);
  const auto first = response.bytes.begin() + part.burst_offset;
  write.bytes.assign(first, first + part.bytes);
  if (load.widen) {
    widen(write);
  }
  write.entry = flight.entry;
  const bool ends_burst = part.row_offset + part.bytes == flight.offset + flight.burst.useful;
  write.last = ends_burst && bytes_left_[flight.entry] == 0;
  scheduled.copies = copies(load);
  scheduled.ends_burst = !load.widen && ends_burst;
  if (!scratchpad) {
    scheduled.due = part.sent + dma_.accumulator_write_latency - 1;
    others_sent_ = {scheduled.due, scheduled.copies};
    if (!sign_extends(load, local_) || extend(write, part.ends_row(row_bytes, load.row_bytes))) {
      to_others_.push_back(std::move(scheduled));
    }
    return;
  }
  // Three stages from the merger to the scratchpad.
  scheduled.due = repeater_.take(part.sent, scheduled.copies, load.pixel_repeats) +
                  dma_.scratchpad_write_latency - 3;
  if (scheduled.ends_burst) {
    note_burst_end(scheduled.due + scheduled.copies + load.pixel_repeats - 2);
  }
  if (load.pixel_repeats > 1) {
    repeat(scheduled, load);
  } else {
    to_scratchpad_.push_back(std::move(scheduled));
  }
}

/// Narrow biases wait for the rest of their local row, and are written with it. Whether that is
/// here.
bool LoadUnit::extend(LocalWrite& write, bool ends_row) {
  biases_.insert(biases_.end(), write.bytes.begin(), write.bytes.end());
  if (!ends_row) {
    return false;
  }
  const std::vector<std::uint8_t> psums =
      sign_extended(biases_.data(), static_cast<std::uint32_t>(biases_.size()), local_);
  write.bytes.assign(psums.begin(), psums.end());
  write.offset = 0;
  biases_.clear();
  return true;
}

/// A pixel's writes, the furthest to the right first; none before the start of its half.
void LoadUnit::repeat(const Scheduled& pixel, const LoadCommand& load) {
  const std::uint32_t half = local_.of(LocalMemory::Scratchpad).rows / 2;
  const std::uint32_t start = pixel.write.to.row < half ? 0 : half;
  for (std::uint32_t back = load.pixel_repeats; back-- > 0;) {
    Scheduled one = pixel;
    one.due += load.pixel_repeats - 1 - back;
    one.write.offset += back * load.row_bytes;
    one.write.last = pixel.write.last && back == 0;
    one.ends_burst = pixel.ends_burst && back == 0;
    if (one.write.to.row - start >= back) {
      one.write.to.row -= back;
      to_scratchpad_.push_back(std::move(one));
    }
  }
}

/// Only those that can hold up the part in the other register count.
void LoadUnit::note_burst_end(std::uint64_t cycle) {
  while (!burst_ends_.empty() && burst_ends_.front() < others_sent_.first_write) {
    burst_ends_.pop_front();
  }
  if (to_others_.empty()) {
    burst_ends_.clear();
  }
  burst_ends_.push_back(cycle);
}

}  // namespace systole
