#!/usr/bin/env python3
"""Systole from Python: run, sweep, read reports. Standard library only.

    import systole
    report = systole.run("configs/gemmini_16x16.yaml", "workloads/shapes/resnet18.yaml",
                         {"array.rows": 32, "array.cols": 32}, data=False)
    print(report["totals"]["cycles"])
    rows = systole.sweep("configs/sweeps/array_and_memory.yaml", "build/sweep")
    best = min((row for row in rows if not row["error"]), key=lambda row: row["energy_pj"])

The program is $SYSTOLE, else build/release/systole beside this folder. As a command,
`scripts/systole.py table build/sweep/points.csv` prints a table of a sweep, and
`scripts/systole.py parquet build/sweep/points.csv points.parquet` writes it as Parquet, where pandas can.
"""

import argparse
import csv
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Of the program's tables; "007" and "1e5", numbers to Python, are names of layers.
TEXT_COLUMNS = ("layer", "op", "where", "check", "memory", "component", "error", "name", "workload", "energy.table",
                "dram.preset")


class SystoleError(RuntimeError):
    """What the program said on standard error, and its exit code (2: the input, 3: a mistake of ours)."""

    def __init__(self, exit_code, text):
        super().__init__(text.strip() or f"systole ended with {exit_code}")
        self.exit_code = exit_code


def message(failure):
    """What went wrong in the program's words: FILE: what is wrong."""
    named = isinstance(failure, OSError) and failure.filename is not None and failure.strerror
    return f"{failure.filename}: {failure.strerror}" if named else str(failure)


def program():
    """The path of the executable."""
    return os.environ.get("SYSTOLE") or str(ROOT / "build" / "release" / "systole")


def execute(arguments, accept=(0,), progress=False):
    """Runs `systole ARGUMENTS` and returns what it printed. With `progress`, its standard error is ours,
    so that a terminal shows the progress line."""
    try:
        done = subprocess.run([program(), *map(str, arguments)], text=True, check=False, stdout=subprocess.PIPE,
                              stderr=None if progress else subprocess.PIPE)
    except OSError as error:
        raise SystoleError(2, f"{program()}: cannot be run: {error.strerror}") from error
    if done.returncode not in accept:
        raise SystoleError(done.returncode, done.stderr or "")
    return done.stdout


def _scalar(value):
    return json.dumps(value) if isinstance(value, bool) else str(value)


def run(accelerator, workload, settings=None, *, engine=None, data=True, images=None, options=()):
    """One run's JSON report (sim/report/report.schema.json) as a dict. A run that differs from the golden model
    gives its report too: look at report["totals"]["check"]. `settings` are keys of the accelerator."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        arguments = ["run", "-a", accelerator, "-w", workload, "--quiet", "--json", report]
        for key, value in (settings or {}).items():
            arguments += ["--set", f"{key}={_scalar(value)}"]
        if engine:
            arguments += ["--engine", engine]
        if not data:
            arguments.append("--no-data")
        if images is not None:
            arguments += ["--images", images]
        execute([*arguments, *options], accept=(0, 1))
        return read_report(report)


def read_report(path):
    """A report of `systole run --json`."""
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def sweep(spec, folder, *, jobs=None, resume=False, points=None, html=None, progress=False):
    """Runs a sweep and returns the rows of its points.csv; none with `points`, a pair (first, end), where the
    results are lines of FOLDER/points.jsonl."""
    arguments = ["sweep", spec, "-o", folder]
    if jobs is not None:
        arguments += ["-j", jobs]
    if resume:
        arguments.append("--resume")
    if points:
        arguments += ["--points", f"{points[0]}:{points[1]}"]
    if html:
        arguments += ["--html", html]
    execute(arguments, accept=(0, 1), progress=progress)
    return [] if points else read_table(pathlib.Path(folder) / "points.csv")


def sweep_points(spec):
    """The points of a sweep, not run: what its axes set."""
    return [_row(row) for row in csv.DictReader(io.StringIO(execute(["sweep", spec, "--list"]), newline=""))]


def read_table(path):
    """A table of a sweep, or of `systole run --csv`, as a list of dicts: numbers where they are, None for empty."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.reader(file, strict=True)
        rows, line = [], 1  # where the row begins that is read
        try:
            columns = next(reader, [])
            twice = [column for number, column in enumerate(columns) if column in columns[:number]]
            if twice:
                raise ValueError(f"{path}:1: column '{twice[0]}' stands there twice")
            line = reader.line_num + 1
            for fields in reader:
                if fields and len(fields) != len(columns):
                    raise ValueError(f"{path}:{line}: expected {len(columns)} fields, as the header has, found {len(fields)}")
                if fields:
                    rows.append(_row(dict(zip(columns, fields))))
                line = reader.line_num + 1
        except csv.Error as error:
            raise ValueError(f"{path}:{line}: a quote is not closed, or a field is too long: {error}") from error
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: no text in UTF-8") from error
        return rows


