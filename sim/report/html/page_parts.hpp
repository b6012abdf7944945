#pragma once

#include <string>
#include <vector>

namespace systole {

/// The style sheet, then the scripts in the order in which a page runs them, Chart.js first; bytes
/// of files beside this one and of the library, put into the executable when it is built.
std::vector<std::string> page_parts();

}  // namespace systole
