#include "sim/app/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options/cmdline.hpp>

#include "sim/report/utf8.hpp"

namespace systole::app {
namespace {

namespace po = boost::program_options;

constexpr std::size_t kWidth = 80;
constexpr std::size_t kOptionColumn = 27;   // where an option's description starts
constexpr std::size_t kCommandColumn = 19;  // where a command's summary starts

/// "-a, --accelerator FILE", long names aligned.
std::string signature(const po::option_description& option) {
  const std::string short_name =
      option.canonical_display_name(po::command_line_style::allow_dash_for_short);
  const std::string& long_name = option.long_name();
  const bool has_short = short_name.size() == 2 && short_name[0] == '-' && short_name[1] != '-';
  std::string text = has_short ? short_name + ", " : std::string(4, ' ');
  text += "--" + long_name;
  const std::string parameter = option.format_parameter();
  return parameter.empty() ? text : text + ' ' + parameter;
}

std::string option_lines(const po::options_description& options) {
  std::string text;
  for (const auto& option : options.options()) {
    std::string line = "  " + signature(*option);
    if (line.size() + 2 > kOptionColumn) {
      line += '\n' + std::string(kOptionColumn, ' ');
    } else {
      line.resize(kOptionColumn, ' ');
    }
    text += line + wrapped(option->description(), kOptionColumn, kWidth) + '\n';
  }
  return text;
}

std::string example_lines(const std::vector<std::string>& examples) {
  std::string text = "\nExamples:\n";
  for (const auto& example : examples) {
    text += "  " + example + '\n';
  }
  return text;
}

}  // namespace

std::string command_help(const CommandHelp& command) {
  return fmt::format("Usage: systole {} {}\n\n{}\n\nOptions:\n{}{}", command.name, command.synopsis,
                     wrapped(command.text, 0, kWidth), option_lines(command.options),
                     example_lines(command.examples));
}

std::string show_help(const std::vector<CommandHelp>& commands) {
  std::string text =
      "Usage: systole show SUBJECT [OPTION]...\n       systole show SUBJECT --help\n\nSubjects:\n";
  for (const auto& command : commands) {
    if (command.name.rfind("show ", 0) == 0) {
      text += fmt::format("  {:<10} {}\n", command.name.substr(5), command.summary);
    }
  }
  return text;
}

std::string general_help(const std::vector<CommandHelp>& commands) {
  std::string list;
  std::vector<std::string> examples;
  for (const auto& command : commands) {
    list += fmt::format("  {:<16} {}\n", command.name,
                        wrapped(command.summary, kCommandColumn, kWidth));
    examples.push_back(command.examples.front());
  }
  return fmt::format(
      R"(Systole simulates int8 systolic-array accelerators, cycle by cycle and bit by
bit.

Usage: systole COMMAND [OPTION]...
       systole COMMAND --help

Commands:
{}
Options:
  -h, --help       print this help, or the command's
      --version    print the version
{}
Exit codes:
  0  all right
  1  the run finished and a check failed: the machine and the golden model
     differ, or no point of a sweep could run
  2  bad usage, configuration or workload
  3  internal error: a mistake of Systole, not yours
)",
      list, example_lines(examples));
}

}  // namespace systole::app
