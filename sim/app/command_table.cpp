#include "sim/app/command_table.hpp"

#include "sim/app/shared_options.hpp"
#include "sim/app/show_subjects.hpp"

namespace systole::app {
namespace {

CommandHelp run_help() {
  CommandHelp help{"run",
                   "run a network on an accelerator, check it, and report cycles and energy",
                   "-a FILE -w FILE [OPTION]...",
                   "Runs every input through the simulated machine, compares each layer's output "
                   "with the golden model, bit for bit, and prints where cycles, bytes and energy "
                   "went. The report goes to standard output, errors to standard error.",
                   {},
                   {}};
  add_accelerator(help.options, "the machine, YAML; required");
  add_workload(help.options);
  add_topology(help.options);
  add_inputs(help.options);
  help.options.add_options()("engine", value("NAME"),
                             "how the machine is simulated: systemc (default), block by block and "
                             "cycle by cycle; fast, the same bytes and cycles from recurrences; or "
                             "verilated, systemc with the array in SystemVerilog, for the sizes "
                             "that are built")(
      "no-data",
      "time, traffic and energy alone, from the shapes: tensors need not be there, nothing is "
      "compared")("random-data", value("SEED"),
                  "run with random weights, biases and inputs, the same for the same SEED, a whole "
                  "number: tensors need not be there, the results are compared")(
      "no-check", "do not compare with the golden model")(
      "layers", value("NAME[,...]"),
      "run these layers only (a comma in a name: \\,); the golden model computes what they need of "
      "the others")("watchdog", value("CYCLES"),
                    "give up when no unit makes progress for so many cycles; default: 1000000");
  help.options.add_options()("json", value("FILE"), "also write the report as JSON");
  add_html(help.options,
           "also write the report as one page with charts that browsers show offline");
  add_csv(help.options);
  help.options.add_options()("scalesim", value("DIR"),
                             "write COMPUTE_REPORT.csv, BANDWIDTH_REPORT.csv and "
                             "DETAILED_ACCESS_REPORT.csv to DIR, in SCALE-Sim's columns");
  add_dump(help.options);
  help.options.add_options()(
      "bandwidth", "also show the memories' traffic by operand, and what limits each layer")(
      "bandwidth-csv", value("FILE"),
      "write DRAM bytes over time, a line for each 1024 cycles of each layer")(
      "dram-trace", value("FILE"),
      "write every request to the DRAM as 'systole dram' reads it: CYCLE R|W ADDRESS")(
      "dram-commands", value("FILE"),
      "write every command of a banked DRAM: CYCLE A|P|Q|R|W|F CHANNEL RANK BANK_GROUP BANK ROW; "
      "after each layer also what it does up to its next refresh, which no report counts");
  help.options.add_options()(
      "timeline", value("FILE"),
      "write every command's time as trace events, which ui.perfetto.dev shows")(
      "timeline-cycles", value("FIRST:END"),
      "those of the cycles FIRST to END - 1 alone, of which the first is 1; default: 0:1000000");
  help.options.add_options()(
      "vcd", value("FILE"),
      "write the machine's signals as a value change dump, which GTKWave shows")(
      "vcd-cycles", value("FIRST:END"),
      "those of the cycles FIRST to END - 1 alone, of which the first is 1; default: 0:1000000")(
      "vcd-array", value("ROWS:COLS"),
      "also the operands and sums of these PEs; rows and columns are a number or a range such as "
      "0-3");
  help.options.add_options()("color", value("WHEN"),
                             "colour the report: auto (default), always or never; auto: on a "
                             "terminal, unless NO_COLOR is set")(
      "quiet,q", "print neither report nor progress, only errors");
  add_help(help.options);
  help.examples = {
      std::string{"systole run -a "} + kConfig + " -w " + kDigits,
      std::string{"systole run -a "} + kConfig + " -w " + kDigits + kMore +
          "--set array.rows=32 --set array.cols=32 --images 4 --json out.json",
  };
  return help;
}

CommandHelp golden_help() {
  CommandHelp help{"golden",
                   "run a network on the golden integer model, without a machine",
                   "-w FILE [OPTION]...",
                   "Runs every input through plain integer arithmetic. With an accelerator, the "
                   "network is first changed to what that hardware can express, as `run` does.",
                   {},
                   {}};
  add_workload(help.options);
  add_topology(help.options);
  add_inputs(help.options);
  help.options.add_options()("random-data", value("SEED"),
                             "random weights, biases and inputs, those of `run --random-data "
                             "SEED`: tensors need not be there");
  add_accelerator(help.options, "change the network for this machine; default: leave it as it is");
  add_dump(help.options);
  add_help(help.options);
  help.examples = {std::string{"systole golden -w "} + kDigits + " --dump golden_outputs"};
  return help;
}

CommandHelp quantize_help() {
  CommandHelp help{"quantize",
                   "turn a trained float network into a workload of integers",
                   "-w FILE --calibrate FILE -o DIR [OPTION]...",
                   "Runs the calibration images through the float network, chooses integers for "
                   "weights and activations by the rules of a scheme, and writes DIR/net.yaml, "
                   "which run and golden take, and DIR/quantization.json, the report. DIR appears "
                   "whole or not at all.",
                   {},
                   {}};
  help.options.add_options()("workload,w", value("FILE"),
                             "the float network, *.onnx or YAML; required; formats: sim/float_onnx "
                             "and workloads/README.md")(
      "calibrate", value("FILE"),
      "images, .npy of floats, the first dimension counting them; required")(
      "labels", value("FILE"), "their labels, .npy of integers")(
      "test", value("FILE"),
      "images to count the accuracy on, .npy of floats; default: those that the network names, "
      "else the calibration images")("test-labels", value("FILE"), "their labels")(
      "config", value("FILE"),
      "the scheme, YAML; configs/quantization has one for each textbook scheme; default: 8 bits, "
      "least to largest value, weights by channel")(
      "set", values("KEY=VALUE"),
      "replace one key of the scheme, such as weights.bits=4; may be repeated for other keys; "
      "keys: "
      "configs/quantization/README.md")("output,o", value("DIR"),
                                        "folder to write, new or empty; required");
  add_help(help.options);
  help.examples = {std::string{"systole quantize -w workloads/digits_float/digits_float.yaml"} +
                   kMore + "--calibrate workloads/digits_float/calibration_images.npy -o digits"};
  return help;
}

CommandHelp convert_help() {
  CommandHelp help{"convert",
                   "write a network of any format as YAML with .npy files",
                   "IN -o DIR [OPTION]...",
                   "Reads IN as `run -w` does and writes it to DIR as Systole's own YAML, integer "
                   "constants as they are: it runs to the same bits in the same cycles.",
                   {},
                   {}};
  help.operand = "IN";
  help.options.add_options()("output,o", value("DIR"), "folder to write, new or empty; required");
  add_topology(help.options);
  help.options.add_options()("no-data", "write the shapes alone")(
      "random-data", value("SEED"), "write random weights and biases, the same for the same SEED");
  add_help(help.options);
  help.examples = {std::string{"systole convert "} + kDigits + " -o converted"};
  return help;
}

CommandHelp dram_help() {
  CommandHelp help{"dram",
                   "run a trace of requests on a DRAM alone",
                   "TRACE --dram FILE [OPTION]...",
                   "Offers the requests of TRACE to a banked DRAM, in order, and prints cycles, "
                   "bandwidth, row hits, latencies and energy. TRACE has one request in each line: "
                   "CYCLE R|W ADDRESS, DRAMsim3's ADDRESS READ|WRITE CYCLE, or Ramulator's ADDRESS "
                   "R|W or LD|ST ADDRESS; the first line decides. DRAMsim3's requests may also be "
                   "read, P_MEM_RD or P_FETCH and write, P_MEM_WR or BOFF.",
                   {},
                   {}};
  help.operand = "TRACE";
  help.options.add_options()("dram", value("FILE"),
                             "the memory, YAML; required; configs/dram has some")(
      "set", values("KEY=VALUE"),
      "replace one key of the memory, such as controller.page_policy=closed; may be repeated for "
      "other keys")(
      "max-outstanding", value("N"),
      "keep at most N reads in flight; 1 or more; default: as many as the memory takes")(
      "dram-commands", value("FILE"),
      "write every DRAM command: CYCLE A|P|Q|R|W|F CHANNEL RANK BANK_GROUP BANK ROW")(
      "json", value("FILE"), "also write the report as JSON");
  add_help(help.options);
  help.examples = {
      "systole dram trace.txt --dram configs/dram/ddr4_2400.yaml --max-outstanding 32"};
  return help;
}

CommandHelp energy_help() {
  CommandHelp help{
      "energy",
      "recompute a report's energy by another table, without running",
      "REPORT.json [--table FILE] [OPTION]...",
      "Takes the counters of a report that `systole run --json` wrote, and prints energy "
      "by layer, component and operand, energy per MAC, energy x delay and area.",
      {},
      {}};
  help.operand = "REPORT.json";
  help.options.add_options()("table", value("FILE"),
                             "the energy table; configs/energy has some; default: the report's")(
      "set", values("KEY=VALUE"),
      "replace one key of the accelerator's energy, such as energy.node=7nm; may be repeated for "
      "other keys")("json", value("FILE"), "write the report with its energies replaced");
  add_csv(help.options);
  add_help(help.options);
  help.examples = {"systole energy report.json --table configs/energy/cacti_45nm_lop.yaml",
                   "systole energy report.json --set energy.node=7nm --set energy.dram=lpddr4"};
  return help;
}

CommandHelp sweep_help() {
  CommandHelp help{"sweep",
                   "run many accelerators and networks, and find the best",
                   "SPEC.yaml -o DIR [OPTION]...",
                   "Runs every point of a design space on the fast engine, many at a time, and "
                   "writes DIR/points.csv, a row for each point in the order of the spec, and "
                   "DIR/pareto.csv, those that no other point beats. DIR/points.jsonl gets each "
                   "point when it is finished; --resume goes on from there. A point that fails is "
                   "a row with its error. The spec: sim/sweep/README.md.",
                   {},
                   {}};
  help.operand = "SPEC.yaml";
  help.options.add_options()("output,o", value("DIR"), "folder to write to; required")(
      "jobs,j", value("N"), "points at a time; 1 or more; default: one for each core")(
      "resume", "take what DIR holds already, and run the rest")(
      "points", value("FIRST:END"),
      "run the points FIRST to END - 1 alone, and write DIR/points.jsonl alone, for a cluster")(
      "list", "print the points as CSV, and run none");
  add_html(help.options,
           "also write the points as one page with charts that browsers show offline");
  add_help(help.options);
  help.examples = {"systole sweep configs/sweeps/array_and_memory.yaml -o sweep --html sweep.html"};
  return help;
}

CommandHelp explain_help() {
  CommandHelp help{"explain",
                   "say what holds each layer, and what more of it would gain",
                   "-a FILE -w FILE [OPTION]...",
                   "Times the network on the accelerator, and on one with twice of each resource: "
                   "more rows, more columns, more DRAM bandwidth, larger memories, and so on; "
                   "those that cannot be doubled by the rules of the keys are left out. A "
                   "layer's bound is the resource of which twice saves most of its cycles. Layers "
                   "whose channels are just past a multiple of the array are timed without those "
                   "channels too. Shapes are enough, tensors are not needed; every figure is a run "
                   "of the fast engine.",
                   {},
                   {}};
  add_accelerator(help.options, "the machine, YAML; required");
  add_workload(help.options);
  add_topology(help.options);
  help.options.add_options()("layer", value("NAME"), "this layer only; default: all")(
      "json", value("FILE"), "also write the figures as JSON");
  add_help(help.options);
  help.examples = {std::string{"systole explain -a "} + kConfig + " -w " + kDigits};
  return help;
}

CommandHelp compare_help() {
  CommandHelp help{
      "compare",
      "put reports of several runs side by side",
      "REPORT.json REPORT.json... [OPTION]...",
      "Takes two or more reports that `systole run --json` wrote, prints their figures "
      "beside each other, in times of the first one's, and cycles by layer.",
      {},
      {}};
  help.operand = "REPORT.json";
  help.many_operands = true;
  add_html(help.options, "also write them as one page with charts that browsers show offline");
  add_help(help.options);
  help.examples = {"systole compare small.json large.json --html compare.html"};
  return help;
}

}  // namespace

std::vector<CommandHelp> command_table() {
  return {run_help(),          golden_help(),       show_config_help(), show_workload_help(),
          show_mapping_help(), show_program_help(), show_array_help(),  quantize_help(),
          convert_help(),      dram_help(),         energy_help(),      sweep_help(),
          compare_help(),      explain_help()};
}

}  // namespace systole::app
