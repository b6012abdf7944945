#!/usr/bin/env python3
"""scripts/systole.py: runs, sweeps, tables and errors, through the built executable."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import systole  # noqa: E402 (behind its path)

GEMMINI = ROOT / "configs" / "gemmini_16x16.yaml"
DIGITS = ROOT / "workloads" / "digits_cnn" / "digits_cnn.yaml"


class PythonDoor(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        self.addCleanup(self._folder.cleanup)

    def test_a_run_gives_its_report(self):
        report = systole.run(GEMMINI, DIGITS, {"array.rows": 32, "energy.zero_gating": True}, engine="fast", images=1)
        self.assertEqual(report["totals"]["check"], "pass")
        self.assertEqual(report["config"]["array"]["rows"], 32)
        self.assertEqual(report["totals"]["cycles"], sum(layer["cycles"] for layer in report["layers"]))

    def test_a_sweep_gives_its_rows_and_its_points_the_cycles_of_a_run(self):
        spec = self.folder / "spec.yaml"
        systole.write_spec(spec, GEMMINI, DIGITS, {"array.rows": [16, 32], "requant.rounding": ["floor", "half_up"]},
                           metrics=["cycles", "area_mm2"])
        self.assertEqual([row["array.rows"] for row in systole.sweep_points(spec)], [16, 16, 32, 32])
        rows = systole.sweep(spec, self.folder / "out", jobs=2)
        self.assertEqual(rows[1]["requant.rounding"], "half_up")
        self.assertIsNone(rows[1]["area_mm2"])  # of which the default table has not all
        self.assertIsNone(rows[1]["error"])
        report = systole.run(GEMMINI, DIGITS, {"array.rows": 32}, data=False, engine="fast")
        self.assertEqual(rows[2]["cycles"], report["totals"]["cycles"])
        self.assertEqual(systole.sweep(spec, self.folder / "out", resume=True), rows)

    def test_files_of_a_spec_are_those_of_the_working_directory(self):
        (self.folder / "t.yaml").write_text("no table\n", encoding="utf-8")
        (self.folder / "here").mkdir()
        (self.folder / "here" / "t.yaml").write_bytes((ROOT / "configs/energy/jouppi_7nm.yaml").read_bytes())
        spec = self.folder / "spec.yaml"
        before = pathlib.Path.cwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.folder / "here")
        systole.write_spec(spec, GEMMINI, DIGITS, [{"zip": [{"key": "energy.table", "values": ["t.yaml"]},
                                                            {"key": "array.rows", "values": [16]}]}])
        os.chdir(before)
        self.assertEqual([row["error"] for row in systole.sweep(spec, self.folder / "out")], [None])

    def test_what_the_program_refuses_is_an_exception_with_its_text(self):
        with self.assertRaisesRegex(systole.SystoleError, "array.rwos: unknown key") as caught:
            systole.run(GEMMINI, DIGITS, {"array.rwos": 32}, data=False)
        self.assertEqual(caught.exception.exit_code, 2)

    def test_a_table_prints_in_columns(self):
        table = self.folder / "t.csv"
        table.write_text('point,key,error\r\n0,8,\r\n10,16,"a, b"\r\n', encoding="utf-8")
        printed = subprocess.run([sys.executable, "-B", ROOT / "scripts" / "systole.py", "table", table], check=True,
                                 capture_output=True, text=True).stdout
        self.assertEqual(printed, "point  key  error\n    0    8\n   10   16   a, b\n")

    def test_a_reader_that_has_enough_ends_a_table(self):
        table = self.folder / "t.csv"
        table.write_text("point,error\n" + "1,\n" * 50000, encoding="utf-8")
        printed = subprocess.Popen([sys.executable, "-B", ROOT / "scripts" / "systole.py", "table", table],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(printed.stdout.readline(), "point  error\n")
        printed.stdout.close()
        with printed.stderr:
            self.assertEqual(printed.stderr.read(), "")
        self.assertEqual(printed.wait(), 0)

    def test_a_table_that_cannot_be_written_is_an_error_in_a_line(self):
        if not pathlib.Path("/dev/full").exists():
            self.skipTest("no /dev/full here")
        table = self.folder / "t.csv"
        table.write_text("point,error\n1,\n", encoding="utf-8")
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([sys.executable, "-B", ROOT / "scripts" / "systole.py", "table", table], check=False,
                                  stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr),
                         (2, "systole.py: cannot write to standard output: No space left on device\n"))

    def test_a_sweep_of_no_jobs_is_refused(self):
        with self.assertRaisesRegex(systole.SystoleError, "--jobs: expected a whole number from 1"):
            systole.sweep(self.folder / "spec.yaml", self.folder / "out", jobs=0)

    def test_names_that_python_takes_for_numbers_stay_names(self):
        table = self.folder / "t.csv"
        table.write_text("layer,cycles,share\r\n1_1,12,1e-05\r\nnan,7,-0.25\r\n007,,\r\n1e5,1,1\r\n", encoding="utf-8")
        self.assertEqual(systole.read_table(table), [{"layer": "1_1", "cycles": 12, "share": 1e-05},
                                                     {"layer": "nan", "cycles": 7, "share": -0.25},
                                                     {"layer": "007", "cycles": None, "share": None},
                                                     {"layer": "1e5", "cycles": 1, "share": 1}])

    def test_what_is_no_table_is_an_error_in_a_line(self):
        broken = self.folder / "t.csv"
        for text, what in ((None, "No such file"),
                           ("a,b\n1,2\n1,2,3\n", "t.csv:3: expected 2 fields, as the header has, found 3"),
                           ("a,b\n1\n", "t.csv:2: expected 2 fields, as the header has, found 1"),
                           ("a,b,a\n1,2,3\n", "t.csv:1: column 'a' stands there twice"),
                           ('a,b\n1,2\n1,"2\n', "t.csv:3: a quote is not closed"),
                           ('a,b\n1,"2\n' + "1,2\n" * 50000, "t.csv:2: a quote is not closed, or a field is too long")):
            if text is not None:
                broken.write_text(text, encoding="utf-8")
            file = self.folder / "no.csv" if text is None else broken
            done = subprocess.run([sys.executable, "-B", ROOT / "scripts" / "systole.py", "table", file], check=False,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)
            self.assertIn(what, done.stderr)
            self.assertNotIn("Traceback", done.stderr)

    def test_a_frame_of_what_is_no_table_is_refused(self):
        broken = self.folder / "t.csv"
        for text, what in (("a,b\n1\n", "t.csv:2: expected 2 fields"), ("a,b,a\n1,2,3\n", "column 'a' stands there twice")):
            broken.write_text(text, encoding="utf-8")
            stands_in = {"pandas": unittest.mock.Mock()}  # which would take it
            with unittest.mock.patch.dict(sys.modules, stands_in), self.assertRaisesRegex(ValueError, what):
                systole.read_frame(broken)

    def test_a_program_that_is_not_there_is_an_error_of_its_name(self):
        os.environ["SYSTOLE"], there = "no/systole", os.environ["SYSTOLE"]
        try:
            with self.assertRaisesRegex(systole.SystoleError, "no/systole: cannot be run: No such file"):
                systole.run(GEMMINI, DIGITS)
        finally:
            os.environ["SYSTOLE"] = there

    def test_a_table_becomes_parquet_where_pandas_can_and_says_what_is_missing_elsewhere(self):
        table, parquet = self.folder / "t.csv", self.folder / "t.parquet"
        table.write_text("point,key,error\r\n0,8,\r\n1,16,\r\n", encoding="utf-8")
        done = subprocess.run([sys.executable, "-B", ROOT / "scripts" / "systole.py", "parquet", table, parquet],
                              check=False, capture_output=True, text=True)
        if done.returncode == 0:
            import pandas  # noqa: PLC0415 (it is there)

            self.assertEqual(list(pandas.read_parquet(parquet)["key"]), [8, 16])
        else:
            self.assertEqual(done.returncode, 2)
            self.assertIn("Parquet needs pandas", done.stderr)
            self.assertFalse(parquet.exists())


if __name__ == "__main__":
    os.environ["SYSTOLE"] = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
