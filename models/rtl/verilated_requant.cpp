#include "models/rtl/verilated_requant.hpp"

#include <array>
#include <tuple>

#include "models/rtl/built_models.hpp"
#include "models/rtl/verilated_ports.hpp"
#include "sim/network/refusal.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kOfmapBits = 17;  // OFMAP_BITS of requant_unit.sv

/// As requant_lane.sv numbers them.
std::uint8_t mode_code(const Requantizer& registers) {
  if (registers.accumulator.bits > 32) {
    throw Refusal{"requant_unit.sv takes sums of at most 32 bits"};
  }
  if (registers.mode == RequantMode::MultiplierShift) {
    if (registers.variant == RequantVariant::Tflite) {
      return 0;
    }
    if (registers.variant == RequantVariant::Single) {
      return 1;
    }
  }
  if (registers.mode == RequantMode::ShiftOnly) {
    return 2;
  }
  throw Refusal{"requant_unit.sv does not have this requantization mode"};
}

std::uint8_t rounding_code(Rounding rounding) {
  constexpr std::array kCodes = {Rounding::NearestEven, Rounding::NearestAway, Rounding::HalfUp,
                                 Rounding::Floor, Rounding::TowardZero};
  std::uint8_t code = 0;
  for (const Rounding known : kCodes) {
    if (known == rounding) {
      return code;
    }
    ++code;
  }
  throw Refusal{"requant_unit.sv does not have this rounding"};
}

/// An output is read in the cycle in which it stands at the port, before the edge.
template <typename Built>
class VerilatedRequantUnit final : public RtlRequantUnit {
 public:
  VerilatedRequantUnit() { rtl::reset(model_); }

  std::uint32_t lanes() const override { return Built::kLanes; }
  std::uint32_t latency() const override { return Built::kLatency; }

  void configure(const Requantizer& registers) override {
    model_.mode = mode_code(registers);
    model_.rounding = rounding_code(registers.rounding);
    put(model_.zero_point, registers.zero_point);
    put(model_.clamp_min, registers.clamp_min);
    put(model_.clamp_max, registers.clamp_max);
  }

  bool step(const std::vector<RtlRequantLane>* input, PsumRow& ofmap) override {
    const bool leaves = model_.ofmap_valid != 0;
    if (leaves) {
      ofmap.resize(Built::kLanes);
      for (std::size_t i = 0; i < Built::kLanes; ++i) {
        ofmap[i] = rtl::lane_of(model_.ofmap, i, kOfmapBits);
      }
    }
    model_.psum_valid = input != nullptr ? 1 : 0;
    for (std::size_t i = 0; input != nullptr && i < Built::kLanes; ++i) {
      const RtlRequantLane& lane = input->at(i);
      rtl::set_lane(model_.psums, i, 32, static_cast<std::uint32_t>(lane.psum));
      rtl::set_lane(model_.multiplier, i, 32, static_cast<std::uint32_t>(lane.entry.multiplier));
      rtl::set_lane(model_.exponent, i, 6, static_cast<std::uint32_t>(lane.entry.exponent));
    }
    rtl::clock_edge(model_);
    return leaves;
  }

 private:
  template <typename Port>
  static void put(Port& port, std::int32_t value) {
    rtl::set_lane(port, 0, kOfmapBits, static_cast<std::uint32_t>(value));
  }

  VerilatedContext context_;
  typename Built::Model model_{&context_};
};

template <typename... Built>
std::vector<std::unique_ptr<RtlRequantUnit>> make_all(const std::tuple<Built...>*) {
  std::vector<std::unique_ptr<RtlRequantUnit>> units;
  (units.push_back(std::make_unique<VerilatedRequantUnit<Built>>()), ...);
  return units;
}

}  // namespace

std::vector<std::unique_ptr<RtlRequantUnit>> make_verilated_requant_units() {
  return make_all(static_cast<const rtl::BuiltRequantUnits*>(nullptr));
}

}  // namespace systole
