#pragma once

#include <functional>
#include <string>
#include <vector>

namespace systole {

/// A comparison of products, such as "array.rows * array.cols <= 1024" or
/// "array.dataflow == weight_stationary". Operands are keys, numbers and, beside == and !=, words.
class Constraint {
 public:
  /// The text of a key's value.
  using Values = std::function<std::string(const std::string& key)>;
  /// How the value of a key that is compared with a word or a number, by == or !=, looks if it is
  /// that. Throws Refusal for what the key cannot have.
  using Meaning = std::function<std::string(const std::string& key, const std::string& word)>;

  /// Throws Refusal that says what is wrong with the text.
  Constraint(const std::string& text, const std::vector<std::string>& known_keys,
             const Meaning& meaning);

  /// Throws Refusal when a value that is no number is multiplied or ordered.
  bool holds(const Values& values) const;
  const std::string& text() const { return text_; }
  /// Those that it names, in their order.
  std::vector<std::string> keys() const;
  /// Whether it is of two values that may be words: one on each side of == or !=.
  bool compares_words() const;

 private:
  struct Operand {
    std::string word;
    bool is_key;
  };
  using Product = std::vector<Operand>;
  static std::vector<std::string> resolved(const Product& product, const Values& values);

  std::string text_;
  Product left_, right_;
  std::string comparison_;
};

/// Whether a value is one for products and order.
bool is_number(const std::string& text);

}  // namespace systole
