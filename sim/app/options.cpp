#include "sim/app/options.hpp"

#include <fmt/format.h>

#include "sim/app/arguments.hpp"
#include "sim/app/command_table.hpp"
#include "sim/app/option_readers.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/report/version.hpp"

namespace systole::app {
namespace {

CommandLine read(const CommandHelp& command, const std::vector<std::string>& words) {
  const Arguments arguments{command, words};
  if (arguments.has("help")) {
    return TextRequest{command_help(command)};
  }
  return read_options(command.name, arguments);
}

/// "-h run" as "run --help".
std::vector<std::string> help_behind(const std::vector<std::string>& arguments, std::size_t help) {
  std::vector<std::string> words = arguments;
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(help));
  words.emplace_back("--help");
  return words;
}

void require_word(const std::vector<std::string>& arguments, std::size_t at) {
  if (arguments[at].rfind('-', 0) == 0) {
    throw UsageError{fmt::format("systole: unexpected argument {} behind {}; see 'systole --help'",
                                 quoted(arguments[at]), arguments[at - 1])};
  }
}

/// `systole show ...`: the subject is the second word.
CommandLine parse_show(const std::vector<CommandHelp>& commands,
                       const std::vector<std::string>& arguments) {
  const std::string subject = arguments.size() > 1 ? arguments[1] : "";
  if (subject == "-h" || subject == "--help") {
    if (arguments.size() == 2) {
      return TextRequest{show_help(commands)};
    }
    require_word(arguments, 2);
    return parse_show(commands, help_behind(arguments, 1));
  }
  for (const auto& command : commands) {
    if (command.name == "show " + subject) {
      return read(command, {arguments.begin() + 2, arguments.end()});
    }
  }
  const std::vector<std::string> subjects = {"config", "workload", "mapping", "program", "array"};
  throw UsageError{fmt::format("systole show: expected {}, found {}{}; see 'systole show --help'",
                               choice_list(subjects), subject.empty() ? "nothing" : quoted(subject),
                               did_you_mean(subject, subjects))};
}

/// What may come behind `systole`: "show" once, for all of its subjects.
std::vector<std::string> first_words(const std::vector<CommandHelp>& commands) {
  std::vector<std::string> words;
  for (const auto& command : commands) {
    const std::string word = command.name.substr(0, command.name.find(' '));
    if (words.empty() || words.back() != word) {
      words.push_back(word);
    }
  }
  return words;
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  const std::vector<CommandHelp> commands = command_table();
  if (arguments.empty()) {
    throw UsageError{fmt::format("systole: expected {}, found nothing; see 'systole --help'",
                                 choice_list(first_words(commands)))};
  }
  const std::string& first = arguments.front();
  if (first == "-h" || first == "--help") {
    if (arguments.size() == 1) {
      return TextRequest{general_help(commands)};
    }
    require_word(arguments, 1);
    return parse_command_line(help_behind(arguments, 0));
  }
  if (first == "--version") {
    if (arguments.size() > 1) {
      throw UsageError{
          fmt::format("systole: unexpected argument {} behind --version; see 'systole --help'",
                      quoted(arguments[1]))};
    }
    return TextRequest{fmt::format("systole {}\n", version())};
  }
  if (first == "show") {
    return parse_show(commands, arguments);
  }
  for (const auto& command : commands) {
    if (command.name == first) {
      return read(command, {arguments.begin() + 1, arguments.end()});
    }
  }
  if (first.rfind('-', 0) == 0) {
    throw UsageError{fmt::format("systole: unknown option {}{}; see 'systole --help'",
                                 quoted(first), did_you_mean(first, {"--help", "--version"}))};
  }
  const std::vector<std::string> names = first_words(commands);
  throw UsageError{fmt::format("systole: unknown command {}, expected {}{}; see 'systole --help'",
                               quoted(first), choice_list(names), did_you_mean(first, names))};
}

}  // namespace systole::app
