#pragma once

#include <functional>
#include <string>

namespace systole::test {

/// What a child process had to say.
struct ForkedOutcome {
  bool finished = false;  ///< the body returned
  std::string text;       ///< what it returned, or how it ended
};

/// Runs `body` in a child process: SystemC elaborates once per process, so that a test of many
/// machines needs a process for each. The parent must not have used SystemC. An exception, a
/// signal or more than `seconds` of run time is an outcome that has not finished.
ForkedOutcome run_forked(const std::function<std::string()>& body, unsigned seconds);

}  // namespace systole::test
