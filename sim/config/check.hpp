#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace systole {

// A check accepts or refuses a value that was read, and says in a message what
// it wants: `expected(kind)` is put behind "expected ", kind is "an integer" etc.

/// Every value of the type; no nan and no infinity.
struct AnyValue {
  template <typename T>
  bool operator()(const T& /*value*/) const {
    return true;
  }
  std::string expected(const std::string& kind) const { return kind; }
};

/// Every double: the only check that lets .inf, -.inf and .nan pass.
struct AnyDouble : AnyValue {};

/// Values in [lo, hi].
template <typename T>
struct InRange {
  T lo;
  T hi;
  bool operator()(T value) const { return lo <= value && value <= hi; }
  std::string expected(const std::string& kind) const {
    std::ostringstream out;
    out << kind << " in " << +lo << ".." << +hi;
    return out.str();
  }
};
template <typename T>
InRange(T, T) -> InRange<T>;

/// Values above `limit`.
template <typename T>
struct GreaterThan {
  T limit;
  bool operator()(T value) const { return limit < value; }
  std::string expected(const std::string& kind) const {
    std::ostringstream out;
    out << kind << " above " << +limit;
    return out.str();
  }
};
template <typename T>
GreaterThan(T) -> GreaterThan<T>;

/// Texts that are not empty.
struct NotEmpty {
  bool operator()(const std::string& value) const { return !value.empty(); }
  std::string expected(const std::string& kind) const { return kind + " that is not empty"; }
};

/// One spelling of an enumeration.
template <typename E>
struct Choice {
  std::string_view name;
  E value;
};

/// Enumerations, or optional ones, by a table that outlives this object:
///   constexpr Choice<Overlap> kOverlaps[] = {{"none", Overlap::None}, {"full", Overlap::Full}};
///   reader.optional("overlap", config.overlap, OneOf{kOverlaps});
template <typename E>
class OneOf {
 public:
  template <std::size_t N>
  constexpr explicit OneOf(const Choice<E> (&choices)[N]) : choices_{choices}, count_{N} {}
  template <std::size_t N>
  constexpr explicit OneOf(const std::array<Choice<E>, N>& choices)
      : choices_{choices.data()}, count_{N} {}

  const Choice<E>* begin() const { return choices_; }
  const Choice<E>* end() const { return choices_ + count_; }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& choice : *this) {
      all.emplace_back(choice.name);
    }
    return all;
  }

  /// The first spelling of a value; "?" for a value that has none.
  std::string name_of(E value) const {
    for (const auto& choice : *this) {
      if (choice.value == value) {
        return std::string{choice.name};
      }
    }
    return "?";
  }

 private:
  const Choice<E>* choices_;
  std::size_t count_;
};
template <typename E, std::size_t N>
OneOf(const Choice<E> (&)[N]) -> OneOf<E>;
template <typename E, std::size_t N>
OneOf(const std::array<Choice<E>, N>&) -> OneOf<E>;

}  // namespace systole
