#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace systole::app {

/// Exit codes of `systole`.
enum ExitCode : int {
  AllRight = 0,
  CheckFailed = 1,  ///< the run finished and differs from the golden model
  UserError = 2,    ///< bad usage, configuration or workload
  InternalError = 3,
};

/// The whole program: does what `arguments` (without the program's name) ask for, tells every
/// error as one line on `err`, and returns the exit code.
int run_application(const std::vector<std::string>& arguments, std::ostream& out,
                    std::ostream& err);

}  // namespace systole::app
