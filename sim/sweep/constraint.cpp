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

Constraint::Constraint(const std::string& text, const std::vector<std::string>& known_keys,
                       const Meaning& meaning)
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
      const auto known = std::find(known_keys.begin(), known_keys.end(), word);
      side->push_back({word, known != known_keys.end()});
    } else if (word != "*") {
      comparison_ = word;
      side = &right_;
    }
    factor_next = is_operator;
  }
  if (factor_next || comparison_.empty()) {
    throw Refusal{"expected a comparison such as array.rows <= array.cols"};
  }
  if (compares_words() && left_[0].is_key != right_[0].is_key) {
    const Operand& key = left_[0].is_key ? left_[0] : right_[0];
    Operand& other = left_[0].is_key ? right_[0] : left_[0];
    other.word = meaning(key.word, other.word);
    return;
  }
  for (const Product* product : {&left_, &right_}) {
    for (const Operand& operand : *product) {
      if (!operand.is_key && !is_number(operand.word)) {
        throw Refusal{quoted(operand.word) + " is neither a key nor a number" +
                      did_you_mean(operand.word, known_keys)};
      }
    }
  }
  if (keys().empty()) {
    throw Refusal{"names no key, expected at least one"};
  }
}

std::vector<std::string> Constraint::keys() const {
  std::vector<std::string> keys;
  for (const Product* product : {&left_, &right_}) {
    for (const Operand& operand : *product) {
      if (operand.is_key) {
        keys.push_back(operand.word);
      }
    }
  }
  return keys;
}

bool Constraint::compares_words() const {
  return (comparison_ == "==" || comparison_ == "!=") && left_.size() == 1 && right_.size() == 1;
}

std::vector<std::string> Constraint::resolved(const Product& product, const Values& values) {
  std::vector<std::string> words;
  words.reserve(product.size());
  for (const Operand& operand : product) {
    words.push_back(operand.is_key ? values(operand.word) : operand.word);
  }
  return words;
}

bool Constraint::holds(const Values& values) const {
  const std::vector<std::string> left = resolved(left_, values);
  const std::vector<std::string> right = resolved(right_, values);
  if (compares_words() && (!is_number(left[0]) || !is_number(right[0]))) {
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

bool is_number(const std::string& text) {
  double ignored = 0;
  return number(text, ignored);
}

}  // namespace systole
