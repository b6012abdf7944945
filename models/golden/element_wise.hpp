#pragma once

#include <cstdint>
#include <vector>

#include "models/golden/broadcast.hpp"
#include "models/golden/operators.hpp"

namespace systole::golden {

/// combine(a, b) for every element of `ofmap`; operands are repeated where they are smaller.
template <typename Combine>
TensorData element_wise(const Operand& first, const Operand& second, const Shape& ofmap,
                        const Combine& combine) {
  TensorData result(static_cast<std::size_t>(element_count(ofmap)));
  if (first.data.size() == result.size() && second.data.size() == result.size()) {
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] = combine(first.data[i], second.data[i]);
    }
    return result;
  }
  const std::vector<std::int64_t> of_first = repeated_distances(first.tensor.shape, ofmap);
  const std::vector<std::int64_t> of_second = repeated_distances(second.tensor.shape, ofmap);
  StridedWalk walk{ofmap};
  for (std::int32_t& value : result) {
    value = combine(first.data[static_cast<std::size_t>(walk.offset(of_first))],
                    second.data[static_cast<std::size_t>(walk.offset(of_second))]);
    walk.next();
  }
  return result;
}

}  // namespace systole::golden