def read_frame(path):
    """The same as a pandas DataFrame; needs pandas."""
    import pandas  # noqa: PLC0415 (the rest works without)

    read_table(path)  # refuses what pandas fills up or renames: short rows, columns that stand there twice
    return pandas.read_csv(path, dtype={column: str for column in TEXT_COLUMNS}, keep_default_na=False, na_values=[""])


def write_parquet(table, path):
    """A table of a sweep as Parquet. Needs pandas with pyarrow or fastparquet; Debian 12 has pandas and neither of the two."""
    read_frame(table).to_parquet(path, index=False)


def write_spec(path, accelerator, workload, axes, **keys):
    """Writes the spec of a sweep. `axes` is a dict of key: values, or a list as sim/sweep/README.md has it; files are
    relative to the working directory. JSON is YAML."""
    if isinstance(axes, dict):
        axes = [{"key": key, "values": list(values)} for key, values in axes.items()]
    spec = {"accelerator": str(pathlib.Path(accelerator).absolute())}
    if workload is not None:
        spec["workload"] = str(pathlib.Path(workload).absolute())
    spec["axes"] = [_with_files(axis) for axis in axes]
    if "set" in keys:
        keys["set"] = {key: _file(key, value) for key, value in keys["set"].items()}
    pathlib.Path(path).write_text(json.dumps({**spec, **keys}, indent=1) + "\n", encoding="utf-8")


def _with_files(axis):
    if not isinstance(axis, dict):
        return axis  # the program says what is wrong
    out = dict(axis)
    for name in ("zip", "product"):
        if isinstance(axis.get(name), list):
            out[name] = [_with_files(part) for part in axis[name]]
    if isinstance(axis.get("values"), list):
        out["values"] = [_file(axis.get("key"), value) for value in axis["values"]]
    return out


def _file(key, value):
    """A preset of a memory may be a name; whatever is a file here is that file wherever the spec lies."""
    names_file = key in ("workload", "energy.table", "dram.preset") and isinstance(value, (str, os.PathLike))
    path = pathlib.Path(value).absolute() if names_file else None
    return str(path) if path is not None and path.is_file() else value


def _row(row):
    return {key: (value or None) if key in TEXT_COLUMNS else _number(value) for key, value in row.items()}


def _number(text):
    """Of what the program writes: "1_1", "nan" and "infinity", numbers to Python, are names of layers."""
    if not text:
        return None
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text) else text


def whole(text, first=0):
    """For argparse: a whole number from 0 on."""
    if not re.fullmatch(r"[0-9]+", text) or int(text) < first:
        raise argparse.ArgumentTypeError(f"expected a whole number from {first} on, found '{text}'")
    return int(text)


def positive(text):
    """For argparse: a whole number from 1 on."""
    return whole(text, 1)


def seed(text):
    """For argparse: a whole number of 32 bits, which every generator takes."""
    if whole(text) >= 1 << 32:
        raise argparse.ArgumentTypeError(f"expected a whole number under 2^32, found '{text}'")
    return int(text)


def main(arguments):
    usage = ("usage: systole.py table FILE.csv                   prints a table of a sweep\n"
             "       systole.py parquet FILE.csv FILE.parquet    writes it as Parquet; needs pandas\n"
             "The rest is a module to import.")
    if arguments in (["-h"], ["--help"]):
        print(usage)
        return 0
    if len(arguments) == 3 and arguments[0] == "parquet":
        try:
            write_parquet(*arguments[1:])
        except ImportError as error:
            print(f"systole.py: Parquet needs pandas with pyarrow or fastparquet: {error}", file=sys.stderr)
            return 2
        except (OSError, ValueError) as error:
            print(f"systole.py: {message(error)}", file=sys.stderr)
            return 2
        return 0
    if len(arguments) != 2 or arguments[0] != "table":
        print(usage, file=sys.stderr)
        return 2
    try:
        rows = read_table(arguments[1])
    except (OSError, ValueError) as error:
        print(f"systole.py: {message(error)}", file=sys.stderr)
        return 2
    columns = list(rows[0]) if rows else []
    cells = [columns] + [["" if row[c] is None else str(row[c]) for c in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    try:
        for line in cells:
            print("  ".join(cell.rjust(width) for cell, width in zip(line, widths)).rstrip())
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left must not be flushed at the end
        if not isinstance(error, BrokenPipeError):  # else the reader, `head` say, has enough
            print(f"systole.py: cannot write to standard output: {error.strerror}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
