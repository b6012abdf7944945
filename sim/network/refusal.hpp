#pragma once

#include <stdexcept>

namespace systole {

/// What a user asked for and cannot have; what() says what is wrong, what was expected. Never a
/// std::invalid_argument: the standard library throws that as well, and a std::logic_error is a
/// mistake of ours.
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The result of a call into models/, which know no users: for a machine that is not built, or
/// numbers for which an operator is not defined, they throw std::invalid_argument.
template <typename Call>
decltype(auto) or_refuse(const Call& call) {
  try {
    return call();
  } catch (const std::invalid_argument& error) {
    throw Refusal{error.what()};
  }
}

}  // namespace systole
