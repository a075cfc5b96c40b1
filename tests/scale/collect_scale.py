#!/usr/bin/env python3
"""Collects a recorded run of a large cluster and prints what that took: seconds, memory, the document's size; and sees
that the document names the sick GPU that was recorded.

usage: collect_scale.py MUSTER [--keep FOLDER] [--limits] [--nodes 720] [--gpus 8] [--cases 60] [--launches 5]
                        [--samples 30] [--readings 10]

--limits fails where more than 20 s, 2 GiB or 100 MiB of result.json were needed: for an idle machine with 2 cores.
"""
import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import recorded_run


def fail(message):
    sys.exit(f"collect_scale: {message}")


def collect(program, folder):
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([program, "collect", folder], capture_output=True, text=True)
    seconds, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        fail(f"muster collect ended with {done.returncode}: {done.stderr[-2000:]}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, processor, after.ru_maxrss / 1024


def check(folder, arguments):
    """That nothing is missing from the document, and that its side files are what it says."""
    document = json.loads((folder / "result.json").read_text())
    if document["run"]["plan"]["done"] != arguments.cases:
        fail(f"{document['run']['plan']['done']} of {arguments.cases} cases are done")
    entries = 0
    for case in document["cases"]:
        if case["status"] != "ok" or len(case["launches"]) != arguments.launches:
            fail(f"{case['name']}: {case['status']}, {len(case['launches'])} launches")
        spread = case.get("rank_spread")
        entries += spread["entries"] if spread else len(case["ranks"])
        if spread and len(spread["nodes"]) != arguments.nodes:
            fail(f"{case['name']}: {len(spread['nodes'])} nodes in its spread")
    wanted = arguments.nodes * arguments.gpus * arguments.cases * arguments.launches
    if entries != wanted:
        fail(f"{entries} records of ranks, {wanted} were written")
    for sidecar in document["integrity"]["sidecars"][:: max(1, arguments.nodes // 10)]:
        content = (folder / sidecar["path"]).read_bytes()
        if hashlib.sha256(content).hexdigest() != sidecar["sha256"] or len(content) != sidecar["bytes"]:
            fail(f"{sidecar['path']} is not what the document says")
    return entries


def named(program, folder):
    """GPUs that `muster check` fails for their PCIe link, by node and device."""
    done = subprocess.run([program, "check", folder, "--format", "json"], capture_output=True, text=True)
    if done.returncode != 1:
        fail(f"muster check ended with {done.returncode}: {done.stderr[-2000:]}")
    return {(finding["subject"]["node"], finding["subject"]["device"])
            for finding in json.loads(done.stdout)["findings"] if finding["kind"] == "pcie"}


def size_of(folder):
    return sum(file.stat().st_size for file in folder.iterdir()) / 2**20 if folder.exists() else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--keep", help="use this folder, and leave it there")
    parser.add_argument("--limits", action="store_true")
    recorded_run.add_sizes(parser)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="muster-scale-") as temporary:
        folder = Path(arguments.keep or temporary) / "run"
        if not folder.exists():
            recorded_run.write(folder, arguments)
        journals = sum(file.stat().st_size for file in (folder / "journal").iterdir())
        seconds, processor, memory = collect(arguments.program, folder)
        entries = check(folder, arguments)
        size = (folder / "result.json").stat().st_size / 2**20
        print(f"{entries:,} records of ranks in {journals / 2**30:.2f} GiB of journals, {os.cpu_count()} cores: {seconds:.1f} s "
              f"({processor:.1f} s of processor time), {memory:,.0f} MiB of memory, result.json {size:.1f} MiB, "
              f"ranks/ {size_of(folder / 'ranks'):.1f} MiB, devices/ {size_of(folder / 'devices'):.1f} MiB")
        sick = {(recorded_run.node_name(recorded_run.SICK[0]), recorded_run.SICK[1])}
        if named(arguments.program, folder) != sick:
            fail(f"muster check names {named(arguments.program, folder)}, sick is {sick}")
        if arguments.limits and (seconds > 20 or memory > 2048 or size > 100):
            fail("more than 20 s, 2 GiB or 100 MiB")


if __name__ == "__main__":
    main()
