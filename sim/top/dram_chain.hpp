#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "sim/top/dram_oracle.hpp"

namespace systole {

/// What passed between a machine and its DRAM in a segment that began in some state, item for item
/// up to the segment's end. Where the DRAM did something else another time, a branch goes on.
struct DramChain {
  struct Branch {
    std::size_t from = 0;  // the number of the item that its first item stands for
    std::unique_ptr<DramChain> chain;
  };

  std::vector<DramItem> items;  // the last is the end
  std::vector<Branch> branches;
  std::size_t end = 0;  // which of its outcomes the segment has
};

/// Follows chains with a DRAM that works for real: as long as all that it does is known, the
/// machine need not be looked at.
class DramFollower {
 public:
  explicit DramFollower(DramOracle& oracle) : oracle_{oracle} {}

  /// The outcome, if there is a chain to the end. Otherwise it stands behind the last item that is
  /// known, and the DRAM too.
  std::optional<std::size_t> follow(DramChain& root, Cycle start);

  /// The items up to there,
  std::vector<DramItem> followed() const;
  /// and what the DRAM has done that is not known, if it has done anything.
  const std::optional<DramItem>& unknown() const { return unknown_; }
  /// What follows there, to the end.
  void attach(DramChain chain);

 private:
  struct Part {
    DramChain* chain = nullptr;
    std::size_t items = 0;
  };

  bool comes(const DramItem& next);
  bool branch();
  void enter(DramChain& chain, std::size_t at);
  DramChain* branch_that_begins_with(const DramItem& item) const;
  DramChain* first_branch_after(Cycle quiet) const;

  DramOracle& oracle_;
  std::vector<Part> path_;
  Part here_;
  std::optional<DramItem> unknown_;
};

}  // namespace systole
