#include "sim/program/traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "sim/network/packing.hpp"
#include "sim/program/burst.hpp"
#include "sim/program/hazards.hpp"
#include "sim/program/load_rows.hpp"
#include "sim/program/without_loops.hpp"

namespace systole {
namespace {

constexpr std::uint64_t kBitsPerByte = 8;
constexpr std::uint64_t kWideBytes = 4;  // an element of the accumulators, stored raw

TrafficMemory memory_of(LocalMemory memory) {
  switch (memory) {
    case LocalMemory::WeightScratchpad:
      return TrafficMemory::WeightScratchpad;
    case LocalMemory::Accumulators:
      return TrafficMemory::Accumulators;
    case LocalMemory::RequantTable:
      return TrafficMemory::RequantTable;
    case LocalMemory::Scratchpad:
      break;
  }
  return TrafficMemory::Scratchpad;
}

/// Adds up command after command.
class Counter {
 public:
  Counter(const LayerRegisters& registers, const AcceleratorConfig& config)
      : registers_{registers},
        shape_{local_shape(config)},
        row_bytes_{packed_bytes(config.array.rows, registers.ifmap.bits)} {}

  void count(const Command& command, std::uint64_t times = 1) {
    times_ = times;
    std::visit(*this, command.body);
  }

  void operator()(const ConfigureCommand&) {}
  void operator()(const LoadCommand& c) {
    const std::uint64_t bytes = c.row_bytes;
    read(TrafficMemory::Dram, stream_of(c.operand), rows_read(c) * bytes);
    write(memory_of(c.destination.memory), stream_of(c.operand),
          rows_written(c.destination.row, c.rows, c.pixel_repeats) * written_row_bytes(c, shape_));
    if (c.destination.memory == LocalMemory::Accumulators) {
      sum_.bias_rows += times_ * c.rows * blocks(c, shape_);
    }
  }
  void operator()(const FillCommand& c) {
    if (c.beside_data) {
      const bool sums = c.destination.memory == LocalMemory::Accumulators;
      write(memory_of(c.destination.memory), Stream::Fill,
            rows_written(c.destination.row, c.rows, c.pixel_repeats) * c.elements *
                (sums ? kWideBytes : 1));
      sum_.bias_rows += sums ? c.rows : 0;
      return;
    }
    write(memory_of(c.destination.memory), Stream::Fill,
          std::uint64_t{c.rows} * shape_.of(c.destination.memory).row_bytes);
  }
  void operator()(const PreloadCommand&) { sum_.computes = true; }
  void operator()(const ComputeCommand&) { sum_.computes = true; }
  void operator()(const StoreCommand& c) {
    if (c.source.memory != LocalMemory::Accumulators) {
      read(TrafficMemory::Scratchpad, Stream::Ofmap,
           std::uint64_t{c.rows} * blocks(c, shape_) * row_bytes_);
    }
    const std::uint64_t bytes = c.rows * (c.raw ? kWideBytes * c.elements
                                                : packed_bytes(c.elements, registers_.ofmap.bits));
    if (c.keep) {
      write(TrafficMemory::Scratchpad, Stream::Ofmap, bytes);
    }
    if (c.to_dram) {
      write(TrafficMemory::Dram, Stream::Ofmap, bytes);
    }
  }
  void operator()(const PoolCommand& c) {
    std::uint64_t taps = 0;
    for (std::uint32_t h = 0; h < c.out_h; ++h) {
      for (std::uint32_t w = 0; w < c.out_w; ++w) {
        taps += inside(c.origin_h, h, c.stride_h, c.kernel_h, c.tile_h) *
                inside(c.origin_w, w, c.stride_w, c.kernel_w, c.tile_w);
      }
    }
    read(TrafficMemory::Scratchpad, Stream::Vector, taps * row_bytes_);
    write(TrafficMemory::Scratchpad, Stream::Vector,
          std::uint64_t{c.out_h} * c.out_w * packed_bytes(c.elements, registers_.ofmap.bits));
  }
  void operator()(const DepthwiseCommand& c) {
    const std::uint64_t pixels = std::uint64_t{c.out_h} * c.out_w;
    read(TrafficMemory::Scratchpad, Stream::Vector,
         (c.constant_rows() + pixels * c.taps()) * row_bytes_);
    write(TrafficMemory::Scratchpad, Stream::Vector,
          pixels * packed_bytes(c.elements, registers_.ofmap.bits));
  }
  void operator()(const AddCommand& c) {
    read(TrafficMemory::Scratchpad, Stream::Vector, 2ULL * c.rows * row_bytes_);
    write(TrafficMemory::Scratchpad, Stream::Vector,
          c.rows * packed_bytes(shape_.array_rows, registers_.ofmap.bits));
  }

