#pragma once

#include "sim/program/command.hpp"

namespace systole {

/// What leaves an unroller.
struct GeneratedCommand {
  Command command;
  bool of_loop = false;  ///< the unroller wants to know of its completion
};

}  // namespace systole
