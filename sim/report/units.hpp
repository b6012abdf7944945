#pragma once

#include <cstdint>
#include <string>

namespace systole {

/// What energies are given in: a normalized table says how many MACs would take as much.
enum class EnergyUnit { Joule, Mac };

// Quantities as people read them: three significant digits and a unit. Units are
// padded to the width of the longest of their kind, so that right-aligned columns
// line up; padding = false leaves that out.

std::string human_bytes(std::uint64_t bytes, bool padded = false);  ///< B, KiB, MiB, GiB
/// pJ to J; or MAC, kMAC and so on, of which one stands for a picojoule.
std::string human_energy(double pj, EnergyUnit unit = EnergyUnit::Joule, bool padded = false);
std::string human_power(double milliwatt);                          ///< uW to W
std::string human_time(double seconds);                             ///< ns to s
std::string human_count(std::uint64_t count, bool padded = false);  ///< 960, 1.25 k, 118 M

std::string decimals(double number);             ///< two; of less than 0.1 two digits that count
std::string grouped(std::uint64_t number);       ///< 1,234,567
std::string percent(double part, double whole);  ///< "45.2 %"; of a zero whole, "-"

}  // namespace systole
