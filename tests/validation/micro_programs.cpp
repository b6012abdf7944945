#include "tests/validation/micro_programs.hpp"

#include <regex>
#include <stdexcept>

namespace systole::test {
namespace {

constexpr std::uint32_t kDim = 16;
constexpr std::uint32_t kBankRows = 4096;
constexpr std::uint32_t kAccumulatorRows = 1024;
constexpr std::uint64_t kBase = 0x80000000;

std::uint32_t group(const std::smatch& match, std::size_t i) {
  return static_cast<std::uint32_t>(std::stoul(match[i]));
}

LayerProgram start(CommandClass configured) {
  LayerProgram program;
  program.registers.requant.multiplier = {1 << 30};
  program.registers.requant.exponent = {0};
  program.commands.push_back({ConfigureCommand{configured}});
  return program;
}

std::smatch match(const std::string& text, const char* pattern) {
  static std::smatch result;
  if (!std::regex_search(text, result, std::regex{pattern})) {
    throw std::invalid_argument{"a description that is not understood: " + text};
  }
  return result;
}

LayerProgram mvin(const std::string& text) {
  const std::smatch m =
      match(text, R"((\d+) x mvin rows=(\d+) cols=(\d+) stride=(\d+)B off=(\d+) into (\S+))");
  const std::uint32_t rows = group(m, 2);
  const std::uint32_t cols = group(m, 3);
  const std::uint32_t stride = group(m, 4);
  const std::string destination = m[6];
  const bool widen = destination == "acc(int8)";
  const bool accumulators = widen || destination == "acc(int32)";
  LayerProgram program = start(CommandClass::Load);
  for (std::uint32_t i = 0; i < group(m, 1); ++i) {
    LoadCommand load;
    load.dram_address = kBase + std::uint64_t{i} * rows * stride + group(m, 5);
    load.dram_pitch = stride;
    load.rows = rows;
    load.row_bytes = accumulators && !widen ? 4 * cols : cols;
    load.widen = widen;
    load.block_pitch = kDim;
    const std::uint32_t span = kDim * ((cols + kDim - 1) / kDim);
    load.destination = {accumulators ? LocalMemory::Accumulators : LocalMemory::Scratchpad,
                        i * span % (accumulators ? kAccumulatorRows : 4 * kBankRows)};
    program.commands.push_back({load});
  }
  return program;
}

LayerProgram mvout(const std::string& text) {
  const std::smatch m =
      match(text, R"((\d+) x mvout rows=(\d+) cols=(\d+) stride=(\d+)B from (.+))");
  const std::uint32_t rows = group(m, 2);
  const std::uint32_t cols = group(m, 3);
  const std::uint32_t stride = group(m, 4);
  LayerProgram program = start(CommandClass::Store);
  for (std::uint32_t i = 0; i < group(m, 1); ++i) {
    StoreCommand store;
    store.dram_address = kBase + std::uint64_t{i} * rows * stride;
    store.dram_pitch = stride;
    store.rows = rows;
    store.elements = cols;
    store.block_pitch = kDim;
    store.raw = m[5] == "acc(int32)";
    const std::uint32_t span = kDim * ((cols + kDim - 1) / kDim);
    const bool scratchpad = m[5] == "spad";
    store.source = {scratchpad ? LocalMemory::Scratchpad : LocalMemory::Accumulators,
                    i * span % kAccumulatorRows};
    program.commands.push_back({store});
  }
  return program;
}

/// A preload of a whole tile and its compute of so many rows, the first ones of the scratchpad.
void add_pair(PreloadCommand preload, std::uint32_t rows, LayerProgram& program) {
  preload.k = kDim;
  preload.n = kDim;
  preload.acc_rows = rows;
  ComputeCommand compute;
  compute.count_w = rows;
  compute.pitch_w = 1;
  compute.k = kDim;
  program.commands.push_back({preload});
  program.commands.push_back({compute});
}

/// A preload and a compute for each 16 products of a tile, whose sums stay in the PEs up to the
/// last.
LayerProgram execute_output_stationary(const std::string& text) {
  const std::smatch m = match(text, R"((\d+) x \(preload\+compute\) OS A rows=(\d+) )"
                                    R"(accumulations per tile=(\d+) A and B in different banks)");
  LayerProgram program = start(CommandClass::Execute);
  const std::uint32_t pairs = group(m, 3);
  for (std::uint32_t i = 0; i < group(m, 1) * pairs; ++i) {
    PreloadCommand preload;
    preload.weights = {LocalMemory::Scratchpad, kBankRows};
    preload.keeps_sums = (i + 1) % pairs != 0;
    add_pair(preload, group(m, 2), program);
  }
  return program;
}

LayerProgram execute(const std::string& text) {
  if (is_output_stationary(text)) {
    return execute_output_stationary(text);
  }
  const std::smatch m = match(text, R"((\d+) x \(preload\+compute\) WS A rows=(\d+) computes per )"
                                    R"(preloaded B=(\d+) A and B in (the same|different))");
  LayerProgram program = start(CommandClass::Execute);
  for (std::uint32_t i = 0; i < group(m, 1); ++i) {
    PreloadCommand preload;
    preload.new_weights = i % group(m, 3) == 0;
    preload.weights = {LocalMemory::Scratchpad, m[4] == "different" ? kBankRows : kDim};
    add_pair(preload, group(m, 2), program);
  }
  return program;
}

LayerProgram configure(const std::string& text) {
  const std::smatch m = match(text, R"((\d+) x config_ld)");
  LayerProgram program = start(CommandClass::Load);
  program.commands.resize(group(m, 1), program.commands.front());
  return program;
}

}  // namespace

bool is_output_stationary(const std::string& description) {
  return description.find(" OS ") != std::string::npos;
}

LayerProgram micro_program(const RtlCase& rtl) {
  const std::string& type = rtl.text("type");
  const std::string& text = rtl.text("description");
  if (type == "mvin") {
    return mvin(text);
  }
  if (type == "mvout") {
    return mvout(text);
  }
  return type == "ex" ? execute(text) : configure(text);
}

}  // namespace systole::test
