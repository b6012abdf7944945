#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sim/program/command_fields.hpp"
#include "sim/program/issued_command.hpp"
#include "sim/program/timing_key.hpp"
#include "sim/timing/cycle.hpp"

namespace systole {

/// The state of the timing blocks as bytes, in which nothing tells at which cycle, and at which
/// places of the memories, the machine is (TimingKey): machines with equal bytes do the same from
/// there on, if the commands to come conflict with those in flight in the same way. Writes the
/// state of a cycle, or sets blocks of the same configuration to it at another cycle of a program.
/// One function of a block does both, so that they cannot differ.
class StateArchive {
 public:
  /// To write the state of the end of cycle `now`.
  StateArchive(Cycle now, const TimingKey& key) : now_{now}, key_{key}, reading_{false} {}
  /// To read `bytes` as the state of the end of cycle `now`, in which `named` are the commands that
  /// the state names.
  StateArchive(Cycle now, const TimingKey& key, const std::string& bytes,
               std::vector<const Command*> named)
      : now_{now}, key_{key}, reading_{true}, bytes_{bytes}, named_{std::move(named)} {}

  bool reading() const { return reading_; }
  Cycle now() const { return now_; }
  std::string take_bytes() {
    bytes_.resize(at_);
    return std::move(bytes_);
  }
  /// Commands that blocks still work on, in the order in which the state names them.
  const std::vector<const Command*>& named() const { return named_; }
  template <typename T>
  void value(T& v) {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
    if (reading_) {
      if (bytes_.size() - at_ < sizeof v) {
        throw std::logic_error{"a timing state is too short"};
      }
      std::memcpy(&v, bytes_.data() + at_, sizeof v);
      at_ += sizeof v;
    } else {
      if (bytes_.size() - at_ < sizeof v) {
        bytes_.resize(2 * bytes_.size() + kUsualSize);
      }
      std::memcpy(bytes_.data() + at_, &v, sizeof v);
      at_ += sizeof v;
    }
  }
  template <typename... T>
  void values(T&... v) {
    (value(v), ...);
  }

  /// A cycle that matters wherever it is.
  void cycle(Cycle& at) {
    Cycle relative = at == kNever ? kNever : at - now_ + kPast;
    value(relative);
    at = relative == kNever ? kNever : relative + now_ - kPast;
  }

  /// A cycle that is only asked whether it has come: all that have are the same.
  void due(Cycle& at) {
    Cycle clamped = at < now_ ? now_ : at;
    cycle(clamped);
    at = clamped;
  }

  /// A counter that is only compared with `base`.
  void count(std::uint64_t& counter, std::uint64_t base) {
    std::uint64_t difference = counter - base;
    value(difference);
    counter = base + difference;
  }

  /// Size and elements of a vector or deque; `each` archives one.
  template <typename Container, typename Each>
  void list(Container& items, Each each) {
    auto size = static_cast<std::uint32_t>(items.size());
    value(size);
    if (reading_) {
      items.clear();
      items.resize(size);
    }
    for (auto& item : items) {
      each(item);
    }
  }

  /// A command of the program that some block still works on. Several may name the same one.
  void reference(const Command*& command) {
    std::uint32_t index = 0;
    while (!reading_ && index < mentioned_ && named_[index] != command) {
      ++index;
    }
    value(index);
    if (index == mentioned_) {
      ++mentioned_;
      words_.clear();
      if (!reading_) {
        named_.push_back(command);
        key_.append(*command, words_);
      }
      list(words_, [this](std::uint32_t& word) { value(word); });
    }
    command = named_.at(index);
  }
  void issued(IssuedCommand& issued) {
    bool here = issued.command != nullptr;
    value(here);
    if (here) {
      reference(issued.command);
    } else {
      issued.command = nullptr;
    }
    value(issued.entry);
  }
  /// The body of a command that was named before.
  template <typename Body>
  void body(const Body*& body) {
    std::uint32_t index = 0;
    if (!reading_) {
      while (std::get_if<Body>(&named_.at(index)->body) != body) {
        ++index;
      }
    }
    value(index);
    body = &std::get<Body>(named_.at(index)->body);
  }

  /// A copy of a body that a block keeps for itself.
  template <typename Body>
  void copy(Body& body) {
    if (!reading_) {
      Body same = key_.reduced(body);
      std::apply([this](auto&... field) { this->values(field...); }, fields(same));
    } else {
      std::apply([this](auto&... field) { this->values(field...); }, fields(body));
    }
  }

  void address(std::uint64_t& dram_address) {
    std::uint64_t reduced = key_.reduce(dram_address);
    value(reduced);
    dram_address = reading_ ? reduced : dram_address;
  }

  /// `rows` rows of a local memory from `row` on.
  void rows(LocalMemory memory, std::uint32_t& row, std::uint32_t rows) {
    std::uint32_t reduced = key_.reduced(memory, row, rows);
    value(reduced);
    row = reading_ ? reduced : row;
  }

 private:
  static constexpr std::size_t kUsualSize = 8192;
  static constexpr Cycle kPast = Cycle{1} << 62U;  // cycles before `now` stay positive

  const Cycle now_;
  const TimingKey& key_;
  const bool reading_;
  std::string bytes_;
  std::size_t at_ = 0;
  std::vector<const Command*> named_;
  std::uint32_t mentioned_ = 0;  // of them, so far
  std::vector<std::uint32_t> words_;
};

}  // namespace systole
