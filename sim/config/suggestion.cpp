#include "sim/config/suggestion.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "sim/config/escaped.hpp"

namespace systole {
namespace {

constexpr std::size_t kLongestWord = 64;   // longer texts are no typing errors of a key
constexpr std::size_t kLongestQuote = 40;  // characters of a value that a message repeats

/// Levenshtein distance.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      const std::size_t best = std::min({row[j] + 1, row[j - 1] + 1, diagonal + cost});
      diagonal = std::exchange(row[j], best);
    }
  }
  return row.back();
}

/// Two letters wrong, or a third of a longer word; and never every letter of a short one.
std::size_t tolerated(const std::string& choice) {
  return std::min(std::max<std::size_t>(2, choice.size() / 3), choice.size() / 2);
}

}  // namespace

std::string did_you_mean(const std::string& text, const std::vector<std::string>& choices) {
  if (text.empty() || text.size() > kLongestWord) {
    return "";
  }
  const std::string* nearest = nullptr;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const auto& choice : choices) {
    const std::size_t d = distance(text, choice);
    if (d < least && d <= tolerated(choice)) {
      least = d;
      nearest = &choice;
    }
  }
  return nearest == nullptr ? "" : " (did you mean '" + *nearest + "'?)";
}

std::string choice_list(const std::vector<std::string>& choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) {
      text += i + 1 == choices.size() ? " or " : ", ";
    }
    text += choices[i];
  }
  return text;
}

std::string shortened(const std::string& text) {
  std::size_t end = std::min(text.size(), kLongestQuote);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;  // do not cut a UTF-8 character in two
  }
  return escaped(text.substr(0, end)) + (end < text.size() ? "..." : "");
}

std::string quoted(const std::string& text) { return "'" + shortened(text) + "'"; }

}  // namespace systole
