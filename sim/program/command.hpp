#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sim/network/ceil_div.hpp"
#include "sim/network/network.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/conv_loop.hpp"
#include "sim/program/matmul_loop.hpp"

namespace systole {

/// The local memories that commands name. A unified scratchpad is `Scratchpad` alone.
enum class LocalMemory : std::uint8_t { Scratchpad, WeightScratchpad, Accumulators, RequantTable };
const char* local_memory_name(LocalMemory memory);  ///< for people

/// What the bytes of a transfer are, for the traffic report.
enum class Operand : std::uint8_t { Ifmap, Weight, Bias, Requant, Ofmap };
constexpr std::size_t kOperands = 5;

/// A place in a local memory, in rows of that memory.
struct LocalAddress {
  LocalMemory memory = LocalMemory::Scratchpad;
  std::uint32_t row = 0;
};

/// DRAM to local memory (mvin). Row i is the `row_bytes` bytes from dram_address
/// + i * dram_pitch. They fill local row `destination.row + i`; what does not fit in
/// a local row goes to the rows `block_pitch` further, and so on. A pitch of 0
/// reads one row and writes it `rows` times. The first `local_offset` bytes of the first local row,
/// and those of the last one that the DRAM row does not reach, keep their old value. With `widen`,
/// the bytes are int8 elements, each of which becomes a 32-bit element of the accumulators. With
/// pixel_repeats of r, a row (of one block) is written r times: to local row i - j, j rows' bytes
/// further right, for j from r - 1 down to 0, so that local rows hold r neighbouring pixels.
struct LoadCommand {
  std::uint64_t dram_address = 0;
  std::uint64_t dram_pitch = 0;
  std::uint32_t rows = 0;
  std::uint32_t row_bytes = 0;
  LocalAddress destination;
  std::uint32_t block_pitch = 0;
  Operand operand = Operand::Ifmap;
  bool widen = false;
  std::uint32_t pixel_repeats = 1;
  std::uint32_t local_offset = 0;
};

/// Writes `value` to every element of `rows` scratchpad rows: padding. One row a
/// cycle by the load unit, without the bus. With `beside_data`, zeros, by the zero writer
/// (zero_writer.hpp): `elements` of them in each row, further blocks and pixels as in a load.
struct FillCommand {
  LocalAddress destination;
  std::uint32_t rows = 0;
  std::int32_t value = 0;
  bool beside_data = false;
  std::uint32_t elements = 0;
  std::uint32_t block_pitch = 0;
  std::uint32_t pixel_repeats = 1;
};

/// Names what the next Compute does with its result, and with which weights: `k` rows of `n`
/// weights from `weights`, products k.. and columns n.. being zero. The results of the Compute go
/// to `acc_rows` accumulator rows from acc_row, adding to what is there if `accumulate`.
///
/// Weight stationary: the weights shift into the array's shadow registers; without `new_weights`
/// the array keeps those that it has. Output stationary: they stream beside the ifmap, any number
/// of them. Input stationary: they stream past the ifmap; columns beyond array.cols are further
/// blocks, of weights `weights_pitch` rows and of results `acc_pitch` rows apart.
///
/// A composable PE takes `products_per_pe` products a cycle: a weight row holds as many of the fold
/// for each of its columns, one product's `n` weights behind the other's. A PE takes them from one
/// scratchpad row of a pixel, so each of the ifmap's parts starts with a weight row of its own.
///
/// With `keeps_sums` (output stationary) the Compute's sums stay in the PEs, and the next Compute
/// adds to them; nothing goes to the accumulators.
struct PreloadCommand {
  bool new_weights = true;
  LocalAddress weights;
  std::uint32_t k = 0;
  std::uint32_t n = 0;
  std::uint32_t acc_row = 0;
  std::uint32_t acc_rows = 0;
  bool accumulate = false;
  std::uint32_t weights_pitch = 0;
  std::uint32_t acc_pitch = 0;
  std::uint32_t products_per_pe = 1;
  bool keeps_sums = false;
  std::uint32_t weight_rows_of_parts = 0;  ///< of all of them; 0: the Compute has one part

