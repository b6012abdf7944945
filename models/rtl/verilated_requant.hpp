#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/requant/requantize.hpp"
#include "sim/storage/row.hpp"

namespace systole {

/// What enters one lane of the requantization unit in one cycle.
struct RtlRequantLane {
  std::int32_t psum = 0;
  RequantEntry entry;
};

/// models/rtl/requant_unit.sv, compiled by Verilator: what enters in cycle t leaves in cycle t +
/// latency(). step() is one clock.
class RtlRequantUnit {
 public:
  virtual ~RtlRequantUnit() = default;
  virtual std::uint32_t lanes() const = 0;
  virtual std::uint32_t latency() const = 0;

  /// Sets the registers of a layer; nothing may be inside. Throws Refusal for
  /// arithmetic that the unit does not have.
  virtual void configure(const Requantizer& registers) = 0;

  /// True if elements leave in this cycle; they are put into `ofmap`. `input` has `lanes`
  /// entries, or is nullptr.
  virtual bool step(const std::vector<RtlRequantLane>* input, PsumRow& ofmap) = 0;
};

/// One unit for each pair of lanes and latency in this build; none where Verilator was not found.
std::vector<std::unique_ptr<RtlRequantUnit>> make_verilated_requant_units();

}  // namespace systole
