#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace systole {

/// The machine made no progress for as long as the watchdog waits. The text, one line, says `why`
/// it was given up and names what is stuck.
class StuckError : public std::runtime_error {
 public:
  StuckError(const std::string& why, const std::vector<std::string>& at_work)
      : std::runtime_error{text_of(why, at_work)} {}

 private:
  static std::string text_of(std::string why, const std::vector<std::string>& at_work) {
    const char* separator = "; still at work: ";
    for (const std::string& block : at_work) {
      why += separator + block;
      separator = "; ";
    }
    return why;
  }
};

}  // namespace systole