  std::uint32_t weight_rows() const {
    return weight_rows_of_parts != 0 ? weight_rows_of_parts : ceil_div(k, products_per_pe);
  }
};

/// Which of an ifmap tile's scratchpad rows hold the products of a Compute: product p of a pixel is
/// channel p % channels of tap p / channels. Channel c is lane c % lanes of the row c / lanes
/// slices further, lanes being array.rows x products_per_pe; taps are tap_pitch_h and tap_pitch_w
/// rows apart.
struct ProductMap {
  std::uint32_t first = 0;  ///< product of the Compute's first
  std::uint32_t channels = ~0U;
  std::uint32_t kernel_w = 1;
  std::uint32_t tap_pitch_h = 0, tap_pitch_w = 0;
  std::uint32_t slice_pitch = 0;
};

/// Multiplies the k products of each of its pixels with the weights of the Preload before it. Its
/// pixels are those of a grid of count_h x count_w, pixel (i, j) being at scratchpad row
/// `ifmap_row`
/// + i * pitch_h + j * pitch_w, in this order, without the first `skip` and the last `drop`.
struct ComputeCommand {
  std::uint32_t ifmap_row = 0;
  std::uint32_t count_h = 1;
  std::uint32_t count_w = 1;
  std::uint32_t pitch_h = 0;
  std::uint32_t pitch_w = 0;
  std::uint32_t k = 0;
  std::uint32_t skip = 0, drop = 0;
  ProductMap products{};
  std::uint32_t products_per_pe = 1;  ///< as of the Preload before it

  std::uint32_t rows() const { return count_h * count_w - skip - drop; }
  /// Scratchpad row of a pixel's tap 0 and slice 0.
  std::uint32_t pixel_row(std::uint32_t pixel) const {
    const std::uint32_t at = skip + pixel;
    return ifmap_row + at / count_w * pitch_h + at % count_w * pitch_w;
  }
};

/// Local memory to DRAM (mvout). From the accumulators every row goes through the
/// requantization unit: DRAM row i, at dram_address + i * dram_pitch, is `elements`
/// outputs from the accumulator rows source.row + i, + block_pitch + i, ... of `array.cols` each;
/// block b uses the requantization constants of table row `table_row + b`, unless the layer has one
/// pair for all channels; with `raw`, they are stored as they are, 4 bytes each. With a pool, DRAM
/// row i is the maximum over the window i of one block's rows. From the scratchpad, rows are copied
/// as they are. With `keep`, which requantized outputs alone have, block b of row i goes to
/// scratchpad row kept_row + b * kept_pitch + i too, for layers to come: no other command of the
/// program reads or writes those rows. Without `to_dram` it goes there alone.
struct StoreCommand {
  LocalAddress source;
  std::uint32_t rows = 0;
  std::uint32_t elements = 0;
  std::uint32_t block_pitch = 0;
  std::uint32_t table_row = 0;
  std::uint64_t dram_address = 0;
  std::uint64_t dram_pitch = 0;
  bool raw = false;
  bool keep = false;
  bool to_dram = true;
  std::uint32_t kept_row = 0;
  std::uint32_t kept_pitch = 0;
  StorePool pool{};
};

/// Pools a tile of `tile_h` x `tile_w` pixels at input_row (row-major, one channel block, rows of
/// pixels input_pitch apart, 0 standing for tile_w) into out_h x out_w pixels at output_row (rows
/// output_pitch apart, 0 standing for out_w). The first window starts at (origin_h, origin_w) of
/// the tile, which may be negative; taps outside the tile are padding and left out.
struct PoolCommand {
  bool average = false;
  std::uint32_t input_row = 0;
  std::uint32_t tile_h = 0, tile_w = 0;
  std::int32_t origin_h = 0, origin_w = 0;
  std::uint32_t kernel_h = 1, kernel_w = 1;
  std::uint32_t stride_h = 1, stride_w = 1;
  std::uint32_t out_h = 0, out_w = 0;
  std::uint32_t output_row = 0;
  std::uint32_t elements = 0;  ///< channels of the block that count
  std::uint32_t input_pitch = 0, output_pitch = 0;

