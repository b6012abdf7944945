#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace systole {

/// A comparison of products, such as "array.rows * array.cols <= 1024" or
/// "array.dataflow == weight_stationary". Operands are keys, numbers and, beside == and !=, words.
class Constraint {
 public:
  /// The text of a key's value; nothing for a word that is no key.
  using Values = std::function<std::optional<std::string>(const std::string& key)>;

  /// Throws Refusal that says what is wrong with the text.
  Constraint(const std::string& text, const std::vector<std::string>& known_keys);

  /// Throws Refusal when a value that is no number is multiplied or ordered.
  bool holds(const Values& values) const;
  const std::string& text() const { return text_; }
  /// Whether an operand is this word.
  bool names(const std::string& word) const;
  /// What a key is compared with, if that is a word and no other key.
  struct Word {
    std::string key, word;
  };
  const std::optional<Word>& word() const { return word_; }

 private:
  using Product = std::vector<std::string>;
  std::string text_;
  Product left_, right_;
  std::string comparison_;
  std::optional<Word> word_;
};

}  // namespace systole
