#include "tests/validation/product.hpp"

namespace systole::test {
namespace {

constexpr std::uint64_t kBase = 0x80000000;

std::uint64_t aligned(std::uint64_t address) { return (address + 63) / 64 * 64; }

std::uint32_t field(const RtlCase& rtl, const std::string& column) {
  return static_cast<std::uint32_t>(rtl.number(column));
}

}  // namespace

Product::Product(const RtlCase& rtl)
    : m{field(rtl, "M")},
      n{field(rtl, "N")},
      k{field(rtl, "K")},
      tile_i{field(rtl, "tile_I")},
      tile_j{field(rtl, "tile_J")},
      tile_k{field(rtl, "tile_K")},
      bias{rtl.text("bias")},
      wide_bias{rtl.text("group") == "scale_arithmetic"},
      raw{rtl.text("out_type") == "int32"} {
  const std::string strides = rtl.text("strides_A_B_C");
  a_pitch = std::stoul(strides);
  b_pitch = std::stoul(strides.substr(strides.find('/') + 1));
  c_pitch = std::stoul(strides.substr(strides.rfind('/') + 1)) * out_bytes();
  a = kBase;
  b = aligned(a + m * a_pitch + 256);
  d = aligned(b + k * b_pitch + 256);
  c = aligned(d + std::uint64_t{4} * m * n + 256);
}

}  // namespace systole::test
