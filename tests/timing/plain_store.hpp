#pragma once

#include <cstdint>

#include "sim/program/command.hpp"

namespace systole::test {

/// `rows` rows of `elements`, from row 1 of `from` on, to rows 64 bytes apart from `address` on.
inline StoreCommand plain_store(LocalMemory from, std::uint64_t address, std::uint32_t rows,
                                std::uint32_t elements) {
  StoreCommand store;
  store.source = {from, 1};
  store.rows = rows;
  store.elements = elements;
  store.block_pitch = rows;
  store.dram_address = address;
  store.dram_pitch = 64;
  return store;
}

}  // namespace systole::test
