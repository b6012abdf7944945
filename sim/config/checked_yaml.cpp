#include "sim/config/checked_yaml.hpp"

#include <yaml-cpp/eventhandler.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "sim/config/plain_yaml.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/config/unicode.hpp"

namespace systole {
namespace {

[[noreturn]] void refuse(ErrorLog& log, const YAML::Mark& mark, const std::string& path,
                         const std::string& what) {
  log.add(mark, path, what);
  log.check();
  throw std::logic_error{"an added error was not thrown"};
}

/// Walks the events of the parser before a tree is built from them: aliases are
/// never expanded (a "YAML bomb" of nested aliases fits in a few lines).
class Guard final : public YAML::EventHandler {
 public:
  Guard(std::string path, ErrorLog& log) : root_{std::move(path)}, log_{log} {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      refuse(log_, mark, root_, "a second document starts here, expected one");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    enter(mark, "", anchor, nullptr);
    has_content_ = has_content_ || !open_.empty();
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    refuse(log_, mark, path(), "aliases (*name) are not allowed, expected the value itself");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    enter(mark, tag, anchor, &value);
    has_content_ = true;
    last_scalar_ = mark;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, false);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, true);
  }
  void OnMapEnd() override { open_.pop_back(); }

  bool has_content() const { return has_content_; }
  const YAML::Mark& last_scalar() const { return last_scalar_; }

  /// Errors that matter only when the text turns out to be YAML.
  void log_later_errors() {
    for (const auto& error : later_) {
      log_.add(error.mark, error.path, error.what);
    }
  }

 private:
  struct Error {
    YAML::Mark mark;
    std::string path;
    std::string what;
  };
  struct Level {
    bool is_map = false;
    bool key_is_next = false;                   // map: the next node is a key
    std::string key;                            // map: of the current value
    std::unordered_map<std::string, int> line;  // map: where each key was given
    std::size_t elements = 0;                   // sequence: begun so far
  };

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool is_map) {
    enter(mark, tag, anchor, nullptr);
    has_content_ = true;
    if (open_.size() >= kMaxYamlDepth) {
      refuse(log_, mark, root_,
             "nested too deeply, expected at most " + std::to_string(kMaxYamlDepth) + " levels");
    }
    Level level;
    level.is_map = is_map;
    level.key_is_next = is_map;
    open_.push_back(std::move(level));
  }

  /// Every node passes here first; `text` is null for what is no scalar.
  void enter(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
             const std::string* text) {
    if (++nodes_ > kMaxYamlNodes) {
      refuse(log_, mark, root_,
             "too many values, expected at most " + std::to_string(kMaxYamlNodes));
    }
    if (anchor != YAML::NullAnchor) {
      refuse(log_, mark, path(), "anchors (&name) are not allowed");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {  // plain and quoted
      refuse(log_, mark, path(), "tags (" + quoted(tag) + ") are not allowed");
    }
    if (open_.empty()) {
      return;
    }
    Level& level = open_.back();
    if (!level.is_map) {
      ++level.elements;
    } else if (level.key_is_next) {
      level.key_is_next = false;
      enter_key(mark, text, level);
    } else {
      level.key_is_next = true;
    }
  }

  void enter_key(const YAML::Mark& mark, const std::string* text, Level& level) {
    level.key.clear();
    if (text == nullptr) {
      later_.push_back({mark, path(), "expected a key, a word followed by ':'"});
      return;
    }
    if (*text == "<<") {
      refuse(log_, mark, path(), "merge keys (<<) are not allowed");
    }
    level.key = *text;
    const auto [first, is_new] = level.line.emplace(*text, mark.line + 1);
    if (!is_new) {
      later_.push_back(
          {mark, path(), "given twice, first in line " + std::to_string(first->second)});
    }
  }

  /// Of the node now being entered.
  std::string path() const {
    std::string text = root_;
    for (const Level& level : open_) {
      if (!level.is_map) {
        text += "[" + std::to_string(level.elements == 0 ? 0 : level.elements - 1) + "]";
      } else if (!level.key.empty()) {
        text += (text.empty() ? "" : ".") + level.key;
      }
    }
    return text;
  }

  std::string root_;
  ErrorLog& log_;
  std::vector<Level> open_;
  std::vector<Error> later_;
  YAML::Mark last_scalar_;
  std::size_t nodes_ = 0;
  std::size_t documents_ = 0;
  bool has_content_ = false;
};

YAML::Mark mark_at(int line, int column) {
  YAML::Mark mark;
  mark.line = line;
  mark.column = column;
  return mark;
}

