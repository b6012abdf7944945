// The products of a network by oneDNN beside the fast engine with all data, each on one thread:
//
//   systole_onednn_benchmark [WORKLOAD.yaml] [REPETITIONS]
//
// oneDNN multiplies int8 matrices of the layers' shapes (dnnl_gemm_s8s8s32), and runs the layers as
// convolutions (u8 x s8 to s32, in the layouts that it likes best); nothing else: no
// requantization, pooling or additions. Operands lie ready. Times are the least of all repetitions,
// which take turns.

#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <limits>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/config/accelerator_file.hpp"
#include "sim/functional/machine_state.hpp"
#include "sim/kernel/systemc.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/run/simulation.hpp"
#include "sim/workload/random_data.hpp"
#include "sim/workload/workload.hpp"

namespace systole {
namespace {

constexpr int kRepetitions = 5;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Values that no multiplier finds easy.
template <typename Byte>
void fill(std::vector<Byte>& bytes) {
  std::uint32_t state = 1;
  for (Byte& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<Byte>(state >> 24U);
  }
}

/// Row-major C [m,n] = A [m,k] * B [k,n].
class Gemm {
 public:
  explicit Gemm(const GemmShape& shape)
      : shape_{shape},
        a_(static_cast<std::size_t>(shape.m * shape.k)),
        b_(static_cast<std::size_t>(shape.k * shape.n)),
        c_(static_cast<std::size_t>(shape.m * shape.n)) {
    fill(a_);
    fill(b_);
  }

  void run() {
    const std::int32_t offset = 0;
    dnnl::gemm_s8s8s32('N', 'N', 'F', shape_.m, shape_.n, shape_.k, 1.0F, a_.data(), shape_.k, 0,
                       b_.data(), shape_.n, 0, 0.0F, c_.data(), shape_.n, &offset);
    check();
  }

 private:
  /// Its first and last sums, by hand.
  void check() const {
    for (const auto& [row, column] :
         {std::pair<std::int64_t, std::int64_t>{0, 0}, std::pair{shape_.m - 1, shape_.n - 1}}) {
      std::int32_t sum = 0;
      for (std::int64_t i = 0; i < shape_.k; ++i) {
        sum += a_[static_cast<std::size_t>(row * shape_.k + i)] *
               b_[static_cast<std::size_t>(i * shape_.n + column)];
      }
      if (c_[static_cast<std::size_t>(row * shape_.n + column)] != sum) {
        throw std::runtime_error{"oneDNN's product is not exact on this computer"};
      }
    }
  }

  GemmShape shape_;
  std::vector<std::int8_t> a_, b_;
  std::vector<std::int32_t> c_;
};

/// A layer as a convolution primitive.
class Convolution {
 public:
  Convolution(const Conv2d& op, const Shape& ifmap, const Shape& weight, const Shape& ofmap,
              const dnnl::engine& engine)
      : Convolution{{{ifmap[0], ifmap[3], ifmap[1], ifmap[2]},
                     {weight[0], weight[3], weight[1], weight[2]},
                     {ofmap[0], ofmap[3], ofmap[1], ofmap[2]}},
                    op.window,
                    engine} {}

  void run(dnnl::stream& stream) {
    primitive_.execute(
        stream, {{DNNL_ARG_SRC, ifmap_}, {DNNL_ARG_WEIGHTS, weight_}, {DNNL_ARG_DST, ofmap_}});
    stream.wait();
  }

 private:
  struct Dims {
    dnnl::memory::dims ifmap, weight, ofmap;
  };

  using Type = dnnl::memory::data_type;

  Convolution(const Dims& dims, const Window& window, const dnnl::engine& engine)
      : descriptor_{{dnnl::prop_kind::forward_inference,
                     dnnl::algorithm::convolution_direct,
                     {dims.ifmap, Type::u8, dnnl::memory::format_tag::any},
                     {dims.weight, Type::s8, dnnl::memory::format_tag::any},
                     {dims.ofmap, Type::s32, dnnl::memory::format_tag::any},
                     {window.stride_h, window.stride_w},
                     {window.pad_top, window.pad_left},
                     {window.pad_bottom, window.pad_right}},
                    engine},
        primitive_{descriptor_},
        ifmap_{filled(descriptor_.src_desc(), engine)},
        weight_{filled(descriptor_.weights_desc(), engine)},
        ofmap_{descriptor_.dst_desc(), engine} {}

  static dnnl::memory filled(const dnnl::memory::desc& description, const dnnl::engine& engine) {
    dnnl::memory memory{description, engine};
    std::vector<std::uint8_t> bytes(description.get_size());
    fill(bytes);
    std::copy(bytes.begin(), bytes.end(), static_cast<std::uint8_t*>(memory.get_data_handle()));
    return memory;
  }

