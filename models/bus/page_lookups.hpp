#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace systole {

/// Translation of addresses for the two DMA units (Gemmini's FrontendTLB, with every page in it).
///
/// Each unit keeps the page of its last lookup. An address on that page is known when it leaves the
/// first stage of translation; another is looked up in the next cycle, in the second stage. One
/// lookup a cycle: of two the unit goes first that did not have the last one, and the other one
/// misses. Both units ask in each cycle, in any order.
class PageLookups {
 public:
  enum Client : std::uint8_t { kWriter, kReader, kClients };

  /// `page_bytes`: a power of two; 0: every address is known.
  explicit PageLookups(std::uint32_t page_bytes) : page_bytes_{page_bytes} {}

  /// Forgets all pages: before a program.
  void start();

  /// What is in the client's second stage in this cycle misses its address.
  bool misses(Client client, std::uint64_t now);
  /// After that, in the same cycle: the address in its first stage, which `leaves` it.
  void look_up(Client client, std::uint64_t now, bool leaves, std::uint64_t address);

 private:
  struct Lookup {
    std::uint64_t cycle = ~std::uint64_t{0};  // of the second stage
    std::uint64_t page = 0;
    bool known = false;
    bool asks = false;
  };
  struct Unit {
    std::array<Lookup, 2> lookups;  // by cycle: one is read while the other is written
    std::optional<std::uint64_t> page;
    std::optional<std::uint64_t> granted;  // page, in this cycle
  };

  const Lookup& lookup(Client client, std::uint64_t now) const {
    return units_[client].lookups[now % 2];
  }
  bool asks(Client client, std::uint64_t now) const {
    const Lookup& of = lookup(client, now);
    return of.cycle == now && of.asks;
  }
  bool is_granted(Client client, std::uint64_t now);

  const std::uint32_t page_bytes_;
  std::array<Unit, kClients> units_;
  Client last_ = kWriter;
  std::uint64_t granted_at_ = ~std::uint64_t{0};
};

}  // namespace systole
