#pragma once

#include <string>

namespace systole {

class Accelerator;
class Clock;

/// Looks into a SystemC machine while it runs.
class MachineProbe {
 public:
  virtual ~MachineProbe() = default;
  /// The machine is built and has not run yet; it outlives the probe's last look at it.
  virtual void attach(Accelerator& accelerator, const Clock& clock) = 0;
  virtual void on_layer(const std::string& name) = 0;
  /// Whether it looks at single PEs, which not every PeArray shows.
  virtual bool looks_into_pes() const = 0;
};

}  // namespace systole
