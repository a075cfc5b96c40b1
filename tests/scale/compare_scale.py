"""Compares two documents of a large cluster. By hand, at full size, with the limits that are promised:
    python3 -B tests/scale/compare_scale.py build/release/bin/muster build/release/bin/muster_fleet --limits

usage: compare_scale.py MUSTER MUSTER_FLEET [--nodes N] [--limits]
"""
import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS, BYTES = 5, 1 << 30  # what is promised for 5,760 ranks, 60 cases, 5 launches


def measured(*command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    outcome = subprocess.run(command, capture_output=True, text=True)
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return outcome, seconds, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def peak_bytes(muster, *arguments):
    """Of one process: getrusage gives the largest of all children, so a child of our own has only that one."""
    script = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
              "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)")
    return int(subprocess.run([sys.executable, "-c", script, muster, *arguments], capture_output=True, text=True, check=True).stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("muster")
    parser.add_argument("fleet")
    parser.add_argument("--nodes", type=int, default=720)
    parser.add_argument("--limits", action="store_true")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="muster-compare-"))
    try:
        for seed, nodes in (("1", arguments.nodes), ("2", arguments.nodes), ("3", arguments.nodes - 1)):
            subprocess.run([arguments.fleet, folder / seed, "--nodes", str(nodes), "--gemm", "20", "--memory", "20",
                            "--collectives", "19", "--seed", seed], check=True)
        faults = []
        for other, what in (("2", "the same nodes"), ("3", "a node less: figures over the others, from side files")):
            outcome, seconds, cpu = measured(arguments.muster, "compare", folder / "1", folder / other, "--format", "json")
            memory = peak_bytes(arguments.muster, "compare", folder / "1", folder / other)
            comparison = json.loads(outcome.stdout)["comparisons"][0]
            verdicts = [case["verdict"] for case in comparison["cases"]]
            paired = sum("paired" in case for case in comparison["cases"])
            print(f"{arguments.nodes * 8} ranks x {len(verdicts)} cases x 5 launches, {what}: {seconds:.2f} s ({cpu:.2f} s of CPU), "
                  f"{memory / 2**20:.0f} MiB, {paired} cases over common nodes")
            if any(verdict in ("regressed", "improved", "failed", "missing") for verdict in verdicts):
                faults.append(f"{what}: healthy fleets are called different: {verdicts}")
            if paired != (40 if other == "3" else 0):
                faults.append(f"{what}: {paired} cases over common nodes")
            if arguments.limits and (seconds > SECONDS or memory > BYTES):
                faults.append(f"{what}: {seconds:.2f} s (limit {SECONDS}), {memory} bytes (limit {BYTES})")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("\n".join(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
