#pragma once

#include "sim/kernel/tlm.hpp"

namespace systole {

/// Sent with a write when its first beat is at the master's edge; BEGIN_REQ follows with the last
/// one. A memory whose request channel carries the beats one by one takes it as the start of the
/// burst; for any other it is an ignorable phase of TLM-2.0.
DECLARE_EXTENDED_PHASE(BEGIN_BURST);

}  // namespace systole
