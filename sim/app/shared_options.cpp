#include "sim/app/shared_options.hpp"

namespace systole::app {

void add_help(OptionList& options) { options.add_options()("help,h", "print this help"); }

void add_accelerator(OptionList& options, const char* role) {
  options.add_options()("accelerator,a", value("FILE"), role)(
      "set", values("KEY=VALUE"),
      "replace one key of the accelerator, such as array.rows=32; may be repeated for other keys; "
      "keys, units "
      "and ranges: configs/README.md");
}

void add_workload(OptionList& options) {
  options.add_options()(
      "workload,w", value("FILE"),
      "the network: *.tflite, *.onnx, SCALE-Sim's *.csv, or YAML; formats: workloads/README.md");
}

void add_topology(OptionList& options) {
  options.add_options()("topology", value("KIND"),
                        "what a *.csv holds, conv or gemm; default: what its header says");
}

void add_inputs(OptionList& options) {
  options.add_options()("inputs,i", value("FILE"),
                        "input tensors, .npy, the first dimension counting them; int8 as they "
                        "are, float32 is quantized; default: the images that the workload names, "
                        "else one pseudo-random input")(
      "labels", value("FILE"),
      "labels of --inputs, .npy of integers: the index of the right element of the first output; "
      "gives the accuracy")("images", value("N"),
                            "use at most N inputs, the first ones; 1 or more; default: all");
}

void add_dump(OptionList& options) {
  options.add_options()(
      "dump", value("DIR"),
      "write each layer's output for the first input to DIR/LAYER.npy; what is no letter, digit, "
      "_, - or . becomes _, with a number where another layer has that name");
}

void add_html(OptionList& options, const char* role) {
  options.add_options()("html", value("FILE"), role);
}

void add_csv(OptionList& options) {
  options.add_options()("csv", value("DIR"),
                        "also write layers.csv, memories.csv and energy.csv to DIR");
}

void add_layer(OptionList& options) {
  options.add_options()("no-data", "read the shapes alone: tensors need not be there");
  options.add_options()("layer", value("NAME"), "this layer only; default: all");
}

}  // namespace systole::app
