#include "sim/report/version.hpp"

namespace systole {

const char* version() { return SYSTOLE_VERSION; }

}  // namespace systole
