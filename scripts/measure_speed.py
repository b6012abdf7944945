#!/usr/bin/env python3
"""Measures how long the fast engine takes: whole runs of the program, and points of a sweep.

    scripts/measure_speed.py [-w NETWORK.yaml] [--slices 12]

The program is --systole, else $SYSTOLE, else build/release/systole. Seconds are those of the processor, the least of --repeat runs that take turns; memory is the
largest that a run had. Of the sweep, slices of neighbouring points are run, which are evenly spread
over the spec and together stand for it; one thread. Standard library only.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import systole  # noqa: E402 (the module beside this file)

ROOT = systole.ROOT
RUNS = {  # of the network
    "gemmini_16x16, without data": ("gemmini_16x16", ["--no-data"]),
    "the same, DDR4-2400": ("gemmini_16x16", ["--no-data", "--set", "dram.model=banked", "--set",
                                              "dram.preset=ddr4_2400"]),
    "the same, random data, checked": ("gemmini_16x16", ["--random-data", "1"]),
    "edge_32x32, without data": ("edge_32x32", ["--no-data"]),
    "scalesim, without data": ("scalesim", ["--no-data"]),
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--systole", default=systole.program(), help="the program")
    parser.add_argument("-w", "--workload", default=ROOT / "workloads/shapes/resnet50.yaml")
    parser.add_argument("--repeat", type=systole.positive, default=5, metavar="N", help="of each run, the fastest counts")
    parser.add_argument("--sweep", default=ROOT / "configs/sweeps/resnet18_design_space.yaml", metavar="SPEC")
    parser.add_argument("--slices", type=systole.whole, metavar="N", default=12,
                        help="of the sweep's points; 0: no sweep")
    parser.add_argument("--slice", type=systole.positive, default=56, metavar="N", help="points of a slice")
    return parser.parse_args()


def run(command):
    """Seconds of the processor, and MiB."""
    try:
        pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    except OSError as error:
        sys.exit(f"measure_speed.py: {command[0]}: cannot be run: {error.strerror}")
    _, status, used = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"measure_speed.py: {' '.join(command)} failed")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def measure_runs(options, folder):
    report = folder / "report.json"
    commands = {name: [options.systole, "run", "-a", str(ROOT / f"configs/{accelerator}.yaml"), "-w",
                       str(options.workload), "--engine", "fast", "--quiet", "--json", str(report), *more]
                for name, (accelerator, more) in RUNS.items()}
    best = {}
    for _ in range(options.repeat):
        for name, command in commands.items():
            seconds, memory = run(command)
            cycles = json.loads(report.read_text())["totals"]["cycles"]
            seconds, memory = min(best.get(name, (seconds,))[0], seconds), max(best.get(name, (0, 0))[1], memory)
            best[name] = (seconds, memory, cycles)
    print(f"{pathlib.Path(options.workload).stem:32} {'seconds':>8} {'MiB':>5} {'cycles':>14} {'M cycles/s':>11}")
    for name, (seconds, memory, cycles) in best.items():
        print(f"{name:32} {seconds:8.3f} {memory:5.0f} {cycles:14,} {cycles / seconds / 1e6:11.1f}")


def measure_sweep(options, folder):
    total = len(systole.sweep_points(options.sweep))
    points = 0
    seconds = 0.0
    slices = min(options.slices, total)
    for i in range(slices):
        first = i * total // slices
        end = min(first + options.slice, (i + 1) * total // slices)
        seconds += run([options.systole, "sweep", str(options.sweep), "-o", str(folder / str(i)), "-j", "1",
                        "--points", f"{first}:{end}"])[0]
        points += end - first
    print(f"{pathlib.Path(options.sweep).stem}: {points} of {total:,} points take {seconds:.1f} seconds, "
          f"{seconds / points * 1e3:.0f} ms each, {points / seconds:.1f} points a second")


def main():
    options = arguments()
    os.environ["SYSTOLE"] = options.systole
    with tempfile.TemporaryDirectory() as folder:
        measure_runs(options, pathlib.Path(folder))
        if options.slices > 0:
            measure_sweep(options, pathlib.Path(folder))


if __name__ == "__main__":
    try:
        main()
    except (OSError, systole.SystoleError) as failure:
        print(f"measure_speed.py: {systole.message(failure)}", file=sys.stderr)
        sys.exit(getattr(failure, "exit_code", 2))
