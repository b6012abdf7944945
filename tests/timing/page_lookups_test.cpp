#include "models/bus/page_lookups.hpp"

#include <gtest/gtest.h>

namespace systole {
namespace {

constexpr PageLookups::Client kWriter = PageLookups::kWriter;
constexpr PageLookups::Client kReader = PageLookups::kReader;
constexpr std::uint32_t kPage = 4096;

/// An address that stands in the first stage in cycle `at` misses in the cycle after, or not, while
/// the other unit's stages are empty.
bool misses_alone(PageLookups& pages, PageLookups::Client client, std::uint64_t at,
                  std::uint64_t address) {
  static_cast<void>(pages.misses(client, at));
  pages.look_up(client, at, true, address);
  const bool missed = pages.misses(client, at + 1);
  pages.look_up(client, at + 1, false, address);
  return missed;
}

TEST(PageLookups, WithoutPagesNothingMisses) {
  PageLookups pages{0};
  for (std::uint64_t cycle = 0; cycle < 4; ++cycle) {
    EXPECT_FALSE(pages.misses(kReader, cycle));
    pages.look_up(kReader, cycle, true, 12345 * cycle);
  }
}

TEST(PageLookups, AUnitAloneMissesNothing) {
  PageLookups pages{kPage};
  EXPECT_FALSE(misses_alone(pages, kReader, 10, 0));
  EXPECT_FALSE(misses_alone(pages, kReader, 20, 5 * kPage));
  EXPECT_FALSE(misses_alone(pages, kWriter, 30, 5 * kPage));
}

// Both have a page to look up in the same cycle.
TEST(PageLookups, OfTwoTheOneGoesThatDidNotHaveTheLastLookup) {
  PageLookups pages{kPage};
  const auto both = [&pages](std::uint64_t at, std::uint64_t page) {
    for (const PageLookups::Client client : {kWriter, kReader}) {
      static_cast<void>(pages.misses(client, at));
      pages.look_up(client, at, true, page * kPage);
    }
    const bool writer = pages.misses(kWriter, at + 1);
    const bool reader = pages.misses(kReader, at + 1);
    pages.look_up(kWriter, at + 1, false, page * kPage);
    pages.look_up(kReader, at + 1, false, page * kPage);
    EXPECT_NE(writer, reader);
    return reader;
  };
  EXPECT_FALSE(both(10, 1)) << "the writer counts as the last one at first";
  EXPECT_TRUE(both(20, 2)) << "now the reader does";
  EXPECT_FALSE(both(30, 3));
}

// What a lookup has found is known to the addresses that come into the first stage a cycle later.
TEST(PageLookups, ThePageOfTheLastLookupIsKnownACycleLater) {
  PageLookups pages{kPage};
  const auto step = [&pages](std::uint64_t now, std::uint64_t reader, std::uint64_t writer) {
    const bool missed = pages.misses(kReader, now);
    static_cast<void>(pages.misses(kWriter, now));
    pages.look_up(kReader, now, true, reader);
    pages.look_up(kWriter, now, true, writer);
    return missed;
  };
  step(10, 0, kPage);                      // both look their page up in 11
  EXPECT_FALSE(step(11, 64, 2 * kPage));   // the reader goes first; it does not know of it yet
  EXPECT_TRUE(step(12, 128, 2 * kPage));   // so that its second one is looked up, and misses
  EXPECT_FALSE(step(13, 192, 3 * kPage));  // the third is on the page
}

TEST(PageLookups, AProgramStartsWithoutPages) {
  PageLookups pages{kPage};
  EXPECT_FALSE(misses_alone(pages, kReader, 10, 0));
  pages.start();
  static_cast<void>(pages.misses(kReader, 20));
  pages.look_up(kReader, 20, true, 0);
  static_cast<void>(pages.misses(kWriter, 20));
  pages.look_up(kWriter, 20, true, 0);
  EXPECT_FALSE(pages.misses(kReader, 21)) << "looked up, before the writer's";
  EXPECT_TRUE(pages.misses(kWriter, 21));
}

}  // namespace
}  // namespace systole
