#pragma once

#include <cstdint>

#include "models/dram/backing_store.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/kernel/tlm.hpp"
#include "sim/stats/bandwidth_series.hpp"

namespace systole {

struct DramBytes {
  std::uint64_t read = 0;
  std::uint64_t written = 0;
};

/// A memory behind a TLM-2.0 socket that any number of masters may bind, with what the machine
/// needs of it beside the socket.
class Dram : public ClockedModule {
 public:
  using Socket = tlm::tlm_base_target_socket_b<>;

  virtual Socket& target() = 0;

  /// Called when no master has a request open.
  virtual void start_layer() = 0;
  /// Writes down what is counted by layers.
  virtual void finish_layer() = 0;
  /// Nothing is on its way; what was written is in the memory.
  virtual bool idle() const = 0;

  /// Bytes of the layer over time.
  virtual const BandwidthSeries& bandwidth() const = 0;

  /// All bytes that masters have read, and those they have written, so far.
  const DramBytes& moved() const { return moved_; }

  virtual void list_signals(SignalList& list) const;

  const BackingStore& contents() const { return store_; }
  BackingStore& contents() { return store_; }

 protected:
  using ClockedModule::ClockedModule;

  /// Moves the payload's bytes and counts them.
  void carry_out(tlm::tlm_generic_payload& payload);

  BackingStore store_;

 private:
  DramBytes moved_;
};

}  // namespace systole
