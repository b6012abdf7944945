#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "models/sequencer/conv_unroller.hpp"
#include "models/sequencer/loop_unroller.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kGap = 10;
constexpr std::uint64_t kRoomFrom = 200;

/// Cycles in which configuration commands leave that nothing takes before kRoomFrom.
template <typename Unroller, typename Loop>
std::vector<std::uint64_t> leaving_cycles(std::size_t commands) {
  SequencerConfig station;
  station.command_gap = kGap;
  const std::vector<Command> configuration(commands, Command{ConfigureCommand{CommandClass::Load}});
  Unroller unroller{station, {}};
  unroller.start(configuration, std::vector<Loop>{});
  std::vector<std::uint64_t> cycles;
  for (std::uint64_t now = 0; now < 2 * kRoomFrom; ++now) {
    if (unroller.tick(now, now >= kRoomFrom)) {
      cycles.push_back(now);
    }
  }
  return cycles;
}

// Six commands wait in three queues of two. The last queue has room in the cycle after it gave one
// away, the one before it another cycle later: the host's next command is taken three cycles after,
// and needs three cycles to leave.
TEST(LoopUnrollerTest, RoomInTheQueuesTakesACycleEachToReachTheHost) {
  const std::vector<std::uint64_t> expected{kRoomFrom,     kRoomFrom + 1,       kRoomFrom + 2,
                                            kRoomFrom + 3, kRoomFrom + 4,       kRoomFrom + 5,
                                            kRoomFrom + 6, kRoomFrom + 6 + kGap};
  EXPECT_EQ((leaving_cycles<LoopUnroller, MatmulLoop>(8)), expected);
}

// The same with two queues, and a third behind the unroller, which is full as well.
TEST(ConvUnrollerTest, RoomInTheQueuesTakesACycleEachToReachTheHost) {
  const std::vector<std::uint64_t> expected{kRoomFrom,     kRoomFrom + 1,       kRoomFrom + 2,
                                            kRoomFrom + 3, kRoomFrom + 4,       kRoomFrom + 5,
                                            kRoomFrom + 6, kRoomFrom + 6 + kGap};
  EXPECT_EQ((leaving_cycles<ConvUnroller, ConvLoop>(8)), expected);
}

}  // namespace
}  // namespace systole
