#pragma once

namespace systole {

/// "0.1.0", as the project's CMakeLists.txt has it.
const char* version();

}  // namespace systole
