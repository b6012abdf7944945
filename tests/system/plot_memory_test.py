#!/usr/bin/env python3
"""scripts/plot_memory.py: what it says of settings that it cannot use. Nothing is drawn: no matplotlib is needed."""

import argparse
import os
import pathlib
import sys
import types
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
matplotlib = types.ModuleType("matplotlib")
matplotlib.use = lambda backend: None
matplotlib.pyplot = None
sys.modules["matplotlib"] = matplotlib
import plot_memory  # noqa: E402 (behind its path, and the module that it imports)
import systole  # noqa: E402


class PlotMemory(unittest.TestCase):

    def assert_refused(self, settings, text):
        options = argparse.Namespace(accelerator=ROOT / "configs" / "gemmini_16x16.yaml", engine="fast", jobs=1, set=settings,
                                     workload=ROOT / "workloads" / "digits_cnn" / "digits_cnn.yaml")
        with self.assertRaises(systole.SystoleError) as caught:
            plot_memory.measure(options)
        self.assertEqual(caught.exception.exit_code, 2)
        self.assertIn(text, str(caught.exception))

    def test_a_key_that_the_plots_vary_is_refused_by_its_name(self):
        self.assert_refused(["dram.model=banked"], "--set dram.model=banked: the plots vary dram.model, expected another key")
        self.assert_refused(["clock_mhz=800", "scratchpad.capacity_kib=64"], "the plots vary scratchpad.capacity_kib")

    def test_what_the_program_refuses_is_told_in_its_words(self):
        self.assert_refused(["accumulators.capacity_kib=abc"], "expected an integer in 1..1048576, found 'abc'")
        self.assert_refused(["scratchpad.organization=split"], "belongs to organization unified")


if __name__ == "__main__":
    os.environ["SYSTOLE"] = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
