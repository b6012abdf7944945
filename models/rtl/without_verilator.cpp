#include "models/rtl/verilated_array.hpp"
#include "models/rtl/verilated_requant.hpp"
#include "sim/network/refusal.hpp"

// What a build without Verilator has instead of verilated_array.cpp and verilated_requant.cpp.
namespace systole {

std::vector<RtlArraySize> verilated_array_sizes() { return {}; }

std::unique_ptr<PeArray> make_verilated_array(const ArrayConfig& /*config*/) {
  throw Refusal{
      "this build has no Verilated array: install Verilator 5 (Debian: verilator) and run CMake "
      "again, with SYSTOLE_RTL on"};
}

std::vector<std::unique_ptr<RtlRequantUnit>> make_verilated_requant_units() { return {}; }

}  // namespace systole
