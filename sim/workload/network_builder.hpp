#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/trace.hpp"

namespace systole {

/// Puts the layers of a trace together. Errors go to the readers of the trace; a layer
/// that reads one in error is left out without an error of its own.
class NetworkBuilder {
 public:
  NetworkBuilder(Trace& trace, bool shapes_only) : trace_{trace}, shapes_only_{shapes_only} {}

  /// Complete only if no error was reported.
  Network build(ConfigReader& root);

 private:
  void name_tensors();
  std::vector<std::vector<std::size_t>> find_producers();
  std::vector<std::size_t> find_order();
  void build_layer(std::size_t index);
  void find_outputs(ConfigReader& root);
  /// " (did you mean ...?)" for a name that no input and no layer has.
  std::string suggestion(const std::string& name) const;

  struct Source {
    const char* list = "";  // of the file: "inputs", "constants" or "layers"
    std::size_t index = 0;

    bool is_layer() const { return std::string_view{list} == "layers"; }
  };

  Trace& trace_;
  bool shapes_only_;
  Network network_;
  std::map<std::string, Source> sources_;
  std::map<std::string, TensorId> tensors_;  // those without errors so far
};

}  // namespace systole