  std::uint32_t input_step() const { return input_pitch == 0 ? tile_w : input_pitch; }
  std::uint32_t output_step() const { return output_pitch == 0 ? out_w : output_pitch; }
};

/// Adds `rows` scratchpad rows element by element with the layer's Add constants.
struct AddCommand {
  std::array<std::uint32_t, 2> input_row{};
  std::uint32_t output_row = 0;
  std::uint32_t rows = 0;
};

/// A depthwise convolution of one channel block in the vector unit. Its constants lie in scratchpad
/// rows from constants_row on: a row of weights for each tap, `bias_rows` rows of biases packed as
/// in the accumulators, `table_rows` rows of requantization entries packed as in the table (none:
/// the layer has one pair for all channels). They are read first. The ifmap tile, its padding
/// included, is `tile_w` pixels wide from input_row on; out_h x out_w pixels go to output_row.
struct DepthwiseCommand {
  std::uint32_t constants_row = 0, bias_rows = 0, table_rows = 0;
  std::uint32_t input_row = 0;
  std::uint32_t tile_h = 0, tile_w = 0;
  std::uint32_t kernel_h = 1, kernel_w = 1;
  std::uint32_t stride_h = 1, stride_w = 1;
  std::uint32_t dilation_h = 1, dilation_w = 1;
  std::uint32_t out_h = 0, out_w = 0;
  std::uint32_t output_row = 0;
  std::uint32_t elements = 0;  ///< channels of the block that count

  std::uint32_t taps() const { return kernel_h * kernel_w; }
  std::uint32_t constant_rows() const { return taps() + bias_rows + table_rows; }
};

/// The queue that a command waits in.
enum class CommandClass : std::uint8_t { Load, Execute, Store };
constexpr std::size_t kCommandClasses = 3;

/// Sets a unit's registers: takes a place in the reservation station and is done when it is issued.
struct ConfigureCommand {
  CommandClass target = CommandClass::Load;
};

using CommandBody =
    std::variant<ConfigureCommand, LoadCommand, FillCommand, PreloadCommand, ComputeCommand,
                 StoreCommand, PoolCommand, AddCommand, DepthwiseCommand>;

/// Rows [first, first + rows) of a local memory.
struct RowRange {
  LocalMemory memory = LocalMemory::Scratchpad;
  std::uint32_t first = 0;
  std::uint32_t rows = 0;

  bool overlaps(const RowRange& o) const {
    return memory == o.memory && first < o.first + o.rows && o.first < first + rows;
  }
};

struct Command {
  CommandBody body;
};

CommandClass command_class(const Command& command);
/// Whether the vector unit runs it: of the commands of class Execute, the others are the array's.
bool is_for_vector_unit(const Command& command);

/// Where the ofmap lies: pixels of packed channels, one behind the other or at a pitch. Tells the
/// requantization unit which output element it works on, whatever the tiling.
struct OfmapPlace {
  std::uint64_t address = 0;
  std::uint64_t channels = 1;
  std::uint32_t bits = 8;
  std::uint64_t pixel_pitch = 0;  ///< bytes; 0: of a pixel

  /// Index of the element that starts at an address of the ofmap.
  std::uint64_t element_at(std::uint64_t at) const {
    const std::uint64_t pixel_bytes = pixel_pitch != 0 ? pixel_pitch : packed_bytes(channels, bits);
    return (at - address) / pixel_bytes * channels + (at - address) % pixel_bytes * 8 / bits;
  }
};

/// Registers that hold for a whole layer, set before its first command.
struct LayerRegisters {
  ElementFormat ifmap;  ///< of what the array and the vector unit read
  ElementFormat weight;
  std::uint32_t products_per_pe = 1;  ///< of composable PEs, a cycle
  ElementFormat ofmap;                ///< of what a store from the accumulators writes
  OfmapPlace ofmap_place;
  Requantizer requant;  ///< vectors of size 1: one pair for all channels; else the table's
  Add add;              ///< AddCommand's constants
  std::int32_t pool_clamp_min = -128, pool_clamp_max = 127;
  /// The layer stores nothing in DRAM: it ends when its loads' last bursts have come, too, beats
  /// that nobody wants included. (Of other layers the last store's answer is later.)
  bool ends_in_scratchpad = false;
};

/// Everything the machine does for one layer; stores are in DRAM before the next layer starts.
/// Either commands alone, or loops of one kind for the hardware's loop unrollers, behind the
/// commands (configuration only, then).
struct LayerProgram {
  LayerRegisters registers;
  std::vector<Command> commands;
  std::vector<MatmulLoop> loops{};
  std::vector<ConvLoop> conv_loops{};

  bool has_loops() const { return !loops.empty() || !conv_loops.empty(); }
};

}  // namespace systole
