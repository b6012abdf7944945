#!/usr/bin/env python3
"""The workloads of the first TPU's paper on configs/tpu_v1_256x256.yaml, beside the paper's own counters.

Usage: tpu_v1.py [--app NAME]... [--json FILE]

N. P. Jouppi et al., "In-Datacenter Performance Analysis of a Tensor Processing Unit", ISCA 2017: table 1 says of six
networks how many layers, weights and inputs of a batch they have, table 3 where the chip's cycles went. Table 1 has no
layer's size, so each network becomes a chain of equal square layers with its number of layers, its weights and its
batch: fully connected ones for MLPs and LSTMs, whose vector layers are left out; for CNN0, whose 2888 operations per
weight byte are its batch of 8 times 19 x 19 places, convolutions of 3 x 3 (a choice, the paper does not say). CNN1 is
not determined by table 1. Memory: two channels of DDR3-2133, the 34 GB/s of the paper. Time alone is simulated
(--engine fast --no-data). The program is $SYSTOLE, else build/release/systole.
"""
import argparse
import csv
import json
import math
import pathlib
import sys
import tempfile

import systole

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLES = ROOT / "tests" / "validation" / "data"
ACCELERATOR = ROOT / "configs" / "tpu_v1_256x256.yaml"
MEMORY = {"dram.model": "banked", "dram.preset": "ddr3_2133", "dram.channels": 2}
KERNEL = 3

# Rows of table 3, how they are called, and why ours may differ.
ROWS = [
    ("array_active_pct", "array active, % of cycles",
     "where weights bound: the rows of the batch over the cycles in which a tile of weights comes, and these are more here"),
    ("useful_MACs_pct_peak", "useful MACs, % of peak",
     "as array active, less what the made-up layer sizes leave of the last tile"),
    ("unused_MACs_pct", "unused MACs, % of peak",
     "sizes of layers are not published: an equal square chain leaves other remainders of 256 than the real one"),
    ("weight_stall_pct", "weight stall, % of cycles",
     "in ours a layer's weights wait for the layer before, share one DRAM with activations that the chip keeps in its "
     "buffer, and lie in rows whose bursts fetch neighbours too (the line above says how much), not tile by tile"),
    ("weight_shift_pct", "weight shift, % of cycles",
     "256 cycles a tile in both; its share moves as the cycles between two tiles do"),
    ("non_matrix_pct", "non-matrix, % of cycles",
     "in ours it is draining and waiting for the layer's results to be stored; no host, no PCIe, no vector layers"),
    ("RAW_stalls_pct", "RAW stalls, % of cycles",
     "the chip's are activations that wait for a layer's end; in ours a layer ends before the next begins, which is "
     "booked as idle or as waiting for weights: here are the array's waits for commands and accumulators alone"),
    ("input_data_stalls_pct", "input data stalls, % of cycles",
     "the chip's inputs come over PCIe; ours from DRAM, once"),
    ("TOPS_of_92", "TOPS, of 92",
     "follows the useful MACs; the paper's are measured in production, with the host's share"),
]


def table(name):
    with open(TABLES / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def shapes(name, app):
    """The YAML of a network as far as table 1 tells, or None."""
    layers, weights, batch = int(app["total_layers"]), int(app["weights"].rstrip("M")) * 1_000_000, int(app["batch"])
    dense, convolutions = int(app["fc"] or 0), int(app["conv"] or 0)
    if bool(dense) == bool(convolutions):
        return None
    layers, taps = (dense, 1) if dense else (convolutions, KERNEL * KERNEL)
    width = round(math.sqrt(weights / layers / taps))
    shape, op, keys = [batch, width], "fully_connected", ""
    if convolutions:
        side = math.isqrt(int(app["ops_per_weight_byte"]) // batch)
        shape, op, keys = [batch, side, side, width], "conv2d", f"kernel: {KERNEL}, padding: same, "
    text = f"name: {name}\ninputs:\n  - {{name: x0, shape: {shape}}}\noutputs: [x{layers}]\nlayers:\n"
    for i in range(layers):
        text += (f"  - {{name: x{i + 1}, op: {op}, inputs: [x{i}], {keys}out_channels: {width}, "
                 "weights: {}, bias: {}, activation: relu}\n")
    return text


def counters(report):
    """Our counters as table 3 calls them."""
    totals, array = report["totals"], report["totals"]["ledger"]["array"]
    cycles = totals["cycles"]
    peak = cycles * report["config"]["array"]["rows"] * report["config"]["array"]["cols"]

    def percent(*causes):
        return 100 * sum(array.get(cause, 0) for cause in causes) / cycles

    active = percent("busy", "busy_partial")
    useful = 100 * totals["events"]["mac"] / peak
    stall, shift = percent("wait_weights"), percent("fill")
    return {
        "array_active_pct": active, "useful_MACs_pct_peak": useful, "unused_MACs_pct": active - useful,
        "weight_stall_pct": stall, "weight_shift_pct": shift, "non_matrix_pct": 100 - active - stall - shift,
        "RAW_stalls_pct": percent("wait_dependency", "wait_accumulator", "wait_requant"),
        "input_data_stalls_pct": percent("wait_activations", "wait_dram", "wait_bank"),
        "TOPS_of_92": 2 * totals["events"]["mac"] / cycles * report["config"]["clock_mhz"] / 1e6,
    }


def fetched(report):
    """What the DRAM gave beside what was wanted, in words."""
    events = report["totals"]["events"]
    wanted = sum(events[f"dram_read_{operand}_bytes"] for operand in ("ifmap", "weight", "bias", "requant"))
    return (f"DRAM reads: weights {events['dram_read_weight_bytes']:,} bytes, activations "
            f"{events['dram_read_ifmap_bytes']:,}; fetched {events['dram_fetched_bytes'] / wanted:.2f} times what is wanted")


def run(name, text):
    """The report of the network."""
    with tempfile.TemporaryDirectory() as folder:
        workload = pathlib.Path(folder) / f"{name}.yaml"
        workload.write_text(text, encoding="utf-8")
        return systole.run(ACCELERATOR, workload, MEMORY, engine="fast", data=False)


def main():
    apps = {app["app"]: app for app in table("tpu_v1_table1.csv")}
    published = {row["row"]: row for row in table("tpu_v1_table3.csv")}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--app", action="append", choices=list(apps), help="one of the six; default: all")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write the counters")
    options = parser.parse_args()
    results = {}
    for name in options.app or apps:
        text = shapes(name.lower(), apps[name])
        if text is None:
            print(f"{name}: not run: table 1 has neither its kernels nor how its weights divide between its "
                  f"{apps[name]['conv']} convolutions and {apps[name]['fc']} fully connected layers\n")
            continue
        report = run(name.lower(), text)
        ours = results[name] = counters(report)
        print(f"{name:32}{'paper':>8}{'ours':>8}\n  {fetched(report)}")
        for key, title, why in ROWS:
            paper = float(published[key][name])
            # As many digits as the paper prints; a difference that rounds to none needs no reason.
            reason = f"  {why}" if f"{paper:.1f}" != f"{ours[key]:.1f}" else ""
            print(f"  {title:30}{paper:8.1f}{ours[key]:8.1f}{reason}")
        print()
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, systole.SystoleError) as failure:
        print(f"tpu_v1.py: {systole.message(failure)}", file=sys.stderr)
        sys.exit(getattr(failure, "exit_code", 2))
