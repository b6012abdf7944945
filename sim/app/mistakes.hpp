#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace systole::app {

/// The lines for standard error of the exception that is being handled. Throws it again if it is
/// not the user's mistake.
std::vector<std::string> lines_of_mistake();

/// What a user got wrong in several places.
class SeveralMistakes : public std::runtime_error {
 public:
  explicit SeveralMistakes(std::vector<std::string> lines);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// Collects what is wrong in steps of a command that do not need each other, so that all of it is
/// told at once.
class Mistakes {
 public:
  /// What `step` gives; nothing if the user got something wrong.
  template <typename Step>
  auto in(const Step& step) {
    std::optional<decltype(step())> value;
    attempt([&] { value.emplace(step()); });
    return value;
  }
  void attempt(const std::function<void()>& step);
  /// Throws SeveralMistakes if there are any.
  void check() const;

 private:
  std::vector<std::string> lines_;
};

/// What both steps give. Throws what is wrong in either.
template <typename First, typename Second>
auto both_of(const First& first, const Second& second) {
  Mistakes mistakes;
  auto one = mistakes.in(first);
  auto other = mistakes.in(second);
  mistakes.check();
  return std::pair{*std::move(one), *std::move(other)};
}

}  // namespace systole::app
