#!/usr/bin/env python3
"""What two outputs of one run say of the same thing is the same, recomputed here from what each of them has.

    outputs_agree_test.py SYSTOLE
"""

import collections
import csv
import itertools
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve()
DIGITS = ROOT / "workloads" / "digits_cnn" / "digits_cnn.yaml"
WINDOW = 1024  # cycles
PART = (150, 1700)  # of a timeline
READ = ("ifmap", "weight", "bias", "requant")

# Groups, and a softmax for the host.
WITH_A_HOST = """\
name: with_a_host
inputs: [{name: x, shape: [1, 12, 12, 8]}]
outputs: [soft]
layers:
  - {name: "grouped, by two", op: conv2d, inputs: [x], kernel: 3, out_channels: 16, groups: 2, weights: {}, bias: {}}
  - {name: flat, op: reshape, inputs: ["grouped, by two"], shape: [1, 1600]}
  - {name: fc, op: fully_connected, inputs: [flat], out_channels: 10, weights: {}, output: {scale: 0.1}}
  - {name: soft, op: softmax, inputs: [fc]}
"""

# Of four bits, four products in each composable PE.
NARROW = """\
name: narrow
inputs: [{name: x, shape: [1, 20, 20, 64], bits: 4}]
outputs: [pool]
layers:
  - {name: conv, op: conv2d, inputs: [x], kernel: 3, out_channels: 64, weights: {bits: 4}, output: {bits: 4}}
  - {name: pool, op: max_pool2d, inputs: [conv], kernel: 2, stride: 2}
"""

RUNS = [  # accelerator, network, options, settings
    ("tiny_4x4", DIGITS, ["--images", "2"], {"dram.write_bytes_per_cycle": 2}),
    ("gemmini_16x16", DIGITS, ["--images", "1"], {"dram.model": "banked", "clock_mhz": 700, "compiler.fusion": "keep"}),
    ("gemmini_16x16", DIGITS, ["--no-data"], {"dram.model": "banked", "dram.preset": "hbm2", "energy.table":
                                              ROOT / "configs" / "energy" / "eyeriss_normalized.yaml"}),
    ("edge_32x32", DIGITS, ["--no-data"], {"vector.mac_lanes": 8, "compiler.depthwise": "vector", "energy.table":
                                           ROOT / "configs" / "energy" / "cacti_45nm_lop.yaml",
                                           "scratchpad.weight.capacity_kib": 512}),
    ("gemmini_16x16", WITH_A_HOST, ["--no-data"], {"array.dataflow": "output_stationary"}),
    ("gemmini_16x16", NARROW, ["--random-data", "1"], {"array.pe": "composable", "dram.bytes_per_cycle": 1}),
]


def ratio(part, whole):
    return part / whole if whole else 0


class Outputs:
    """Of one run, read back."""

    def __init__(self, folder, accelerator, network, options, settings):
        if isinstance(network, str):
            (folder / "network.yaml").write_text(network)
            network = folder / "network.yaml"
        self.banked = settings.get("dram.model") == "banked"
        outputs = {"--json": "report", "--html": "page", "--csv": "tables", "--scalesim": "scalesim", "--bandwidth-csv": "windows",
                   "--timeline": "timeline", "--dram-trace": "requests", **({"--dram-commands": "commands"} if self.banked else {})}
        command = [SYSTOLE, "run", "-a", ROOT / "configs" / f"{accelerator}.yaml", "-w", network, "--engine", "fast", "--quiet",
                   *options, *(word for key, value in settings.items() for word in ("--set", f"{key}={value}"))]
        subprocess.run([*command, *(word for option, name in outputs.items() for word in (option, folder / name))], check=True)
        subprocess.run([*command, "--timeline", folder / "part", "--timeline-cycles", f"{PART[0]}:{PART[1]}"], check=True)
        self.report = json.loads((folder / "report").read_text())
        self.page = (folder / "page").read_text(encoding="utf-8")
        self.tables = {table: self.rows(folder / "tables" / f"{table}.csv") for table in ("layers", "memories", "energy")}
        self.scalesim = [[cell.strip() for cell in line.split(",")][:-1]
                         for line in (folder / "scalesim" / "COMPUTE_REPORT.csv").read_text().splitlines()[1:]]
        self.windows = collections.defaultdict(list)
        for row in self.rows(folder / "windows"):
            self.windows[row["layer"]].append(row)
        self.events, self.part = (json.loads((folder / name).read_text())["traceEvents"] for name in ("timeline", "part"))
        self.requests = (folder / "requests").read_text().splitlines()
        self.commands = (folder / "commands").read_text().splitlines() if self.banked else []

    @staticmethod
    def rows(path):
        with open(path, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file, strict=True))


