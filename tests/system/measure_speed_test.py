#!/usr/bin/env python3
"""scripts/measure_speed.py: a row for each run with the cycles of its report, and the sweep's points.

    measure_speed_test.py SYSTOLE
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve()
DIGITS = ROOT / "workloads/digits_cnn/digits_cnn.yaml"


def measure(*more):
    return subprocess.run([sys.executable, "-B", ROOT / "scripts/measure_speed.py", "--systole", SYSTOLE, "-w", DIGITS,
                           "--repeat", "1", *more], capture_output=True, text=True, check=False)


class MeasureSpeed(unittest.TestCase):
    def test_prints_each_run_and_the_sweep(self):
        done = measure("--sweep", ROOT / "configs/sweeps/array_and_memory.yaml", "--slices", "2", "--slice", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        head, *runs, sweep = done.stdout.splitlines()
        self.assertIn("digits_cnn", head)
        self.assertEqual(len(runs), 5)
        with tempfile.TemporaryDirectory() as folder:
            report = pathlib.Path(folder) / "report.json"
            subprocess.run([SYSTOLE, "run", "-a", ROOT / "configs/gemmini_16x16.yaml", "-w", DIGITS, "--no-data",
                            "--quiet", "--json", report], check=True)
            cycles = json.loads(report.read_text())["totals"]["cycles"]
        self.assertRegex(runs[0], rf"gemmini_16x16, without data +\d+\.\d+ +\d+ +{cycles:,} ")
        self.assertTrue(re.match(r"array_and_memory: 2 of \d+ points take \d+\.\d seconds, ", sweep), sweep)

    def test_says_which_run_failed(self):
        done = measure("-w", ROOT / "no_such_network.yaml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no_such_network.yaml", done.stderr)


if __name__ == "__main__":
    unittest.main()
