#!/usr/bin/env python3
"""Runs a sweep on a cluster of Dask workers; the tables equal those of `systole sweep`, byte for byte.

    scripts/sweep_cluster.py SPEC.yaml -o DIR                          # workers on this machine
    scripts/sweep_cluster.py SPEC.yaml -o DIR --scheduler tcp://host:8786

Needs python3-distributed (Debian). Every machine needs the executable ($SYSTOLE or --systole), the spec and the files
that it names, under the same paths. A task is a range of points, which a worker gives to
`systole sweep SPEC --points FIRST:END`; what it finishes comes back as lines for DIR/points.jsonl. A worker that dies
loses nothing but time: its tasks run elsewhere. A driver that dies goes on with --resume. No Dask: sim/sweep/README.md
shows the same with a Slurm array job.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import systole  # noqa: E402 (the module beside this file)


def run_points(program, spec, first, end):
    """On a worker: the finished points' lines. Self-contained: workers need not have this file."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "sweep", spec, "-o", folder, "-j", "1", "--points", f"{first}:{end}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):  # 1: a point differs from the golden model, and its row says so
            raise RuntimeError(f"points {first} to {end - 1}: {done.stderr.strip()}")
        return (pathlib.Path(folder) / "points.jsonl").read_text(encoding="utf-8")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spec")
    parser.add_argument("-o", "--output", required=True, metavar="DIR")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="default: a scheduler and workers on this machine")
    parser.add_argument("--workers", type=systole.positive, default=os.cpu_count(),
                        help="on this machine (default: one a core)")
    parser.add_argument("--chunk", type=systole.positive, help="points of a task (default: a 64th of all, at least 1)")
    parser.add_argument("--retries", type=systole.whole, default=10, help="of a task whose worker died (default 10)")
    parser.add_argument("--systole", default=systole.program(), help="the executable, on every machine")
    parser.add_argument("--resume", action="store_true", help="go on with what DIR holds")
    return parser.parse_args()


def finished_chunks(path):
    """Ranges that an earlier driver wrote down."""
    if not path.exists():
        return set()
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    return {(int(line[0]), int(line[1])) for line in lines if len(line) == 3 and line[2] == "done"}


def cut_broken_line(path):
    """What a driver that was killed may have left at the end."""
    if path.exists():
        text = path.read_bytes()
        os.truncate(path, text.rfind(b"\n") + 1)


def append(path, text):
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


def planned_points(options):
    """How many there are. What is wrong with the spec, or stands in the folder, is told before a cluster starts."""
    log = pathlib.Path(options.output) / "points.jsonl"
    if log.exists() and not options.resume:
        raise systole.SystoleError(2, f"sweep_cluster.py: {log}: a sweep is there, expected another folder, or --resume")
    return len(systole.sweep_points(options.spec))


def sweep_on(client, options, points):
    from distributed import as_completed  # noqa: PLC0415 (--help works without Dask)

    spec = str(pathlib.Path(options.spec).resolve())
    folder = pathlib.Path(options.output)
    log, ranges = folder / "points.jsonl", folder / "chunks.txt"
    folder.mkdir(parents=True, exist_ok=True)
    cut_broken_line(log)
    cut_broken_line(ranges)
    chunk = options.chunk or max(1, points // 64)
    done = finished_chunks(ranges)
    chunks = [(first, min(first + chunk, points)) for first in range(0, points, chunk)]
    futures = {}
    for first, end in chunks:
        if (first, end) not in done:
            future = client.submit(run_points, options.systole, spec, first, end, pure=False, retries=options.retries)
            futures[future] = (first, end)
    for number, (future, lines) in enumerate(as_completed(futures, with_results=True), 1):
        append(log, lines)
        append(ranges, "{} {} done\n".format(*futures[future]))
        if sys.stderr.isatty():
            print(f"\r{number} of {len(futures)} tasks", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    # The executable writes the tables from the lines: the same code, the same bytes, the same exit code.
    return subprocess.run([options.systole, "sweep", spec, "-o", folder, "--resume"], check=False).returncode


def main():
    options = arguments()
    in_path = shutil.which(options.systole)
    os.environ["SYSTOLE"] = options.systole = str(pathlib.Path(in_path or options.systole).resolve())
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415
    except ImportError:
        print("sweep_cluster.py: needs Dask distributed (Debian: python3-distributed)", file=sys.stderr)
        return 2
    try:
        points = planned_points(options)
        if options.scheduler:
            with Client(options.scheduler) as client:
                return sweep_on(client, options, points)
        else:
            with LocalCluster(n_workers=options.workers, threads_per_worker=1, dashboard_address=None) as cluster:
                with Client(cluster) as client:
                    return sweep_on(client, options, points)
    except systole.SystoleError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except (OSError, RuntimeError) as error:  # of this machine, or of a worker's
        print(f"sweep_cluster.py: {systole.message(error)}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
