#pragma once

#include <string>

namespace systole {

/// One value as RFC 4180 wants it: in quotes when it has a comma, a quote or a line break.
std::string csv_field(const std::string& text);

}  // namespace systole
