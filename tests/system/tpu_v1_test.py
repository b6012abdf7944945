#!/usr/bin/env python3
"""scripts/tpu_v1.py: a workload of the paper, through the built executable."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def tpu_v1(*arguments):
    return subprocess.run([sys.executable, "-B", ROOT / "scripts" / "tpu_v1.py", *arguments], check=True,
                          capture_output=True, text=True).stdout


class TpuV1(unittest.TestCase):
    def test_mlp0_is_bound_by_its_weights_as_in_the_paper(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "counters.json"
            printed = tpu_v1("--app", "MLP0", "--json", file)
            ours = json.loads(file.read_text(encoding="utf-8"))["MLP0"]
        self.assertRegex(printed, r"array active, % of cycles +12\.7 ")
        # Five layers of 2000 x 2000 take eight tiles a side, each with 200 rows of the batch.
        cycles = 5 * 2000 * 2000 * 200 / (65536 * ours["useful_MACs_pct_peak"] / 100)
        self.assertAlmostEqual(ours["array_active_pct"], 100 * 5 * 8 * 8 * 200 / cycles, places=6)
        self.assertAlmostEqual(ours["TOPS_of_92"], 2 * 5 * 2000 * 2000 * 200 / cycles * 700e6 / 1e12, places=6)
        # 34.1 GB/s cannot bring 20 MB of weights in fewer cycles.
        self.assertGreater(cycles, 20e6 / 34.1e9 * 700e6)
        self.assertGreater(ours["weight_stall_pct"], 50)
        self.assertAlmostEqual(sum(ours[row] for row in ("array_active_pct", "weight_stall_pct", "weight_shift_pct",
                                                         "non_matrix_pct")), 100)

    def test_the_readme_has_these_counters(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "counters.json"
            tpu_v1("--json", file)
            ours = json.loads(file.read_text(encoding="utf-8"))
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        apps = re.search(r"^\| paper / ours \|(.*)\|$", readme, re.MULTILINE)[1].split("|")
        for row in ("array active", "weight stall", "weight shift", "non-matrix"):
            cells = re.search(rf"^\| {row} \|(.*)\|$", readme, re.MULTILINE)[1].split("|")
            counter = row.replace(" ", "_").replace("-", "_") + "_pct"
            self.assertEqual([cell.split("/")[1].strip() for cell in cells],
                             [f"{ours[app.strip()][counter]:.1f}" for app in apps], row)

    def test_a_program_that_is_not_there_is_an_error(self):
        done = subprocess.run([sys.executable, "-B", ROOT / "scripts" / "tpu_v1.py", "--app", "MLP0"], check=False,
                              env={**os.environ, "SYSTOLE": "/no/such/systole"}, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr),
                         (2, "tpu_v1.py: /no/such/systole: cannot be run: No such file or directory\n"))

    def test_what_table_1_does_not_determine_is_not_run(self):
        self.assertRegex(tpu_v1("--app", "CNN1"), "^CNN1: not run: table 1 has neither its kernels nor ")

    def test_cnn0_runs_on_the_weight_memory_of_the_chip(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "counters.json"
            tpu_v1("--app", "CNN0", "--json", file)
            ours = json.loads(file.read_text(encoding="utf-8"))["CNN0"]
        # Weights come anew for every few images: the array waits for them more than it works.
        self.assertGreater(ours["weight_stall_pct"], ours["array_active_pct"])
        self.assertAlmostEqual(sum(ours[row] for row in ("array_active_pct", "weight_stall_pct", "weight_shift_pct",
                                                         "non_matrix_pct")), 100)
        self.assertAlmostEqual(ours["useful_MACs_pct_peak"] + ours["unused_MACs_pct"], ours["array_active_pct"])


if __name__ == "__main__":
    os.environ["SYSTOLE"] = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
