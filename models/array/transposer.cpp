#include "models/array/transposer.hpp"

#include <algorithm>

namespace systole {

void Transposer::turn() {
  filling_.swap(giving_);
  std::fill(filling_.begin(), filling_.end(), std::int16_t{0});
}

void Transposer::column(std::size_t column, OperandRow& out) const {
  const auto first = giving_.begin() + static_cast<std::ptrdiff_t>(column * rows_);
  out.assign(first, first + static_cast<std::ptrdiff_t>(rows_));
}

}  // namespace systole
