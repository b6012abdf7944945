#include "sim/app/arguments.hpp"

#include <boost/program_options/errors.hpp>
#include <boost/program_options/parsers.hpp>

namespace systole::app {
namespace {

namespace po = boost::program_options;

/// One word in place of Boost's sentences, which name options in several ways.
std::string describe(const po::invalid_command_line_syntax& error) {
  const std::string option = error.get_option_name();
  switch (error.kind()) {
    case po::invalid_command_line_syntax::missing_parameter:
    case po::invalid_command_line_syntax::empty_adjacent_parameter:
      return fmt::format("{} needs a value", option);
    case po::invalid_command_line_syntax::extra_parameter:
      return fmt::format("{} takes no value", option);
    default:
      return error.what();
  }
}

}  // namespace

Arguments::Arguments(const CommandHelp& command, const std::vector<std::string>& words)
    : command_{command} {
  po::options_description known;
  known.add(command.options).add_options()("surplus", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("surplus", -1);
  // Without allow_guessing: a script must not break when an option is added.
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  try {
    po::store(
        po::command_line_parser{words}.options(known).positional(positional).style(style).run(),
        values_);
  } catch (const po::unknown_option& error) {
    fail(unknown(error.get_option_name()));
  } catch (const po::invalid_command_line_syntax& error) {
    fail(describe(error));
  } catch (const po::multiple_occurrences& error) {
    fail(error.get_option_name() + " is given more than once");
  }
  const auto words_without_option = list("surplus");
  const std::size_t expected = command.operand.empty() ? 0 : 1;
  if (words_without_option.size() > expected && !command.many_operands && !has("help")) {
    fail("unexpected argument " + quoted(words_without_option[expected]));
  }
  for (const std::string& word : words_without_option) {
    if (word.empty()) {
      fail(command.operand + " is empty, expected a file");
    }
  }
}

std::vector<std::string> Arguments::overrides() const {
  const auto key_of = [](const std::string& text) { return text.substr(0, text.find('=')); };
  std::vector<std::string> all = list("set");
  for (std::size_t later = 1; later < all.size(); ++later) {
    const std::string key = key_of(all[later]);
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      // array={...} replaces array.rows, too.
      if ((key_of(all[earlier]) + ".").rfind(key + ".", 0) == 0) {
        fail(fmt::format("--set {} replaces --set {}, expected each key once", quoted(all[later]),
                         quoted(all[earlier])));
      }
    }
  }
  return all;
}

}  // namespace systole::app
