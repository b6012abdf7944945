#!/usr/bin/env python3
"""Accuracy, cycles and energy over the bits of activations and weights, of a float network on an accelerator.

    scripts/sweep_bitwidth.py -o DIR [-w FLOAT.yaml --calibrate IMAGES.npy] [--bits 2:9] [--images N]

For each pair of widths, `systole quantize` makes a network of the float one, and a sweep runs it on the accelerator with
array.activation_bits and array.weight_bits set to match and as many rows in a unified scratchpad as at the accelerator's
own widths, every layer compared with the golden model. Writes
DIR/bitwidth.csv and DIR/bitwidth.png. The machine does not lower groups of channels narrower than a byte, so a depthwise
convolution becomes the dense one with the same results: zeros for all other channels. Its products cost what they cost.

Needs python3-numpy, python3-yaml and, for the plots, python3-matplotlib.
"""

import argparse
import concurrent.futures
import csv
import os
import pathlib
import shutil
import sys

try:
    import numpy
    import yaml
except ImportError as missing:
    sys.exit(f"sweep_bitwidth.py: {missing}; scripts/install.sh test installs it")

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import systole  # noqa: E402 (the module beside this file)

DIGITS = systole.ROOT / "workloads" / "digits_float"
METRICS = ["accuracy", "cycles", "energy_pj", "dram_bytes"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", required=True, metavar="DIR", type=pathlib.Path)
    parser.add_argument("-a", "--accelerator", default=systole.ROOT / "configs" / "gemmini_16x16.yaml")
    parser.add_argument("-w", "--workload", type=pathlib.Path, default=DIGITS / "digits_float.yaml", help="float, YAML")
    parser.add_argument("--calibrate", default=DIGITS / "calibration_images.npy")
    parser.add_argument("--bits", default="2:9", help="of both operands, first:last (default 2:9)")
    parser.add_argument("--images", type=int, help="at most so many (default: all that the network names)")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="of the scheme of quantize; default: the "
                        "ranges of the least mean squared error, and biases corrected")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    options.set = options.set or ["weights.method=mean_squared_error", "activations.method=mean_squared_error",
                                  "bias.correction=true"]
    return options


def without_depthwise(source, folder):
    """The network with dense convolutions in place of depthwise ones; everything else as it is."""
    shutil.copytree(source.parent, folder, dirs_exist_ok=True)
    network = yaml.safe_load(source.read_text(encoding="utf-8"))
    for layer in network["layers"]:
        if layer["op"] != "depthwise_conv2d":
            continue
        layer["op"] = "conv2d"
        depthwise = numpy.load(folder / layer["weights"])  # channels, height, width, 1
        channels = depthwise.shape[0]
        if depthwise.shape[3] != 1:
            raise SystemExit(f"sweep_bitwidth.py: {layer['name']}: weights {depthwise.shape}, expected one input channel")
        dense = numpy.zeros((*depthwise.shape[:3], channels), depthwise.dtype)
        dense[range(channels), :, :, range(channels)] = depthwise[:, :, :, 0]
        numpy.save(folder / layer["weights"], dense)
    path = folder / source.name
    path.write_text(yaml.safe_dump(network, sort_keys=False), encoding="utf-8")
    return path


def quantized(options, network, activation_bits, weight_bits):
    """The network of these widths, as a file."""
    folder = options.output / "networks" / f"a{activation_bits}_w{weight_bits}"
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier call, maybe with another scheme
    settings = [f"activations.bits={activation_bits}", f"weights.bits={weight_bits}", *options.set]
    systole.execute(["quantize", "-w", network, "--calibrate", options.calibrate, "-o", folder,
                     *(word for setting in settings for word in ("--set", setting))])
    return (folder / "net.yaml").absolute()


def machine_keys(accelerator, pairs):
    """What the sweep sets of the machine: keys and their values, one for each pair."""
    base = yaml.safe_load(systole.execute(["show", "config", "-a", accelerator]))
    array, scratchpad = base["array"], base["scratchpad"]
    keys = {"array.activation_bits": [a for a, _ in pairs], "array.weight_bits": [w for _, w in pairs]}
    if scratchpad["organization"] == "unified":  # a row has the wider of array.rows ifmap and array.cols weight elements
        def row_bits(a, w):
            return max(a * array["rows"], w * array["cols"])
        own = row_bits(array["activation_bits"], array["weight_bits"])
        keys["scratchpad.capacity_kib"] = [-(-scratchpad["capacity_kib"] * row_bits(a, w) // own) for a, w in pairs]
    return keys


def plot(rows, bits, path):
    import matplotlib  # noqa: PLC0415 (the table does not need it)

    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    shown = [("accuracy", "accuracy, %", 100, ".0f"), ("cycles", "thousand cycles", 1e-3, ".1f"),
             ("energy_pj", "energy, uJ", 1e-6, ".2f")]
    figure, axes = pyplot.subplots(1, len(shown), figsize=(5.2 * len(shown), 4.6), constrained_layout=True)
    for axis, (metric, title, factor, style) in zip(axes, shown):
        grid = numpy.full((len(bits), len(bits)), numpy.nan)
        for row in rows:
            if row[metric] is not None:
                grid[bits.index(row["activation_bits"]), bits.index(row["weight_bits"])] = factor * row[metric]
        image = axis.imshow(grid, origin="lower", cmap="viridis")
        for (y, x), value in numpy.ndenumerate(grid):
            text = "" if numpy.isnan(value) else format(value, style)
            dark = image.norm(value) < 0.6
            axis.text(x, y, text, ha="center", va="center", fontsize=8, color="white" if dark else "black")
        axis.set(title=title, xlabel="bits of weights", ylabel="bits of activations",
                 xticks=range(len(bits)), xticklabels=bits, yticks=range(len(bits)), yticklabels=bits)
    figure.savefig(path, dpi=110)


def main():
    options = arguments()
    first, last = (int(word) for word in options.bits.split(":"))
    bits = list(range(first, last + 1))
    options.output.mkdir(parents=True, exist_ok=True)
    network = without_depthwise(options.workload, options.output / "float")
    pairs = [(a, w) for a in bits for w in bits]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        networks = list(pool.map(lambda pair: quantized(options, network, *pair), pairs))
    keys = {"workload": [str(path) for path in networks], **machine_keys(options.accelerator, pairs)}
    images = {"images": options.images} if options.images else {}
    spec = options.output / "spec.yaml"
    systole.write_spec(spec, options.accelerator, None, [{"zip": [{"key": k, "values": v} for k, v in keys.items()]}],
                       data="workload", metrics=METRICS, pareto=["accuracy", "energy_pj"], **images)
    swept = systole.sweep(spec, options.output / "sweep", jobs=options.jobs, resume=True, progress=True)
    rows = [{"activation_bits": row["array.activation_bits"], "weight_bits": row["array.weight_bits"],
             **{metric: row[metric] for metric in [*METRICS, "error"]}} for row in swept]
    with open(options.output / "bitwidth.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(rows)
    try:
        plot(rows, bits, options.output / "bitwidth.png")
    except ImportError:
        print("sweep_bitwidth.py: no plots without python3-matplotlib", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except systole.SystoleError as failure:
        sys.exit(f"sweep_bitwidth.py: {failure}")
