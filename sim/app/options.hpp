#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/run/simulation.hpp"
#include "sim/stats/cycle_window.hpp"
#include "sim/waveform/pe_range.hpp"

namespace systole::app {

/// A command line that cannot be understood; what() is one line that says why.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class ColorMode { Auto, Always, Never };

/// What network is computed, and of what.
struct NetworkOptions {
  std::string workload;
  std::optional<TopologyKind> topology;  ///< of a *.csv
  std::optional<std::string> inputs;     ///< .npy; absent: the workload's own images
  std::optional<std::string> labels;     ///< of `inputs`
  std::optional<std::uint64_t> images;   ///< at most so many of the inputs
  DataSource data = DataSource::Workload;
  std::uint64_t seed = 0;  ///< of random data
};

/// systole run
struct RunOptions : NetworkOptions {
  std::string accelerator;
  std::vector<std::string> overrides;  ///< key=value, in the order given
  EngineKind engine = EngineKind::Systemc;
  bool check = true;
  std::vector<std::string> layers;  ///< names of those to run; empty: all
  std::uint64_t watchdog_cycles = 1'000'000;
  std::optional<std::string> json;
  std::optional<std::string> html;
  std::optional<std::string> csv;       ///< a folder
  std::optional<std::string> scalesim;  ///< a folder
  std::optional<std::string> dump;
  bool bandwidth = false;
  std::optional<std::string> bandwidth_csv;
  std::optional<std::string> dram_trace;
  std::optional<std::string> dram_commands;
  std::optional<std::string> timeline;
  std::pair<std::uint64_t, std::uint64_t> timeline_cycles{0, 1'000'000};  ///< first..second - 1
  std::optional<std::string> vcd;
  CycleWindow vcd_cycles;
  std::optional<PeRange> vcd_pes;
  ColorMode color = ColorMode::Auto;
  bool quiet = false;
};

/// systole golden
struct GoldenOptions : NetworkOptions {
  std::optional<std::string> accelerator;  ///< whose arithmetic the network is changed to
  std::vector<std::string> overrides;
  std::optional<std::string> dump;
};

enum class Subject { Config, Workload, Mapping, Program, Array };

/// systole show
struct ShowOptions {
  Subject subject = Subject::Config;
  std::string accelerator;  ///< empty for Subject::Workload; for Subject::Array: a built-in one
  std::vector<std::string> overrides;
  std::string workload;                  ///< empty for Subject::Config; for Array as above
  std::optional<TopologyKind> topology;  ///< of a *.csv
  bool no_data = false;                  ///< the shapes alone are read
  std::optional<std::string> layer;
  std::optional<CycleWindow> cycles;  ///< of Subject::Array
};

/// systole quantize
struct QuantizeOptions {
  std::string network;  ///< float, YAML or ONNX
  std::string calibrate;
  std::optional<std::string> labels;  ///< of the calibration images
  std::optional<std::string> test, test_labels;
  std::optional<std::string> scheme;
  std::vector<std::string> overrides;
  std::string output;
};

/// systole convert
struct ConvertOptions {
  std::string workload;
  std::optional<TopologyKind> topology;  ///< of a *.csv
  DataSource data = DataSource::Workload;
  std::uint64_t seed = 0;  ///< of random data
  std::string folder;      ///< to write to
};

/// systole dram
struct DramOptions {
  std::string trace;
  std::string dram;  ///< the memory, YAML
  std::vector<std::string> overrides;
  std::uint64_t max_outstanding_reads = 0;  ///< 0: as many as the memory takes
  std::optional<std::string> commands;
  std::optional<std::string> json;
};

/// systole energy
struct EnergyOptions {
  std::string report;                  ///< JSON, of systole run
  std::vector<std::string> overrides;  ///< energy.key=value, in the order given
  std::optional<std::string> table;    ///< one of these, too
  std::optional<std::string> json;
  std::optional<std::string> csv;
};

/// systole sweep
struct SweepCommand {
  std::string spec;
  std::uint64_t jobs = 0;             ///< threads; 0: one for each core
  std::optional<std::string> folder;  ///< there unless `list`
  bool resume = false;
  std::optional<std::string> html;                               ///< page of the results
  bool list = false;                                             ///< print the points, run none
  std::optional<std::pair<std::uint64_t, std::uint64_t>> range;  ///< points first..second - 1
};

/// systole explain
struct ExplainOptions {
  std::string accelerator;
  std::vector<std::string> overrides;  ///< key=value, in the order given
  std::string workload;
  std::optional<TopologyKind> topology;  ///< of a *.csv
  std::optional<std::string> layer;      ///< absent: all
  std::optional<std::string> json;
};

/// systole compare
struct CompareOptions {
  std::vector<std::string> reports;  ///< JSON, of systole run; two or more
  std::optional<std::string> html;
};

/// --help and --version: print and be done.
struct TextRequest {
  std::string text;
};

using CommandLine = std::variant<TextRequest, RunOptions, GoldenOptions, ShowOptions,
                                 QuantizeOptions, ConvertOptions, DramOptions, EnergyOptions,
                                 SweepCommand, CompareOptions, ExplainOptions>;

/// `arguments` are without the program's name. Throws UsageError.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

}  // namespace systole::app
