#include "sim/functional/requant_rows.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <stdexcept>

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/functional/requant_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace systole {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

void requantize_row(const std::int32_t* psums, std::size_t count,
                    const RequantRows::Columns& columns, const RequantRows::Unit& unit,
                    std::int32_t* elements) {
  for (std::size_t i = 0; i < count; ++i) {
    const RequantEntry& entry = columns.entries[columns.one_for_all ? 0 : i];
    const std::int64_t scaled = scale(psums[i], entry, unit.mode, unit.variant, unit.rounding);
    elements[i] = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(scaled, unit.least, unit.most) + unit.zero_point);
  }
}

#else

namespace hn = hwy::HWY_NAMESPACE;

using Ints = hn::CappedTag<std::int32_t, 16>;
using IntVector = hn::Vec<Ints>;
using Longs = hn::RepartitionToWide<Ints>;
using LongVector = hn::Vec<Longs>;
using Floats = hn::Rebind<float, Ints>;

/// One 64-bit product of the even and one of the odd lanes.
struct Products {
  LongVector even, odd;
};

HWY_INLINE LongVector odd_lanes(IntVector v) {  // to where the even ones are; nothing beside them
  return hn::BitCast(Longs(), hn::ShiftRight<32>(hn::BitCast(hn::RebindToUnsigned<Longs>(), v)));
}

HWY_INLINE Products multiply(IntVector a, IntVector b) {
  return {hn::MulEven(a, b),
          hn::MulEven(hn::BitCast(Ints(), odd_lanes(a)), hn::BitCast(Ints(), odd_lanes(b)))};
}

/// The lower halves of both.
HWY_INLINE IntVector interleave(LongVector even, LongVector odd) {
  return hn::OddEven(hn::BitCast(Ints(), hn::ShiftLeft<32>(odd)), hn::BitCast(Ints(), even));
}

/// The columns' constants for as many lanes as the vectors have.
struct Lanes {
  IntVector multiplier, left, right;
};

/// doubling_high_multiply: half up is what its nudge and truncation come to, for all products but
/// that of the two least numbers, which a multiplier that is not negative does not have.
HWY_INLINE IntVector tflite(IntVector x, const Lanes& lanes) {
  const Ints d;
  const LongVector half = hn::Set(Longs(), std::int64_t{1} << 30);
  const Products products = multiply(hn::Shl(x, lanes.left), lanes.multiplier);
  const LongVector even = hn::ShiftRight<31>(hn::Add(products.even, half));
  const LongVector odd = hn::ShiftLeft<1>(hn::Add(products.odd, half));
  const IntVector high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, even));
  const IntVector mask = hn::Sub(hn::Shl(hn::Set(d, 1), lanes.right), hn::Set(d, 1));
  const IntVector rest = hn::And(high, mask);
  const IntVector negative = hn::ShiftRight<31>(high);  // -1 where it is
  const IntVector threshold = hn::Sub(hn::ShiftRight<1>(mask), negative);
  const IntVector up = hn::VecFromMask(d, hn::Gt(rest, threshold));  // -1
  return hn::Sub(hn::Shr(high, lanes.right), up);
}

/// x / 2^shift: what is added before the bits are dropped makes the rounding. Nothing overflows:
/// x is at most 2^62 in magnitude, half at most 2^61.
template <Rounding rounding>
HWY_INLINE LongVector shift_right(LongVector x, LongVector shift) {
  const Longs d;
  const LongVector one = hn::Set(d, 1);
  const LongVector negative = hn::VecFromMask(d, hn::Lt(x, hn::Zero(d)));  // -1 where it is
  const LongVector below = hn::Sub(hn::Shl(one, shift), one);              // the bits that go
  const LongVector half = hn::Sub(below, hn::BitCast(d, hn::ShiftRight<1>(below)));
  LongVector added = hn::Zero(d);
  if constexpr (rounding == Rounding::NearestEven) {
    // Half, less one where the quotient is even; without a shift, nothing.
    const LongVector odd = hn::And(hn::Shr(x, shift), one);
    added = hn::And(hn::Add(hn::Sub(half, one), odd), below);
  } else if constexpr (rounding == Rounding::NearestAway) {
    added = hn::And(hn::Add(half, negative), below);
  } else if constexpr (rounding == Rounding::HalfUp) {
    added = half;
  } else if constexpr (rounding == Rounding::TowardZero) {
    added = hn::And(below, negative);
  }
  return hn::Shr(hn::Add(x, added), shift);
}

template <Rounding rounding>
HWY_INLINE IntVector one_rounding(IntVector x, const Lanes& lanes, const RequantRows::Unit& unit) {
  const Longs d;
  const Products products = multiply(hn::Shl(x, lanes.left), lanes.multiplier);
  const auto scale = [&](LongVector product, LongVector shift) {
    const LongVector scaled = shift_right<rounding>(product, shift);
    return hn::Min(hn::Max(scaled, hn::Set(d, unit.least)), hn::Set(d, unit.most));
  };
  const LongVector even_shift = hn::And(hn::BitCast(d, lanes.right), hn::Set(d, 0xffffffff));
  return interleave(scale(products.even, even_shift), scale(products.odd, odd_lanes(lanes.right)));
}

struct Scale {
  const RequantRows::Unit& unit;

  IntVector clamp(IntVector scaled) const {
    const Ints d;
    const IntVector low = hn::Max(scaled, hn::Set(d, unit.least));
    return hn::Add(hn::Min(low, hn::Set(d, unit.most)), hn::Set(d, unit.zero_point));
  }
};