/// yaml-cpp takes a byte 4 for the end of the file and lets bad UTF-8 through.
void check_characters(const std::string& text, const std::string& path, ErrorLog& log) {
  int line = 0;
  int column = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const Character c = first_character(rest);
    if (!c.valid) {
      refuse(log, mark_at(line, column), path, "not UTF-8 text");
    }
    const unsigned code = c.code;
    if ((code < 0x20U && code != '\t' && code != '\n' && code != '\r') || code == 0x7FU) {
      refuse(log, mark_at(line, column), path,
             "control character (byte " + std::to_string(code) + ") is not allowed");
    }
    if (code == '\r' && rest.substr(1, 1) != "\n") {  // yaml-cpp ends no comment there
      refuse(log, mark_at(line, column), path,
             "a carriage return alone, expected lines that end with a line feed");
    }
    if (code == '\n') {
      ++line;
      column = 0;
    } else {
      column += static_cast<int>(c.bytes);
    }
    rest.remove_prefix(c.bytes);
  }
}

/// The text from a mark of yaml-cpp on, which does not count a byte order mark.
std::string_view text_at(std::string_view text, const YAML::Mark& mark) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return text.substr(std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), text.size()));
}

/// Whether a scalar begins with a quote that nothing closes. To yaml-cpp the end of the file does.
bool is_unclosed_quote(std::string_view scalar) {
  scalar.remove_prefix(std::min(scalar.find_first_not_of("! "), scalar.size()));  // its tag
  const char quote = scalar.substr(0, 1) == "'" ? '\'' : '"';
  if (scalar.empty() || scalar.front() != quote) {
    return false;
  }
  for (std::size_t i = 1; i < scalar.size(); ++i) {
    const bool is_doubled = quote == '\'' && scalar.substr(i, 2) == "''";
    if (is_doubled || (quote == '"' && scalar[i] == '\\')) {
      ++i;
    } else if (scalar[i] == quote) {
      return false;
    }
  }
  return true;
}

/// Whether a tab is among what indents the line of a mark: yaml-cpp names what that led to.
std::optional<YAML::Mark> indenting_tab(const std::string& text, const YAML::Mark& mark) {
  const std::size_t at = text.size() - text_at(text, mark).size();
  const std::size_t line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  const std::size_t end = std::min(text.find_first_not_of(" \t", line), text.size());
  const std::size_t tab = text.find('\t', line);
  return tab < end ? std::optional{mark_at(mark.line, static_cast<int>(tab - line))} : std::nullopt;
}

YAML::Node load_closely(const std::string& text, const std::string& path, ErrorLog& log) {
  Guard guard{path, log};
  const auto check_quotes = [&] {
    if (is_unclosed_quote(text_at(text, guard.last_scalar()))) {
      refuse(log, guard.last_scalar(), path, "not valid YAML: nothing closes this quote");
    }
  };
  try {
    std::istringstream events{text};
    YAML::Parser parser{events};
    while (parser.HandleNextDocument(guard)) {
    }
    check_quotes();
    if (!guard.has_content() && path.empty()) {
      refuse(log, YAML::Mark{}, path, "the file is empty, expected keys and values");
    }
    guard.log_later_errors();
    return YAML::Load(text);
  } catch (const YAML::Exception& e) {
    check_quotes();
    const bool in_brackets = e.msg.find("flow") != std::string::npos;  // where tabs may stand
    if (const auto tab = indenting_tab(text, e.mark); tab && !in_brackets) {
      refuse(log, *tab, path, "not valid YAML: a tab indents the line, expected spaces");
    }
    refuse(log, e.mark, path, "not valid YAML: " + e.msg);
  }
}

}  // namespace

YAML::Node load_checked_yaml(const std::string& text, const std::string& path, ErrorLog& log) {
  check_characters(text, path, log);
  if (const std::optional<YAML::Node> plain = load_plain_yaml(text)) {
    return *plain;
  }
  const bool ends_line = text.empty() || text.back() == '\n';
  return load_closely(ends_line ? text : text + "\n", path, log);
}

std::string read_text_file(const std::string& file, std::size_t most) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    throw ConfigError{{file + ": is a directory, expected a file"}};
  }
  errno = 0;
  std::ifstream in{file, std::ios::binary};
  if (!in) {
    throw ConfigError{{file + ": cannot be read: " + std::generic_category().message(errno)}};
  }
  std::string text;
  std::vector<char> buffer(std::size_t{1} << 16U);
  while (text.size() <= most && in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) {
    throw ConfigError{{file + ": cannot be read to its end"}};
  }
  if (text.size() > most) {
    throw ConfigError{
        {file + ": too large, expected at most " + std::to_string(most >> 20U) + " MiB"}};
  }
  return text;
}

}  // namespace systole
