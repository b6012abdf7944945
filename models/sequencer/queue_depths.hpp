#pragma once

#include <cstddef>

namespace systole {

// Commands between the reservation station and a unit (Gemmini's controller queues: load 8,
// execute 2 + 8, store 2).
constexpr std::size_t kLoadQueue = 8;
constexpr std::size_t kExecuteQueue = 8;
constexpr std::size_t kStoreQueue = 2;
constexpr std::size_t kVectorQueue = 2;

// Commands between the loop unroller and the reservation station.
constexpr std::size_t kUnrolledQueue = 2;

// A registered queue between two blocks: two slots keep it at one item a cycle.
constexpr std::size_t kPipelined = 2;

// Rows of a load between their turn and their last burst (Gemmini's read issue queue holds 5, its
// reader one). The last burst makes room for a turn in its own cycle.
constexpr std::size_t kRowRequests = 6;

// Blocks of stores between the request for them and the writer (Gemmini's dispatch, norm, norm data
// and scale queues hold 16, its scale pipe 5).
constexpr std::size_t kBlocksInFlight = 21;

// Commands in the execute unit that have not started: compute, next preload and its compute.
constexpr std::size_t kExecuteWindow = 3;

}  // namespace systole
