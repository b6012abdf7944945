#include "sim/sweep/constraint_reader.hpp"

#include <algorithm>
#include <filesystem>

#include "sim/config/accelerator_file.hpp"
#include "sim/network/refusal.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostChoices = 10;  // that a message lists

class ConstraintReader {
 public:
  ConstraintReader(const std::vector<std::string>& known, const SweepSpec& spec, bool complete)
      : known_{known},
        spec_{spec},
        folder_{fs::path{spec.file}.parent_path().string()},
        complete_{complete} {}

  /// Throws Refusal.
  Constraint read(const std::string& text) const {
    Constraint constraint{text, known_, [&](const std::string& key, const std::string& word) {
                            return meaning(key, word);
                          }};
    if (!complete_) {
      return constraint;
    }
    const std::vector<std::string> keys = constraint.keys();
    for (const std::string& key : keys) {
      if (values_of(key).empty()) {
        throw Refusal{key + ": the accelerator has none, and neither set nor an axis gives one"};
      }
    }
    if (constraint.compares_words() && keys.size() == 2 &&
        ((has_numbers(keys[0]) && has_words(keys[1])) ||
         (has_words(keys[0]) && has_numbers(keys[1])))) {
      throw Refusal{"compares numbers with words"};
    }
    return constraint;
  }

 private:
  struct Value {
    std::string compared;
    std::string shown;  ///< as the spec has it, or would
  };

  /// Those that points have.
  std::vector<Value> values_of(const std::string& key) const {
    std::vector<Value> values;
    for (const Axis& axis : spec_.axes) {
      for (const Step& step : axis.steps) {
        for (const Assignment& assignment : step) {
          if (assignment.key == key) {
            values.push_back({assignment.compared(), assignment.text});
          }
        }
      }
    }
    const auto base = spec_.base_values.find(key);
    if (values.empty() && base != spec_.base_values.end()) {
      const std::string beside = fs::path{base->second}.lexically_relative(folder_).string();
      const bool is_beside = !file_named(key, base->second, "").empty() && !beside.empty();
      values.push_back({base->second, is_beside ? beside : base->second});
    }
    return values;
  }

  bool has_numbers(const std::string& key) const { return all_are(key, true); }
  bool has_words(const std::string& key) const { return all_are(key, false); }
  bool all_are(const std::string& key, bool numbers) const {
    const std::vector<Value> values = values_of(key);
    return std::all_of(values.begin(), values.end(),
                       [&](const Value& value) { return is_number(value.compared) == numbers; });
  }

  std::string meaning(const std::string& key, const std::string& word) const {
    if (std::string file = file_named(key, word, folder_); !file.empty()) {
      if (complete_) {
        require_point_with(key, file, word);
      }
      return file;
    }
    if (is_number(word) && !(complete_ && has_words(key))) {
      return word;
    }
    const std::string nearest = word.find('.') == std::string::npos || is_number(word)
                                    ? std::string{}
                                    : did_you_mean(word, known_);
    const std::string refusal =
        nearest.empty() ? refusal_of(key, word)
                        : systole::quoted(word) + " is neither a key nor a number" + nearest;
    if (!refusal.empty()) {
      throw Refusal{refusal};
    }
    return word;
  }

  void require_point_with(const std::string& key, const std::string& file,
                          const std::string& word) const {
    const std::vector<Value> values = values_of(key);
    std::vector<std::string> choices;
    for (const Value& value : values) {
      if (value.compared == file) {
        return;
      }
      choices.push_back(value.shown);
    }
    const bool few = !choices.empty() && choices.size() <= kMostChoices;
    throw Refusal{key + ": no point has " + systole::quoted(word) +
                  (few ? ", expected " + choice_list(choices) : "") + did_you_mean(word, choices)};
  }

  /// A word that the key cannot have is never equal, and always unlike.
  static std::string refusal_of(const std::string& key, const std::string& word) {
    const std::string refusal = refusal_of_value(key, word);
    return refusal.empty() ? "" : key + ": " + refusal;
  }

  const std::vector<std::string>& known_;
  const SweepSpec& spec_;
  const std::string folder_;
  const bool complete_;  ///< nothing of the spec was refused so far: points have what it gives
};

}  // namespace

std::vector<Constraint> read_constraints(ConfigReader& root, const std::string& key,
                                         const std::vector<std::string>& known,
                                         const SweepSpec& spec) {
  std::vector<std::string> texts;
  root.optional(key, texts);
  const bool complete = root.error_count() == 0 && !spec.base_values.empty();
  const ConstraintReader reader{known, spec, complete};
  std::vector<Constraint> constraints;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    try {
      constraints.push_back(reader.read(texts[i]));
    } catch (const Refusal& error) {
      root.error_at(root.raw(key)[i], key + "[" + std::to_string(i) + "]", error.what());
    }
  }
  return constraints;
}

}  // namespace systole
