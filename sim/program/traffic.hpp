#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/packed_commands.hpp"
#include "sim/stats/events.hpp"

namespace systole {

/// What the bytes that pass a port of a memory are, or who moves them: operands that the load unit
/// brings (Ifmap to Requant), results that the store unit takes (Ofmap), reads for the array
/// (Array), results and operands of the vector unit (Vector), padding (Fill), and partial sums on
/// their way from and to the adders and to requantization (Psum).
enum class Stream : std::uint8_t {
  Ifmap,
  Weight,
  Bias,
  Requant,
  Ofmap,
  Array,
  Vector,
  Fill,
  Psum,
  Count
};
constexpr std::size_t kStreams = static_cast<std::size_t>(Stream::Count);
const char* stream_name(Stream stream);  ///< snake_case, as in the JSON report
Stream stream_of(Operand operand);
Event dram_read_event(Operand operand);  ///< counts the operand's bytes that loads want

enum class TrafficMemory : std::uint8_t {
  Dram,
  Scratchpad,
  WeightScratchpad,
  Accumulators,
  RequantTable,
  Count
};
constexpr std::size_t kTrafficMemories = static_cast<std::size_t>(TrafficMemory::Count);
const char* traffic_memory_name(TrafficMemory memory);  ///< snake_case, as in the JSON report

struct StreamBytes {
  std::uint64_t read = 0;
  std::uint64_t written = 0;
};

/// Wanted bytes by memory, stream and direction; what bursts fetch beside them is not in it.
class Traffic {
 public:
  StreamBytes& at(TrafficMemory memory, Stream stream) {
    return bytes_[static_cast<std::size_t>(memory)][static_cast<std::size_t>(stream)];
  }
  const StreamBytes& at(TrafficMemory memory, Stream stream) const {
    return bytes_[static_cast<std::size_t>(memory)][static_cast<std::size_t>(stream)];
  }
  StreamBytes total(TrafficMemory memory) const;

 private:
  std::array<std::array<StreamBytes, kStreams>, kTrafficMemories> bytes_{};
};

/// What the commands of a layer move whatever the dataflow: all but what the array reads and adds.
struct CommandTraffic {
  Traffic traffic;
  std::uint64_t bias_rows = 0;  ///< accumulator rows that biases are written to
  bool computes = false;        ///< the array has something to do
};
CommandTraffic traffic_of(const LayerProgram& program, const AcceleratorConfig& config);
CommandTraffic traffic_of(const PackedProgram& program, const AcceleratorConfig& config);

/// Bytes of DRAM that the program moves, as reports count them: those that loads fetch, in whole
/// bursts, and those that stores write.
std::uint64_t moved_dram_bytes(const PackedProgram& program, const AcceleratorConfig& config);

/// The layer's traffic: of the commands, and what the machine counted beside it for the array.
/// Throws std::logic_error that says so if bytes were lost or made up:
/// - the DRAM gave each operand's bytes, and took the results', as the commands ask;
/// - these were written to the scratchpads, with padding and results of the vector unit, and
///   nothing else was;
/// - every accumulator row that was written was read: to be added to, or to be finished.
Traffic conserved_traffic(const CommandTraffic& commands, const EventCounts& events,
                          const AcceleratorConfig& config);

}  // namespace systole
