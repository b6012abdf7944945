#include "sim/fixed_point/q_format.hpp"

#include <cmath>
#include <regex>

namespace systole {
namespace {

constexpr int kMostBits = 16;
constexpr int kFarthestPoint = 64;

std::optional<QFormat> checked(int bits, int fraction, bool is_signed) {
  if (bits < 1 || bits > kMostBits || std::abs(fraction) > kFarthestPoint) {
    return std::nullopt;
  }
  return QFormat{static_cast<std::uint8_t>(bits), fraction, is_signed};
}

}  // namespace

double QFormat::step() const { return std::ldexp(1.0, -fraction_bits); }

std::optional<QFormat> parse_q_format(const std::string& text) {
  static const std::regex q_name{"(U?)Q([0-9]{1,2})\\.([0-9]{1,2})"};
  static const std::regex pair{R"(\(\s*([0-9]{1,2})\s*,\s*(-?[0-9]{1,2})\s*\))"};
  std::smatch match;
  if (std::regex_match(text, match, q_name)) {
    const bool is_signed = match[1].length() == 0;
    const int fraction = std::stoi(match[3]);
    return checked(std::stoi(match[2]) + fraction + (is_signed ? 1 : 0), fraction, is_signed);
  }
  if (std::regex_match(text, match, pair)) {
    return checked(std::stoi(match[1]), std::stoi(match[2]), true);
  }
  return std::nullopt;
}

}  // namespace systole
