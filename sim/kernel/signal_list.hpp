#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace systole {

/// What a machine shows in a waveform: values that are read when a cycle is over. A block lists its
/// own; nothing is read, and nothing costs time, unless somebody looks.
class SignalList {
 public:
  using Read = std::function<std::uint64_t()>;

  struct Signal {
    std::string name;  ///< scopes, separated by dots, and the signal
    std::uint32_t bits = 1;
    Read read;  ///< its low bits count
  };

  /// A signal of the current scope.
  void add(const std::string& name, std::uint32_t bits, Read read) {
    signals_.push_back({scope_ + name, bits, std::move(read)});
  }
  void add_flag(const std::string& name, Read read) { add(name, 1, std::move(read)); }

  /// The signals that `list` adds are in the scope `name`, inside the current one.
  template <typename List>
  void in_scope(const std::string& name, const List& list) {
    const std::string outer = scope_;
    scope_ += name + ".";
    list(*this);
    scope_ = outer;
  }

  const std::vector<Signal>& all() const { return signals_; }

 private:
  std::string scope_;
  std::vector<Signal> signals_;
};

}  // namespace systole
