#pragma once

#include <boost/program_options/options_description.hpp>
#include <string>
#include <vector>

namespace systole::app {

/// Everything about one command that `--help` tells.
struct CommandHelp {
  std::string name;      ///< "show config"
  std::string summary;   ///< one line, for the list of commands
  std::string synopsis;  ///< what follows the name in the usage line
  std::string text;      ///< a paragraph under the usage line
  boost::program_options::options_description options;
  std::vector<std::string> examples;
  std::string operand = {};    ///< name of the one word that is no option's; empty: there is none
  bool many_operands = false;  ///< such words may be repeated
};

/// `systole COMMAND --help`.
std::string command_help(const CommandHelp& command);

/// `systole show --help`.
std::string show_help(const std::vector<CommandHelp>& commands);

/// `systole --help`.
std::string general_help(const std::vector<CommandHelp>& commands);

}  // namespace systole::app
