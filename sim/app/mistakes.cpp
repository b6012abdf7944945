#include "sim/app/mistakes.hpp"

#include <algorithm>
#include <type_traits>

#include "sim/app/options.hpp"
#include "sim/compiler/compiler.hpp"
#include "sim/config/error_log.hpp"
#include "sim/network/refusal.hpp"
#include "sim/top/stuck_error.hpp"

namespace systole::app {

// As a logic_error it would be reported as a mistake of ours.
static_assert(!std::is_base_of_v<std::logic_error, Refusal>);

std::vector<std::string> lines_of_mistake() {
  try {
    throw;
  } catch (const StuckError&) {
    throw;
  } catch (const SeveralMistakes& error) {
    return error.lines();
  } catch (const UsageError& error) {
    return {error.what()};
  } catch (const ConfigError& error) {
    return error.lines();  // the place is in each line
  } catch (const CompileError& error) {
    std::vector<std::string> lines;
    for (const CompileError::Line& line : error.lines()) {
      lines.push_back((line.has_place ? "" : "systole: ") + line.text);
    }
    return lines;
  } catch (const std::runtime_error& error) {  // a Refusal, or a file
    return {std::string{"systole: "} + error.what()};
  }
}

SeveralMistakes::SeveralMistakes(std::vector<std::string> lines)
    : std::runtime_error{lines.at(0)}, lines_{std::move(lines)} {}

void Mistakes::attempt(const std::function<void()>& step) {
  try {
    step();
  } catch (const std::runtime_error&) {
    for (std::string& line : lines_of_mistake()) {
      if (std::find(lines_.begin(), lines_.end(), line) == lines_.end()) {
        lines_.push_back(std::move(line));
      }
    }
  }
}

void Mistakes::check() const {
  if (!lines_.empty()) {
    throw SeveralMistakes{lines_};
  }
}

}  // namespace systole::app