  const CommandTraffic& sum() const { return sum_; }

 private:
  /// Rows of a load or fill, each `repeats` times; those before the loop's half of the scratchpad
  /// fall away.
  std::uint64_t rows_written(std::uint32_t first, std::uint32_t rows, std::uint32_t repeats) const {
    const std::uint32_t half = shape_.of(LocalMemory::Scratchpad).rows / 2;
    std::uint64_t written = std::uint64_t{rows} * repeats;
    for (std::uint32_t row = 0; repeats > 1 && row < rows; ++row) {
      const std::uint32_t behind = (first + row) % half;
      written -= repeats - std::min(repeats, behind + 1);
    }
    return written;
  }
  /// Taps of a window that lie in the tile, along one axis.
  static std::uint64_t inside(std::int64_t origin, std::int64_t output, std::int64_t stride,
                              std::int64_t kernel, std::int64_t tile) {
    const std::int64_t first = origin + output * stride;
    const std::int64_t low = std::max<std::int64_t>(first, 0);
    const std::int64_t high = std::min(first + kernel, tile);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(high - low, 0));
  }
  void read(TrafficMemory memory, Stream stream, std::uint64_t bytes) {
    sum_.traffic.at(memory, stream).read += times_ * bytes;
  }
  void write(TrafficMemory memory, Stream stream, std::uint64_t bytes) {
    sum_.traffic.at(memory, stream).written += times_ * bytes;
  }

  const LayerRegisters& registers_;
  const LocalShape shape_;
  const std::uint64_t row_bytes_;
  std::uint64_t times_ = 1;
  CommandTraffic sum_;
};

/// Says what does not add up.
class Books {
 public:
  void equal(const std::string& what, std::uint64_t counted, std::uint64_t expected) {
    if (counted != expected) {
      broken_ += fmt::format("\n  {}: {} counted, {} expected", what, counted, expected);
    }
  }
  void close() const {
    if (!broken_.empty()) {
      throw std::logic_error{"bytes are not conserved:" + broken_};
    }
  }

 private:
  std::string broken_;
};

}  // namespace

Stream stream_of(Operand operand) {
  switch (operand) {
    case Operand::Weight:
      return Stream::Weight;
    case Operand::Bias:
      return Stream::Bias;
    case Operand::Requant:
      return Stream::Requant;
    case Operand::Ofmap:
      return Stream::Ofmap;
    case Operand::Ifmap:
      break;
  }
  return Stream::Ifmap;
}

Event dram_read_event(Operand operand) {
  switch (operand) {
    case Operand::Weight:
      return Event::DramReadWeightBytes;
    case Operand::Bias:
      return Event::DramReadBiasBytes;
    case Operand::Requant:
      return Event::DramReadRequantBytes;
    case Operand::Ifmap:
    case Operand::Ofmap:
      break;
  }
  return Event::DramReadIfmapBytes;
}

const char* stream_name(Stream stream) {
  constexpr std::array<const char*, kStreams> kNames = {
      "ifmap", "weight", "bias", "requant", "ofmap", "array", "vector", "fill", "psum"};
  return kNames.at(static_cast<std::size_t>(stream));
}

const char* traffic_memory_name(TrafficMemory memory) {
  constexpr std::array<const char*, kTrafficMemories> kNames = {
      "dram", "scratchpad", "weight_scratchpad", "accumulators", "requant_table"};
  return kNames.at(static_cast<std::size_t>(memory));
}

