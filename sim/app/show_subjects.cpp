#include "sim/app/show_subjects.hpp"

#include "sim/app/shared_options.hpp"

namespace systole::app {

CommandHelp show_config_help() {
  CommandHelp help{"show config",
                   "print an accelerator with every key filled in",
                   "-a FILE [--set KEY=VALUE]...",
                   "Prints the machine that would run, as YAML that can be read back.",
                   {},
                   {}};
  add_accelerator(help.options, "the machine, YAML; required");
  add_help(help.options);
  help.examples = {
      "systole show config -a configs/gemmini_16x16.yaml --set dram.latency_cycles=100"};
  return help;
}

CommandHelp show_workload_help() {
  CommandHelp help{"show workload",
                   "print a network's layers, shapes and sizes",
                   "-w FILE",
                   "Prints the layers in the order in which they run, with the matrix product "
                   "M x N x K that each one is.",
                   {},
                   {}};
  add_workload(help.options);
  add_topology(help.options);
  add_help(help.options);
  help.examples = {std::string{"systole show workload -w "} + kDigits};
  return help;
}

CommandHelp show_mapping_help() {
  CommandHelp help{"show mapping",
                   "print how each layer is cut into tiles and folds",
                   "-a FILE -w FILE [OPTION]...",
                   "Prints the tiling that the compiler chose, and what it takes of each memory.",
                   {},
                   {}};
  add_accelerator(help.options, "the machine, YAML; required");
  add_workload(help.options);
  add_topology(help.options);
  add_layer(help.options);
  add_help(help.options);
  help.examples = {std::string{"systole show mapping -a "} + kConfig + " -w " + kDigits};
  return help;
}

CommandHelp show_program_help() {
  CommandHelp help{"show program",
                   "print the commands that the machine runs for each layer",
                   "-a FILE -w FILE [OPTION]...",
                   "Prints one line per command: loads, preloads, computes, stores.",
                   {},
                   {}};
  add_accelerator(help.options, "the machine, YAML; required");
  add_workload(help.options);
  add_topology(help.options);
  add_layer(help.options);
  add_help(help.options);
  help.examples = {std::string{"systole show program -a "} + kConfig + " -w " + kDigits + kMore +
                   "--layer conv1"};
  return help;
}

CommandHelp show_array_help() {
  CommandHelp help{"show array",
                   "draw the array cycle by cycle: what each PE holds",
                   "[-a FILE] [-w FILE] [OPTION]...",
                   "Runs the network on the SystemC machine and draws the PEs in each cycle in "
                   "which something moves through them: operands, partial sums, what enters at "
                   "the left and the top and what leaves at the bottom. Arrays of at most 16 x 16 "
                   "PEs. Without files, a product of two 4 x 4 matrices on "
                   "configs/tiny_4x4.yaml.",
                   {},
                   {}};
  add_accelerator(help.options, "the machine, YAML; default: configs/tiny_4x4.yaml");
  add_workload(help.options);
  add_topology(help.options);
  help.options.add_options()("layer", value("NAME"), "this layer only; default: all")(
      "cycles", value("FIRST:END"),
      "the cycles FIRST to END - 1 alone; default: the first 64 that show something");
  add_help(help.options);
  help.examples = {"systole show array --set array.dataflow=output_stationary",
                   std::string{"systole show array -a configs/tiny_4x4.yaml -w "} + kDigits +
                       kMore + "--layer fc9 --cycles 0:100000"};
  return help;
}

}  // namespace systole::app
