#!/usr/bin/env python3
"""How many bits, which accumulators, which requantizer, which calibration: a float network swept on an accelerator.

    scripts/sweep_bitwidth.py -o DIR [-w FLOAT.yaml --calibrate IMAGES.npy] [--parts grid,accumulators,...] [--bits 1:8]

Each part quantizes the network by `systole quantize`, runs it by `systole sweep` on the accelerator with widths to match and as
many rows in its memories as at its own widths, every layer compared with the golden model, and writes a table and a plot:

  grid          bits of activations x bits of weights     bitwidth.csv, bitwidth.png, pareto.png
  accumulators  bits of partial sums, wrapped, saturated  accumulators.csv, accumulators.png
  biases        bits of biases, clipped                   biases.csv, biases.png
  requantizers  unit x rounding, at 8 and at 4 bits       requantizers.csv, requantizers.png
  calibration   method x bits, by the golden model        calibration.csv, calibration.png

The output layer's activations have 8 bits everywhere: nobody multiplies them. Weights of one bit are -1 and +1 (XNOR-Net's scales);
those of depthwise layers, which the array runs with zeros beside them, have two bits then.

A killed sweep goes on when it is started again, by the contents of the network's files and of the images; the tables have the same bytes
for any number of jobs. Needs python3-yaml and, for the plots, python3-matplotlib.
"""

import argparse
import concurrent.futures
import csv
import functools
import hashlib
import math
import os
import pathlib
import re
import shutil
import sys

try:
    import yaml
except ImportError as missing:
    sys.exit(f"sweep_bitwidth.py: {missing}; scripts/install.sh test installs it")

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import systole  # noqa: E402 (the module beside this file)

DIGITS = systole.ROOT / "workloads" / "digits_float"
OUTPUT_BITS = 8
ROUNDINGS = ["nearest_even", "nearest_away", "half_up", "floor", "toward_zero", "stochastic"]
METHODS = ["min_max", "averaged_min_max", "sigma", "percentile", "mean_squared_error", "kl_divergence", "dynamic_fixed_point"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", required=True, metavar="DIR", type=pathlib.Path)
    parser.add_argument("-a", "--accelerator", default=systole.ROOT / "configs" / "gemmini_16x16.yaml")
    parser.add_argument("-w", "--workload", type=pathlib.Path, default=DIGITS / "digits_float.yaml", help="float, YAML")
    parser.add_argument("--calibrate", type=pathlib.Path, default=DIGITS / "calibration_images.npy")
    parser.add_argument("--parts", default="grid", help=f"of {', '.join(PARTS)}, or all (default grid)")
    parser.add_argument("--bits", default="1:8", help="of both operands in the grid, first:last (default 1:8)")
    parser.add_argument("--images", type=systole.positive, help="at most so many (default: all that the network names); "
                        "calibration counts on all of them")
    parser.add_argument("-j", "--jobs", type=systole.positive, default=os.cpu_count())
    options = parser.parse_args()
    bits = re.fullmatch(r"([0-9]+):([0-9]+)", options.bits)
    if not bits or not 1 <= int(bits[1]) <= int(bits[2]) <= 16:
        parser.error(f"--bits: expected first:last in 1:16, found '{options.bits}'")
    options.bits = range(int(bits[1]), int(bits[2]) + 1)
    options.parts = list(PARTS) if options.parts == "all" else options.parts.split(",")
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"--parts: unknown: {', '.join(unknown)}, expected {', '.join(PARTS)} or all")
    return options


def texts_in(node):
    """Every text in a tree of lists and maps; the names of files are among them."""
    if isinstance(node, str):
        return [node]
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return [text for child in children for text in texts_in(child)]


