#pragma once

#include "sim/storage/row.hpp"

namespace systole {

/// The output elements of one accumulator row.
struct OfmapBlock {
  PsumRow elements;
};

}  // namespace systole
