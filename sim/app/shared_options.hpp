#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <string>
#include <vector>

namespace systole::app {

// Options that several commands have, and what examples of commands are written with.

constexpr const char* kConfig = "configs/gemmini_16x16.yaml";
constexpr const char* kDigits = "workloads/digits_cnn/digits_cnn.yaml";
constexpr const char* kMore = " \\\n      ";  // an example goes on in the next line

/// An option with one value, and one that may be repeated; `name` stands for it in the help.
inline auto value(const char* name) {
  return boost::program_options::value<std::string>()->value_name(name);
}
inline auto values(const char* name) {
  return boost::program_options::value<std::vector<std::string>>()->value_name(name);
}

using OptionList = boost::program_options::options_description;

void add_help(OptionList& options);
void add_accelerator(OptionList& options, const char* role);  ///< with --set
void add_workload(OptionList& options);
void add_topology(OptionList& options);
void add_inputs(OptionList& options);  ///< with --labels and --images
void add_dump(OptionList& options);
void add_html(OptionList& options, const char* role);
void add_csv(OptionList& options);
void add_layer(OptionList& options);  ///< with --no-data

}  // namespace systole::app
