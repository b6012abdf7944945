#pragma once

#include "sim/program/command.hpp"

namespace systole {

/// Whether both have pixels of one geometry, wherever they lie.
inline bool same_pixels(const ComputeCommand& a, const ComputeCommand& b) {
  return ((a.count_h ^ b.count_h) | (a.count_w ^ b.count_w) | (a.pitch_h ^ b.pitch_h) |
          (a.pitch_w ^ b.pitch_w) | (a.skip ^ b.skip) | (a.drop ^ b.drop)) == 0;
}

/// Whether both multiply the same products of their pixels.
inline bool same_products(const ComputeCommand& a, const ComputeCommand& b) {
  const ProductMap& p = a.products;
  const ProductMap& q = b.products;
  return ((a.k ^ b.k) | (a.products_per_pe ^ b.products_per_pe) | (p.first ^ q.first) |
          (p.channels ^ q.channels) | (p.kernel_w ^ q.kernel_w) | (p.tap_pitch_h ^ q.tap_pitch_h) |
          (p.tap_pitch_w ^ q.tap_pitch_w) | (p.slice_pitch ^ q.slice_pitch)) == 0;
}

}  // namespace systole
