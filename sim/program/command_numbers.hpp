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
  explicit CommandNumbers(const TimingKey& key) : key_{key} {}
  CommandNumbers(const CommandNumbers&) = delete;
  CommandNumbers& operator=(const CommandNumbers&) = delete;

  std::uint32_t of(const Command& command);
  void forget();

  const TimingKey& key() const { return key_; }
  std::size_t bytes() const { return bytes_; }  ///< that it takes

 private:
  using Numbers = std::unordered_map<std::vector<std::uint32_t>, std::uint32_t, NumberHash>;
  struct Last {
    bool is_known = false;
    CommandBody reduced;
    std::uint32_t number = 0;
  };

  std::uint32_t find(const Command& command);

  const TimingKey& key_;
  Numbers numbers_;
  std::size_t bytes_ = 0;
  /// The last one of each kind: the next is often like it.
  std::array<Last, std::variant_size_v<CommandBody>> last_{};
  std::vector<std::uint32_t> words_;
};

}  // namespace systole