template <typename Body>
HWY_INLINE void integer_row(const std::int32_t* psums, std::size_t count,
                            const RequantRows::Columns& columns, const RequantRows::Unit& unit,
                            std::int32_t* elements, const Body& body) {
  const Ints d;
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const std::size_t at = columns.one_for_all ? 0 : i;
    const Lanes lanes{hn::LoadU(d, columns.multiplier.data() + at),
                      hn::LoadU(d, columns.left.data() + at),
                      hn::LoadU(d, columns.right.data() + at)};
    const IntVector scaled = body(hn::LoadU(d, psums + i), lanes);
    hn::StoreU(Scale{unit}.clamp(scaled), d, elements + i);
  }
}

template <Rounding rounding>
void one_rounding_row(const std::int32_t* psums, std::size_t count,
                      const RequantRows::Columns& columns, const RequantRows::Unit& unit,
                      std::int32_t* elements) {
  integer_row(psums, count, columns, unit, elements, [&](IntVector x, const Lanes& lanes) {
    return one_rounding<rounding>(x, lanes, unit);
  });
}

void tflite_row(const std::int32_t* psums, std::size_t count, const RequantRows::Columns& columns,
                const RequantRows::Unit& unit, std::int32_t* elements) {
  integer_row(psums, count, columns, unit, elements, tflite);
}

/// The clamp's ends are integers that floats hold: it may come before the rounding.
void float_row(const std::int32_t* psums, std::size_t count, const RequantRows::Columns& columns,
               const RequantRows::Unit& unit, std::int32_t* elements) {
  const Ints d;
  const Floats floats;
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto scale = hn::LoadU(floats, columns.scale.data() + (columns.one_for_all ? 0 : i));
    const auto product = hn::Mul(hn::ConvertTo(floats, hn::LoadU(d, psums + i)), scale);
    const auto low = hn::Max(product, hn::Set(floats, static_cast<float>(unit.least)));
    const auto clamped = hn::Min(low, hn::Set(floats, static_cast<float>(unit.most)));
    const IntVector scaled = hn::NearestInt(clamped);
    hn::StoreU(hn::Add(scaled, hn::Set(d, unit.zero_point)), d, elements + i);
  }
}

void requantize_row(const std::int32_t* psums, std::size_t count,
                    const RequantRows::Columns& columns, const RequantRows::Unit& unit,
                    std::int32_t* elements) {
  if (unit.mode == RequantMode::FloatScale) {
    return float_row(psums, count, columns, unit, elements);
  }
  if (unit.mode == RequantMode::MultiplierShift && unit.variant == RequantVariant::Tflite) {
    return tflite_row(psums, count, columns, unit, elements);
  }
  switch (unit.rounding) {
    case Rounding::NearestEven:
      return one_rounding_row<Rounding::NearestEven>(psums, count, columns, unit, elements);
    case Rounding::NearestAway:
      return one_rounding_row<Rounding::NearestAway>(psums, count, columns, unit, elements);
    case Rounding::HalfUp:
      return one_rounding_row<Rounding::HalfUp>(psums, count, columns, unit, elements);
    case Rounding::TowardZero:
      return one_rounding_row<Rounding::TowardZero>(psums, count, columns, unit, elements);
    case Rounding::Floor:
    case Rounding::Stochastic:  // not taken
      return one_rounding_row<Rounding::Floor>(psums, count, columns, unit, elements);
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace systole
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace systole {
namespace {

HWY_EXPORT(requantize_row);

constexpr std::size_t kLanes = 16;                        // that a kernel reads at once, at most
constexpr std::int32_t kLargest = std::int32_t{1} << 20;  // of what floats hold exactly

bool is_small(std::int32_t value) { return value >= -kLargest && value <= kLargest; }

}  // namespace

bool RequantRows::takes(const Requantizer& unit) {
  return unit.accumulator.bits <= 32 && unit.rounding != Rounding::Stochastic &&
         is_small(unit.zero_point) && is_small(unit.clamp_min) && is_small(unit.clamp_max);
}

RequantRows::RequantRows(const Requantizer& unit)
    : unit_{unit.mode,
            unit.variant,
            unit.rounding,
            unit.zero_point,
            unit.clamp_min - unit.zero_point,
            unit.clamp_max - unit.zero_point} {
  if (!takes(unit)) {
    throw std::logic_error{"a requantization that vectors do not do"};
  }
}

void RequantRows::set_entry(std::size_t column, const RequantEntry& entry) {
  if (unit_.mode == RequantMode::FloatScale) {
    columns_.scale[column] = entry.scale;
    return;
  }
  columns_.multiplier[column] = unit_.mode == RequantMode::ShiftOnly ? 1 : entry.multiplier;
  const bool whole_product =
      unit_.mode == RequantMode::MultiplierShift && unit_.variant == RequantVariant::Single;
  columns_.left[column] = whole_product ? 0 : std::max(entry.exponent, 0);
  columns_.right[column] = whole_product ? 31 - entry.exponent : std::max(-entry.exponent, 0);
}

void RequantRows::set_entries(const RequantEntry* entries, std::size_t count) {
  columns_.one_for_all = count == 1;
  columns_.entries.assign(entries, entries + count);
  const std::size_t padded = (count + kLanes - 1) / kLanes * kLanes;
  columns_.multiplier.resize(padded);
  columns_.left.resize(padded);
  columns_.right.resize(padded);
  columns_.scale.resize(padded);
  for (std::size_t i = 0; i < padded; ++i) {
    set_entry(i, entries[std::min(i, count - 1)]);
  }
}

void RequantRows::run(const std::int32_t* psums, std::size_t count, std::int32_t* elements) const {
  HWY_DYNAMIC_DISPATCH(requantize_row)(psums, count, columns_, unit_, elements);
}

}  // namespace systole
#endif  // HWY_ONCE