StreamBytes Traffic::total(TrafficMemory memory) const {
  StreamBytes sum;
  for (const StreamBytes& bytes : bytes_[static_cast<std::size_t>(memory)]) {
    sum.read += bytes.read;
    sum.written += bytes.written;
  }
  return sum;
}

CommandTraffic traffic_of(const LayerProgram& program, const AcceleratorConfig& config) {
  if (program.has_loops()) {
    return traffic_of(without_loops(program, config), config);
  }
  Counter counter{program.registers, config};
  for (const Command& command : program.commands) {
    counter.count(command);
  }
  return counter.sum();
}

CommandTraffic traffic_of(const PackedProgram& program, const AcceleratorConfig& config) {
  Counter counter{program.registers, config};
  program.commands.for_each_shared(
      [&](const Command& command, std::uint64_t uses) { counter.count(command, uses); });
  return counter.sum();
}

std::uint64_t moved_dram_bytes(const PackedProgram& program, const AcceleratorConfig& config) {
  std::uint64_t bytes = 0;
  program.commands.for_each_shared([&](const Command& command, std::uint64_t uses) {
    if (const auto* load = std::get_if<LoadCommand>(&command.body)) {
      bytes += uses *
               bursts_of({load->dram_address, rows_read(*load), load->dram_pitch, load->row_bytes},
                         config.dma)
                   .bytes;
    }
    const auto* store = std::get_if<StoreCommand>(&command.body);
    if (store != nullptr && store->to_dram) {
      bytes += uses * store->rows *
               packed_bytes(store->elements, stored_bits(*store, program.registers.ofmap.bits));
    }
  });
  return bytes;
}

Traffic conserved_traffic(const CommandTraffic& commands, const EventCounts& events,
                          const AcceleratorConfig& config) {
  const auto bytes = [&](Event bits) { return events[bits] / kBitsPerByte; };
  const TrafficMemory dram = TrafficMemory::Dram;
  const TrafficMemory accumulators = TrafficMemory::Accumulators;
  Traffic traffic = commands.traffic;
  Books books;
  for (const Operand operand : {Operand::Ifmap, Operand::Weight, Operand::Bias, Operand::Requant}) {
    const Stream stream = stream_of(operand);
    books.equal(fmt::format("{} bytes read from DRAM", stream_name(stream)),
                events[dram_read_event(operand)], traffic.at(dram, stream).read);
  }
  books.equal("bytes written to DRAM", events[Event::DramWriteBytes],
              traffic.at(dram, Stream::Ofmap).written);
  struct Port {
    TrafficMemory memory;
    Event read, written;
  };
  for (const Port& port :
       {Port{TrafficMemory::Scratchpad, Event::ScratchpadReadBits, Event::ScratchpadWriteBits},
        Port{TrafficMemory::WeightScratchpad, Event::WeightScratchpadReadBits,
             Event::WeightScratchpadWriteBits}}) {
    const StreamBytes known = traffic.total(port.memory);
    const std::string name = traffic_memory_name(port.memory);
    books.equal("bytes written to the " + name, bytes(port.written), known.written);
    if (!commands.computes) {
      books.equal("bytes read from the " + name, bytes(port.read), known.read);
    }
    traffic.at(port.memory, Stream::Array).read =
        bytes(port.read) - std::min(bytes(port.read), known.read);
  }
  const std::uint64_t biases = traffic.total(accumulators).written;
  const std::uint64_t psums =
      bytes(Event::AccumulatorWriteBits) - std::min(bytes(Event::AccumulatorWriteBits), biases);
  const std::uint64_t row_bytes = accumulator_row_bytes(config);
  books.equal("bytes of accumulator rows read", bytes(Event::AccumulatorReadBits),
              psums + commands.bias_rows * row_bytes);
  books.close();
  traffic.at(accumulators, Stream::Psum) = {bytes(Event::AccumulatorReadBits), psums};
  return traffic;
}

}  // namespace systole
