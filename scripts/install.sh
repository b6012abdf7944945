#!/usr/bin/env bash
# Installs the Debian packages that Systole needs and that are not there yet.
# Says nothing, and is done at once, when there is nothing to install.
#
#   scripts/install.sh [run] [test] [dev]      (default: run)
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/install.sh [run] [test] [dev]

Installs missing Debian 12 packages, by group:
  run   compiler, build tools and libraries of the simulator (the default)
  test  what the tests need on top of it
  dev   formatting, linting, coverage, benchmarks, and training of the digits network
TEXT
}

# Compiler and tools: any C++17 compiler, CMake 3.25 or later, Ninja.
# Libraries: SystemC (the kernel), Boost.Program_options (command line), yaml-cpp
# (configurations and workloads), fmt (reports), nlohmann-json (JSON),
# jemalloc (the small blocks of sweeps),
# flatbuffers with its compiler (TensorFlow Lite models), libonnx and protobuf
# (ONNX models), Chart.js (put into the page of `run --html`), Highway (vector
# instructions of the computer, chosen when it runs).
run_packages=(g++ cmake ninja-build ccache libsystemc-dev libboost-program-options-dev
  libyaml-cpp-dev libfmt-dev libjemalloc-dev nlohmann-json3-dev flatbuffers-compiler
  libflatbuffers-dev libonnx-dev libprotobuf-dev protobuf-compiler libjs-chart.js libhwy-dev)

# GoogleTest and RapidCheck run the tests; gemmlowp is the independent witness of
# the fixed-point arithmetic; jsonschema holds reports against their schema;
# libonnx-testdata has the recorded results of the ONNX operators;
# Dask distributed runs a sweep on a cluster (scripts/sweep_cluster.py);
# Verilator and Yosys compile and synthesize the SystemVerilog of models/rtl;
# Chromium opens the pages of `run --html`; GTKWave reads the waveforms of `run --vcd`.
test_packages=(libgtest-dev libgmock-dev librapidcheck-dev libgemmlowp-dev libonnx-testdata
  python3-distributed python3-jsonschema python3-numpy python3-yaml verilator yosys chromium
  gtkwave)

# PyTorch, scikit-learn and onnx are for the scripts that wrote digits networks and ONNX models
# (train_digits.py, export_torch_network.py, make_*onnx*.py), Matplotlib for scripts/plot_*.py,
# Google Benchmark and oneDNN for tests/benchmarks, libclang-rt for sanitizers and fuzzers by clang.
dev_packages=(git clang clang-format clang-tidy gcovr libbenchmark-dev libclang-rt-14-dev libdnnl-dev
  ocl-icd-opencl-dev pre-commit python3
  python3-matplotlib python3-numpy python3-onnx python3-sklearn python3-torch shellcheck)

wanted=()
for group in "${@:-run}"; do
  case "$group" in
    run) wanted+=("${run_packages[@]}") ;;
    test) wanted+=("${test_packages[@]}") ;;
    dev) wanted+=("${dev_packages[@]}") ;;
    -h | --help) usage; exit 0 ;;
    *) echo "install.sh: unknown group '$group', expected run, test or dev" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "install.sh: this is not a Debian system. Install what these Debian packages hold:" \
    "${wanted[*]}" >&2
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  status="$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)"
  if [[ "$status" != installed ]]; then
    missing+=("$package")
  fi
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

as_root=(env DEBIAN_FRONTEND=noninteractive)
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "install.sh: packages are missing and neither root nor sudo is at hand." \
      "As root, run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo "${as_root[@]}")
fi

echo "install.sh: installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" apt-get install --yes --quiet --quiet --no-install-recommends "${missing[@]}" >/dev/null
