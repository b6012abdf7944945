#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/network/mapping.hpp"
#include "sim/network/requantizer.hpp"

namespace systole {

enum class Dataflow { WeightStationary, OutputStationary, InputStationary };

/// Whether the next fold's stationary operand loads under the current fold.
enum class Overlap {
  None,  ///< folds one after another, fill and drain visible each time (SCALE-Sim's accounting)
  Full,  ///< shadow registers; folds stream back to back (TPU, Gemmini)
};

/// Arithmetic of the PEs. What is not Int is timed and priced, and computes nothing.
enum class NumberFormat { Int, Fp16, Bf16, Fp32 };

/// What a PE does with operands narrower than its own.
enum class PeKind {
  Fixed,       ///< one product a cycle, whatever the widths
  Composable,  ///< its multiplier falls apart into narrower ones, whose products it adds (Bit
               ///< Fusion)
};

struct ArrayConfig {
  std::uint32_t rows = 16;  ///< PEs along the reduction (K); output stationary: along pixels (M)
  std::uint32_t cols = 16;  ///< PEs along the output channels (N); input stationary: along pixels
  Dataflow dataflow = Dataflow::WeightStationary;
  Overlap overlap = Overlap::Full;
  NumberFormat number_format = NumberFormat::Int;
  std::uint32_t activation_bits = 8;
  std::uint32_t weight_bits = 8;
  std::uint32_t accumulator_bits = 32;
  Overflow overflow = Overflow::Wrap;
  std::uint32_t max_compute_rows = 16;  ///< ifmap rows that one compute command streams at most
  std::uint32_t extra_latency = 0;      ///< registers at the array's edges, beyond rows + cols - 1
  std::uint32_t min_step_rows = 1;      ///< cycles that a compute takes at least
  std::uint32_t steps_in_flight =
      64;                         ///< steps (preload, compute or both) inside the array at most
  std::uint32_t gather_rows = 1;  ///< scratchpad rows that one read for the array may put together
  PeKind pe = PeKind::Fixed;
  bool os_drain = true;  ///< output stationary, overlap none: the next fold waits for the drain
};

enum class ScratchpadOrganization { Unified, Split };

/// Port set of each bank. With one port a write wins over a read.
enum class BankPorts {
  Single,  ///< one access a cycle, read or write (1RW)
  Dual,    ///< one read and one write a cycle (1R1W)
};

struct ScratchpadBankConfig {
  std::uint32_t capacity_kib = 256;
  std::uint32_t banks = 4;
};

/// Rows of a scratchpad hold one vector for the array's edge: `array.rows`
/// activations or `array.cols` weights (the wider of the two when unified).
struct ScratchpadConfig {
  ScratchpadOrganization organization = ScratchpadOrganization::Unified;
  BankPorts ports = BankPorts::Single;
  std::uint32_t read_latency = 4;  ///< cycles from a bank's grant to the array's edge
  /// Consecutive rows of one bank, before those of the next; 0: each bank holds one part.
  std::uint32_t interleave_rows = 0;
  /// With sequencer.unroller `loops`: cycles of operands between here and the array at most. 0: a
  /// step is read when the array will take it.
  std::uint32_t operand_queue = 0;
  ScratchpadBankConfig activation;  ///< all of it when unified
  ScratchpadBankConfig weight;      ///< split only
};

/// Rows of `array.cols` partial sums. One read and one write port a bank; a
/// write that accumulates takes both.
struct AccumulatorConfig {
  std::uint32_t capacity_kib = 64;
  std::uint32_t banks = 2;
  std::uint32_t read_latency = 1;  ///< cycles from a bank's grant to the requantization unit
  /// Of a bias in DRAM and on the bus, sign-extended on its way in; 0: array.accumulator_bits.
  std::uint32_t bias_bits = 0;
};

struct DmaConfig {
  std::uint32_t bus_bytes = 16;        ///< one beat
  std::uint32_t max_burst_bytes = 64;  ///< a power of two; bursts are aligned to their size
  std::uint32_t max_outstanding_reads = 16;
  std::uint32_t max_outstanding_writes = 16;
  /// Loads between their first row and their completion, and behind a crossbar stores as well.
  std::uint32_t commands_in_flight = 2;
  std::uint32_t max_rows = 16;        ///< rows of one load or store command
  std::uint32_t max_blocks = 4;       ///< scratchpad rows that one DRAM row may span
  std::uint32_t request_latency = 0;  ///< cycles from a row's turn to its first burst
  std::uint32_t bus_latency = 1;      ///< cycles from a burst to its request on the bus
  std::uint32_t data_latency = 0;     ///< cycles from a beat at the port to the row merger
  std::uint32_t release_latency = 1;  ///< cycles from a burst's last beat until its slot is free
  std::uint32_t scratchpad_write_latency = 1;  ///< cycles from the row merger into the scratchpad
  std::uint32_t accumulator_write_latency =
      1;  ///< cycles from the row merger into the accumulators
  // With sequencer.unroller `loops`:
  std::uint32_t bus_queue = 0;   ///< beats in each queue of the crossbar; 0: no crossbar
  std::uint32_t page_bytes = 0;  ///< of virtual memory, behind a crossbar; 0: none
};

/// Who turns a layer's loops over tiles into commands.
enum class Unroller {
  None,   ///< the compiler: the host sends every command
  Loops,  ///< hardware in front of the reservation station: the host sends loop instructions
};

/// Reservation station: commands that may wait or run, by class.
struct SequencerConfig {
  std::uint32_t load_entries = 8;
  std::uint32_t execute_entries = 16;
  std::uint32_t store_entries = 4;
  std::uint32_t frontend_latency = 0;  ///< cycles from a command's acceptance to its allocation
  std::uint32_t command_gap = 1;       ///< cycles from a command to the next that the host offers
  Unroller unroller = Unroller::None;
};

struct RequantConfig {
  RequantMode mode = RequantMode::MultiplierShift;
  RequantVariant variant = RequantVariant::Tflite;
  Rounding rounding = Rounding::NearestEven;
  std::uint32_t multiplier_bits = 32;   ///< sign included, which is always 0
  std::uint32_t seed = 1;               ///< of stochastic rounding
  std::uint32_t lanes = 16;             ///< accumulator values a cycle
  std::uint32_t latency = 8;            ///< cycles from accumulator row to output row
  std::uint32_t pipeline_entries = 16;  ///< blocks that may be in the scaling pipeline at once
  std::uint32_t table_rows = 64;  ///< rows of per-channel constants, `array.cols` channels each
};

struct VectorConfig {
  std::uint32_t lanes = 16;     ///< elements a cycle
  std::uint32_t latency = 4;    ///< cycles from the last operand row to the result row
  std::uint32_t mac_lanes = 0;  ///< products a cycle, of depthwise convolutions; 0: no multipliers
};

enum class DramModel {
  Ideal,   ///< fixed latency and bandwidth
  Banked,  ///< channels, banks and rows under JEDEC's timing
};

struct DramConfig {
  DramModel model = DramModel::Ideal;
  /// Ideal: request to first data beat, and write data to acknowledgement. Banked: what the
  /// compiler reckons with when it chooses a mapping.
  std::uint32_t latency_cycles = 60;
  std::uint32_t bytes_per_cycle = 16;       ///< at most dma.bus_bytes, and divides it
  std::uint32_t write_bytes_per_cycle = 0;  ///< ideal: the same for writes; 0: as bytes_per_cycle
  /// Ideal: write data to acknowledgement, if that is not latency_cycles; 0: it is.
  std::uint32_t write_latency_cycles = 0;
  /// Banked: a part of configs/dram by its name, or a file (relative to the working directory, or
  /// absolute; in YAML: relative to that file).
  std::string preset = "ddr4_2400";
  std::uint32_t channels = 0;             ///< banked: of the memory; 0: as many as the preset has
  std::uint32_t path_latency_cycles = 0;  ///< banked: interconnect and controller, there and back
};

/// Processes that a table's figures can be scaled to; Lp: low-power devices, the rest
/// high-performance.
enum class ProcessNode {
  Nm45,
  Nm32,
  Nm28,
  Nm20,
  Nm16,
  Nm14,
  Nm10,
  Nm7,
  Lp45,
  Lp32,
  Lp20,
  Lp16,
  Lp14,
  Lp10,
  Lp7,
};

struct EnergyConfig {
  /// Once read: relative to the working directory, or absolute. In YAML: relative to that file.
  std::string table = "energy/horowitz_45nm.yaml";
  std::optional<ProcessNode> node;  ///< absent: the table's own
  std::string dram = "default";     ///< standard of the table whose energy is taken
  /// Arithmetic that a run is priced as; its results and its cycles stay those of integers.
  NumberFormat number_format = NumberFormat::Int;
  bool zero_gating = false;  ///< MACs with a zero operand cost no multiplication and no addition
  bool switching_activity = false;  ///< array costs follow the bits that really toggle
};

/// Whether an ofmap may stay in the scratchpad for the layers that read it.
enum class Fusion {
  None,  ///< every layer takes its operands from DRAM and leaves its ofmap there
  Keep,  ///< it stays where it fits; stores and loads that nobody needs fall away
};

/// What a mapping is chosen for.
enum class Objective {
  Cycles,   ///< the fewest; of two that are about as fast the one with less DRAM traffic
  Traffic,  ///< the fewest bytes of DRAM; of two with as many the faster one
};

/// How layers are lowered to commands.
struct CompilerConfig {
  Objective objective = Objective::Cycles;
  Fusion fusion = Fusion::None;
  std::uint32_t buffers = 2;  ///< copies of a buffer at most: 2 is double buffering
  /// Where a layer's `mapping` does not say.
  DepthwiseMapping depthwise = DepthwiseMapping::Diagonal;
  bool pack_taps = false;        ///< loads put a kernel row's taps side by side, if that is faster
  std::uint32_t candidates = 1;  ///< tilings of a layer that are timed; 1: the estimate decides
};

/// The whole machine. Struct field = YAML key; `systole show config` prints it back.
struct AcceleratorConfig {
  std::string name;
  std::uint32_t clock_mhz = 1000;
  ArrayConfig array;
  ScratchpadConfig scratchpad;
  AccumulatorConfig accumulators;
  DmaConfig dma;
  SequencerConfig sequencer;
  RequantConfig requant;
  VectorConfig vector;
  DramConfig dram;
  EnergyConfig energy;
  CompilerConfig compiler;
};

/// Member by member.
bool operator==(const AcceleratorConfig& a, const AcceleratorConfig& b);

/// Products that a PE forms and adds up in one cycle when operands have these widths. A composable
/// PE is a square of 2-bit multipliers; operands take the next power of two of bits, 2 at least, so
/// that a PE of 8 x 8 bits forms 1, 4 products of 4 x 4, 16 of 2 x 2, 2 of 8 x 4, ... (Sharma et
/// al., Bit Fusion, ISCA 2018).
std::uint32_t products_per_pe(const ArrayConfig& array, std::uint32_t activation_bits,
                              std::uint32_t weight_bits);

/// Partial sums of floating-point products are binary32.
constexpr std::uint32_t kFloatPsumBits = 32;
/// Bits of an operand in that format; of an integer, its own.
std::uint32_t format_bits(NumberFormat format, std::uint32_t integer_bits);
/// The format whose operations and operands a run pays for.
NumberFormat priced_format(const AcceleratorConfig& config);

/// Sizes that follow from the configuration, used by the compiler and the machine alike.
std::uint32_t activation_row_bytes(
    const AcceleratorConfig& config);  ///< of the (unified) scratchpad
std::uint32_t weight_row_bytes(const AcceleratorConfig& config);
std::uint32_t accumulator_row_bytes(const AcceleratorConfig& config);
std::uint32_t bias_bits(const AcceleratorConfig& config);  ///< as they lie in DRAM
/// The biases of a block of array.cols channels in DRAM.
std::uint32_t bias_row_bytes(const AcceleratorConfig& config);
std::uint32_t requant_entry_bytes(const AcceleratorConfig& config);  ///< of one channel
std::uint32_t activation_rows(const AcceleratorConfig& config);      ///< capacity in rows
std::uint32_t weight_rows(const AcceleratorConfig& config);          ///< 0 when unified
std::uint32_t accumulator_rows(const AcceleratorConfig& config);

}  // namespace systole
