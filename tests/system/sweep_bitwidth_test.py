#!/usr/bin/env python3
"""scripts/sweep_bitwidth.py on four pairs of widths: every point runs, bit for bit, and narrower operands move and cost
less. Skipped (77) where python3-numpy or python3-yaml is missing."""

import csv
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SKIPPED = 77


def main():
    debian = "/usr/bin/python3"  # where Debian's modules are, whichever Python is first in PATH
    if not all(importlib.util.find_spec(name) for name in ("numpy", "yaml")):
        if os.path.exists(debian) and os.path.realpath(sys.executable) != os.path.realpath(debian):
            os.execv(debian, [debian, "-B", *sys.argv])
        print("skipped: needs python3-numpy and python3-yaml")
        return SKIPPED
    environment = {**os.environ, "SYSTOLE": str(pathlib.Path(sys.argv[1]).resolve())}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-B", ROOT / "scripts" / "sweep_bitwidth.py", "-o", folder, "--bits", "4:5",
                        "--images", "20"], check=True, env=environment)
        with open(pathlib.Path(folder) / "bitwidth.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    pairs = [(row["activation_bits"], row["weight_bits"]) for row in rows]
    assert pairs == [("4", "4"), ("4", "5"), ("5", "4"), ("5", "5")], pairs
    assert not any(row["error"] for row in rows), rows
    assert all(float(row["accuracy"]) > 0.8 for row in rows), rows
    for metric in ("dram_bytes", "energy_pj"):
        assert float(rows[0][metric]) < float(rows[3][metric]), rows
    return 0


if __name__ == "__main__":
    sys.exit(main())
