#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sim/program/command_fields.hpp"
#include "sim/program/command_numbers.hpp"
#include "sim/program/issued_command.hpp"
#include "sim/timing/cycle.hpp"

namespace systole {

/// The state of the timing blocks as bytes, in which nothing tells at which cycle, and at which
/// places of the memories, the machine is (TimingKey): machines with equal bytes do the same from
/// there on, if the commands to come conflict with those in flight in the same way. Writes the
/// state of a cycle, or sets blocks of the same configuration to it at another cycle of a program.
/// One function of a block does both, so that they cannot differ. One archive serves state after
/// state, in the same buffers.
class StateArchive {
 public:
  explicit StateArchive(CommandNumbers& numbers) : numbers_{numbers}, key_{numbers.key()} {}
  StateArchive(const StateArchive&) = delete;
  StateArchive& operator=(const StateArchive&) = delete;

  /// From here on it writes the state of the end of cycle `now`.
  void write_at(Cycle now) {
    begin(now, false);
    named_.clear();
    at_ = buffer_.data();
    end_ = at_ + buffer_.size();
  }
  /// From here on it reads `bytes` as the state of the end of cycle `now`, in which `named` are the
  /// commands that the state names.
  void read_at(Cycle now, const std::string& bytes, const std::vector<const Command*>& named) {
    begin(now, true);
    named_ = named;
    read_ = bytes.data();
    end_ = read_ + bytes.size();
  }

  bool reading() const { return reading_; }
  Cycle now() const { return now_; }
  /// What has been written.
  std::string_view bytes() const {
    return {buffer_.data(), static_cast<std::size_t>(at_ - buffer_.data())};
  }
  /// Commands that blocks still work on, in the order in which the state names them.
  const std::vector<const Command*>& named() const { return named_; }
  /// Seven bits a byte, the low ones first, the last byte without the high bit: nearly all values
  /// are small, and a state is hashed and compared more often than written.
  template <typename T>
  void value(T& v) {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
    if constexpr (sizeof v == 1) {
      if (reading_) {
        std::memcpy(&v, take(), 1);
      } else {
        std::memcpy(room(1), &v, 1);
        ++at_;
      }
    } else if (reading_) {
      v = static_cast<T>(take_number());
    } else {
      put_number(static_cast<std::make_unsigned_t<T>>(v));
    }
  }
  template <typename... T>
  void values(T&... v) {
    (value(v), ...);
  }

  /// A cycle that matters wherever it is.
  void cycle(Cycle& at) {
    // Twice the distance, odd for the past; never is no distance.
    std::uint64_t distance = kNever;
    if (!reading_ && at != kNever) {
      distance = at < now_ ? 2 * (now_ - at) - 1 : 2 * (at - now_);
    }
    value(distance);
    if (reading_) {
      const Cycle half = distance / 2;
      at = distance == kNever ? kNever : distance % 2 == 1 ? now_ - half - 1 : now_ + half;
    }
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
      if (!reading_) {
        named_.push_back(command);
      }
      std::uint32_t number = reading_ ? 0 : numbers_.of(*named_[index]);
      value(number);  // when it is read, the command tells
    }
    command = named_.at(index);
  }
  /// Which entry of the reservation station a command has decides nothing: the station, which is
  /// archived first, gives each a name. Those that are free have none, and are not asked for again.
  void name_entries(const std::vector<std::uint32_t>& names) { entries_ = names; }
  std::uint32_t name_of(std::uint32_t entry) const {
    return entry == kNoEntry ? kNoEntry : entries_.at(entry);
  }
  void entry(std::uint32_t& entry) {
    std::uint32_t name = reading_ ? kNoEntry : name_of(entry);
    value(name);
    entry = reading_ ? name : entry;
  }
  void issued(IssuedCommand& issued) {
    bool here = issued.command != nullptr;
    value(here);
    if (here) {
      reference(issued.command);
    } else {
      issued.command = nullptr;
    }
    entry(issued.entry);
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
  static constexpr std::size_t kLongestNumber = 10;  // bytes of a number of 64 bits

  void begin(Cycle now, bool reading) {
    now_ = now;
    reading_ = reading;
    mentioned_ = 0;
  }
  const char* take() {
    if (read_ == end_) {
      throw std::logic_error{"a timing state is too short"};
    }
    return read_++;
  }
  std::uint64_t take_number() {
    std::uint64_t number = 0;
    unsigned shift = 0;
    while (true) {
      const auto byte = static_cast<unsigned char>(*take());
      number |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80U) {
        return number;
      }
      shift += 7;
    }
  }
  void put_number(std::uint64_t number) {
    char* to = room(kLongestNumber);
    for (; number >= 0x80U; number >>= 7U) {
      *to++ = static_cast<char>(number | 0x80U);
    }
    *to++ = static_cast<char>(number);
    at_ = to;
  }
  /// Where so many bytes can be written.
  char* room(std::size_t size) {
    if (static_cast<std::size_t>(end_ - at_) < size) {
      const auto used = static_cast<std::size_t>(at_ - buffer_.data());
      buffer_.resize(2 * buffer_.size() + kUsualSize + size);
      at_ = buffer_.data() + used;
      end_ = buffer_.data() + buffer_.size();
    }
    return at_;
  }
  CommandNumbers& numbers_;
  const TimingKey& key_;
  Cycle now_ = 0;
  bool reading_ = false;
  std::string buffer_;          // for what is written
  char* at_ = buffer_.data();   // in it
  const char* read_ = nullptr;  // in what is read
  const char* end_ = at_;       // of either
  std::vector<const Command*> named_;
  std::uint32_t mentioned_ = 0;         // of them, so far
  std::vector<std::uint32_t> entries_;  // their names
};

}  // namespace systole
