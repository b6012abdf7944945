#!/usr/bin/env python3
"""The Slurm job of sim/sweep/README.md, word for word: its tasks, one of them twice, then the tables."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TASKS = 64

SPEC = f"""
accelerator: {ROOT}/configs/gemmini_16x16.yaml
workload: {ROOT}/workloads/digits_cnn/digits_cnn.yaml
axes:
  - {{key: array.cols, values: [8, 16, 32]}}
  - {{key: dram.bytes_per_cycle, values: [4, 8, 16, 24]}}
"""


def main(program):
    readme = (ROOT / "sim" / "sweep" / "README.md").read_text(encoding="utf-8")
    job = re.search(r"```sh\n(#!/bin/sh.*?)```", readme, re.DOTALL).group(1)
    assert f"--array=0-{TASKS - 1}" in job
    once = re.search(r"then, once: `(.*?)`", readme, re.DOTALL).group(1)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "spec.yaml").write_text(SPEC, encoding="utf-8")
        (folder / "job.sh").write_text(job, encoding="utf-8")
        environment = {**os.environ, "PATH": f"{pathlib.Path(program).resolve().parent}:{os.environ['PATH']}"}

        def run(command, **more):
            done = subprocess.run(command, cwd=folder, env={**environment, **more}, check=False, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert done.returncode == 0, done.stdout
            return done.stdout

        for task in [*range(TASKS), 7]:  # a task that is queued again finds what it had finished
            run(["sh", "job.sh"], SLURM_ARRAY_TASK_ID=str(task))
        said = run(["sh", "-c", once])
        assert "12 points, 0 of them run now, 6 failed" in said, said
        run(["systole", "sweep", "spec.yaml", "-o", "local"])
        for table in ["points.csv", "pareto.csv"]:
            assert (folder / "all" / table).read_bytes() == (folder / "local" / table).read_bytes(), table
    print("the tables of the array job are those of the local sweep")


if __name__ == "__main__":
    main(sys.argv[1])
