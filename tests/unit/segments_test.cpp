#include "sim/top/segments.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace systole {
namespace {

constexpr std::uint32_t kTile = 1;  // its list; list 0 stands before the first tile

/// Thirty loads, and ten folds that bring weights.
std::vector<Command> tile() {
  std::vector<Command> commands(30, Command{LoadCommand{}});
  PreloadCommand preload;
  preload.new_weights = true;
  for (int i = 0; i < 10; ++i) {
    commands.push_back({preload});
    commands.push_back({ComputeCommand{}});
  }
  return commands;
}

/// Where segments end in the last of four tiles behind so many stores.
std::vector<std::uint32_t> ends_in_last_tile(std::uint32_t stores) {
  const auto shared = [](std::vector<Command> commands) {
    return std::make_shared<const std::vector<Command>>(std::move(commands));
  };
  const auto commands_of_tile = static_cast<std::uint32_t>(tile().size());
  PackedCommands commands{
      {shared(std::vector<Command>(stores, Command{StoreCommand{}})), shared(tile())}};
  commands.append({0, 0, stores, 0});
  for (std::uint64_t i = 0; i < 4; ++i) {
    commands.append({kTile, 0, commands_of_tile, 4096 * i});
  }
  Segments segments;
  segments.begin_program(commands);
  const std::size_t first = commands.size() - commands_of_tile;
  std::vector<std::uint32_t> ends;
  std::size_t taken = 0;
  do {
    segments.take();
    EXPECT_EQ(segments.at(), taken);
    taken = segments.end();
    if (taken > first) {
      ends.push_back(static_cast<std::uint32_t>(taken - first));
    }
  } while (!segments.is_last());
  EXPECT_EQ(taken, commands.size());
  return ends;
}

// Only then are segments of later tiles those of earlier ones.
TEST(Segments, EndInATileAtTheSamePlacesWhateverCameBefore) {
  const std::vector<std::uint32_t> ends = ends_in_last_tile(1);
  EXPECT_GT(ends.size(), 1U);
  for (std::uint32_t stores = 2; stores < 40; ++stores) {
    EXPECT_EQ(ends_in_last_tile(stores), ends) << "behind " << stores << " stores";
  }
}

}  // namespace
}  // namespace systole
