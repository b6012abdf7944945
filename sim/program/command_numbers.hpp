#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <unordered_map>
#include <variant>

#include "sim/program/command_fields.hpp"
#include "sim/program/number_hash.hpp"
#include "sim/program/timing_key.hpp"

namespace systole {

/// A number for each TimingKey that came up: commands have equal numbers if the same command stands
/// for them.
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
  struct Hash {
    template <typename Body>
    std::size_t operator()(const Body& body) const {
      NumberMix mix;
      std::apply([&](const auto&... field) { (mix.add(static_cast<std::uint64_t>(field)), ...); },
                 fields(body));
      return mix.hash();
    }
  };
  struct Equal {
    template <typename Body>
    bool operator()(const Body& a, const Body& b) const {
      return fields(a) == fields(b);
    }
  };
  template <typename Body>
  struct Kind {
    using Numbers = std::unordered_map<Body, std::uint32_t, Hash, Equal>;
    Numbers numbers;
    const typename Numbers::value_type* last = nullptr;  ///< the next one is often like it
  };
  template <typename... Bodies>
  static std::tuple<Kind<Bodies>...> kinds_of(const std::variant<Bodies...>&);

  const TimingKey& key_;
  decltype(kinds_of(CommandBody{})) kinds_;
  std::uint32_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace systole
