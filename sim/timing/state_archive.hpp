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
#include "sim/program/command_source.hpp"
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
  /// Names that a command may have had before: it was the first, second, ... to be fetched since
  /// the last state, or it had none.
  static constexpr std::uint32_t kFetched = std::uint32_t{1} << 31U;
  static constexpr std::uint32_t kUnnamed = ~std::uint32_t{0};
  struct Named {
    const Command* command = nullptr;
    std::uint32_t before = kUnnamed;  // its name in the last state
  };

  explicit StateArchive(CommandNumbers& numbers) : numbers_{numbers}, key_{numbers.key()} {}
  StateArchive(const StateArchive&) = delete;
  StateArchive& operator=(const StateArchive&) = delete;

  /// From here on it writes the state of the end of cycle `now`.
  void write_at(Cycle now) {
    begin(now, false);
    at_ = buffer_.data();
    end_ = at_ + buffer_.size();
  }
  /// From here on it reads `bytes` as the state of the end of cycle `now`, in which `named` are the
  /// commands that the state names.
  void read_at(Cycle now, const std::string& bytes, std::vector<const KnownCommand*> named) {
    begin(now, true);
    to_name_ = std::move(named);
    read_ = bytes.data();
    end_ = read_ + bytes.size();
  }

  bool reading() const { return reading_; }
  Cycle now() const { return now_; }
  /// What has been written.
  std::string_view bytes() const {
    return {buffer_.data(), static_cast<std::size_t>(at_ - buffer_.data())};
  }
  /// Commands that blocks still work on, in the order in which the state names them: first those
  /// that the reservation station holds.
  const std::vector<Named>& named() const { return named_; }
  std::uint32_t held() const { return static_cast<std::uint32_t>(entry_of_.size()); }

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

  /// A set of 64 bits, of which any is as likely to be there as another.
  void word(std::uint64_t& set) {
    if (reading_) {
      std::memcpy(&set, take(sizeof set), sizeof set);
    } else {
      std::memcpy(room(sizeof set), &set, sizeof set);
      at_ += sizeof set;
    }
  }

  /// A cycle that matters wherever it is.
  void cycle(Cycle& at) {
    // 0 is never; else the distance, its sign in the lowest bit.
    std::uint64_t number = 0;
    if (!reading_ && at != kNever) {
      const std::uint64_t distance = at - now_;
      number = (distance << 1U ^ (at < now_ ? ~std::uint64_t{0} : 0)) + 1;
    }
    value(number);
    if (reading_) {
      const std::uint64_t distance = (number - 1) >> 1U ^ ((number - 1) % 2 == 0 ? 0 : ~Cycle{0});
      at = number == 0 ? kNever : now_ + distance;
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

  // Which entry of the reservation station a command has decides nothing: the station, which is
  // archived first, names the commands that it holds by their turn.

  void begin_station(std::size_t entries) { names_.assign(entries, kUnnamed); }
  /// The next command that the station holds, in this entry. Changes its name.
  void hold(std::uint32_t entry, KnownCommand& command, std::uint32_t& name) {
    const std::uint32_t here = held();
    if (reading_) {
      command = *to_name_.at(here);
    }
    names_[entry] = here;
    named_.push_back({command.command, name});
    entry_of_.push_back(entry);
    name = here;
    value(command.number);  // when it is read, the command tells
  }
  /// Of an entry; those that are free have none, and are not asked for again.
  std::uint32_t name_of(std::uint32_t entry) const {
    return entry == kNoEntry ? kUnnamed : names_[entry];
  }
  std::uint32_t entry_of(std::uint32_t name) const {
    return name == kUnnamed ? kNoEntry : entry_of_.at(name);
  }
  void entry(std::uint32_t& entry) {
    std::uint32_t name = reading_ ? 0 : name_of(entry) + 1;  // 0: none
    value(name);
    entry = reading_ ? entry_of(name - 1) : entry;
  }
  void issued(IssuedCommand& issued) {
    enum Which : std::uint8_t { kNone, kOfItsEntry, kOther } which = kNone;
    if (!reading_ && issued.command != nullptr) {
      const std::uint32_t name = name_of(issued.entry);
      which = name != kUnnamed && named_[name].command == issued.command ? kOfItsEntry : kOther;
    }
    value(which);
    entry(issued.entry);
    if (which == kNone) {
      issued.command = nullptr;
    } else if (which == kOther) {
      reference(issued.command);
    } else if (reading_) {
      issued.command = named_.at(name_of(issued.entry)).command;
    }
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
    named_.clear();
    entry_of_.clear();
  }
  const char* take(std::ptrdiff_t size = 1) {
    if (end_ - read_ < size) {
      throw std::logic_error{"a timing state is too short"};
    }
    return std::exchange(read_, read_ + size);
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
  /// A command that the station does not hold any more. Several may name the same one.
  void reference(const Command*& command) {
    std::uint32_t index = held();
    while (!reading_ && index < named_.size() && named_[index].command != command) {
      ++index;
    }
    value(index);
    if (index == named_.size()) {
      std::uint32_t number = reading_ ? 0 : numbers_.of(*command);
      value(number);  // when it is read, the command tells
      named_.push_back({reading_ ? to_name_.at(index)->command : command, kUnnamed});
    }
    command = named_.at(index).command;
  }

  CommandNumbers& numbers_;
  const TimingKey& key_;
  Cycle now_ = 0;
  bool reading_ = false;
  std::string buffer_;                        // for what is written
  char* at_ = buffer_.data();                 // in it
  const char* read_ = nullptr;                // in what is read
  const char* end_ = at_;                     // of either
  std::vector<const KnownCommand*> to_name_;  // in what is read
  std::vector<Named> named_;                  // so far
  std::vector<std::uint32_t> names_;          // by entry
  std::vector<std::uint32_t> entry_of_;       // by name, of those that the station holds
};

}  // namespace systole
