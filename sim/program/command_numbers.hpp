#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <variant>
#include <vector>

#include "sim/program/number_hash.hpp"
#include "sim/program/timing_key.hpp"

namespace systole {

/// A number for each TimingKey that came up: commands have equal numbers if their keys are equal.
class CommandNumbers {
 public:
  explicit CommandNumbers(const TimingKey& key) : key_{key}, places_(kPlaces) {}
  CommandNumbers(const CommandNumbers&) = delete;
  CommandNumbers& operator=(const CommandNumbers&) = delete;

  /// From here on commands may lie where others lay.
  void begin_program();
  std::uint32_t of(const Command& command) {
    Place& place = places_[reinterpret_cast<std::uintptr_t>(&command) / sizeof(Command) % kPlaces];
    if (place.command != &command) {
      place = {&command, number_of_key(command)};
    }
    return place.number;
  }

  void forget();

  const TimingKey& key() const { return key_; }
  std::size_t bytes() const { return bytes_; }  ///< that it takes

 private:
  static constexpr std::size_t kPlaces = 4096;
  struct Known {
    std::vector<std::uint32_t> words;  // none: no command's
    std::uint32_t number = 0;
  };
  struct Place {
    const Command* command = nullptr;
    std::uint32_t number = 0;
  };

  std::uint32_t number_of_key(const Command& command);

  const TimingKey& key_;
  std::unordered_map<std::vector<std::uint32_t>, std::uint32_t, NumberHash> numbers_;
  std::size_t bytes_ = 0;
  std::vector<Place> places_;  // by address, modulo its size
  std::array<Known, std::variant_size_v<decltype(Command::body)>> last_;  // by kind
  std::vector<std::uint32_t> words_;
};

}  // namespace systole
