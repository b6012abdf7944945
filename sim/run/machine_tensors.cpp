#include "sim/run/machine_tensors.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/network/packing.hpp"

namespace systole {

TensorData MachineTensors::read(TensorId id) const {
  const Tensor& tensor = network_.tensor(id);
  if (const KeptTensor* kept = compiler_.only_in_scratchpad(id)) {
    return read_kept(*kept, tensor.format);
  }
  const TensorPlacement& at = compiler_.placement(id);
  std::vector<std::uint8_t> bytes;
  bytes.reserve(at.bytes);
  at.for_each_run([&](std::uint64_t address, std::uint64_t, std::uint64_t size) {
    const std::vector<std::uint8_t> run = engine_.read_dram(address, size);
    bytes.insert(bytes.end(), run.begin(), run.end());
  });
  return unpack_tensor(bytes, tensor.shape, tensor.format);
}

/// From its rows of the scratchpad, pixel after pixel.
TensorData MachineTensors::read_kept(const KeptTensor& kept, ElementFormat format) const {
  const std::uint32_t lanes = config_.array.rows;
  const std::size_t row_bytes = activation_row_bytes(config_);
  const std::vector<std::uint8_t> rows = engine_.read_scratchpad(
      static_cast<std::uint32_t>(kept.first_row), static_cast<std::uint32_t>(kept.rows()));
  TensorData data;
  data.reserve(static_cast<std::size_t>(kept.pixels() * kept.channels));
  for (std::int64_t pixel = 0; pixel < kept.pixels(); ++pixel) {
    for (std::int64_t c = 0; c < kept.channels; ++c) {
      const std::int64_t row = kept.row_of(pixel) - kept.first_row + c / lanes * kept.slice_pitch();
      data.push_back(unpack_element(rows.data() + static_cast<std::size_t>(row) * row_bytes,
                                    static_cast<std::uint64_t>(c % lanes), format));
    }
  }
  return data;
}

void MachineTensors::write(TensorId id, const TensorData& values) {
  const Tensor& tensor = network_.tensor(id);
  const std::vector<std::uint8_t> bytes = pack_tensor(values, tensor.shape, tensor.format);
  compiler_.placement(id).for_each_run(
      [&](std::uint64_t address, std::uint64_t first, std::uint64_t size) {
        const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(first);
        engine_.write_dram(address, {from, from + static_cast<std::ptrdiff_t>(size)});
      });
}

}  // namespace systole