  dnnl::convolution_forward::primitive_desc descriptor_;
  dnnl::convolution_forward primitive_;
  dnnl::memory ifmap_, weight_, ofmap_;
};

/// Least time of each contender over the repetitions.
struct Times {
  double gemms = std::numeric_limits<double>::infinity();
  double convolutions = gemms;
  double simulated = gemms;
  double bytes = gemms;  ///< of the same, what commands do to bytes: no timing, no lowering
  double macs = 0;
};

double seconds_of_bytes(const Network& network, const AcceleratorConfig& machine) {
  const Legalized legalized = legalize(network, machine);
  const Compiler compiler{legalized.network, machine};
  MachineState state{machine};
  for (const DramSegment& segment : compiler.dram_image()) {
    state.dram().write(segment.address, segment.bytes.data(), segment.bytes.size());
  }
  EventCounts events;
  double seconds = 0;
  for (std::size_t i = 0; i < legalized.network.layers.size(); ++i) {
    if (runs_on_host(legalized.network, legalized.network.layers[i])) {
      continue;
    }
    const LayerProgram program = compiler.lower(i);
    seconds += seconds_of([&] { state.run(program, events); });
  }
  return seconds;
}

Times measure(const Network& network, const AcceleratorConfig& machine, int repetitions) {
  const dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::vector<Gemm> gemms;
  std::vector<Convolution> convolutions;
  Times times;
  for (const Layer& layer : network.layers) {
    const GemmShape shape = gemm_shape(network, layer);
    const auto* conv = std::get_if<Conv2d>(&layer.op);
    if (shape.macs == 0 || (conv != nullptr && conv->groups != 1)) {
      continue;
    }
    gemms.emplace_back(shape);
    times.macs += static_cast<double>(shape.macs);
    if (conv != nullptr) {
      convolutions.emplace_back(*conv, network.tensor(layer.inputs.at(0)).shape,
                                network.tensor(layer.inputs.at(1)).shape,
                                network.tensor(layer.output).shape, engine);
    }
  }
  SimulationOptions options;
  options.engine = EngineKind::Fast;
  options.data = DataSource::Random;
  options.check = false;
  for (int i = 0; i < repetitions; ++i) {
    double seconds = 0;
    for (Gemm& gemm : gemms) {
      seconds += seconds_of([&] { gemm.run(); });
    }
    times.gemms = std::min(times.gemms, seconds);
    seconds = seconds_of([&] {
      for (Convolution& convolution : convolutions) {
        convolution.run(stream);
      }
    });
    times.convolutions = std::min(times.convolutions, seconds);
    const SimulationOutcome outcome = simulate(machine, network, {}, options);
    times.simulated = std::min(times.simulated, outcome.result.wall_seconds);
    times.bytes = std::min(times.bytes, seconds_of_bytes(network, machine));
  }
  return times;
}

void print(const char* what, double seconds, const Times& times) {
  std::printf("%-34s %9.1f ms %8.1f GMAC/s\n", what, seconds * 1e3, times.macs / seconds / 1e9);
}

int run(const std::string& workload, int repetitions) {
  omp_set_num_threads(1);
  WorkloadOptions shapes;
  shapes.shapes_only = true;
  Network network = load_workload(workload, shapes);
  fill_with_random_data(network, 1);
  const AcceleratorConfig machine =
      load_accelerator(SYSTOLE_SOURCE_DIR "/configs/gemmini_16x16.yaml");
  const Times times = measure(network, machine, repetitions);
  std::printf("%s, %.2f GMAC, one thread, least of %d\n", network.name.c_str(), times.macs / 1e9,
              repetitions);
  print("oneDNN, matrix products", times.gemms, times);
  print("oneDNN, convolutions", times.convolutions, times);
  print("fast engine, gemmini_16x16, data", times.simulated, times);
  print("of which bytes", times.bytes, times);
  std::printf("fast engine / oneDNN's products:     %.2f\n", times.simulated / times.gemms);
  std::printf("fast engine / oneDNN's convolutions: %.2f\n", times.simulated / times.convolutions);
  return 0;
}

}  // namespace
}  // namespace systole

// Called by the kernel once it is ready.
int sc_main(int argc, char* argv[]) {
  const std::string workload =
      argc > 1 ? argv[1] : SYSTOLE_SOURCE_DIR "/workloads/shapes/resnet50.yaml";
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : systole::kRepetitions;
  try {
    return systole::run(workload, std::max(repetitions, 1));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ERROR OCCURRED: %s\n", error.what());
    return 2;
  }
}

// In place of the one in libsystemc, which prints a banner.
int main(int argc, char* argv[]) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", /*overwrite=*/1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
