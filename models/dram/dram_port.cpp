#include "models/dram/dram_port.hpp"

#include <algorithm>
#include <utility>

#include "models/dram/burst_phase.hpp"
#include "sim/kernel/invariant.hpp"

namespace systole {

DramPort::DramPort(const sc_core::sc_module_name& name, TakeResponse take)
    : sc_module{name}, take_{std::move(take)} {
  socket.register_nb_transport_bw(this, &DramPort::nb_transport_bw);
}

bool DramPort::can_request() const { return !request_open_ && request_closed_ != Clock::now(); }

void DramPort::read(std::uint64_t address, std::uint32_t bytes, std::uint32_t tag) {
  Transaction& transaction = allocate();
  transaction.tag = tag;
  transaction.bytes.resize(bytes);
  transaction.set_command(tlm::TLM_READ_COMMAND);
  transaction.set_address(address);
  prepare(transaction);
  send(transaction);
}

void DramPort::write(std::uint64_t block, std::uint32_t block_bytes, std::uint32_t offset,
                     const std::uint8_t* bytes, std::uint32_t size, std::uint32_t tag) {
  send(compose_write(block, block_bytes, offset, bytes, size, tag));
}

void DramPort::begin_write(std::uint64_t block, std::uint32_t block_bytes, std::uint32_t offset,
                           const std::uint8_t* bytes, std::uint32_t size, std::uint32_t tag) {
  invariant(can_request(), *this, "a write begun while the last request is open");
  begun_ = &compose_write(block, block_bytes, offset, bytes, size, tag);
  tlm::tlm_phase phase = BEGIN_BURST;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  socket->nb_transport_fw(*begun_, phase, delay);
}

void DramPort::end_write() {
  invariant(begun_ != nullptr, *this, "the end of a write that was not begun");
  send(*std::exchange(begun_, nullptr));
}

DramPort::Transaction& DramPort::compose_write(std::uint64_t block, std::uint32_t block_bytes,
                                               std::uint32_t offset, const std::uint8_t* bytes,
                                               std::uint32_t size, std::uint32_t tag) {
  Transaction& transaction = allocate();
  transaction.tag = tag;
  transaction.bytes.assign(block_bytes, 0);
  transaction.enables.assign(block_bytes, TLM_BYTE_DISABLED);
  std::copy(bytes, bytes + size, transaction.bytes.begin() + offset);
  std::fill_n(transaction.enables.begin() + offset, size, std::uint8_t{TLM_BYTE_ENABLED});
  transaction.set_command(tlm::TLM_WRITE_COMMAND);
  transaction.set_address(block);
  prepare(transaction);
  return transaction;
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

void DramPort::prepare(Transaction& transaction) {
  transaction.acquire();
  transaction.set_data_ptr(transaction.bytes.data());
  transaction.set_data_length(static_cast<unsigned>(transaction.bytes.size()));
  transaction.set_streaming_width(static_cast<unsigned>(transaction.bytes.size()));
  const bool partial = transaction.is_write();
  transaction.set_byte_enable_ptr(partial ? transaction.enables.data() : nullptr);
  transaction.set_byte_enable_length(partial ? static_cast<unsigned>(transaction.enables.size())
                                             : 0U);
  transaction.set_dmi_allowed(false);
  transaction.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  transaction.beats.cycles_per_beat = 1;
}

void DramPort::send(Transaction& transaction) {
  invariant(begun_ == nullptr, *this, "a request between the beats of a write");
  invariant(can_request(), *this, "a request while the last one is open");
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
  // Only ours come back to this socket.
  const std::uint64_t next = respond(static_cast<Transaction&>(payload));
  delay += static_cast<double>(next - Clock::now()) * Clock::period();
  phase = tlm::END_RESP;
  return tlm::TLM_COMPLETED;
}

std::uint64_t DramPort::respond(Transaction& transaction) {
  invariant(transaction.is_response_ok(), *this, "the memory reported an error");
  DramResponse response;
  response.tag = transaction.tag;
  response.first_beat = Clock::now() + 1;
  response.cycles_per_beat = transaction.beats.cycles_per_beat;
  if (transaction.is_read()) {
    response.bytes = transaction.bytes;
  }
  const std::uint64_t next = take_(response);
  transaction.release();
  return next;
}

void DramPort::free(tlm::tlm_generic_payload* payload) {
  free_.push_back(static_cast<Transaction*>(payload));
}

}  // namespace systole
