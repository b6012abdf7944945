// The products of a network by oneDNN beside the fast engine with all data, each on one thread:
//
//   systole_onednn_benchmark [WORKLOAD.yaml] [REPETITIONS] [ACCELERATOR.yaml]
//
// Left out: ResNet-50, 5, gemmini_16x16. oneDNN multiplies int8 matrices of the layers' shapes
// (dnnl_gemm_s8s8s32), and runs the layers as convolutions (u8 x s8 to s32, in the layouts that it
// likes best); nothing else: no requantization, pooling or additions. The fast engine runs all
// layers but those of the host; its bytes also with the kernels forced to each instruction set of
// this computer. Operands lie ready. Times are seconds of the processor, the least of all
// repetitions, which take turns.

#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/config/accelerator_file.hpp"
#include "sim/engine/fast_engine.hpp"
#include "sim/functional/instruction_sets.hpp"
#include "sim/kernel/systemc.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/workload/random_data.hpp"
#include "sim/workload/workload.hpp"

namespace systole {
namespace {

constexpr int kRepetitions = 5;

double seconds_of(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
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
  }

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

 private:
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

/// Seconds of each contender.
struct Times {
  double gemms = 0;
  double convolutions = 0;
  double lowering = 0;  ///< from layers to commands
  double timing = 0;    ///< of layers that are like no earlier one
  double bytes = 0;
};

Times least(const Times& a, const Times& b) {
  return {std::min(a.gemms, b.gemms), std::min(a.convolutions, b.convolutions),
          std::min(a.lowering, b.lowering), std::min(a.timing, b.timing),
          std::min(a.bytes, b.bytes)};
}

class Contest {
 public:
  Contest(const Network& network, const AcceleratorConfig& machine)
      : legalized_{legalize(network, machine)},
        machine_{machine},
        compiler_{legalized_.network, machine} {
    for (const Layer& layer : network.layers) {
      add(network, layer);
    }
  }

  double macs() const { return macs_; }

  Times run() {
    Times times;
    for (Gemm& gemm : gemms_) {
      times.gemms += seconds_of([&] { gemm.run(); });
      gemm.check();
    }
    times.convolutions = seconds_of([&] {
      for (Convolution& convolution : convolutions_) {
        convolution.run(stream_);
      }
    });
    run_engine(times);
    return times;
  }

  /// Seconds of the bytes alone.
  double bytes() {
    Times times;
    run_engine(times, false);
    return times.bytes;
  }

 private:
  /// As in a run: one engine, which remembers nothing of the run before.
  void run_engine(Times& times, bool with_timing = true) {
    FastEngine engine{machine_, true};
    for (const DramSegment& segment : compiler_.dram_image()) {
      engine.write_dram(segment.address, segment.bytes);
    }
    std::set<std::vector<std::uint64_t>> timed;
    for (std::size_t i = 0; i < legalized_.network.layers.size(); ++i) {
      if (runs_on_host(legalized_.network, legalized_.network.layers[i])) {
        continue;
      }
      PackedProgram program;
      times.lowering += seconds_of([&] { program = compiler_.lower_packed(i); });
      const std::vector<std::uint64_t> likeness = compiler_.likeness(i, engine.dram_places());
      if (with_timing && (likeness.empty() || timed.insert(likeness).second)) {
        times.timing += seconds_of([&] { engine.measure(program); });
      }
      times.bytes += seconds_of([&] { engine.compute(program); });
    }
  }

  void add(const Network& network, const Layer& layer) {
    const GemmShape shape = gemm_shape(network, layer);
    const auto* conv = std::get_if<Conv2d>(&layer.op);
    if (shape.macs == 0 || (conv != nullptr && conv->groups != 1)) {
      return;
    }
    gemms_.emplace_back(shape);
    macs_ += static_cast<double>(shape.macs);
    if (conv != nullptr) {
      convolutions_.emplace_back(*conv, network.tensor(layer.inputs.at(0)).shape,
                                 network.tensor(layer.inputs.at(1)).shape,
                                 network.tensor(layer.output).shape, onednn_);
    }
  }

  dnnl::engine onednn_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{onednn_};
  std::vector<Gemm> gemms_;
  std::vector<Convolution> convolutions_;
  double macs_ = 0;
  const Legalized legalized_;
  const AcceleratorConfig machine_;
  const Compiler compiler_;
};

void print(const char* what, double seconds, double macs) {
  std::printf("%-40s %8.1f ms %8.1f GMAC/s\n", what, seconds * 1e3, macs / seconds / 1e9);
}

int run(const std::string& workload, int repetitions, const std::string& accelerator) {
  omp_set_num_threads(1);
  WorkloadOptions shapes;
  shapes.shapes_only = true;
  Network network = load_workload(workload, shapes);
  fill_with_random_data(network, 1);
  const AcceleratorConfig machine = load_accelerator(accelerator);
  Contest contest{network, machine};
  Times times = contest.run();
  for (int i = 1; i < repetitions; ++i) {
    times = least(times, contest.run());
  }
  const double whole = times.lowering + times.timing + times.bytes;
  std::printf("%s, %.2f GMAC, one thread, least of %d\n", network.name.c_str(),
              contest.macs() / 1e9, repetitions);
  print("oneDNN, matrix products", times.gemms, contest.macs());
  print("oneDNN, convolutions", times.convolutions, contest.macs());
  print(("fast engine on " + machine.name + ", with data").c_str(), whole, contest.macs());
  print("  lowering", times.lowering, contest.macs());
  print("  timing", times.timing, contest.macs());
  print("  bytes", times.bytes, contest.macs());
  std::printf("fast engine / oneDNN's products:     %6.2f, its bytes alone %.2f\n",
              whole / times.gemms, times.bytes / times.gemms);
  std::printf("fast engine / oneDNN's convolutions: %6.2f, its bytes alone %.2f\n",
              whole / times.convolutions, times.bytes / times.convolutions);
  for (const InstructionSet& set : instruction_sets()) {
    force(set);
    double bytes = contest.bytes();
    for (int i = 1; i < repetitions; ++i) {
      bytes = std::min(bytes, contest.bytes());
    }
    print(("  bytes with " + set.name).c_str(), bytes, contest.macs());
  }
  return 0;
}

}  // namespace
}  // namespace systole

// Called by the kernel once it is ready.
int sc_main(int argc, char* argv[]) {
  const std::string workload =
      argc > 1 ? argv[1] : SYSTOLE_SOURCE_DIR "/workloads/shapes/resnet50.yaml";
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : systole::kRepetitions;
  const std::string accelerator =
      argc > 3 ? argv[3] : SYSTOLE_SOURCE_DIR "/configs/gemmini_16x16.yaml";
  try {
    return systole::run(workload, std::max(repetitions, 1), accelerator);
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
