#include "models/golden/saturating_sum.hpp"

#include <algorithm>

#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

__extension__ using Exact = __int128;

std::int64_t saturated(Exact value, std::uint32_t bits) {
  const Exact most = (Exact{1} << (bits - 1)) - 1;
  return static_cast<std::int64_t>(std::min(std::max(value, -most - 1), most));
}

/// An accumulator, the column of PEs that adds up a fold for it, and the products that the next PE
/// adds at once.
struct Sum {
  std::int64_t accumulator = 0;
  std::uint32_t bits = 32;
  std::uint32_t products_at_once = 1;
  std::int64_t column = 0;
  Exact addend = 0;
  std::uint32_t pending = 0;

  void add(Exact product) {
    addend += product;
    if (++pending == products_at_once) {
      end_pe();
    }
  }
  void end_pe() {
    column = saturated(Exact{column} + addend, bits);
    addend = 0;
    pending = 0;
  }
  void end_fold() {
    end_pe();
    accumulator = saturated(Exact{accumulator} + column, bits);
    column = 0;
  }
};

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
  Sum sum{saturated(start, bits), bits, accumulator.products_at_once};
  std::size_t seen = 0;
  const auto block = static_cast<std::int64_t>(channel) / accumulator.order_channels;
  for (const FoldSpan& span : accumulator.order.at(static_cast<std::size_t>(block))) {
    if (!span.continues) {
      sum.end_fold();
    } else if (!span.shares_pe) {
      sum.end_pe();
    }
    // Channels of other groups have weights of 0 in the array: they change no sum.
    const std::int64_t first = span.first_channel - products.first_channel;
    for (std::int64_t c = first; c < first + span.channels; ++c) {
      const bool own = c >= 0 && c < products.channels;
      const auto at = static_cast<std::size_t>(own ? span.tap * products.channels + c : 0);
      sum.add(own ? Exact{products.ifmap[at]} * products.weight[at] : 0);
      seen += own ? 1 : 0;
    }
  }
  sum.end_fold();
  if (seen != count) {
    throw Refusal{"the order of the sums does not name each product once"};
  }
  return sum.accumulator;
}

}  // namespace systole::golden
