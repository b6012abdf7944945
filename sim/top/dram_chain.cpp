#include "sim/top/dram_chain.hpp"

#include <utility>

namespace systole {

std::optional<std::size_t> DramFollower::follow(DramChain& root, Cycle start) {
  oracle_.begin_segment(start);
  path_.clear();
  here_ = {&root, 0};
  unknown_.reset();
  while (here_.items < here_.chain->items.size()) {
    const DramItem& next = here_.chain->items[here_.items];
    if (!comes(next)) {
      if (!branch()) {
        return std::nullopt;
      }
    } else if (next.kind == DramItem::Kind::End) {
      return here_.chain->end;
    } else {
      ++here_.items;
    }
  }
  return std::nullopt;  // nothing is known yet
}

/// Whether it is what happens next. If not, unknown_ is what happens instead; nothing, if the DRAM
/// has done nothing up to the cycle of an event.
bool DramFollower::comes(const DramItem& next) {
  switch (next.kind) {
    case DramItem::Kind::Request:
      unknown_ = oracle_.run_before(next.at);
      if (!unknown_) {
        const bool room = oracle_.request(static_cast<Master>(next.master), next.at);
        if (room != next.room) {
          unknown_ = next;
          unknown_->room = room;
        }
      }
      return !unknown_;
    case DramItem::Kind::Event:
      unknown_ = oracle_.run_before(next.at + 1);
      if (!unknown_ || !(*unknown_ == next)) {
        return false;
      }
      unknown_.reset();
      if (next.answers()) {
        oracle_.reply(next);
      }
      return true;
    case DramItem::Kind::End:
      unknown_ = oracle_.run_before(next.at + 1);
      break;
  }
  return !unknown_;
}

/// Goes on in the branch that fits, if there is one.
bool DramFollower::branch() {
  Cycle quiet = here_.chain->items[here_.items].at;
  while (!unknown_) {
    DramChain* const later = first_branch_after(quiet);
    if (later == nullptr) {
      return false;
    }
    const DramItem& first = later->items.front();
    quiet = first.at;
    if (comes(first)) {
      // An end is looked at again, in vain.
      enter(*later, first.kind == DramItem::Kind::End ? 0 : 1);
      return true;
    }
  }
  DramChain* const known = branch_that_begins_with(*unknown_);
  if (known == nullptr) {
    return false;
  }
  unknown_.reset();
  if (known->items.front().answers()) {
    oracle_.reply(known->items.front());
  }
  enter(*known, 1);
  return true;
}

void DramFollower::enter(DramChain& chain, std::size_t at) {
  path_.push_back(here_);
  here_ = {&chain, at};
}

DramChain* DramFollower::branch_that_begins_with(const DramItem& item) const {
  for (const auto& branch : here_.chain->branches) {
    if (branch.from == here_.items && branch.chain->items.front() == item) {
      return branch.chain.get();
    }
  }
  return nullptr;
}

/// Of the branches in which nothing happens up to cycle `quiet`, the one in which something does
/// first. A segment may end in that cycle, behind all else.
DramChain* DramFollower::first_branch_after(Cycle quiet) const {
  DramChain* first = nullptr;
  for (const auto& branch : here_.chain->branches) {
    const DramItem& item = branch.chain->items.front();
    const bool after = item.at > quiet || (item.at == quiet && item.kind == DramItem::Kind::End);
    if (branch.from == here_.items && after &&
        (first == nullptr || item.at < first->items.front().at)) {
      first = branch.chain.get();
    }
  }
  return first;
}

std::vector<DramItem> DramFollower::followed() const {
  std::vector<DramItem> items;
  const auto append = [&](const Part& part) {
    const auto first = part.chain->items.begin();
    items.insert(items.end(), first, first + static_cast<std::ptrdiff_t>(part.items));
  };
  for (const Part& part : path_) {
    append(part);
  }
  append(here_);
  return items;
}

void DramFollower::attach(DramChain chain) {
  if (here_.chain->items.empty()) {
    *here_.chain = std::move(chain);
  } else {
    here_.chain->branches.push_back({here_.items, std::make_unique<DramChain>(std::move(chain))});
  }
}

}  // namespace systole
