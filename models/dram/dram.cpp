#include "models/dram/dram.hpp"

#include "models/dram/payload.hpp"

namespace systole {

void Dram::carry_out(tlm::tlm_generic_payload& payload) {
  perform(payload, store_);
  (payload.is_write() ? moved_.written : moved_.read) += useful_bytes(payload);
}

void Dram::list_signals(SignalList& list) const {
  list.add("bytes_read", 48, [this] { return moved_.read; });
  list.add("bytes_written", 48, [this] { return moved_.written; });
}

}  // namespace systole
