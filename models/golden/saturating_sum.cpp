#include "models/golden/saturating_sum.hpp"

#include <algorithm>
#include <stdexcept>

namespace systole::golden {
namespace {

__extension__ using Exact = __int128;

std::int64_t saturated(Exact value, std::uint32_t bits) {
  const Exact most = (Exact{1} << (bits - 1)) - 1;
  return static_cast<std::int64_t>(std::min(std::max(value, -most - 1), most));
}

}  // namespace

bool saturates(const Requantizer& requant) {
  return requant.accumulator.overflow == Overflow::Saturate && !requant.accumulator.order.empty();
}

std::int64_t saturating_sum(const Products& products, std::size_t count, const TensorData* bias,
                            std::size_t channel, const Accumulator& accumulator) {
  const std::uint32_t bits = accumulator.bits;
  Exact start = bias == nullptr ? 0 : bias->at(channel);
  for (std::size_t i = 0; i < count; ++i) {
    start -= Exact{products.ifmap_zero_point} * products.weight[i];
  }
  std::int64_t sum = saturated(start, bits);
  std::size_t seen = 0;
  const auto block = static_cast<std::int64_t>(channel) / accumulator.order_channels;
  for (const FoldSpan& fold : accumulator.order.at(static_cast<std::size_t>(block))) {
    // Channels of other groups have weights of 0 in the array: they change no sum.
    const std::int64_t from =
        std::max(fold.first_channel - products.first_channel, std::int64_t{0});
    const std::int64_t to =
        std::min(fold.first_channel + fold.channels - products.first_channel, products.channels);
    std::int64_t column = 0;
    for (std::int64_t c = from; c < to; ++c) {
      const auto at = static_cast<std::size_t>(fold.tap * products.channels + c);
      column = saturated(Exact{column} + Exact{products.ifmap[at]} * products.weight[at], bits);
      ++seen;
    }
    sum = saturated(Exact{sum} + column, bits);
  }
  if (seen != count) {
    throw std::invalid_argument{"the order of the sums does not name each product once"};
  }
  return sum;
}

}  // namespace systole::golden
