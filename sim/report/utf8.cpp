#include "sim/report/utf8.hpp"

#include <sstream>

#include "sim/config/unicode.hpp"

namespace systole {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026

std::string clean(std::string_view text, bool keep_controls) {
  std::string out;
  while (!text.empty()) {
    const Character c = first_character(text);
    const bool keep = c.valid && (keep_controls || !is_control(c.code));
    out += keep ? text.substr(0, c.bytes) : kReplacement;
    text.remove_prefix(c.bytes);
  }
  return out;
}

struct CodeRange {
  char32_t first;
  char32_t last;
};

// Combining marks and zero-width characters (Unicode 15, the ranges seen in names).
constexpr CodeRange kZeroWidth[] = {
    {0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
    {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
};

// East Asian Wide and Fullwidth (Unicode 15, UAX #11, whole blocks) and emoji.
constexpr CodeRange kWide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};

template <std::size_t N>
bool in_any(const CodeRange (&ranges)[N], char32_t code) {
  for (const CodeRange& range : ranges) {
    if (range.first <= code && code <= range.last) {
      return true;
    }
  }
  return false;
}

std::size_t width_of(char32_t code) {
  return in_any(kZeroWidth, code) ? 0 : in_any(kWide, code) ? 2 : 1;
}

/// As much of the beginning of `text` as fits into `width` columns.
std::string_view beginning(std::string_view text, std::size_t width) {
  std::string_view rest = text;
  std::size_t used = 0;
  while (!rest.empty()) {
    const Character c = first_character(rest);
    used += width_of(c.code);
    if (used > width) {
      break;
    }
    rest.remove_prefix(c.bytes);
  }
  return text.substr(0, text.size() - rest.size());
}

/// As much of its end; no mark that belongs to a character before it.
std::string_view ending(std::string_view text, std::size_t width) {
  for (std::size_t left = display_width(text); !text.empty();) {
    const Character c = first_character(text);
    if (left <= width && width_of(c.code) > 0) {
      break;
    }
    left -= width_of(c.code);
    text.remove_prefix(c.bytes);
  }
  return text;
}

}  // namespace

std::string valid_utf8(std::string_view text) { return clean(text, true); }

std::string printable(std::string_view text) { return clean(text, false); }

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character c = first_character(text);
    width += width_of(c.code);
    text.remove_prefix(c.bytes);
  }
  return width;
}

std::string cut_to_width(const std::string& text, std::size_t width) {
  if (display_width(text) <= width) {
    return text;
  }
  return width == 0 ? "" : std::string{beginning(text, width - 1)} += kEllipsis;
}

std::string cut_in_middle(const std::string& text, std::size_t width) {
  if (display_width(text) <= width) {
    return text;
  }
  if (width == 0) {
    return "";
  }
  const std::size_t tail = (width - 1) / 2;
  std::string out{beginning(text, width - 1 - tail)};
  out += kEllipsis;
  return out += ending(text, tail);
}

std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
  std::istringstream words{text};
  std::string result;
  std::string word;
  std::size_t column = indent;
  while (words >> word) {
    const std::size_t columns = display_width(word);
    if (column > indent && column + 1 + columns > width) {
      result += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += columns;
  }
  return result;
}

}  // namespace systole
