#include "sim/program/residency.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "sim/program/hazards.hpp"

namespace systole {
namespace {

constexpr std::size_t kMemories = 4;

/// What a command leaves in the rows that it writes; nothing for one that writes none.
std::optional<Stream> left_by(const Command& command) {
  if (const auto* load = std::get_if<LoadCommand>(&command.body)) {
    return stream_of(load->operand);
  }
  if (std::holds_alternative<FillCommand>(command.body)) {
    return Stream::Ifmap;
  }
  if (std::holds_alternative<PreloadCommand>(command.body) ||
      std::holds_alternative<ComputeCommand>(command.body)) {
    return Stream::Psum;
  }
  if (is_for_vector_unit(command)) {
    return Stream::Vector;
  }
  return std::nullopt;
}

/// Block by block: writes() of the scoreboard takes the rows between them along.
std::vector<RowRange> rows_written(const Command& command, const LocalShape& shape) {
  std::vector<RowRange> ranges;
  if (const auto* load = std::get_if<LoadCommand>(&command.body)) {
    for (std::uint32_t block = 0; block < blocks(*load, shape); ++block) {
      const std::uint32_t first = load->destination.row + block * load->block_pitch;
      ranges.push_back({load->destination.memory, first, load->rows});
    }
    return ranges;
  }
  if (const auto* preload = std::get_if<PreloadCommand>(&command.body)) {
    for (std::uint32_t block = 0; block < blocks(*preload, shape); ++block) {
      ranges.push_back({LocalMemory::Accumulators, preload->acc_row + block * preload->acc_pitch,
                        preload->acc_rows});
    }
    return ranges;
  }
  ranges.push_back(writes(command, shape));
  return ranges;
}

/// One row, for one thing that it holds.
struct RowUse {
  std::uint64_t written = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint32_t written_in = 0;
  std::uint32_t read_in = 0;
};

/// The rows of one memory.
class MemoryUse {
 public:
  MemoryUse(std::uint32_t rows, std::uint64_t commands)
      : commands_{commands}, holds_(rows, Stream::Count) {}

  void write(const RowRange& range, Stream stream, std::uint64_t command) {
    auto& uses = uses_[static_cast<std::size_t>(stream)];
    uses.resize(holds_.size());
    for (std::uint32_t row = range.first; row < range.first + range.rows; ++row) {
      RowUse& use = uses.at(row);
      use.first = use.written == 0 ? command : use.first;
      use.last = command;
      use.written_in |= part_of(command);
      ++use.written;
      holds_[row] = stream;
    }
  }
  void read(const RowRange& range, std::uint64_t command) {
    for (std::uint32_t row = range.first; row < range.first + range.rows; ++row) {
      if (holds_.at(row) != Stream::Count) {
        RowUse& use = uses_[static_cast<std::size_t>(holds_[row])][row];
        use.last = command;
        use.read_in |= part_of(command);
      }
    }
  }

  void collect(LocalMemory memory, std::vector<Residence>& all) const {
    for (std::size_t s = 0; s < kStreams; ++s) {
      Residence open;
      for (std::uint32_t row = 0; row < uses_[s].size(); ++row) {
        const RowUse& use = uses_[s][row];
        if (use.written == 0) {
          close(open, all);
        } else if (open.rows == 0) {
          open = {memory,   static_cast<Stream>(s), row,        1, use.written, use.first,
                  use.last, use.written_in,         use.read_in};
        } else {
          ++open.rows;
          open.rows_written += use.written;
          open.first_command = std::min(open.first_command, use.first);
          open.last_command = std::max(open.last_command, use.last);
          open.written_in |= use.written_in;
          open.read_in |= use.read_in;
        }
      }
      close(open, all);
    }
  }

 private:
  static void close(Residence& open, std::vector<Residence>& all) {
    if (open.rows != 0) {
      all.push_back(open);
      open = {};
    }
  }

  std::uint32_t part_of(std::uint64_t command) const {
    return 1U << (command * kLifeParts / commands_);
  }

  std::uint64_t commands_;     // of the layer
  std::vector<Stream> holds_;  // now; Count: nothing
  std::array<std::vector<RowUse>, kStreams> uses_;
};

}  // namespace

std::vector<Residence> residences(const LayerProgram& program, const AcceleratorConfig& config) {
  const LocalShape shape = local_shape(config);
  std::vector<MemoryUse> memories;
  for (std::size_t m = 0; m < kMemories; ++m) {
    memories.emplace_back(shape.memories[m].rows, program.commands.size());
  }
  for (std::uint64_t i = 0; i < program.commands.size(); ++i) {
    const Command& command = program.commands[i];
    for (const RowRange& range : reads(command, shape)) {
      memories[static_cast<std::size_t>(range.memory)].read(range, i);
    }
    if (const auto stream = left_by(command)) {
      for (const RowRange& range : rows_written(command, shape)) {
        memories[static_cast<std::size_t>(range.memory)].write(range, *stream, i);
      }
    }
  }
  std::vector<Residence> all;
  for (std::size_t m = 0; m < kMemories; ++m) {
    memories[m].collect(static_cast<LocalMemory>(m), all);
  }
  std::sort(all.begin(), all.end(), [](const Residence& a, const Residence& b) {
    return std::tie(a.memory, a.first_row, a.holds) < std::tie(b.memory, b.first_row, b.holds);
  });
  return all;
}

}  // namespace systole
