#pragma once

#include <cstdint>

#include "sim/program/command.hpp"

namespace systole {

constexpr std::uint32_t kNoEntry = ~std::uint32_t{0};

/// A command on its way through a unit, with the reservation station entry that it occupies.
struct IssuedCommand {
  const Command* command = nullptr;
  std::uint32_t entry = 0;

  template <typename T>
  const T& as() const {
    return std::get<T>(command->body);
  }
  template <typename T>
  bool is() const {
    return std::holds_alternative<T>(command->body);
  }
};

/// A unit tells the sequencer that a command has finished.
struct Completion {
  std::uint32_t entry = 0;
};

}  // namespace systole
