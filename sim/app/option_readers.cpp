#include "sim/app/option_readers.hpp"

#include <fmt/format.h>
#include <boost/tokenizer.hpp>

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "sim/config/scalar.hpp"

namespace systole::app {
namespace {

std::optional<TopologyKind> topology_kind(const Arguments& arguments) {
  if (!arguments.has("topology")) {
    return std::nullopt;
  }
  constexpr std::array kKinds = {TopologyKind::Conv, TopologyKind::Gemm};
  return kKinds.at(arguments.choice("topology", {"conv", "gemm"}));
}

/// --no-data, and what makes no sense beside it.
void read_no_data(const Arguments& arguments, RunOptions& options) {
  if (!arguments.has("no-data")) {
    return;
  }
  options.data = DataSource::None;
  for (const char* other : {"random-data", "inputs", "images", "dump"}) {
    if (arguments.has(other)) {
      arguments.fail(fmt::format("--{} needs data, and --no-data is given", other));
    }
  }
}

/// "FIRST:END" of `option`.
std::pair<std::uint64_t, std::uint64_t> range_of(const Arguments& arguments, const char* option,
                                                 const std::string& text) {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos ||
      parse_integer(text.substr(0, colon), begin) != ScalarResult::Ok ||
      parse_integer(text.substr(colon + 1), end) != ScalarResult::Ok || begin >= end) {
    arguments.fail(fmt::format(
        "--{}: expected FIRST:END, two whole numbers under 2^64, END above FIRST, found {}", option,
        quoted(text)));
  }
  return {begin, end};
}

/// The same, of cycles of a run.
std::pair<std::uint64_t, std::uint64_t> window_of(const Arguments& arguments, const char* option,
                                                  const std::string& text) {
  const auto window = range_of(arguments, option, text);
  if (window.second <= 1) {
    arguments.fail(fmt::format("--{}: the first cycle is 1, expected END above 1, found {}", option,
                               quoted(text)));
  }
  return window;
}

/// --timeline and its window.
void read_timeline(const Arguments& arguments, RunOptions& options) {
  options.timeline = arguments.text("timeline");
  if (const auto cycles = arguments.text("timeline-cycles")) {
    if (!options.timeline) {
      arguments.fail("--timeline-cycles needs --timeline");
    }
    options.timeline_cycles = window_of(arguments, "timeline-cycles", *cycles);
  }
}

/// "3" or "0-3".
std::optional<std::pair<std::uint32_t, std::uint32_t>> span_of(const std::string& text) {
  const std::size_t dash = text.find('-');
  std::uint32_t first = 0, last = 0;
  if (parse_integer(text.substr(0, dash), first) != ScalarResult::Ok) {
    return std::nullopt;
  }
  if (dash == std::string::npos) {
    return std::pair{first, first};
  }
  if (parse_integer(text.substr(dash + 1), last) != ScalarResult::Ok || first > last) {
    return std::nullopt;
  }
  return std::pair{first, last};
}

PeRange pes_of(const Arguments& arguments, const std::string& text) {
  const std::size_t colon = text.find(':');
  const auto rows = span_of(text.substr(0, colon));
  const auto cols = colon == std::string::npos ? std::nullopt : span_of(text.substr(colon + 1));
  if (!rows || !cols) {
    arguments.fail(fmt::format(
        "--vcd-array: expected ROWS:COLS, each a number or a range such as 0-3, found {}",
        quoted(text)));
  }
  return {rows->first, rows->second, cols->first, cols->second};
}

/// --vcd, its window and its PEs.
void read_vcd(const Arguments& arguments, RunOptions& options) {
  options.vcd = arguments.text("vcd");
  if (options.vcd && options.engine == EngineKind::Fast) {
    arguments.fail(
        "--vcd shows the registers of the machine itself, --engine systemc or verilated; the fast "
        "engine has none");
  }
  for (const char* const option : {"vcd-cycles", "vcd-array"}) {
    if (arguments.has(option) && !options.vcd) {
      arguments.fail(fmt::format("--{} needs --vcd", option));
    }
  }
  if (const auto cycles = arguments.text("vcd-cycles")) {
    const auto [first, end] = window_of(arguments, "vcd-cycles", *cycles);
    options.vcd_cycles = {first, end};
  }
  if (const auto pes = arguments.text("vcd-array")) {
    if (options.engine == EngineKind::Verilated) {
      arguments.fail("--vcd-array shows the PEs of --engine systemc");
    }
    options.vcd_pes = pes_of(arguments, *pes);
  }
}

void read_network(const Arguments& arguments, NetworkOptions& options) {
  options.workload = arguments.required("workload");
  options.topology = topology_kind(arguments);
  options.inputs = arguments.text("inputs");
  options.labels = arguments.text("labels");
  if (options.labels && !options.inputs) {
    arguments.fail("--labels names the labels of --inputs, which is missing");
  }
  options.images = arguments.count("images");
  if (const auto seed = arguments.count("random-data", 0)) {
    options.data = DataSource::Random;
    options.seed = *seed;
  }
}

/// Names between commas; a comma or a backslash of a name stands behind a backslash.
std::vector<std::string> read_names(const Arguments& arguments, const std::string& list) {
  const boost::escaped_list_separator<char> commas{"\\", ",", ""};
  const boost::tokenizer<boost::escaped_list_separator<char>> names{list, commas};
  try {
    return {names.begin(), names.end()};
  } catch (const boost::escaped_list_error&) {
    arguments.fail("--layers: expected a comma or a backslash behind each backslash, found " +
                   quoted(list));
  }
}

CommandLine read_run(const Arguments& arguments) {
  RunOptions options;
  options.accelerator = arguments.required("accelerator");
  options.overrides = arguments.overrides();
  read_network(arguments, options);
  options.check = !arguments.has("no-check");
  if (const auto layers = arguments.text("layers")) {
    if (options.labels) {
      arguments.fail(
          "--labels gives the accuracy of the whole network, and --layers runs parts of it");
    }
    options.layers = read_names(arguments, *layers);
  }
  read_no_data(arguments, options);
  options.watchdog_cycles = arguments.count("watchdog").value_or(options.watchdog_cycles);
  options.json = arguments.text("json");
  options.html = arguments.text("html");
  options.csv = arguments.text("csv");
  options.scalesim = arguments.text("scalesim");
  options.dump = arguments.text("dump");
  options.bandwidth = arguments.has("bandwidth");
  options.bandwidth_csv = arguments.text("bandwidth-csv");
  options.dram_trace = arguments.text("dram-trace");
  options.dram_commands = arguments.text("dram-commands");
  options.quiet = arguments.has("quiet");
  constexpr std::array kModes = {ColorMode::Auto, ColorMode::Always, ColorMode::Never};
  options.color = kModes.at(arguments.choice("color", {"auto", "always", "never"}));
  constexpr std::array kEngines = {EngineKind::Systemc, EngineKind::Fast, EngineKind::Verilated};
  options.engine = kEngines.at(arguments.choice("engine", {"systemc", "fast", "verilated"}));
  read_timeline(arguments, options);
  read_vcd(arguments, options);
  return options;
}

CommandLine read_golden(const Arguments& arguments) {
  GoldenOptions options;
  options.accelerator = arguments.text("accelerator");
  options.overrides = arguments.overrides();
  if (!options.overrides.empty() && !options.accelerator) {
    arguments.fail("--set changes an accelerator, and --accelerator is missing");
  }
  read_network(arguments, options);
  options.dump = arguments.text("dump");
  return options;
}

template <Subject subject>
CommandLine read_show(const Arguments& arguments) {
  ShowOptions options;
  options.subject = subject;
  if constexpr (subject != Subject::Workload) {
    options.accelerator = arguments.required("accelerator");
    options.overrides = arguments.overrides();
  }
  if constexpr (subject != Subject::Config) {
    options.workload = arguments.required("workload");
    options.topology = topology_kind(arguments);
  }
  if constexpr (subject == Subject::Mapping || subject == Subject::Program) {
    options.layer = arguments.text("layer");
    options.no_data = arguments.has("no-data");
  }
  return options;
}

CommandLine read_show_array(const Arguments& arguments) {
  ShowOptions options;
  options.subject = Subject::Array;
  options.accelerator = arguments.text("accelerator").value_or("");
  options.overrides = arguments.overrides();
  options.workload = arguments.text("workload").value_or("");
  options.topology = topology_kind(arguments);
  options.layer = arguments.text("layer");
  if (const auto cycles = arguments.text("cycles")) {
    const auto [first, end] = range_of(arguments, "cycles", *cycles);
    options.cycles = CycleWindow{first, end};
  }
  return options;
}

CommandLine read_quantize(const Arguments& arguments) {
  QuantizeOptions options;
  options.network = arguments.required("workload");
  options.calibrate = arguments.required("calibrate");
  options.labels = arguments.text("labels");
  options.test = arguments.text("test");
  options.test_labels = arguments.text("test-labels");
  if (options.test_labels && !options.test) {
    arguments.fail("--test-labels names the labels of --test, which is missing");
  }
  options.scheme = arguments.text("config");
  options.overrides = arguments.overrides();
  options.output = arguments.required("output");
  return options;
}

CommandLine read_dram(const Arguments& arguments) {
  DramOptions options;
  options.trace = arguments.operand();
  options.dram = arguments.required("dram");
  options.overrides = arguments.overrides();
  options.max_outstanding_reads = arguments.count("max-outstanding").value_or(0);
  options.commands = arguments.text("dram-commands");
  options.json = arguments.text("json");
  return options;
}

CommandLine read_energy(const Arguments& arguments) {
  EnergyOptions options;
  options.report = arguments.operand();
  options.table = arguments.text("table");
  if (options.table) {
    options.overrides.push_back("energy.table=" +
                                nlohmann::json(*options.table).dump());  // as YAML text
  }
  for (const std::string& change : arguments.overrides()) {
    if (change.rfind("energy.", 0) != 0) {
      arguments.fail("--set " + quoted(change) +
                     ": without running again only keys of energy can change");
    }
    if (arguments.has("table") && change.rfind("energy.table=", 0) == 0) {
      arguments.fail("--set " + quoted(change) + ": --table names one already");
    }
    options.overrides.push_back(change);
  }
  options.json = arguments.text("json");
  options.csv = arguments.text("csv");
  return options;
}

CommandLine read_convert(const Arguments& arguments) {
  ConvertOptions options;
  options.workload = arguments.operand();
  options.topology = topology_kind(arguments);
  options.folder = arguments.required("output");
  if (const auto seed = arguments.count("random-data", 0)) {
    options.data = DataSource::Random;
    options.seed = *seed;
  } else if (arguments.has("no-data")) {
    options.data = DataSource::None;
  }
  if (arguments.has("no-data") && arguments.has("random-data")) {
    arguments.fail("--random-data needs data, and --no-data is given");
  }
  return options;
}

CommandLine read_sweep(const Arguments& arguments) {
  SweepCommand command;
  command.spec = arguments.operand();
  command.list = arguments.has("list");
  command.folder = arguments.text("output");
  if (!command.folder && !command.list) {
    arguments.fail("--output is missing");
  }
  command.resume = arguments.has("resume");
  command.jobs = arguments.count("jobs").value_or(0);
  constexpr std::uint64_t kMostJobs = 4096;
  if (command.jobs > kMostJobs) {
    arguments.fail(fmt::format("--jobs: expected at most {}, found {}", kMostJobs, command.jobs));
  }
  if (const auto range = arguments.text("points")) {
    command.range = range_of(arguments, "points", *range);
  }
  command.html = arguments.text("html");
  if (command.html && (command.list || command.range)) {
    arguments.fail(
        "--html needs the results of all points, expected it without --list and --points");
  }
  return command;
}

CommandLine read_compare(const Arguments& arguments) {
  return CompareOptions{arguments.operands(2), arguments.text("html")};
}

CommandLine read_explain(const Arguments& arguments) {
  ExplainOptions options;
  options.accelerator = arguments.required("accelerator");
  options.overrides = arguments.overrides();
  options.workload = arguments.required("workload");
  options.topology = topology_kind(arguments);
  options.layer = arguments.text("layer");
  options.json = arguments.text("json");
  return options;
}

using Reader = CommandLine (*)(const Arguments&);

/// By the command's name in command_table().
const std::map<std::string, Reader>& readers() {
  static const std::map<std::string, Reader> table = {
      {"run", read_run},
      {"golden", read_golden},
      {"quantize", read_quantize},
      {"convert", read_convert},
      {"dram", read_dram},
      {"energy", read_energy},
      {"sweep", read_sweep},
      {"compare", read_compare},
      {"explain", read_explain},
      {"show config", read_show<Subject::Config>},
      {"show workload", read_show<Subject::Workload>},
      {"show mapping", read_show<Subject::Mapping>},
      {"show program", read_show<Subject::Program>},
      {"show array", read_show_array},
  };
  return table;
}

}  // namespace

CommandLine read_options(const std::string& command, const Arguments& arguments) {
  return readers().at(command)(arguments);
}

}  // namespace systole::app
