#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>

#include "sim/program/issued_command.hpp"
#include "sim/storage/row.hpp"

namespace systole {

/// `bytes` for a part of a local row, from byte `offset` on.
struct LocalWrite {
  LocalAddress to;
  std::uint32_t offset = 0;
  ByteRow bytes;
  bool last = false;        ///< the command's last write: answered by a Completion
  std::uint32_t entry = 0;  ///< of the command, for its Completion
};

/// Lanes [lane, lane + count) of a scratchpad row.
struct IfmapRead {
  std::uint32_t row = 0;
  std::uint32_t lane = 0;
  std::uint32_t count = 0;
};
using IfmapReads = boost::container::small_vector<IfmapRead, 1>;

/// Ifmap rows on their way to the array, all read in one cycle. Weight stationary: one vector, its
/// k lanes one read behind the other; its results go to accumulator row `acc_row`. Else a
/// transposer takes them, as its rows `index` and on (output stationary) or all as row `index`
/// (input stationary), and the fields that tell of results are those of the StreamStep.
struct IfmapStep {
  bool valid = false;
  IfmapReads reads;
  std::uint32_t index = 0;
  std::uint32_t k = 0;
  std::uint32_t n = 0;
  std::uint32_t acc_row = 0;
  bool accumulate = false;
  bool swap = false;  ///< first vector of a fold: the shadow weights become active
  std::uint32_t products_per_pe = 1;
  ByteRow bytes;  ///< filled by the scratchpad: the rows, one behind the other
};

/// Rows of weights on their way to the array. Weight stationary: one, for the shadow registers of
/// array row `index`. Output stationary: one, for the top edge. Input stationary: some, which a
/// transposer takes as its rows `index` and on.
struct WeightStep {
  bool valid = false;
  bool zero = false;  ///< below the fold's k: zeros, not read
  LocalAddress from;
  std::uint32_t rows = 1;
  std::uint32_t index = 0;
  std::uint32_t n = 0;
  std::uint32_t products_per_pe = 1;
  ByteRow bytes;  ///< filled by the scratchpad
};

/// What the transposers give to the array in a cycle.
struct StreamStep {
  bool shift = false;           ///< input stationary: the pixels of array row shift_row go in
  std::uint32_t shift_row = 0;  ///< and go down to it

  bool valid = false;         ///< a column of a transposed block streams
  std::uint32_t column = 0;   ///< of the block
  bool new_block = false;     ///< its first
  bool swap = false;          ///< first of the fold
  bool last = false;          ///< output stationary: of the fold; input stationary: of the block
  bool last_of_fold = false;  ///< of its blocks
  std::uint32_t pixels = 0, k = 0, n = 0;  ///< PEs that do useful work
  std::uint32_t acc_row = 0;               ///< of the first pixel
  bool accumulate = false;
  std::uint32_t preload_entry = 0;
  std::uint32_t products_per_pe = 1;  ///< of shift_row, or of the column
};

/// What enters the array in one cycle. The two reads move in lock step: the
/// next pair is looked at when both parts of this one have been read.
struct OperandPair {
  IfmapStep ifmap;
  WeightStep weight;
  StreamStep stream;
  /// Of a compute and a preload that go together: if the ifmap's first row and the weights' are in
  /// one bank, the weights' goes in a later cycle, even if one of them is padding that is not read.
  /// `ifmap.reads` is set in padding rows too.
  bool together = false;
  bool last_of_step = false;  ///< nothing more comes of this preload and compute
  bool computing = false;     ///< the step has a compute; with last_of_step it is complete
  std::uint32_t compute_entry = 0;
  std::uint32_t preload_entry = 0;  ///< of the preload that named its destination
  /// The step loads a fold that keeps its sums: that preload is complete with the step.
  std::optional<std::uint32_t> keeping_entry;
};

/// The last row of a step has entered the array: its results will all have left with cycle `cycle`.
struct StepLeaving {
  std::uint64_t cycle = 0;
};

/// A row read for the vector or the store unit, answered in order.
struct RowRead {
  std::uint32_t row = 0;
  bool last = false;        ///< the store's last read: it completes the command
  std::uint32_t entry = 0;  ///< of the store
};

struct RowData {
  ByteRow bytes;
};

}  // namespace systole
