#pragma once

#include <cstdint>

#include "models/dram/backing_store.hpp"
#include "sim/kernel/tlm.hpp"

namespace systole {

/// Moves the bytes of a read or write, those that are enabled, and sets the response status.
void perform(tlm::tlm_generic_payload& payload, BackingStore& store);

/// Bytes that the payload moves: of a write, those enabled.
std::uint64_t useful_bytes(const tlm::tlm_generic_payload& payload);

}  // namespace systole
