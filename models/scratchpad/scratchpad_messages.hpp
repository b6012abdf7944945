#pragma once

#include <cstdint>

#include "sim/kernel/row.hpp"
#include "sim/program/issued_command.hpp"

namespace systole {

/// `bytes` for a part of a local row, from byte `offset` on.
struct LocalWrite {
  LocalAddress to;
  std::uint32_t offset = 0;
  ByteRow bytes;
  bool last = false;        ///< the command's last write: answered by a Completion
  std::uint32_t entry = 0;  ///< of the command, for its Completion
};

/// One ifmap vector on its way to the array: read from `row`, k lanes of it count; its results
/// go to accumulator row `acc_row`.
struct IfmapStep {
  bool valid = false;
  std::uint32_t row = 0;
  std::uint32_t k = 0;
  std::uint32_t n = 0;
  std::uint32_t acc_row = 0;
  bool accumulate = false;
  bool swap = false;  ///< first vector of a fold: the shadow weights become active
  ByteRow bytes;      ///< filled by the scratchpad
};

/// One row of weights on its way to the shadow registers of array row `index`.
struct WeightStep {
  bool valid = false;
  bool zero = false;  ///< below the fold's k: zeros, not read
  LocalAddress from;
  std::uint32_t index = 0;
  std::uint32_t n = 0;
  ByteRow bytes;  ///< filled by the scratchpad
};

/// What enters the array in one cycle. The two reads move in lock step: the
/// next pair is looked at when both parts of this one have been read.
struct OperandPair {
  IfmapStep ifmap;
  WeightStep weight;
  /// Of a compute and a preload that go together: if the ifmap's and the weights' row are in one
  /// bank, the weights' goes in a later cycle, even if one of them is padding that is not read.
  /// `ifmap.row` is set in padding rows too.
  bool together = false;
  bool last_of_step = false;  ///< nothing more comes of this preload and compute
  bool computing = false;     ///< the step has a compute; with last_of_step it is complete
  std::uint32_t compute_entry = 0;
  std::uint32_t preload_entry = 0;  ///< of the preload that named its destination
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
