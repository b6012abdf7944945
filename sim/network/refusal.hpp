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

}  // namespace systole
