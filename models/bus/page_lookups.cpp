#include "models/bus/page_lookups.hpp"

namespace systole {

void PageLookups::start() {
  units_ = {};
  last_ = kWriter;
  granted_at_ = ~std::uint64_t{0};
}

bool PageLookups::misses(Client client, std::uint64_t now) {
  if (page_bytes_ == 0) {
    return false;
  }
  Unit& unit = units_[client];
  const Lookup& of = lookup(client, now);
  unit.granted.reset();
  if (is_granted(client, now)) {
    unit.granted = of.page;
    return false;
  }
  return of.cycle != now || !of.known;
}

void PageLookups::look_up(Client client, std::uint64_t now, bool leaves, std::uint64_t address) {
  if (page_bytes_ == 0) {
    return;
  }
  Unit& unit = units_[client];
  Lookup& next = unit.lookups[(now + 1) % 2];
  next.cycle = now + 1;
  next.page = address / page_bytes_;
  next.known = unit.page == next.page;
  next.asks = leaves && !next.known;
  if (unit.granted) {  // seen from the next cycle on
    unit.page = unit.granted;
  }
}

/// The first one to ask decides for both: what they ask was settled in the cycle before.
bool PageLookups::is_granted(Client client, std::uint64_t now) {
  if (!asks(client, now)) {
    return false;
  }
  if (granted_at_ != now) {
    granted_at_ = now;
    const Client other = last_ == kWriter ? kReader : kWriter;
    last_ = asks(other, now) ? other : last_;
  }
  return last_ == client;
}

}  // namespace systole
