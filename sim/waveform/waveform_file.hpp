#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine/machine_probe.hpp"
#include "sim/kernel/clock.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/stats/cycle_window.hpp"
#include "sim/stats/ledger.hpp"
#include "sim/waveform/pe_range.hpp"
#include "sim/waveform/vcd_writer.hpp"

namespace systole {

/// The signals of a machine as a value change dump: those that its blocks list, the clock, the
/// number of the layer, and for each unit the cause under which the cycle was booked. Cycle n
/// begins at 10 n ns, with the clock's rise; a value is what holds when the cycle is over.
class WaveformFile final : public MachineProbe, private Ticking {
 public:
  WaveformFile(std::string file, CycleWindow window, std::optional<PeRange> pes);

  /// Throws Refusal for PEs that the array does not have, std::runtime_error when the
  /// file cannot be written.
  void attach(Accelerator& accelerator, const Clock& clock) override;
  void on_layer(const std::string& name) override;
  bool looks_into_pes() const override { return pes_.has_value(); }

  /// Throws std::runtime_error when the file cannot be written or the machine did not reach the
  /// window.
  void commit();

 private:
  void tick() override;
  void list_causes();
  void note_causes();

  const std::string file_;
  const CycleWindow window_;
  const std::optional<PeRange> pes_;
  const Accelerator* accelerator_ = nullptr;
  SignalList signals_;
  std::uint64_t layer_ = 0;  // number of the one that runs, from 1
  std::string layer_name_;
  bool new_layer_ = false;  // it has no comment yet
  Ledger booked_;           // when the cycle before was over
  std::array<std::uint64_t, kLedgerUnits> causes_{};
  std::optional<VcdWriter> vcd_;
  std::vector<std::uint64_t> values_;  // the clock first
};

}  // namespace systole
