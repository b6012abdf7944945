#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "models/dram/beat_timing.hpp"
#include "sim/kernel/clock.hpp"
#include "sim/kernel/systemc.hpp"
#include "sim/kernel/tlm.hpp"
#include "sim/storage/row.hpp"

namespace systole {

struct DramResponse {
  std::uint32_t tag = 0;
  ByteRow bytes;                 ///< of a read
  std::uint64_t first_beat = 0;  ///< cycle in which the first beat is at the port
  std::uint32_t cycles_per_beat = 1;
};

/// A unit's side of the DRAM: a TLM-2.0 initiator that speaks the four-phase protocol,
/// and the only TLM code that the units see. Any memory with a base-protocol target socket can
/// answer.
///
/// Timing: one request a cycle while the memory answers BEGIN_REQ with END_REQ at once; after a
/// late END_REQ in cycle t, the next request can go in t + 1. A write of several beats can be begun
/// when its first beat is there (BEGIN_BURST, burst_phase.hpp) and requested with its last. The
/// first beat of an answer is at the unit in the cycle after its BEGIN_RESP; the unit says, by the
/// delay of END_RESP, when it can take the next one.
class DramPort final : public sc_core::sc_module, public tlm::tlm_mm_interface {
 public:
  /// Bound or, of a unit behind a crossbar, not used.
  tlm_utils::simple_initiator_socket_optional<DramPort> socket{"socket"};

  /// Called with each answer, in the cycle before its first beat; returns the earliest cycle
  /// in which the first beat of the next answer can come.
  using TakeResponse = std::function<std::uint64_t(const DramResponse&)>;

  DramPort(const sc_core::sc_module_name& name, TakeResponse take);

  bool can_request() const;
  void read(std::uint64_t address, std::uint32_t bytes, std::uint32_t tag);
  /// Writes `size` bytes of the block of `block_bytes` at `block`, from byte `offset` of it on. The
  /// whole block goes over the bus, the other bytes disabled.
  void write(std::uint64_t block, std::uint32_t block_bytes, std::uint32_t offset,
             const std::uint8_t* bytes, std::uint32_t size, std::uint32_t tag);
  /// The same in two steps: the first beat is there, and, in a later cycle, the last one.
  void begin_write(std::uint64_t block, std::uint32_t block_bytes, std::uint32_t offset,
                   const std::uint8_t* bytes, std::uint32_t size, std::uint32_t tag);
  void end_write();

 private:
  struct Transaction final : tlm::tlm_generic_payload {
    explicit Transaction(tlm::tlm_mm_interface* owner) : tlm_generic_payload{owner} {
      set_extension(&beats);
    }
    ~Transaction() override { clear_extension(&beats); }  // a member: the base must not free it
    BeatTiming beats;
    ByteRow bytes;
    ByteRow enables;  // of a write
    std::uint32_t tag = 0;
  };

  void free(tlm::tlm_generic_payload* payload) override;
  Transaction& allocate();
  Transaction& compose_write(std::uint64_t block, std::uint32_t block_bytes, std::uint32_t offset,
                             const std::uint8_t* bytes, std::uint32_t size, std::uint32_t tag);
  static void prepare(Transaction& transaction);
  void send(Transaction& transaction);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  std::uint64_t respond(Transaction& transaction);

  std::vector<std::unique_ptr<Transaction>> pool_;  // every transaction ever made
  std::vector<Transaction*> free_;
  Transaction* begun_ = nullptr;      // a write whose last beat is still to come
  bool request_open_ = false;         // BEGIN_REQ sent, END_REQ not yet seen
  std::uint64_t request_closed_ = 0;  // cycle of the last late END_REQ
  TakeResponse take_;
};

}  // namespace systole
