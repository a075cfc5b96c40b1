#!/usr/bin/env python3
"""Holds the bytes that our kernels are said to move against those that the GPU's memory moved, as Nsight Compute (ncu) counts
them: memory, training and preprocessing kernels each in a case of their own, and the kernels of a training step, of which
muster states no bytes: for these the bytes and the share of the memory's peak are printed.

Exit codes: 0 all that are judged agree within the limit, 1 one does not, 2 usage, 6 a run failed (or ncu may not count: it
wants the driver's leave, see its own words).

usage: compare_ncu.py [--muster PROGRAM] [--ncu PROGRAM] [--within PERCENT] [--only NAME,...] [--json FILE]

What a kernel leaves in the L2 when it ends has not been written yet (50 MB on an H100): arrays are so large that this is
within the limit. The GPU's clocks are left as they are (--clock-control none).
"""
import argparse
import csv
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from compare_torch import SUITE
from ratios import RunFailed, finish, names_among, program_here

READ, WRITE, TIME, SHARE = ("dram__bytes_read.sum", "dram__bytes_write.sum", "gpu__time_duration.sum",
                            "dram__throughput.avg.pct_of_peak_sustained_elapsed")
LAUNCHES = 4  # of each kernel that are looked at, after as many that warm up


class Case:
    """One case and the kernel in it that is looked at. judged: muster's own bytes must agree."""

    def __init__(self, workload, params, kernel, judged=True, model=None, launches=LAUNCHES):
        self.workload, self.params, self.kernel, self.judged, self.model = workload, params, kernel, judged, model
        self.launches = launches

    def bytes(self, case):
        """Of one launch; None: muster says nothing."""
        if case["work"]["bytes"]:
            return case["work"]["bytes"]
        for figure in case.get("figures", []):
            if figure["name"] == "bytes_per_image":
                return figure["value"] * case["work"]["items"]
        return None


def memory(op):
    return Case("memory", {"op": op, "type": "fp64", "bytes": 4 << 30}, f"regex:memory_{op}")


STEP = {"batch": 8, "input": "no_input", "blocks": 2}
CASES = {"read": memory("read"), "write": memory("write"), "copy": memory("copy"), "triad": memory("triad"),
         "adamw": Case("training/adamw", {"count": 1 << 28}, "regex:training_adamw$"),
         "layer_norm": Case("training/layer_norm", {"rows": 1 << 18}, "regex:training_layer_norm$"),
         "cross_entropy": Case("training/cross_entropy", {"tokens": 8192}, "regex:training_cross_entropy$", judged=False),
         "preprocess": Case("dataload/preprocess", {"batch": 256}, "regex:dataload_preprocess", judged=False),
         "step-gather": Case("train_step", STEP, "regex:train_gather", judged=False, model="bert-large", launches=12),
         "step-adjoint": Case("train_step", STEP, "regex:train_adjoint", judged=False, model="bert-large", launches=12),
         "step-adamw": Case("train_step", STEP, "regex:train_adamw", judged=False, model="bert-large")}


def command(options, case, suite, folder):
    metrics = ",".join((READ, WRITE, TIME, SHARE))
    return [options.ncu, "--csv", "--page", "raw", "--print-units", "base", "--clock-control", "none", "--target-processes", "all",
            "--metrics", metrics, "--kernel-name", case.kernel, "--launch-skip", str(case.launches), "--launch-count",
            str(case.launches), options.muster, "run", str(suite), "--backend", options.backend, "-o", f"{folder}/run"]


def launches(text):
    """[{metric: value}] of each launch in ncu's table; what the program prints comes before and between."""
    lines = [line for line in text.splitlines() if line.startswith('"')]
    if len(lines) < 2:
        return []
    rows = csv.DictReader(lines)
    found = []
    for row in rows:
        try:
            found.append({name: float(row[name].replace(",", "")) for name in (READ, WRITE, TIME, SHARE)} |
                         {"kernel": row["Kernel Name"]})
        except (ValueError, KeyError):
            continue  # the row of units below the head
    return found


def look(options, name, case):
    text = ", ".join(f"{key} = {json.dumps(value)}" for key, value in case.params.items())
    model = f'model = "{case.model}"\n' if case.model else ""
    with tempfile.TemporaryDirectory(prefix="muster-ncu-") as folder:
        suite, result = Path(folder) / "case.toml", Path(folder) / "run" / "result.json"
        suite.write_text(SUITE.format(seconds=0.1, workload=case.workload, model=model, params=text) + 'soak = "50ms"\n')
        done = subprocess.run(command(options, case, suite, folder), capture_output=True, text=True)
        seen = launches(done.stdout)
        if not result.is_file() or not seen:
            raise RunFailed(f"{name}: {'no launch of ' + case.kernel if result.is_file() else 'no result'} (exit code "
                            f"{done.returncode}): {(done.stdout + done.stderr).strip()[-700:]}")
        return judged(options, name, case, json.loads(result.read_text())["cases"][0], seen)


def judged(options, name, case, record, seen):
    if record["status"] != "ok":
        raise RunFailed(f"{name} ended with status {record['status']}: {record.get('message', '')}")
    moved = statistics.median(one[READ] + one[WRITE] for one in seen)
    ours = case.bytes(record)
    line = {"name": name, "kernel": seen[0]["kernel"], "bytes": moved, "ours": ours, "launches": seen,
            "rate": statistics.median((one[READ] + one[WRITE]) / one[TIME] * 1e9 for one in seen),
            "share_of_peak": statistics.median(one[SHARE] for one in seen)}
    line["ratio"] = moved / ours if ours else None
    line["ok"] = not case.judged or (ours is not None and abs(line["ratio"] - 1) <= options.within / 100)
    return line


def show(line):
    beside = f"{line['ratio']:.4f} of our {line['ours'] / 1e6:.1f} MB" if line["ratio"] else "we state none"
    print(f"{'ok  ' if line['ok'] else 'FAR '} {line['name']:<14} {line['bytes'] / 1e6:10.1f} MB of DRAM a launch, {beside}; "
          f"{line['rate'] / 1e9:.0f} GB/s, {line['share_of_peak']:.1f} % of its peak", flush=True)


def compare(options):
    lines = []
    for name in options.only:
        lines.append(look(options, name, CASES[name]))
        show(lines[-1])
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--muster", default=program_here(), help="the program (default: this bundle's or checkout's)")
    parser.add_argument("--ncu", default=shutil.which("ncu"))
    parser.add_argument("--backend", default="cuda")
    parser.add_argument("--only", type=names_among(CASES, "case"), default=list(CASES), help=f"of {', '.join(CASES)}")
    parser.add_argument("--within", type=float, default=2, help="per cent between both that pass")
    parser.add_argument("--json", help="where to write all figures")
    options = parser.parse_args()
    if not options.muster or not options.ncu:
        parser.error(f"{'--ncu' if options.muster else '--muster'}: the program was not found")
    return finish(options, lambda: compare(options))


if __name__ == "__main__":
    sys.exit(main())
