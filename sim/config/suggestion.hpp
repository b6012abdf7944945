#pragma once

#include <string>
#include <vector>

namespace systole {

/// " (did you mean 'x'?)" for the choice nearest to `text`, or nothing when none is near.
std::string did_you_mean(const std::string& text, const std::vector<std::string>& choices);

/// "a", "a or b", "a, b or c".
std::string choice_list(const std::vector<std::string>& choices);

/// `text` for a message: cut when long, and escaped(); quoted() in quotes.
std::string shortened(const std::string& text);
std::string quoted(const std::string& text);

}  // namespace systole
