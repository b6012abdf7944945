#pragma once

#include <cstdint>

#include "sim/kernel/tlm.hpp"

namespace systole {

/// Says when the beats of a response come: BEGIN_RESP is at the first beat, the others follow
/// every `cycles_per_beat`. A memory that does not set it delivers a beat a cycle from BEGIN_RESP
/// on.
struct BeatTiming final : tlm::tlm_extension<BeatTiming> {
  std::uint32_t cycles_per_beat = 1;

  tlm_extension_base* clone() const override { return new BeatTiming{*this}; }
  void copy_from(const tlm_extension_base& other) override {
    *this = dynamic_cast<const BeatTiming&>(other);
  }
};

}  // namespace systole
