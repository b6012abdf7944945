#include "sim/compiler/dram_map.hpp"

#include "sim/network/ceil_div.hpp"
#include "sim/network/packing.hpp"

namespace systole {
namespace {

constexpr std::uint64_t kLine = 64;
constexpr std::uint64_t kBlock = std::uint64_t{256} * 1024;

bool fits_a_block(const Network& network) {
  std::uint64_t bytes = 0;
  for (const Tensor& tensor : network.tensors) {
    bytes += round_up(packed_tensor_bytes(tensor.shape, tensor.format), kLine);
  }
  return bytes <= kBlock;
}

}  // namespace

DramMap::DramMap(const Network& network)
    : network_{network},
      alignment_{fits_a_block(network) ? kLine : kBlock},
      placements_(network.tensors.size()) {}

std::uint64_t DramMap::allocate(std::uint64_t bytes) {
  const std::uint64_t address = next_;
  next_ += round_up(bytes, alignment_);
  return address;
}

std::uint64_t DramMap::place(TensorId tensor) {
  std::optional<TensorPlacement>& placement = placements_.at(tensor);
  if (!placement) {
    const Tensor& t = network_.tensor(tensor);
    const std::uint64_t bytes = packed_tensor_bytes(t.shape, t.format);
    placement = TensorPlacement{allocate(bytes), bytes};
  }
  return placement->address;
}

void DramMap::place_inside(TensorId tensor, TensorId whole, std::uint64_t offset) {
  const Tensor& part = network_.tensor(tensor);
  const Tensor& all = network_.tensor(whole);
  const auto pixel = [](const Tensor& t) {
    return packed_bytes(static_cast<std::uint64_t>(t.shape.back()), t.format.bits);
  };
  placements_.at(tensor) = TensorPlacement{
      place(whole) + offset, packed_tensor_bytes(part.shape, part.format), pixel(part), pixel(all)};
}

void DramMap::alias(TensorId tensor, TensorId original) {
  place(original);
  placements_.at(tensor) = placements_.at(original);
}

}  // namespace systole
