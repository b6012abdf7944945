#pragma once

#include <cstdint>
#include <optional>

#include "models/dma/burst_stream.hpp"
#include "models/dram/banked/banked_memory_timing.hpp"
#include "models/dram/dram_timing.hpp"
#include "sim/stats/layer_measurement.hpp"

namespace systole {

/// What passes between a machine and its DRAM in one cycle. Cycles count from the start of the
/// segment at hand.
struct DramItem {
  enum class Kind : std::uint8_t {
    Request,  ///< of a master; `room`: it may send another in the next cycle
    Event,    ///< an answer, or requests that are taken after they were held, or both
    End       ///< the machine has fetched all of the segment
  };

  Cycle at = 0;
  Cycle ready = 0;  ///< for the first beat after an answer: what the machine says to it
  Kind kind = Kind::End;
  std::uint8_t master = kMasters;  ///< of it; kMasters: no answer
  std::uint8_t released = 0;       ///< masters whose held request is taken, a bit each
  bool room = false;

  bool answers() const { return kind == Kind::Event && master != kMasters; }
  /// `ready` is what follows from the rest.
  bool operator==(const DramItem& other) const {
    return at == other.at && kind == other.kind && master == other.master &&
           released == other.released && room == other.room;
  }
};

/// A banked DRAM outside of a machine that remembers: it always works for real. Where requests go
/// is told by the program, not by the machine, whose addresses are only those of a machine in the
/// same state (TimingKey).
class DramOracle {
 public:
  DramOracle(const AcceleratorConfig& config, const dram::Config& memory);

  /// The program outlives the layer.
  void begin_layer(const PackedProgram& program);
  void begin_segment(Cycle start) { start_ = start; }
  /// What it did in a layer of so many cycles.
  void finish_layer(Cycle cycles, LayerMeasurement& layer);

  /// Runs up to the first event before cycle `end`, or all cycles before.
  std::optional<DramItem> run_before(Cycle end);
  /// Sends the master's next burst; whether it has room for another.
  bool request(Master master, Cycle at);
  /// The burst that was sent last.
  const Burst& requested() const { return requested_; }
  /// The answer's `ready`.
  void reply(const DramItem& answer) {
    memory_.ready_for_answer(answer.master, start_ + answer.ready);
  }

  /// Cycle of the layer, in which there may be an event.
  Cycle next_event() { return memory_.next_event(); }
  bool idle() const { return memory_.idle(); }

 private:
  BurstStream bursts_;
  dram::BankedMemoryTiming memory_;
  Cycle start_ = 0;
  Burst requested_;
};

}  // namespace systole
