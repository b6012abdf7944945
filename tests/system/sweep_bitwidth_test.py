#!/usr/bin/env python3
"""scripts/sweep_bitwidth.py: every point runs, bit for bit, narrower operands move and cost less, wider accumulators overflow
less, narrower biases move less and do worse, and the tables have the same bytes for any number of jobs and after a sweep that
was killed, and are made anew where the network's files have changed. Skipped (77) where python3-numpy or python3-yaml is missing."""

import csv
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SKIPPED = 77


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main():
    debian = "/usr/bin/python3"  # where Debian's modules are, whichever Python is first in PATH
    if not all(importlib.util.find_spec(name) for name in ("numpy", "yaml")):
        if os.path.exists(debian) and os.path.realpath(sys.executable) != os.path.realpath(debian):
            os.execv(debian, [debian, "-B", *sys.argv])
        print("skipped: needs python3-numpy and python3-yaml")
        return SKIPPED
    environment = {**os.environ, "SYSTOLE": str(pathlib.Path(sys.argv[1]).resolve())}

    def sweep(folder, *words):
        subprocess.run([sys.executable, "-B", ROOT / "scripts" / "sweep_bitwidth.py", "-o", folder, *words], check=True,
                       env=environment)

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for words in (["--bits", "5"], ["--bits", "4:2"], ["--bits", "0:2"], ["--images", "0"], ["-j", "0"]):
            done = subprocess.run([sys.executable, "-B", ROOT / "scripts" / "sweep_bitwidth.py", "-o", folder / "no", *words],
                                  check=False, env=environment, capture_output=True, text=True)
            assert done.returncode == 2 and ": expected " in done.stderr, done.stderr
        for option in ("-w", "-a", "--calibrate"):
            done = subprocess.run([sys.executable, "-B", ROOT / "scripts" / "sweep_bitwidth.py", "-o", folder / "no",
                                   "--bits", "4:4", option, folder / "missing"],
                                  check=False, env=environment, capture_output=True, text=True)
            assert done.returncode == 2 and "missing: " in done.stderr, done.stderr
        for network in (ROOT / "tests" / "data" / "float_onnx" / "model.onnx", ROOT / "configs" / "tiny_4x4.yaml"):
            done = subprocess.run([sys.executable, "-B", ROOT / "scripts" / "sweep_bitwidth.py", "-o", folder / "no", "-w", network],
                                  check=False, env=environment, capture_output=True, text=True)
            assert done.returncode == 2 and done.stderr == f"sweep_bitwidth.py: {network}: no network of layers and outputs in YAML\n"
        sweep(folder / "two", "--bits", "4:5", "--images", "20", "-j", "2")
        sweep(folder / "one", "--bits", "4:5", "--images", "20", "-j", "1")
        rows = table(folder / "two" / "bitwidth.csv")
        text = (folder / "two" / "bitwidth.csv").read_bytes()
        assert text == (folder / "one" / "bitwidth.csv").read_bytes()
        (folder / "one" / "bitwidth.csv").unlink()
        log = folder / "one" / "grid_sweep" / "points.jsonl"  # as if killed in the middle
        lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
        log.write_text("".join(lines[:-2]), encoding="utf-8")
        sweep(folder / "one", "--bits", "4:5", "--images", "20", "-j", "1")
        assert text == (folder / "one" / "bitwidth.csv").read_bytes()
        digits = folder / "digits"
        shutil.copytree(ROOT / "workloads" / "digits_float", digits)
        copy = ["-w", digits / "digits_float.yaml", "--calibrate", digits / "calibration_images.npy", "--bits", "4:4", "--images", "20"]
        network = digits / "digits_float.yaml"  # a name that is longer than a file's may be
        network.write_text(network.read_text(encoding="utf-8").replace("name: digits_float", "name: " + 300 * "n"), encoding="utf-8")
        sweep(folder / "changed", *copy)
        before = table(folder / "changed" / "bitwidth.csv")
        weights = digits / "conv1.weight.npy"
        weights.write_bytes(weights.read_bytes()[:128] + bytes(weights.stat().st_size - 128))  # zeros behind the header
        sweep(folder / "changed", *copy)
        changed = table(folder / "changed" / "bitwidth.csv")
        sweep(folder / "binary", "--bits", "1:1", "--images", "2")
        binary = table(folder / "binary" / "bitwidth.csv")
        sweep(folder / "accumulators", "--parts", "accumulators", "--images", "4")
        accumulators = table(folder / "accumulators" / "accumulators.csv")
        # Rows of odd numbers of bytes, of which a number of KiB is no whole number in each bank.
        sweep(folder / "tiny", "-a", ROOT / "configs" / "tiny_4x4.yaml", "--parts", "accumulators", "--images", "1")
        tiny = table(folder / "tiny" / "accumulators.csv")
        sweep(folder / "biases", "--parts", "biases", "--images", "20")
        biases = table(folder / "biases" / "biases.csv")
    pairs = [(row["activation_bits"], row["weight_bits"]) for row in rows]
    assert pairs == [("4", "4"), ("4", "5"), ("5", "4"), ("5", "5")], pairs
    assert not any(row["error"] for row in [*rows, *binary, *accumulators, *tiny, *biases]), rows
    assert all(float(row["accuracy"]) > 0.8 for row in rows), rows
    for metric in ("dram_bytes", "energy_pj"):
        assert float(rows[0][metric]) < float(rows[3][metric]), rows
    assert float(before[0]["accuracy"]) > 0.8 > float(changed[0]["accuracy"]), (before, changed)
    overflows = [float(row["psum_overflows"]) for row in accumulators
                 if (row["operand_bits"], row["overflow"]) == ("8", "wrap")]
    assert overflows[0] > 0 and overflows[-1] == 0, overflows
    of_8_bits = [row for row in biases if row["operand_bits"] == "8"]
    assert float(of_8_bits[0]["dram_bytes"]) < float(of_8_bits[-1]["dram_bytes"]), of_8_bits
    assert float(of_8_bits[0]["accuracy"]) < float(of_8_bits[-1]["accuracy"]), of_8_bits
    return 0


if __name__ == "__main__":
    sys.exit(main())
