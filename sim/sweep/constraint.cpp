#include "sim/sweep/constraint.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "sim/config/scalar.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/network/refusal.hpp"

namespace systole {
namespace {

constexpr std::array kComparisons = {"<=", ">=", "==", "!=", "<", ">"};

bool is_comparison(const std::string& word) {
  return std::find(kComparisons.begin(), kComparisons.end(), word) != kComparisons.end();
}

std::vector<std::string> words_of(const std::string& text) {
  std::string spaced;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool two = i + 1 < text.size() && is_comparison(text.substr(i, 2));
    if (two || text[i] == '<' || text[i] == '>' || text[i] == '*') {
      spaced += ' ' + text.substr(i, two ? 2 : 1) + ' ';
      i += two ? 1 : 0;
    } else {
      spaced += text[i];
    }
  }
  std::istringstream stream{spaced};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  return words;
}

bool is_equality(const std::string& comparison) { return comparison == "==" || comparison == "!="; }

bool number(const std::string& text, double& out) {
  return parse_double(text, false, out) == ScalarResult::Ok;
}

double product_of(const std::vector<std::string>& factors) {
  double product = 1;
  for (const std::string& factor : factors) {
    double value = 0;
    if (!number(factor, value)) {
      throw Refusal{quoted(factor) + " is no number"};
    }
    product *= value;
  }
  return product;
}

}  // namespace

Constraint::Constraint(const std::string& text, const std::vector<std::string>& known_keys)
    : text_{text} {
  Product* side = &left_;
  bool factor_next = true;
  for (const std::string& word : words_of(text)) {
    const bool is_operator = word == "*" || is_comparison(word);
    if (is_operator == factor_next || (is_comparison(word) && side == &right_)) {
      throw Refusal{"unexpected " + quoted(word) +
                    ", expected a comparison such as array.rows <= array.cols"};
    }
    if (!is_operator) {
      side->push_back(word);
    } else if (word != "*") {
      comparison_ = word;
      side = &right_;
    }
    factor_next = is_operator;
  }
  if (factor_next || comparison_.empty()) {
    throw Refusal{"expected a comparison such as array.rows <= array.cols"};
  }
  const bool words_allowed = is_equality(comparison_) && left_.size() == 1 && right_.size() == 1;
  std::string key;
  std::string other;
  for (const Product* product : {&left_, &right_}) {
    for (const std::string& word : *product) {
      double value = 0;
      if (std::find(known_keys.begin(), known_keys.end(), word) != known_keys.end()) {
        key = word;
      } else if (!number(word, value)) {
        if (!words_allowed || word.find('.') != std::string::npos) {
          throw Refusal{quoted(word) + " is neither a key nor a number" +
                        did_you_mean(word, known_keys)};
        }
        other = word;
      }
    }
  }
  if (key.empty()) {
    throw Refusal{"names no key, expected at least one"};
  }
  if (!other.empty()) {
    word_ = Word{key, other};
  }
}

bool Constraint::names(const std::string& word) const {
  return std::find(left_.begin(), left_.end(), word) != left_.end() ||
         std::find(right_.begin(), right_.end(), word) != right_.end();
}

bool Constraint::holds(const Values& values) const {
  const auto resolved = [&](Product product) {
    for (std::string& word : product) {
      word = values(word).value_or(word);
    }
    return product;
  };
  const Product left = resolved(left_);
  const Product right = resolved(right_);
  double ignored = 0;
  if (is_equality(comparison_) && left.size() == 1 && right.size() == 1 &&
      (!number(left[0], ignored) || !number(right[0], ignored))) {
    return (left[0] == right[0]) == (comparison_ == "==");
  }
  const double a = product_of(left);
  const double b = product_of(right);
  // Doubles hold these integers exactly up to 2^53.
  return comparison_ == "<"    ? a < b
         : comparison_ == "<=" ? a <= b
         : comparison_ == ">"  ? a > b
         : comparison_ == ">=" ? a >= b
                               : (a == b) == (comparison_ == "==");
}

}  // namespace systole
