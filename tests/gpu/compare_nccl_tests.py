#!/usr/bin/env python3
"""Holds muster's collectives against nccl-tests' on the same GPUs at equal settings: the same sizes, fp32, sum, out of
place, pipelined, one process a GPU. Short runs of both take turns (ABBA...); for each operation and size the ratio of the
medians of bus bandwidth is printed.

Exit codes: 0 all ratios at sizes of 1 MiB and more reach the limit, 1 one does not, 2 usage, 6 a run failed or was not
verified.

usage: compare_nccl_tests.py --nccl-tests FOLDER [--muster PROGRAM] [--ranks N] [--oversubscribe] [--rounds N]
                             [--limit 0.98] [--operations all_reduce,all_gather,...] [--sizes BYTES,...] [--json FILE]

FOLDER holds all_reduce_perf and the others, built with MPI=1; it is not part of muster. With --oversubscribe ranks share a
GPU, nccl-tests gets the environment that lets them (NCCL up to 2.29), and only verification and formulas are compared: such
times mean nothing. In every run the formulas are checked as well: nccl-tests' printed bus bandwidth must be muster's
factor times size over nccl-tests' own printed time.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAMS = {"all_reduce": "all_reduce_perf", "all_gather": "all_gather_perf", "reduce_scatter": "reduce_scatter_perf",
            "broadcast": "broadcast_perf", "reduce": "reduce_perf", "all_to_all": "alltoall_perf", "gather": "gather_perf",
            "scatter": "scatter_perf", "send_recv": "sendrecv_perf"}
SIZES = [1 << 10, 1 << 16, 1 << 20, 1 << 24, 1 << 28, 1 << 30]

SUITE = """
name = "compare"
launches = 1
sampling = "300ms"
[[case]]
workload = "collective/{operation}"
params.bytes = [{sizes}]
"""


class RunFailed(Exception):
    pass


def factor(operation, ranks):
    if operation == "all_reduce":
        return 2 * (ranks - 1) / ranks
    return 1 if operation in ("broadcast", "reduce", "send_recv") else (ranks - 1) / ranks


def parse(text):
    """{size: (microseconds, algorithm GB/s, bus GB/s, wrong)}, out of place, from nccl-tests' table."""
    rows = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) < 11 or not words[0].isdigit():
            continue
        # size count type redop [root], then time algbw busbw wrong of both placements
        time, algorithm, bus, wrong = words[-8:-4]
        rows[int(words[0])] = (float(time), float(algorithm), float(bus), wrong)
    return rows


def nccl_tests(folder, operation, sizes, ranks, shared):
    """One run of nccl-tests a size, so that buffers are of the size that is measured, as muster's are."""
    rows = {}
    for size in sizes:
        environment, words = dict(os.environ), ["mpirun", "--bind-to", "none"]
        if os.geteuid() == 0:
            words.append("--allow-run-as-root")
        if shared:
            words.append("--oversubscribe")
            environment.update(NCCL_P2P_DISABLE="1", NCCL_SHM_DISABLE="1", NCCL_NET="Socket", NCCL_SOCKET_IFNAME="lo",
                               NCCL_NVLS_ENABLE="0", NCCL_IB_DISABLE="1", NCCL_TESTS_DEVICE="0")
        for rank in range(ranks):
            words += [":"] if rank else []
            words += ["-np", "1"]
            words += ["-x", f"NCCL_HOSTID=rank{rank}"] if shared else []
            words += [str(Path(folder) / PROGRAMS[operation]), "-b", str(size), "-e", str(size), "-g", "1", "-n", "20", "-w", "5"]
        done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=600)
        if done.returncode:
            raise RunFailed(f"{PROGRAMS[operation]} ended with {done.returncode}: {(done.stderr + done.stdout).strip()[-600:]}")
        rows.update(parse(done.stdout))
    return rows


