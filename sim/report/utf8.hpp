#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace systole {

/// `text` with every byte that is not UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

/// The same, with control characters replaced too: safe to print on a terminal.
std::string printable(std::string_view text);

/// Columns that `text` takes on a terminal: 0 for combining characters, 2 for wide ones.
std::size_t display_width(std::string_view text);

/// `text`, or as much of it as fits with an ellipsis behind into `width` columns.
std::string cut_to_width(const std::string& text, std::size_t width);

/// The same with the ellipsis in the middle: names often differ at their ends.
std::string cut_in_middle(const std::string& text, std::size_t width);

/// The words of `text` in lines of at most `width` columns that begin at column `indent`; the first
/// one's indentation is the caller's.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width);

}  // namespace systole
