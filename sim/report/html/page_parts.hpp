#pragma once

#include <map>
#include <string>

namespace systole {

/// What pages are made of, by file name: the style sheet and the scripts beside this file and
/// Chart.js, put into the executable when it is built.
std::map<std::string, std::string> page_parts();

}  // namespace systole
