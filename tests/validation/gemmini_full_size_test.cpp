#include <gtest/gtest.h>

#include <sstream>

#include "sim/compiler/loop_tiling.hpp"
#include "sim/config/accelerator_file.hpp"
#include "sim/engine/systemc_engine.hpp"
#include "tests/validation/rtl_table.hpp"
#include "tests/validation/rtl_tally.hpp"

// Layers of ResNet-18, ResNet-50 and BERT at their full size, measured on Gemmini's own RTL with a
// memory of 60 cycles (data/gemmini_full_size.csv): the tilings of our rules, the bytes, and the
// cycles.

namespace systole {
namespace {

constexpr std::uint64_t kBase = 0x80000000;

std::uint64_t next_array(std::uint64_t address, std::uint64_t bytes) {
  return (address + bytes + 256 + 63) / 64 * 64;
}

std::uint32_t field(const test::RtlCase& rtl, const std::string& column) {
  return static_cast<std::uint32_t>(rtl.number(column));
}

LoopedConv conv_of(const test::RtlCase& rtl) {
  LoopedConv c;
  c.in_rows = c.in_cols = field(rtl, "H");
  c.in_channels = field(rtl, "IC");
  c.out_channels = field(rtl, "OC");
  c.kernel_rows = c.kernel_cols = field(rtl, "kernel");
  c.stride = field(rtl, "stride");
  c.up = c.left = field(rtl, "pad");
  c.out_rows = c.out_cols = field(rtl, "OH");
  if (const std::string pool = rtl.text("pool"); pool != "none") {
    std::istringstream in{pool};
    char slash = 0;
    in >> c.pool_size >> slash >> c.pool_stride >> slash >> c.pool_padding;
  }
  c.input = kBase;
  c.weights = next_array(c.input, std::uint64_t{c.in_rows} * c.in_cols * c.in_channels);
  c.bias = next_array(
      c.weights, std::uint64_t{c.kernel_rows} * c.kernel_cols * c.in_channels * c.out_channels);
  c.output = next_array(c.bias, std::uint64_t{4} * c.out_channels);
  return c;
}

LoopedMatmul matmul_of(const test::RtlCase& rtl) {
  LoopedMatmul p;
  p.m = field(rtl, "M");
  p.n = field(rtl, "N");
  p.k = field(rtl, "K");
  p.a_pitch = p.k;
  p.b_pitch = p.c_pitch = p.n;
  p.a = kBase;
  p.b = next_array(p.a, std::uint64_t{p.m} * p.k);
  p.d = next_array(p.b, std::uint64_t{p.k} * p.n);
  p.has_bias = rtl.text("bias") == "row";
  p.c = next_array(p.d, std::uint64_t{4} * p.m * p.n);
  return p;
}

std::string text_of(const ConvLoopTile& t) {
  std::ostringstream out;
  out << t.rows << ';' << t.cols << ';' << t.out_channels << ';' << t.kernel_rows << ';'
      << t.kernel_cols << ';' << t.in_channels;
  return out.str();
}

std::string text_of(const MatmulTile& t) {
  std::ostringstream out;
  out << t.i << ';' << t.j << ';' << t.k;
  return out.str();
}

/// The layer's loops as Gemmini's library cuts it.
LayerProgram program_of(const test::RtlCase& rtl, const AcceleratorConfig& config) {
  LayerProgram program;
  program.registers.requant.multiplier = {1 << 30};
  program.registers.requant.exponent = {-9};
  const Command store{ConfigureCommand{CommandClass::Store}};
  const Command execute{ConfigureCommand{CommandClass::Execute}};
  const Command load{ConfigureCommand{CommandClass::Load}};
  std::string tile;
  if (rtl.text("type") == "conv") {
    const LoopedConv conv = conv_of(rtl);
    program.commands = {store, execute};
    program.conv_loops = conv_loops(conv, loop_tile(conv, config), config);
    tile = text_of(loop_tile(conv, config));
  } else {
    const LoopedMatmul matmul = matmul_of(rtl);
    program.commands = {execute, store, load, load, load};
    program.loops = matmul_loops(matmul, loop_tile(matmul, config), config);
    tile = text_of(loop_tile(matmul, config));
  }
  EXPECT_EQ(tile, rtl.text("tile")) << rtl.text("name");
  EXPECT_EQ(program.conv_loops.size() + program.loops.size(), field(rtl, "loops"))
      << rtl.text("name");
  return program;
}

TEST(GemminiFullSize, LayersTakeTheRtlsCycles) {
  const AcceleratorConfig config =
      load_accelerator(SYSTOLE_SOURCE_DIR "/configs/gemmini_16x16.yaml",
                       {"dram.latency_cycles=60", "sequencer.unroller=loops"});
  SystemcEngine engine{config, {}};
  test::RtlTally tally;
  for (const test::RtlCase& rtl : test::read_table("gemmini_full_size.csv")) {
    const LayerMeasurement measured = engine.run(program_of(rtl, config));
    EXPECT_EQ(measured.events[Event::DramFetchedBytes], field(rtl, "read_bytes"))
        << rtl.text("name");
    EXPECT_EQ(measured.events[Event::DramWriteBytes], field(rtl, "write_bytes"))
        << rtl.text("name");
    tally.add(rtl, measured.cycles);
  }
  tally.print("full-size layers");
  EXPECT_EQ(tally.cases, 18);
  tally.expect_exact();
}

}  // namespace
}  // namespace systole
