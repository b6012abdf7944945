#!/usr/bin/env python3
"""The figures that README.md prints are those of the runs that it names.

    readme_figures_test.py SYSTOLE
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve()
README = (ROOT / "README.md").read_text(encoding="utf-8")
DIGITS = "workloads/digits_cnn/digits_cnn.yaml"
MIB = 1 << 20


def json_of(*command):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "report.json"
        subprocess.run([SYSTOLE, *command, "--json", file], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return json.loads(file.read_text())


def report(network, *settings):
    """Of gemmini_16x16, by the fast engine: digits_cnn with one image, networks of shapes without data."""
    words = [word for setting in settings for word in ("--set", setting)]
    given = ["-w", DIGITS, "--images", "1"] if network == DIGITS else ["-w", f"workloads/shapes/{network}.yaml", "--no-data"]
    return json_of("run", "-a", "configs/gemmini_16x16.yaml", *given, "--engine", "fast", "--quiet", *words)


def totals(network, *settings):
    return report(network, *settings)["totals"]


def cycles(network, *settings):
    return f"{totals(network, *settings)['cycles']:,}"


def bytes_of(part):
    return part["dram_read_bytes"] + part["dram_write_bytes"]


class ReadmeFigures(unittest.TestCase):
    def expect(self, line):
        self.assertIn(line, README)

    def test_energy_by_table(self):
        with tempfile.TemporaryDirectory() as folder:
            run = pathlib.Path(folder) / "run.json"
            run.write_text(json.dumps(report(DIGITS)))
            for table in ("horowitz_45nm", "cacti_45nm_hp", "cacti_45nm_lop", "cacti_45nm_lstp", "bitfusion_45nm_pe", "eyeriss_65nm",
                          "jouppi_7nm"):
                t = json_of("energy", run, "--table", f"configs/energy/{table}.yaml")["totals"]
                part = t["energy_by_component_pj"]
                array, local = (round(sum(part[name] for name in names) / 1e3) for names in (
                    ("array_multiply", "array_add", "array_registers"), ("scratchpad", "accumulators")))
                middle, low, high = (t[key] / 1e6 for key in ("energy_pj", "energy_low_pj", "energy_high_pj"))
                self.expect(f"| `{table}` | {middle:.2f} ({low:.2f} to {high:.2f}) | {t['energy_per_mac_pj']:.1f} | {array} | {local} | "
                            f"{part['dram'] / 1e3:.0f} |")

    def test_number_formats(self):
        for name, number_format, of_a_mac in (("`int` (8 bits)", "int", 0.3), ("`fp16`, `bf16`", "fp16", 2.0),
                                              ("`fp16`, `bf16`", "bf16", 2.0), ("`fp32`", "fp32", 4.6)):
            t = totals("resnet18", f"array.number_format={number_format}")
            self.expect(f"| {name} | {t['cycles']:,} | {t['dram_read_bytes'] / MIB:.2f} | {t['dram_write_bytes'] / MIB:.2f} | "
                        f"{of_a_mac} | {t['energy_pj'] / 1e9:.2f} |")

    def test_memories(self):
        for name, *settings in (("`ddr3_2133`, two channels", "ddr3_2133"), ("`ddr4_2400`", "ddr4_2400"),
                                ("`ddr4_2400`, `dram.path_latency_cycles=40`", "ddr4_2400", "dram.path_latency_cycles=40"),
                                ("`lpddr4_3200`", "lpddr4_3200"), ("`hbm2`", "hbm2")):
            run = report(DIGITS, "dram.model=banked", f"dram.preset={settings[0]}", *settings[1:])
            banks = [layer["bandwidth"]["banks"] for layer in run["layers"]]
            events = run["totals"]["events"]
            hits = events["dram_row_hits"] / (events["dram_read_accesses"] + events["dram_write_accesses"])
            self.expect(f"| {name} | {run['totals']['cycles']:,} | {bytes_of(run['totals']) / 1024:.1f} | "
                        f"{sum(bank['device_bytes'] for bank in banks) / 1024:.1f} | {100 * hits:.0f} % | "
                        f"{sum(bank['energy_pj']['total'] for bank in banks) / 1e6:.1f} |")

    def test_candidates(self):
        def row(name, network, *settings):
            every = [cycles(network, *settings, f"compiler.candidates={count}") for count in (1, 4, 8)]
            self.expect(f"| {name} | {' | '.join(every)} |")

        row("ResNet-18, scratchpad of 32 KiB", "resnet18", "scratchpad.capacity_kib=32")
        row("ResNet-18, 64 KiB", "resnet18", "scratchpad.capacity_kib=64")
        row("ResNet-18, 256 KiB", "resnet18")
        row("ResNet-50", "resnet50")
        row("GoogLeNet", "googlenet")
        row("BERT-base", "bert_base")

    def test_what_stays_in_the_scratchpad(self):
        keep, traffic, large = "compiler.fusion=keep", "compiler.objective=traffic", "scratchpad.capacity_kib=2048"
        for name, *settings in (("as it is",), ("`compiler.fusion=keep`", keep),
                                ("`compiler.fusion=keep`, `compiler.objective=traffic`", keep, traffic),
                                ("`scratchpad.capacity_kib=2048`", large), ("the same, `compiler.fusion=keep`", large, keep),
                                ("the same, `scratchpad.ports=dual`", large, keep, "scratchpad.ports=dual")):
            t = totals("resnet18", *settings)
            self.expect(f"| {name} | {t['cycles']:,} | {t['dram_read_bytes'] / MIB:.2f} | {t['dram_write_bytes'] / MIB:.2f} |")

    def test_depthwise_layers(self):
        column = "compiler.depthwise=column"
        for slots, *settings in ((256,), (256, column), (256, column, "array.gather_rows=9"),
                                 (16, "compiler.depthwise=vector", "vector.mac_lanes=16")):
            run = report("mobilenet_v1", *settings)
            layers = [layer for layer in run["layers"] if layer["op"] == "depthwise_conv2d"]
            taken = sum(layer["cycles"] for layer in layers)
            useful = sum(layer["macs"] for layer in layers) / (taken * slots)
            self.expect(f" | {taken:,} | {100 * useful:.1f} % | {sum(map(bytes_of, layers)) / 1e6:.1f} MB | "
                        f"{sum(layer['energy_total_pj'] for layer in layers) / 1e6:,.0f} uJ | {run['totals']['cycles']:,} |")

    def test_first_layers_of_few_channels(self):
        packed, plain = (report("resnet50", f"compiler.pack_taps={value}") for value in ("true", "false"))
        (fast, slow) = (run["layers"][0] for run in (packed, plain))
        text = " ".join(README.split())
        self.assertIn(f"ResNet-50's conv1: {fast['cycles']:,} cycles in place of {slow['cycles']:,}, {100 * fast['utilization']:.1f} % "
                      f"of the array in place of {100 * slow['utilization']:.1f} %; the whole network "
                      f"{packed['totals']['cycles']:,} in place of {plain['totals']['cycles']:,}, for "
                      f"{100 * (bytes_of(packed['totals']) / bytes_of(plain['totals']) - 1):.2f} % more bytes", text)


if __name__ == "__main__":
    unittest.main()
