#include "sim/report/units.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <string_view>

#include "sim/report/utf8.hpp"

namespace systole {
namespace {

// Three significant digits of a number under 1024.
std::string digits(double value) {
  return value < 9.995   ? decimals(value)
         : value < 99.95 ? fmt::format("{:.1f}", value)
                         : fmt::format("{:.0f}", value);
}

// `value` in the first of `units` in which it is under `step`, or in the last.
std::string scaled(double value, double step, std::initializer_list<std::string_view> units,
                   bool padded) {
  std::size_t widest = 0;
  for (const std::string_view unit : units) {
    widest = std::max(widest, display_width(unit));
  }
  const std::string_view* unit = units.begin();
  while (value >= step - 0.5 && unit + 1 != units.end()) {
    value /= step;
    ++unit;
  }
  const std::size_t padding = padded ? widest - display_width(*unit) : 0;
  const std::string_view gap = unit->empty() && padding == 0 ? "" : " ";
  return digits(value) + std::string{gap} + std::string{*unit} + std::string(padding, ' ');
}

}  // namespace

std::string human_bytes(std::uint64_t bytes, bool padded) {
  if (bytes < 1024) {
    return fmt::format(padded ? "{} B  " : "{} B", bytes);
  }
  return scaled(static_cast<double>(bytes) / 1024, 1024, {"KiB", "MiB", "GiB", "TiB"}, padded);
}

std::string human_energy(double pj, EnergyUnit unit, bool padded) {
  return unit == EnergyUnit::Mac ? scaled(pj, 1000, {"MAC", "kMAC", "MMAC", "GMAC", "TMAC"}, padded)
                                 : scaled(pj, 1000, {"pJ", "nJ", "µJ", "mJ", "J"}, padded);
}

std::string human_power(double milliwatt) {
  return scaled(milliwatt * 1e3, 1000, {"µW", "mW", "W", "kW"}, false);
}

std::string human_time(double seconds) {
  return scaled(seconds * 1e9, 1000, {"ns", "µs", "ms", "s"}, false);
}

std::string human_count(std::uint64_t count, bool padded) {
  if (count < 1000) {
    return fmt::format(padded ? "{}  " : "{}", count);
  }
  return scaled(static_cast<double>(count) / 1e3, 1000, {"k", "M", "G", "T", "P"}, padded);
}

std::string decimals(double number) {
  constexpr double kFewDigits = 0.0995;
  return number > 0 && number < kFewDigits ? fmt::format("{:#.2g}", number)
                                           : fmt::format("{:.2f}", number);
}

std::string grouped(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t end = out.size(); end > 3;) {
    end -= 3;
    out.insert(end, ",");
  }
  return out;
}

std::string percent(double part, double whole) {
  const std::string text = whole == 0 ? "-" : fmt::format("{:.1f} %", 100 * part / whole);
  return text == "-0.0 %" ? text.substr(1) : text;
}

}  // namespace systole
