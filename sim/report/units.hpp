#pragma once

#include <cstdint>
#include <string>

namespace systole {

// Quantities as people read them: three significant digits and a unit. Units are
// padded to the width of the longest of their kind, so that right-aligned columns
// line up; padding = false leaves that out.

std::string human_bytes(std::uint64_t bytes, bool padded = false);  ///< B, KiB, MiB, GiB
std::string human_energy(double pj, bool padded = false);           ///< pJ to J
std::string human_power(double milliwatt);                          ///< uW to W
std::string human_time(double seconds);                             ///< ns to s
std::string human_count(std::uint64_t count, bool padded = false);  ///< 960, 1.25 k, 118 M

std::string grouped(std::uint64_t number);       ///< 1,234,567
std::string percent(double part, double whole);  ///< "45.2 %"; of a zero whole, "-"

}  // namespace systole