def muster(program, operation, sizes, ranks, shared):
    """{size: bus B/s} of one run; every case must be verified."""
    with tempfile.TemporaryDirectory(prefix="muster-compare-") as folder:
        suite = Path(folder) / "compare.toml"
        suite.write_text(SUITE.format(operation=operation, sizes=", ".join(map(str, sizes))))
        words = [program, "run", str(suite), "--backend", "cuda", "--ranks", str(ranks), "-o", f"{folder}/run"]
        done = subprocess.run(words + (["--oversubscribe"] if shared else []), capture_output=True, text=True)
        result = Path(folder) / "run" / "result.json"
        if not result.is_file():
            raise RunFailed(f"muster left no result (exit code {done.returncode}): {done.stderr.strip()[-500:]}")
        rates = {}
        for case in json.loads(result.read_text())["cases"]:
            if case["status"] != "ok" or case["verification"]["status"] != "pass":
                raise RunFailed(f"{case['name']} ended with status {case['status']}: {case.get('message', '')}")
            rates[case["params"]["bytes"]] = case["launches"][0]["median"]
    return rates


def check_formula(operation, ranks, row_size, row):
    """The printed figures are rounded to hundredths, and so is the time."""
    time, _, bus, wrong = row
    mine = factor(operation, ranks) * row_size / time * 1e-3
    if abs(mine - bus) > 0.005 + mine * 0.06 / time:
        raise RunFailed(f"{operation} of {row_size} B: nccl-tests prints {bus} GB/s, its time gives {mine:.4f}")
    if wrong not in ("0", "N/A"):
        raise RunFailed(f"{operation} of {row_size} B: nccl-tests finds {wrong} wrong elements")


def compare(arguments, operation):
    sizes = arguments.sizes
    ours, theirs = {size: [] for size in sizes}, {size: [] for size in sizes}
    for turn in range(arguments.rounds):
        for mine in ((True, False) if turn % 2 == 0 else (False, True)):
            if mine:
                for size, rate in muster(arguments.muster, operation, sizes, arguments.ranks, arguments.oversubscribe).items():
                    ours[size].append(rate)
                continue
            for size, row in nccl_tests(arguments.nccl_tests, operation, sizes, arguments.ranks, arguments.oversubscribe).items():
                check_formula(operation, arguments.ranks, size, row)
                if size in theirs:
                    theirs[size].append(factor(operation, arguments.ranks) * size / row[0] * 1e6)
    rows = []
    for size in sizes:
        if ours[size] and theirs[size]:
            rows.append({"operation": operation, "bytes": size, "muster": statistics.median(ours[size]),
                         "nccl_tests": statistics.median(theirs[size])})
            rows[-1]["ratio"] = rows[-1]["muster"] / rows[-1]["nccl_tests"]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nccl-tests", required=True)
    parser.add_argument("--muster", default=shutil.which("muster") or "build/release/bin/muster")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--oversubscribe", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=0.98)
    parser.add_argument("--operations", default=",".join(PROGRAMS))
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=SIZES)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    unknown = set(arguments.operations.split(",")) - set(PROGRAMS)
    if unknown:
        parser.error(f"no such operation: {', '.join(sorted(unknown))}; there are {', '.join(PROGRAMS)}")
    rows = []
    try:
        for operation in arguments.operations.split(","):
            for row in compare(arguments, operation):
                rows.append(row)
                print(f"{row['operation']:>15} {row['bytes']:>11} B   muster {row['muster'] / 1e9:9.3f} GB/s   nccl-tests "
                      f"{row['nccl_tests'] / 1e9:9.3f} GB/s   ratio {row['ratio']:.4f}")
    except RunFailed as error:
        print(f"compare_nccl_tests: {error}", file=sys.stderr)
        return 6
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"ranks": arguments.ranks, "oversubscribed": arguments.oversubscribe,
                                                    "rows": rows}, indent=1) + "\n")
    slow = [row for row in rows if row["bytes"] >= 1 << 20 and row["ratio"] < arguments.limit]
    return 1 if slow and not arguments.oversubscribe else 0


if __name__ == "__main__":
    sys.exit(main())
