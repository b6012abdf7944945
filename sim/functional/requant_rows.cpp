#include "sim/functional/requant_rows.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <type_traits>

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

template <typename Element>
void requantize_rows(const AccumulatorRows& psums, std::size_t count,
                     const RequantRows::Columns& columns, const RequantRows::Unit& unit,
                     Element* elements, std::size_t pitch) {
  for (std::size_t row = 0; row < psums.rows; ++row) {
    for (std::size_t i = 0; i < count; ++i) {
      const RequantEntry& entry = columns.entries[columns.one_for_all ? 0 : i];
      const std::int64_t scaled =
          scale(psums.first[row * psums.pitch + i], entry, unit.mode, unit.variant, unit.rounding);
      elements[row * pitch + i] = static_cast<Element>(
          std::clamp<std::int64_t>(scaled, unit.least, unit.most) + unit.zero_point);
    }
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

HWY_INLINE void store(IntVector v, std::int32_t* to) { hn::StoreU(v, Ints(), to); }

/// The low byte of each. Not TruncateTo, which Highway 1.0 has wrong for AVX3_DL.
HWY_INLINE void store(IntVector v, std::uint8_t* to) {
  const hn::Rebind<std::uint8_t, Ints> bytes;
  hn::StoreU(hn::DemoteTo(bytes, hn::And(v, hn::Set(Ints(), 0xff))), bytes, to);
}

/// Whose elements are body(psums, lanes), clamped, plus the zero point.
template <typename Element, typename Body>
HWY_INLINE void integer_rows(const AccumulatorRows& psums, std::size_t count,
                             const RequantRows::Columns& columns, const RequantRows::Unit& unit,
                             Element* elements, std::size_t pitch, const Body& body) {
  const Ints d;
  const IntVector least = hn::Set(d, unit.least);
  const IntVector most = hn::Set(d, unit.most);
  const IntVector zero_point = hn::Set(d, unit.zero_point);
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const std::size_t at = columns.one_for_all ? 0 : i;
    const Lanes lanes{hn::LoadU(d, columns.multiplier.data() + at),
                      hn::LoadU(d, columns.left.data() + at),
                      hn::LoadU(d, columns.right.data() + at)};
    for (std::size_t row = 0; row < psums.rows; ++row) {
      const IntVector scaled = body(hn::LoadU(d, psums.first + row * psums.pitch + i), lanes);
      const IntVector clamped = hn::Min(hn::Max(scaled, least), most);
      store(hn::Add(clamped, zero_point), elements + row * pitch + i);
    }
  }
}

template <Rounding rounding, typename Element>
void one_rounding_rows(const AccumulatorRows& psums, std::size_t count,
                       const RequantRows::Columns& columns, const RequantRows::Unit& unit,
                       Element* elements, std::size_t pitch) {
  integer_rows(psums, count, columns, unit, elements, pitch, [&](IntVector x, const Lanes& lanes) {
    return one_rounding<rounding>(x, lanes, unit);
  });
}

/// The clamp's ends are integers that floats hold: it may come before the rounding.
template <typename Element>
void float_rows(const AccumulatorRows& psums, std::size_t count,
                const RequantRows::Columns& columns, const RequantRows::Unit& unit,
                Element* elements, std::size_t pitch) {
  const Ints d;
  const Floats floats;
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto scale = hn::LoadU(floats, columns.scale.data() + (columns.one_for_all ? 0 : i));
    for (std::size_t row = 0; row < psums.rows; ++row) {
      const IntVector acc = hn::LoadU(d, psums.first + row * psums.pitch + i);
      const auto product = hn::Mul(hn::ConvertTo(floats, acc), scale);
      const auto low = hn::Max(product, hn::Set(floats, static_cast<float>(unit.least)));
      const auto clamped = hn::Min(low, hn::Set(floats, static_cast<float>(unit.most)));
      store(hn::Add(hn::NearestInt(clamped), hn::Set(d, unit.zero_point)),
            elements + row * pitch + i);
    }
  }
}

template <typename Element>
void requantize_rows(const AccumulatorRows& psums, std::size_t count,
                     const RequantRows::Columns& columns, const RequantRows::Unit& unit,
                     Element* elements, std::size_t pitch) {
  if (unit.mode == RequantMode::FloatScale) {
    return float_rows(psums, count, columns, unit, elements, pitch);
  }
  if (unit.mode == RequantMode::MultiplierShift && unit.variant == RequantVariant::Tflite) {
    return integer_rows(psums, count, columns, unit, elements, pitch, tflite);
  }
  const auto rows = [&](auto rounding) {
    one_rounding_rows<rounding>(psums, count, columns, unit, elements, pitch);
  };
  switch (unit.rounding) {
    case Rounding::NearestEven:
      return rows(std::integral_constant<Rounding, Rounding::NearestEven>{});
    case Rounding::NearestAway:
      return rows(std::integral_constant<Rounding, Rounding::NearestAway>{});
    case Rounding::HalfUp:
      return rows(std::integral_constant<Rounding, Rounding::HalfUp>{});
    case Rounding::TowardZero:
      return rows(std::integral_constant<Rounding, Rounding::TowardZero>{});
    case Rounding::Floor:
    case Rounding::Stochastic:  // not taken
      return rows(std::integral_constant<Rounding, Rounding::Floor>{});
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

void to_ints(const AccumulatorRows& psums, std::size_t count, const RequantRows::Columns& columns,
             const RequantRows::Unit& unit, std::int32_t* elements, std::size_t pitch) {
  requantize_rows(psums, count, columns, unit, elements, pitch);
}

void to_bytes(const AccumulatorRows& psums, std::size_t count, const RequantRows::Columns& columns,
              const RequantRows::Unit& unit, std::uint8_t* elements, std::size_t pitch) {
  requantize_rows(psums, count, columns, unit, elements, pitch);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace systole
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace systole {
namespace {

HWY_EXPORT(to_ints);
HWY_EXPORT(to_bytes);

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

void RequantRows::run(const AccumulatorRows& psums, std::size_t count, std::int32_t* elements,
                      std::size_t pitch) const {
  HWY_DYNAMIC_DISPATCH(to_ints)(psums, count, columns_, unit_, elements, pitch);
}

void RequantRows::run(const AccumulatorRows& psums, std::size_t count, std::uint8_t* elements,
                      std::size_t pitch) const {
  HWY_DYNAMIC_DISPATCH(to_bytes)(psums, count, columns_, unit_, elements, pitch);
}

}  // namespace systole
#endif  // HWY_ONCE
