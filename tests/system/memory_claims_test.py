#!/usr/bin/env python3
"""What a memory system must do to a real network (SqueezeNet): DRAM bytes fall as the memories grow, to
each operand once; cycles fall as bandwidth grows, to the array's; latency matters when few requests
are in flight.

    memory_claims_test.py SYSTOLE
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve()


def report(**settings):
    """Of a run with these settings; `__` in their names stands for a dot."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "report.json"
        command = [SYSTOLE, "run", "-a", "configs/gemmini_16x16.yaml", "-w", "workloads/shapes/squeezenet_1_0.yaml",
                   "--no-data", "--engine", "fast", "--quiet", "--json", file]
        for key, value in settings.items():
            command += ["--set", f"{key.replace('__', '.')}={value}"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return json.loads(file.read_text())


def moved(layers, operands):
    """Wanted DRAM bytes of these operands, and as many when each moves once."""
    used = [layer["bandwidth"]["operands"][name] for layer in layers for name in operands]
    return (sum(each.get("read_bytes", 0) + each.get("written_bytes", 0) for each in used),
            sum(each["compulsory_bytes"] for each in used))


class MemoryClaims(unittest.TestCase):

    def assert_falls(self, series):
        for (size, before), (larger, after) in zip(series, series[1:]):
            self.assertLessEqual(after, before, f"{larger} beside {size}")
        self.assertLess(series[-1][1], series[0][1])

    def test_dram_bytes_fall_to_each_operand_once_as_the_memories_grow(self):
        bytes_of = []
        for kib in (64, 128, 512, 4096):
            layers = report(compiler__objective="traffic", scratchpad__capacity_kib=kib,
                            accumulators__capacity_kib=kib)["layers"]
            wanted, once = moved(layers, ("ifmap", "weight", "ofmap"))
            self.assertGreaterEqual(wanted, once)
            bytes_of.append((kib, wanted))
        self.assert_falls(bytes_of)
        self.assertEqual(wanted, once)  # all fits

    def test_cycles_fall_to_those_of_the_array_as_bandwidth_grows(self):
        cycles = []
        for each_way in (2, 4, 8, 16, 32, 64):
            totals = report(dma__bus_bytes=each_way, dram__bytes_per_cycle=each_way)["totals"]
            self.assertGreater(totals["cycles"], totals["compute_cycles"])
            cycles.append((each_way, totals["cycles"]))
        self.assert_falls(cycles)
        self.assertGreater(cycles[0][1], 1.25 * cycles[-1][1])  # starved
        self.assertLess(cycles[-1][1], 1.12 * totals["compute_cycles"])  # pooling takes the rest

    def test_latency_matters_when_few_requests_are_in_flight(self):
        slowdown = []
        for requests in (1, 4, 16, 64):
            near, far = (report(dma__max_outstanding_reads=requests, dma__max_outstanding_writes=requests,
                                dram__latency_cycles=latency)["totals"]["cycles"] for latency in (20, 150))
            self.assertGreaterEqual(far, near)
            slowdown.append((requests, far / near))
        self.assert_falls(slowdown)
        self.assertGreater(slowdown[0][1], 3)
        self.assertLess(slowdown[-1][1], 1.05)


if __name__ == "__main__":
    unittest.main()
