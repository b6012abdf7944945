#!/usr/bin/env python3
"""Plots what the memory system does to a network.

DRAM bytes of ifmaps, weights and ofmaps against scratchpad size, cycles against DRAM bandwidth, cycles against requests
in flight.

    scripts/plot_memory.py -w NETWORK [--engine systemc] [-j 2] -o memory.png

The program is --systole, else $SYSTOLE, else build/release/systole. Runs are without data (--no-data). Needs python3-matplotlib.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import sys

try:
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: E402 (behind the choice of its backend)
except ImportError as missing:
    sys.exit(f"plot_memory.py: {missing}; scripts/install.sh dev installs it")

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import systole  # noqa: E402 (the module beside this file)

SCRATCHPAD_KIB = [32, 64, 128, 256, 512, 1024, 2048, 4096]
BUS_BYTES = [4, 8, 16, 32, 64, 128]
OUTSTANDING = [1, 2, 4, 8, 16, 32, 64]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--systole", default=systole.program(), help="the program")
    parser.add_argument("-a", "--accelerator", default=str(systole.ROOT / "configs" / "gemmini_16x16.yaml"))
    parser.add_argument("-w", "--workload", required=True)
    parser.add_argument("--engine", default="fast", choices=["systemc", "fast", "verilated"])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for every run")
    parser.add_argument("-j", "--jobs", type=systole.positive, default=1, help="runs at a time")
    parser.add_argument("-o", "--output", default="memory.png", help="PNG, or PDF or SVG by its name; the figures go to a .json beside it")
    return parser.parse_args()


def report_of(options, settings):
    words = [word for setting in options.set + settings for word in ("--set", setting)]
    return systole.run(options.accelerator, options.workload, engine=options.engine, data=False, options=words)


def run(options, settings):
    """The report of one run; None where the machine has no such memory or the layers do not fit it."""
    try:
        return report_of(options, settings)
    except systole.SystoleError as error:
        if error.exit_code == 2 and ("KiB" in str(error) or "capacity_kib" in str(error)):
            return None
        raise


def key_of(setting):
    return setting.split("=")[0]


def totals_of(report):
    totals = {key: report["totals"][key] for key in ("cycles", "compute_cycles", "dram_read_bytes", "dram_write_bytes")}
    operands = [layer["bandwidth"]["operands"][name] for layer in report["layers"]
                for name in ("ifmap", "weight", "ofmap")]
    totals["operand_bytes"] = sum(o.get("read_bytes", 0) + o.get("written_bytes", 0) for o in operands)
    totals["operand_bytes_once"] = sum(o["compulsory_bytes"] for o in operands)
    return totals


def sweeps(scratchpads):
    """For each plot: its name and, by series, the points with their settings."""
    banked = ["dram.model=banked"]
    return {
        "scratchpad": {
            name: [(kib, model + [f"{scratchpad}={kib}" for scratchpad in scratchpads] +
                    ([f"accumulators.capacity_kib={kib}"] if grow else [])) for kib in SCRATCHPAD_KIB]
            for name, model, grow in (("mappings for cycles", [], False),
                                      ("mappings for traffic", ["compiler.objective=traffic"], False),
                                      ("the same, accumulators as large", ["compiler.objective=traffic"], True))},
        "bandwidth": {
            name: [(b, model + [f"dma.bus_bytes={b}", f"dma.max_burst_bytes={max(64, b)}",
                                f"dram.bytes_per_cycle={b}"]) for b in BUS_BYTES]
            for name, model in (("ideal DRAM", []), ("DDR4-2400", banked + ["dram.preset=ddr4_2400"]),
                                ("HBM2", banked + ["dram.preset=hbm2"]))},
        "outstanding": {
            name: [(n, model + [f"dma.max_outstanding_reads={n}", f"dma.max_outstanding_writes={n}"])
                   for n in OUTSTANDING]
            for name, model in (("ideal, 20 cycles", ["dram.latency_cycles=20"]),
                                ("ideal, 150 cycles", ["dram.latency_cycles=150"]),
                                ("DDR4-2400", banked + ["dram.preset=ddr4_2400"]))},
    }


def measure(options):
    """{plot: {series: [(x, totals)]}}, in the same order whatever the number of jobs."""
    machine = report_of(options, [])  # what is wrong with the machine as it is, the program says
    split = machine["config"]["scratchpad"]["organization"] == "split"
    scratchpads = ["scratchpad.activation.capacity_kib", "scratchpad.weight.capacity_kib"] if split else ["scratchpad.capacity_kib"]
    plan = [(plot, series, x, settings) for plot, all_series in sweeps(scratchpads).items()
            for series, points in all_series.items() for x, settings in points]
    varied = {key_of(setting) for *_, settings in plan for setting in settings}
    for setting in options.set:
        if key_of(setting) in varied:
            raise systole.SystoleError(2, f"--set {setting}: the plots vary {key_of(setting)}, expected another key")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda point: run(options, point[3]), plan)
        measured = {}
        for number, ((plot, series, x, _), report) in enumerate(zip(plan, results), 1):
            points = measured.setdefault(plot, {}).setdefault(series, [])
            if report is not None:
                points.append((x, totals_of(report)))
            if sys.stderr.isatty():
                print(f"\r{number} of {len(plan)} runs", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return measured


def draw(measured, options):
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(15, 4.6))
    mib = 1 << 20
    for series, points in measured["scratchpad"].items():
        left.plot([x for x, _ in points], [t["operand_bytes"] / mib for _, t in points], marker="o", label=series)
    points = max(measured["scratchpad"].values(), key=len)
    left.plot([x for x, _ in points], [t["operand_bytes_once"] / mib for _, t in points], linestyle="--",
              color="gray", label="each operand once")
    left.set(title="DRAM traffic against scratchpad size", xlabel="scratchpad (of a split one: each), KiB",
             ylabel="ifmaps, weights, ofmaps, MiB")
    for axes, plot, label in ((middle, "bandwidth", "bus, bytes per cycle each way"),
                              (right, "outstanding", "bursts in flight at most, each way")):
        for series, points in measured[plot].items():
            axes.plot([x for x, _ in points], [t["cycles"] / 1e6 for _, t in points], marker="o", label=series)
        axes.set(xlabel=label, ylabel="million cycles")
    points = measured["bandwidth"]["ideal DRAM"]
    middle.plot([x for x, _ in points], [t["compute_cycles"] / 1e6 for _, t in points], linestyle="--",
                color="gray", label="with a fold in the array")
    middle.set_title("Cycles against bandwidth")
    right.set_title("Cycles against requests in flight")
    for axes in (left, middle, right):
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend()
    figure.suptitle(f"{pathlib.Path(options.workload).stem} on {pathlib.Path(options.accelerator).stem}")
    figure.tight_layout()
    figure.savefig(options.output, dpi=120)


def main():
    options = arguments()
    if not pathlib.Path(options.output).parent.is_dir():
        raise systole.SystoleError(2, f"{options.output}: its folder is not there")
    formats = pyplot.figure().canvas.get_supported_filetypes()
    if pathlib.Path(options.output).suffix[1:] not in formats:
        raise systole.SystoleError(2, f"{options.output}: no picture's name, expected one that ends in .png, .pdf or .svg, say")
    os.environ["SYSTOLE"] = options.systole
    measured = measure(options)
    pathlib.Path(options.output).with_suffix(".json").write_text(json.dumps(measured, indent=1) + "\n")
    draw(measured, options)
    print(f"plot: {options.output}; figures: {pathlib.Path(options.output).with_suffix('.json')}")


if __name__ == "__main__":
    try:
        main()
    except (OSError, systole.SystoleError) as failure:
        print(f"plot_memory.py: {systole.message(failure)}", file=sys.stderr)
        sys.exit(getattr(failure, "exit_code", 2))
