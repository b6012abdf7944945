#pragma once

#include <cstddef>

#include "sim/app/options.hpp"

namespace systole::app {

/// Whether standard output takes colours: as asked for, or, for Auto, when it is a terminal
/// that understands them and NO_COLOR (no-color.org) is not set.
bool use_color(ColorMode mode);

/// Columns of the terminal behind standard error; 0 when it is none, or one that cannot go back on
/// a line (TERM=dumb).
std::size_t error_terminal_columns();

/// Columns of the terminal behind standard output; 0 when it is none.
std::size_t output_terminal_columns();

inline constexpr char kEraseLine[] = "\r\x1b[2K";

/// Erases the line at standard error's cursor; safe in a signal handler.
void erase_line();

}  // namespace systole::app
