#include "models/dram/dram_port.hpp"

#include <utility>

#include "sim/kernel/invariant.hpp"

namespace systole {

DramPort::DramPort(const sc_core::sc_module_name& name, std::uint32_t max_outstanding)
    : sc_module{name}, responses_{"responses", max_outstanding + 1} {
  socket.register_nb_transport_bw(this, &DramPort::nb_transport_bw);
}

bool DramPort::can_request() const { return !request_open_ && request_closed_ != Clock::now(); }

void DramPort::read(std::uint64_t address, std::uint32_t bytes, std::uint32_t tag) {
  Transaction& transaction = allocate();
  transaction.tag = tag;
  transaction.bytes.resize(bytes);
  transaction.set_command(tlm::TLM_READ_COMMAND);
  transaction.set_address(address);
  send(transaction);
}

void DramPort::write(std::uint64_t address, const std::uint8_t* bytes, std::uint32_t size,
                     std::uint32_t tag) {
  Transaction& transaction = allocate();
  transaction.tag = tag;
  transaction.bytes.assign(bytes, bytes + size);
  transaction.set_command(tlm::TLM_WRITE_COMMAND);
  transaction.set_address(address);
  send(transaction);
}

DramPort::Transaction& DramPort::allocate() {
  if (free_.empty()) {
    pool_.push_back(std::make_unique<Transaction>(this));
    free_.push_back(pool_.back().get());
  }
  Transaction& transaction = *free_.back();
  free_.pop_back();
  return transaction;
}

void DramPort::send(Transaction& transaction) {
  invariant(can_request(), *this, "a request while the last one is open");
  transaction.acquire();
  transaction.set_data_ptr(transaction.bytes.data());
  transaction.set_data_length(static_cast<unsigned>(transaction.bytes.size()));
  transaction.set_streaming_width(static_cast<unsigned>(transaction.bytes.size()));
  transaction.set_byte_enable_ptr(nullptr);
  transaction.set_dmi_allowed(false);
  transaction.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  transaction.beats.cycles_per_beat = 1;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const tlm::tlm_sync_enum answer = socket->nb_transport_fw(transaction, phase, delay);
  invariant(answer != tlm::TLM_COMPLETED, *this, "the memory completed a request at once");
  request_open_ = answer == tlm::TLM_ACCEPTED;
}

tlm::tlm_sync_enum DramPort::nb_transport_bw(tlm::tlm_generic_payload& payload,
                                             tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase == tlm::END_REQ) {
    request_open_ = false;
    request_closed_ = Clock::now();
    return tlm::TLM_ACCEPTED;
  }
  invariant(phase == tlm::BEGIN_RESP, *this, "an unexpected phase from the memory");
  // BEGIN_RESP closes an open request too (TLM-2.0, 8.2.6).
  respond(static_cast<Transaction&>(payload));  // only ours come back to this socket
  delay += Clock::period();
  phase = tlm::END_RESP;
  return tlm::TLM_COMPLETED;
}

void DramPort::respond(Transaction& transaction) {
  invariant(transaction.is_response_ok(), *this, "the memory reported an error");
  DramResponse response;
  response.tag = transaction.tag;
  response.first_beat = Clock::now() + 1;
  response.cycles_per_beat = transaction.beats.cycles_per_beat;
  if (transaction.is_read()) {
    response.bytes = transaction.bytes;
  }
  responses_.push(std::move(response));
  transaction.release();
}

void DramPort::free(tlm::tlm_generic_payload* payload) {
  free_.push_back(static_cast<Transaction*>(payload));
}

}  // namespace systole
