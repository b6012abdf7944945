#!/usr/bin/env python3
"""A sweep on a Dask scheduler and two workers of this machine, one of which is killed in the middle, gives the bytes of
a local sweep. Skipped (77) where python3-distributed is missing."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SKIPPED = 77
POINTS = 24


def wait_until(claim, what, seconds=40):
    end = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def lines_of(path):
    return path.read_text(encoding="utf-8").count("\n") if path.exists() else 0


def check(executable, folder, processes):
    spec = folder / "spec.yaml"
    spec.write_text(
        f"accelerator: {ROOT}/configs/gemmini_16x16.yaml\n"
        f"workload: {ROOT}/workloads/digits_cnn/digits_cnn.yaml\n"
        "axes:\n"
        f"  - {{key: dram.latency_cycles, range: {{from: 10, to: {10 * (POINTS // 2)}, step: 10}}}}\n"
        "  - {key: dram.bytes_per_cycle, values: [8, 24]}\n",  # 24 is refused: rows with an error
        encoding="utf-8")
    subprocess.run([executable, "sweep", spec, "-o", folder / "local", "-j", "2"], check=True, stdout=subprocess.DEVNULL)

    slow = folder / "slow_systole"  # so that the kill hits a task, on a fast machine too
    slow.write_text(f'#!/bin/sh\nsleep 0.2\nexec "{executable}" "$@"\n', encoding="utf-8")
    slow.chmod(0o755)

    def start(*command):
        process = subprocess.Popen([sys.executable, *map(str, command)], cwd=folder, stdout=subprocess.DEVNULL,
                                   stderr=(folder / "log").open("a"))
        processes.append(process)
        return process

    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    start("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard", "--no-show")
    wait_until(lambda: answers(port), "the scheduler")
    workers = [start("-m", "distributed.cli.dask_worker", address, "--host", "127.0.0.1", "--no-nanny", "--no-dashboard",
                     "--nthreads", 1) for _ in range(2)]
    driver = start("-B", ROOT / "scripts" / "sweep_cluster.py", spec, "-o", folder / "cluster", "--scheduler", address,
                   "--systole", slow, "--chunk", 1)
    wait_until(lambda: lines_of(folder / "cluster" / "chunks.txt") >= 3, "the first tasks")
    assert driver.poll() is None, "the sweep ended before a worker was killed"
    workers[0].send_signal(signal.SIGKILL)
    assert driver.wait(timeout=60) == 0, (folder / "log").read_text(encoding="utf-8")
    assert lines_of(folder / "cluster" / "chunks.txt") == POINTS
    for table in ("points.csv", "pareto.csv"):
        local, cluster = ((folder / name / table).read_bytes() for name in ("local", "cluster"))
        assert local == cluster, f"{table} differs:\n{local.decode()}\n{cluster.decode()}"
        assert len(local.splitlines()) > 1
    check_exit_codes(executable, folder, address)


def check_exit_codes(executable, folder, address):
    """Those of `systole sweep`: 1 where no point could run, 2 for what cannot be read, written or meant."""
    refused = folder / "refused.yaml"
    refused.write_text((folder / "spec.yaml").read_text(encoding="utf-8").replace("values: [8, 24]", "values: [24]"),
                       encoding="utf-8")
    local = subprocess.run([executable, "sweep", refused, "-o", folder / "refused"], check=False, capture_output=True)
    assert local.returncode == 1

    def cluster(*words, at=address):
        done = subprocess.run([sys.executable, "-B", ROOT / "scripts" / "sweep_cluster.py", *words, "--scheduler", at],
                              check=False, capture_output=True, text=True, timeout=60)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stderr

    program = ["--systole", executable]
    assert cluster(refused, "-o", folder / "refused_there", *program)[0] == 1
    nobody = f"tcp://127.0.0.1:{free_port()}"  # mistakes are told without a cluster
    code, text = cluster(folder / "no.yaml", "-o", folder / "a", *program, at=nobody)
    assert code == 2 and "no.yaml: cannot be read" in text, text
    code, text = cluster(refused, "-o", folder / "refused_there", *program, at=nobody)
    assert code == 2 and "a sweep is there" in text, text
    code, text = cluster(refused, "-o", refused / "a", *program)  # no folder
    assert code == 2 and "refused.yaml/a" in text and "[Errno" not in text, text
    assert cluster(refused, "-o", folder / "a", "--chunk", "0", *program)[0] == 2
    code, text = cluster(refused, "-o", folder / "b", "--systole", folder / "no_systole")
    assert code == 2 and "no_systole: cannot be run" in text, text


def main():
    executable = str(pathlib.Path(sys.argv[1]).resolve())
    debian = "/usr/bin/python3"  # where Debian's modules are, whichever Python is first in PATH
    try:
        import distributed  # noqa: F401, PLC0415
    except ImportError:
        if os.path.exists(debian) and os.path.realpath(sys.executable) != os.path.realpath(debian):
            os.execv(debian, [debian, "-B", *sys.argv])
        print("skipped: needs python3-distributed")
        return SKIPPED
    processes = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            check(executable, pathlib.Path(folder), processes)
        finally:
            for process in processes:
                process.kill()
                process.wait()
    print("equal, byte for byte")
    return 0


if __name__ == "__main__":
    sys.exit(main())