def read_network(path):
    """The network, of which this script reads the names; what else may be wrong in it `systole quantize` says."""
    try:
        network = yaml.safe_load(path.read_text(encoding="utf-8"))
        if all(isinstance(layer["name"], str) and layer["op"] for layer in network["layers"]) and network["outputs"]:
            return network
    except (UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        pass
    raise systole.SystoleError(2, f"{path}: no network of layers and outputs in YAML")


class Sweeper:
    """Quantizes, sweeps and tabulates, in one folder."""

    def __init__(self, options):
        self.options = options
        self.network = read_network(options.workload)
        self.base = yaml.safe_load(systole.execute(["show", "config", "-a", options.accelerator]))
        self.depthwise = [layer["name"] for layer in self.network["layers"] if layer["op"] == "depthwise_conv2d"]
        self.source = f"{options.workload} by {options.calibrate}, SHA-256 {self.digest()}"

    def digest(self):
        """Of the bytes of all files from which `systole quantize` makes its networks."""
        digest = hashlib.sha256()
        named = [self.options.workload.parent / name for name in texts_in(self.network)]
        for file in [self.options.workload, self.options.calibrate, *map(pathlib.Path, filter(os.path.isfile, named))]:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()

    def scheme(self, name, activations, weights, **more):
        """A scheme of `systole quantize`, as a dict."""
        layers = {output: {"activation_bits": OUTPUT_BITS} for output in self.network["outputs"]}
        if weights["bits"] == 1:
            for layer in self.depthwise:
                layers.setdefault(layer, {})["weight_bits"] = 2
        return {"name": name, "activations": activations, "weights": weights, **more,
                "layers": [{"name": layer, **bits} for layer, bits in layers.items()]}

    def by_least_squares(self, activation_bits, weight_bits):
        method = "mean_squared_error"
        weights = {"bits": weight_bits, "per": "channel", "method": "binary" if weight_bits == 1 else method}
        return self.scheme(f"a{activation_bits}_w{weight_bits}",
                           {"bits": activation_bits, "symmetric": False, "method": method}, weights, bias={"correction": True})

    def quantized(self, scheme):
        """The folder of the network by this scheme: made, or found as a killed call left it."""
        networks = self.options.output / "networks"
        networks.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump({**scheme, "source": self.source}, sort_keys=False)
        file, folder = networks / f"{scheme['name']}.yaml", networks / scheme["name"]
        if not (folder.exists() and file.exists() and file.read_text(encoding="utf-8") == text):
            shutil.rmtree(folder, ignore_errors=True)
            file.write_text(text, encoding="utf-8")
            systole.execute(["quantize", "-w", self.options.workload, "--calibrate", self.options.calibrate, "--config", file,
                             "-o", folder])
        return folder.absolute()

    def all_quantized(self, schemes):
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            return list(pool.map(self.quantized, schemes))

    def machine(self, activation_bits, weight_bits, accumulator_bits=None):
        """Keys of the accelerator for these widths, with as many rows in its memories: a few more where banks would not be full."""
        array, weight_bits = self.base["array"], max(weight_bits, 2) if self.depthwise else weight_bits
        widths = {"activation_bits": activation_bits, "weight_bits": weight_bits,
                  "accumulator_bits": accumulator_bits or array["accumulator_bits"]}

        def activations(bits):
            return bits["activation_bits"] * array["rows"]

        def weights(bits):
            return bits["weight_bits"] * array["cols"]
        unified = self.base["scratchpad"]["organization"] == "unified"
        rows = {"scratchpad": lambda bits: max(activations(bits), weights(bits))} if unified else {
            "scratchpad.activation": activations, "scratchpad.weight": weights}
        rows["accumulators"] = lambda bits: bits["accumulator_bits"] * array["cols"]
        keys = {f"array.{name}": bits for name, bits in widths.items()}
        for path, row_bits in rows.items():
            memory = functools.reduce(dict.get, path.split("."), self.base)
            kib = -(-memory["capacity_kib"] * row_bits(widths) // row_bits(array))
            step = math.lcm(-(-row_bits(widths) // 8) * memory["banks"], 1024) // 1024  # whole rows in each bank
            keys[f"{path}.capacity_kib"] = -(-kib // step) * step
        return keys

    def swept(self, name, points, metrics):
        """Runs the points, dicts of equal keys, and returns their metrics."""
        axis = {"zip": [{"key": key, "values": [point[key] for point in points]} for key in points[0]]}
        images = {"images": self.options.images} if self.options.images else {}
        spec = self.options.output / f"{name}_spec.yaml"
        systole.write_spec(spec, self.options.accelerator, None, [axis], data="workload", metrics=metrics,
                           pareto=["accuracy", "energy_pj"], **images)
        rows = systole.sweep(spec, self.options.output / f"{name}_sweep", jobs=self.options.jobs, resume=True, progress=True)
        return [{metric: row[metric] for metric in [*metrics, "error"]} for row in rows]

    def table(self, name, rows):
        partial = self.options.output / f"{name}.csv.partial"
        with open(partial, "w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
        partial.replace(self.options.output / f"{name}.csv")
        return rows


def grid(sweeper):
    pairs = [(a, w) for a in sweeper.options.bits for w in sweeper.options.bits]
    networks = sweeper.all_quantized(sweeper.by_least_squares(*pair) for pair in pairs)
    points = [{"workload": str(network / "net.yaml"), **sweeper.machine(*pair)} for network, pair in zip(networks, pairs)]
    results = sweeper.swept("grid", points, ["accuracy", "cycles", "energy_pj", "dram_bytes"])
    return sweeper.table("bitwidth", [{"activation_bits": a, "weight_bits": w, **row} for (a, w), row in zip(pairs, results)])


def accumulators(sweeper):
    cases = [(bits, accumulator, overflow) for bits in (8, 4) for accumulator in range(8, 25, 2)
             for overflow in ("wrap", "saturate")]
    networks = dict(zip((8, 4), sweeper.all_quantized(sweeper.by_least_squares(bits, bits) for bits in (8, 4))))
    points = [{"workload": str(networks[bits] / "net.yaml"), **sweeper.machine(bits, bits, accumulator),
               "array.overflow": overflow} for bits, accumulator, overflow in cases]
    results = sweeper.swept("accumulators", points, ["accuracy", "psum_overflows", "energy_pj"])
    return sweeper.table("accumulators", [{"operand_bits": bits, "accumulator_bits": accumulator, "overflow": overflow, **row}
                                          for (bits, accumulator, overflow), row in zip(cases, results)])


def biases(sweeper):
    cases = [(bits, bias) for bits in (8, 4) for bias in (4, 6, 8, 10, 12, 14, 16, 20, 24, 32)]
    networks = dict(zip((8, 4), sweeper.all_quantized(sweeper.by_least_squares(bits, bits) for bits in (8, 4))))
    points = [{"workload": str(networks[bits] / "net.yaml"), **sweeper.machine(bits, bits), "accumulators.bias_bits": bias}
              for bits, bias in cases]
    results = sweeper.swept("biases", points, ["accuracy", "cycles", "dram_bytes", "energy_pj"])
    return sweeper.table("biases", [{"operand_bits": bits, "bias_bits": bias, **row} for (bits, bias), row in zip(cases, results)])


def requantizers(sweeper):
    units = [("multiplier_shift", "tflite", "nearest_even", 32)]
    units += [("multiplier_shift", "single", rounding, 32) for rounding in ROUNDINGS]
    units += [("multiplier_shift", "single", "nearest_even", bits) for bits in (16, 8)]
    units += [("shift_only", "single", rounding, 32) for rounding in ROUNDINGS]
    units += [("float_scale", "single", "nearest_even", 32)]
    names = ["requant.mode", "requant.variant", "requant.rounding", "requant.multiplier_bits"]
    widths = (8, 4)
    networks = sweeper.all_quantized(sweeper.by_least_squares(bits, bits) for bits in widths)
    cases = [(bits, network, unit) for bits, network in zip(widths, networks) for unit in units]
    points = [{"workload": str(network / "net.yaml"), **sweeper.machine(bits, bits), **dict(zip(names, unit))}
              for bits, network, unit in cases]
    results = sweeper.swept("requantizers", points, ["accuracy", "cycles", "energy_pj"])

    def cost(point):
        settings = {key: value for key, value in point.items() if key != "workload"}
        report = systole.run(sweeper.options.accelerator, point["workload"], settings, engine="fast", data=False)
        unit = report["requantization"]
        return {"requant_pj": report["totals"]["energy_by_component_pj"]["requantization"],
                "pj_per_value": unit["pj_per_value"], "um2": unit["um2"]}
    with concurrent.futures.ThreadPoolExecutor(sweeper.options.jobs) as pool:
        costs = list(pool.map(cost, points))
    rows = [{"operand_bits": bits, "mode": mode, "variant": variant if mode == "multiplier_shift" else "",
             "rounding": rounding if mode != "float_scale" else "", "multiplier_bits": multiplier if mode == "multiplier_shift" else "",
             **price, **row} for (bits, _, (mode, variant, rounding, multiplier)), price, row in zip(cases, costs, results)]
    return sweeper.table("requantizers", rows)


def calibration(sweeper):
    cases = [(method, bits) for method in METHODS for bits in range(2, 9)]

    def scheme(method, bits):
        of_weights = "min_max" if method == "averaged_min_max" else method
        return sweeper.scheme(f"{method}_{bits}", {"bits": bits, "signed": False, "symmetric": True, "method": method},
                              {"bits": bits, "per": "tensor", "method": of_weights})
    folders = sweeper.all_quantized(scheme(*case) for case in cases)
    rows = []
    for (method, bits), folder in zip(cases, folders):
        accuracy = systole.read_report(folder / "quantization.json")["accuracy"]
        rows.append({"method": method, "bits": bits, "accuracy": accuracy["integer_right"] / accuracy["images"],
                     "float_accuracy": accuracy["float_right"] / accuracy["images"]})
    return sweeper.table("calibration", rows)


PARTS = {"grid": grid, "accumulators": accumulators, "biases": biases, "requantizers": requantizers,
         "calibration": calibration}


def main():
    options = arguments()
    options.output.mkdir(parents=True, exist_ok=True)
    sweeper = Sweeper(options)
    for part in options.parts:
        rows = PARTS[part](sweeper)
        try:
            import bitwidth_plots  # noqa: PLC0415 (the tables do not need it)
        except ImportError:
            print("sweep_bitwidth.py: no plots without python3-matplotlib", file=sys.stderr)
        else:
            bitwidth_plots.PLOTS[part](rows, options.output)
    print(f"tables and plots: {options.output}")


if __name__ == "__main__":
    try:
        main()
    except (OSError, systole.SystoleError) as failure:
        print(f"sweep_bitwidth.py: {systole.message(failure)}", file=sys.stderr)
        sys.exit(getattr(failure, "exit_code", 2))
