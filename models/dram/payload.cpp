#include "models/dram/payload.hpp"

#include <algorithm>

namespace systole {

void perform(tlm::tlm_generic_payload& payload, BackingStore& store) {
  const std::uint64_t address = payload.get_address();
  const std::uint8_t* enables = payload.get_byte_enable_ptr();
  if (payload.is_read()) {
    store.read(address, payload.get_data_ptr(), payload.get_data_length());
  } else if (enables == nullptr) {
    store.write(address, payload.get_data_ptr(), payload.get_data_length());
  } else {
    for (unsigned i = 0; i < payload.get_data_length(); ++i) {
      if (enables[i % payload.get_byte_enable_length()] == TLM_BYTE_ENABLED) {
        store.write(address + i, payload.get_data_ptr() + i, 1);
      }
    }
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

std::uint64_t useful_bytes(const tlm::tlm_generic_payload& payload) {
  const std::uint8_t* enables = payload.get_byte_enable_ptr();
  if (enables == nullptr) {
    return payload.get_data_length();
  }
  return static_cast<std::uint64_t>(std::count(enables, enables + payload.get_byte_enable_length(),
                                               std::uint8_t{TLM_BYTE_ENABLED}));
}

}  // namespace systole