class OutputsAgree(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.runs = []
        for run in RUNS:
            with tempfile.TemporaryDirectory() as folder:
                cls.runs.append(Outputs(pathlib.Path(folder), *run))

    def each_layer(self):
        for run in self.runs:
            for layer in run.report["layers"]:
                with self.subTest(run.report["accelerator"], layer=layer["name"]):
                    yield run, layer

    def assert_near(self, a, b):
        self.assertTrue(math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12), f"{a} beside {b}")

    def test_totals_are_the_sums_of_the_layers(self):
        for run in self.runs:
            totals, layers = run.report["totals"], run.report["layers"]
            for key in ("cycles", "compute_cycles", "macs", "dram_read_bytes", "dram_write_bytes", "compulsory_read_bytes",
                        "compulsory_write_bytes", "host_read_bytes", "host_write_bytes"):
                self.assertEqual(totals[key], sum(layer[key] for layer in layers), key)
            for event, count in totals["events"].items():
                self.assertEqual(count, None if count is None else sum(layer["events"][event] for layer in layers), event)
            off = [layer for layer in layers if layer["where"] != "array"]
            moved = [sum(layer[f"{who}_{way}_bytes"] for layer in off) for who, way in
                     (("dram", "read"), ("dram", "write"), ("host", "read"), ("host", "write"))]
            self.assertEqual(totals["off_array"]["bytes"], sum(moved))
            self.assertEqual(totals["off_array"]["macs"], sum(layer["macs"] for layer in off))
            for component, pj in totals["energy_by_component_pj"].items():
                self.assert_near(pj, sum(layer["energy_pj"][component] for layer in layers))

    def test_ledgers_close_and_stalls_are_their_waits(self):
        for _, layer in self.each_layer():
            waits = collections.defaultdict(dict)
            for unit, causes in layer["ledger"].items():
                self.assertEqual(sum(causes.values()), layer["cycles"], unit)
                for cause, cycles in causes.items():
                    if cause.startswith("wait_") and unit != "dram":
                        waits[cause][unit] = cycles
            self.assertEqual(layer["bandwidth"]["stall_cycles"], waits)
            lost = [cycles for memory in layer["bandwidth"]["bank_conflicts"].values() for of in memory.values()
                    for cycles in of.values()]
            self.assertEqual(sum(lost), layer["events"]["bank_conflicts"])

    def test_rates_and_roofs_follow_from_the_counts(self):
        for run, layer in self.each_layer():
            config, events, bandwidth = run.report["config"], layer["events"], layer["bandwidth"]
            pes = config["array"]["rows"] * config["array"]["cols"] * layer["products_per_pe"]
            macs = layer["macs"] if layer["where"] == "array" else 0
            read, written = layer["dram_read_bytes"], layer["dram_write_bytes"]
            self.assert_near(layer["utilization"], ratio(macs, layer["cycles"] * pes))
            self.assert_near(bandwidth["average_bytes_per_cycle"], ratio(read + written, layer["cycles"]))
            self.assert_near(bandwidth["average_gb_per_s"], bandwidth["average_bytes_per_cycle"] * config["clock_mhz"] / 1000)
            self.assertEqual(bandwidth["over_fetch_bytes"],
                             read - sum(bandwidth["operands"][operand]["read_bytes"] for operand in READ))
            dram = config["dram"]
            each_way = {"read": dram["bytes_per_cycle"], "write": dram.get("write_bytes_per_cycle") or dram["bytes_per_cycle"]}
            roofs = {"dram_read": read / each_way["read"], "dram_write": written / each_way["write"],
                     "requant": events["requant_shift"] / config["requant"]["lanes"]}
            if layer["where"] == "array":
                roofs["array"] = macs / pes
            if events["vector_mac"]:
                roofs["vector"] = events["vector_mac"] / config["vector"]["mac_lanes"]
            for name, cycles in roofs.items():
                self.assert_near(bandwidth["roofline"]["roof_cycles"][name], cycles)
                self.assertLessEqual(cycles, layer["cycles"])
            self.assert_near(bandwidth["roofline"]["times_limit"],
                             ratio(layer["cycles"], max(bandwidth["roofline"]["roof_cycles"].values())))
            for memory, event in (("scratchpad", "scratchpad"), ("weight_scratchpad", "weight_scratchpad"),
                                  ("accumulators", "accumulator")):
                ports = bandwidth["local"].get(memory, {})
                self.assertEqual(8 * ports.get("read_bytes", 0), events[f"{event}_read_bits"])
                self.assertEqual(8 * ports.get("written_bytes", 0), events[f"{event}_write_bits"])

    def test_windows_hold_the_bytes_and_the_peak(self):
        for run, layer in self.each_layer():
            rows, bandwidth = run.windows[layer["name"]], layer["bandwidth"]
            self.assertEqual([int(row["cycles [cycle]"]) for row in rows],
                             [min(WINDOW, layer["cycles"] - first) for first in range(0, layer["cycles"], WINDOW)])
            moved = {way: [int(row[f"{way} [byte]"]) for row in rows] for way in ("read", "written")}
            self.assertEqual(sum(moved["read"]), layer["dram_read_bytes"])
            self.assertEqual(sum(moved["written"]), layer["dram_write_bytes"])
            busiest = max(map(sum, zip(*moved.values())), default=0)
            self.assert_near(bandwidth["peak_bytes_per_cycle"],
                             max(bandwidth["average_bytes_per_cycle"], ratio(busiest, min(WINDOW, layer["cycles"]))))
            together = bandwidth["over_time"]["window_cycles"] // WINDOW
            for way, windows in moved.items():
                points = bandwidth["over_time"][f"{way}_bytes"]
                sums = [sum(windows[first:first + together]) for first in range(0, len(windows), together)]
                self.assertLessEqual(len(points), 64)
                self.assertEqual(points + [0] * (len(sums) - len(points)), sums)

    def test_tables_are_the_reports(self):
        for run in self.runs:
            layers, unit = run.report["layers"], run.report["units"]["pj"]
            self.assertEqual([row["layer"] for row in run.tables["layers"]], [layer["name"] for layer in layers])
            for row, layer in zip(run.tables["layers"], layers):
                for column, value in (("cycles [cycle]", layer["cycles"]), ("utilization [1]", layer["utilization"]),
                                      ("dram_read [byte]", layer["dram_read_bytes"]), (f"energy [{unit}]", layer["energy_total_pj"]),
                                      (f"energy_high [{unit}]", layer["energy_high_pj"])):
                    self.assertEqual(float(row[column]), value, column)
            parts = [(layer["name"], component, pj, ratio(pj, layer["energy_total_pj"]))
                     for layer in layers for component, pj in layer["energy_pj"].items()]
            self.assertEqual([(row["layer"], row["component"], float(row[f"energy [{unit}]"]), float(row["share [1]"]))
                              for row in run.tables["energy"]], parts)
            for row in run.tables["memories"]:
                layer = next(layer for layer in layers if layer["name"] == row["layer"])
                scratchpad = run.report["config"]["scratchpad"]
                memory = {"accumulators": run.report["config"]["accumulators"], "dram": {"capacity_kib": "", "banks": ""},
                          "scratchpad": scratchpad.get("activation", scratchpad), "weight_scratchpad": scratchpad.get("weight")}
                self.assertEqual((row["capacity [KiB]"], row["banks"]),
                                 tuple(str(memory[row["memory"]][key]) for key in ("capacity_kib", "banks")))
                self.assertEqual(float(row[f"energy [{unit}]"]), layer["energy_pj"][row["memory"]])
                event = {"dram": "dram_fetched_bytes", "accumulators": "accumulator_read_bits"}.get(row["memory"],
                                                                                                   f"{row['memory']}_read_bits")
                self.assertEqual(int(row["read [bit]"]), layer["events"][event] * (8 if row["memory"] == "dram" else 1))
            waits = [f"wait_{what}" for what in ("weights", "activations", "dram", "bank", "accumulator", "requant")]
            self.assertEqual([tuple(map(int, row[1:4])) for row in run.scalesim],
                             [(layer["cycles"], layer["compute_cycles"], sum(layer["ledger"]["array"].get(wait, 0) for wait in waits))
                              for layer in layers if layer["events"]["mac"]])
            data = re.search(r'<script type="application/json" id="systole-data">(.*?)</script>', run.page, re.DOTALL)
            self.assertEqual(json.loads(data[1])[0]["report"], run.report)

    def test_the_timeline_moves_the_bytes_in_the_layers_cycles(self):
        for run in self.runs:
            timed = [layer for layer in run.report["layers"] if layer["cycles"]] * run.report["inferences"]
            slices = [event for event in run.events if event["ph"] == "X"]
            kept = {tensor["layer"] for tensor in run.report["kept"]}
            layers = [event for event in slices if event["tid"] == 0]
            self.assertEqual([(event["name"], event["dur"]) for event in layers],
                             [(layer["name"], layer["cycles"]) for layer in timed])
            for event, layer in zip(layers, timed):
                end = event["ts"] + event["dur"]
                moved = collections.Counter()
                for command in slices:
                    if command["tid"] != 0 and event["ts"] <= command["ts"] < end:
                        self.assertEqual(command["args"]["layer"], layer["name"])
                        self.assertLessEqual(command["ts"] + command["dur"], end)
                        moved[command["name"]] += command["args"].get("bytes", 0)
                        if command["name"] == "store":
                            moved["store"] += command["args"]["elements"] * layer["ofmap_bits"] // 8
                if layer["name"] not in kept:  # in the scratchpad
                    self.assertEqual(moved["store"], layer["dram_write_bytes"])
                for operand in READ:
                    self.assertEqual(moved[f"load {operand}"], layer["events"][f"dram_read_{operand}_bytes"], operand)
            rates = [(event["ts"], event["args"]) for event in run.events if event["name"] == "DRAM, bytes per cycle"]
            for way, key in (("read", "dram_read_bytes"), ("written", "dram_write_bytes")):
                area = sum(args[way] * (until - since) for (since, args), (until, _) in zip(rates, rates[1:]))
                self.assertAlmostEqual(area, sum(layer[key] for layer in timed), delta=1e-4 * rates[-1][0])

    def test_the_timelines_station_holds_its_commands(self):
        for run in self.runs:
            unit = {event["tid"]: event["args"]["name"].split()[0] for event in run.events if event["name"] == "thread_name"}
            held = [(unit[event["tid"]], event["ts"] - event["args"]["cycles_in_station"], event["ts"], event["ts"] + event["dur"])
                    for event in run.events if event["ph"] == "X" and event["tid"] != 0]
            tracks = collections.Counter(unit.values())
            for name in {name for name, *_ in held}:
                changes = sorted(change for of, _, since, end in held if of == name for change in ((since, 1), (end, -1)))
                self.assertEqual(tracks[name], max(itertools.accumulate(by for _, by in changes)), "no more than overlap")
            for events, (first, end) in ((run.events, (0, math.inf)), (run.part, PART)):
                counts = [(event["ts"], event["args"]) for event in events if event["name"] == "commands in the station"]
                for name in ("load", "array", "vector", "store"):
                    area = sum(args[name] * (until - since) for (since, args), (until, _) in zip(counts, counts[1:]))
                    cycles = sum(max(0, min(until, end) - max(since, first)) for of, since, _, until in held if of == name)
                    self.assertAlmostEqual(area, cycles, delta=1e-4 * counts[-1][0])

    def test_a_sweeps_metrics_are_the_reports(self):
        with tempfile.TemporaryDirectory() as folder:
            spec, report = pathlib.Path(folder) / "spec.yaml", pathlib.Path(folder) / "report"
            accelerator = ROOT / "configs" / "gemmini_16x16.yaml"
            settings = {"array.accumulator_bits": 16, "energy.table": str(ROOT / "configs" / "energy" / "cacti_45nm_hp.yaml")}
            spec.write_text(json.dumps({
                "accelerator": str(accelerator), "workload": str(DIGITS), "data": "workload", "images": 5,
                "axes": [{"key": key, "values": [value]} for key, value in settings.items()],
                "metrics": ["cycles", "time_s", "macs", "utilization", "dram_read_bytes", "dram_write_bytes", "dram_bytes",
                            "bytes_per_cycle", "peak_bytes_per_cycle", "energy_pj", "pj_per_mac", "energy_delay_js", "tops",
                            "tops_per_watt", "area_mm2", "tops_per_mm2", "accuracy", "psum_overflows"]}))
            subprocess.run([SYSTOLE, "sweep", spec, "-o", pathlib.Path(folder) / "sweep"], check=True, capture_output=True)
            (point,) = Outputs.rows(pathlib.Path(folder) / "sweep" / "points.csv")
            words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
            subprocess.run([SYSTOLE, "run", "-a", accelerator, "-w", DIGITS, "--images", "5", "--engine", "fast", "--quiet", "--json",
                            report, *words], check=True)
            run = json.loads(report.read_text())
        totals, area, accuracy = run["totals"], run["area"], run["accuracy"]
        seconds = totals["cycles"] / (run["clock_mhz"] * 1e6)
        expected = {
            **{key: totals[key] for key in ("cycles", "macs", "utilization", "dram_read_bytes", "dram_write_bytes", "energy_pj",
                                            "energy_delay_js", "tops_per_watt")},
            "time_s": seconds, "dram_bytes": totals["dram_read_bytes"] + totals["dram_write_bytes"],
            "bytes_per_cycle": totals["bandwidth"]["average_bytes_per_cycle"],
            "peak_bytes_per_cycle": totals["bandwidth"]["peak_bytes_per_cycle"], "pj_per_mac": totals["energy_per_mac_pj"],
            "tops": 2e-12 * totals["macs"] / seconds, "area_mm2": area["total_um2"] / 1e6,
            "tops_per_mm2": area["achieved_tops_per_mm2"], "accuracy": accuracy["accuracy"],
            "psum_overflows": accuracy["psum_overflows"] / accuracy["images"]}
        self.assertGreater(expected["psum_overflows"], 0)
        self.assertEqual(set(point) - {"point", "error", *settings}, set(expected))
        for metric, value in expected.items():
            self.assertTrue(math.isclose(float(point[metric]), value, rel_tol=1e-12), f"{metric}: {point[metric]} beside {value}")

    def test_what_the_dram_is_asked_and_does_is_counted(self):
        for run in self.runs:
            timed = run.report["layers"] * run.report["inferences"]
            asked, of = [], None
            for line in run.requests:
                if line.startswith("#"):
                    of = collections.Counter()
                    asked.append((line, of))
                else:
                    of[line.split()[1]] += 1
            self.assertEqual([line for line, _ in asked], [f"# layer {layer['name']}" for layer in timed])
            hbm2 = run.report["config"]["dram"].get("preset") == "hbm2"  # two accesses for each request
            what = "accesses" if run.banked else "bursts"
            if run.report["config"]["dma"]["max_burst_bytes"] <= 64 or run.banked:
                self.assertEqual([((2 if hbm2 else 1) * of["R"], (2 if hbm2 else 1) * of["W"]) for _, of in asked],
                                 [(layer["events"][f"dram_read_{what}"], layer["events"][f"dram_write_{what}"]) for layer in timed])
            done = collections.Counter(line.split()[1] for line in run.commands)
            events = run.report["totals"]["events"]
            for command, event in (("R", "dram_read_accesses"), ("W", "dram_write_accesses"), ("A", "dram_activates")):
                self.assertEqual(done[command], run.report["inferences"] * events[event])


if __name__ == "__main__":
    unittest.main()
