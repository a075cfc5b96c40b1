#!/usr/bin/env python3
"""Kills or stops one rank in the middle of a collective operation: does the run end inside its deadline, and say so?

usage: lose_a_rank.py --signal KILL|STOP [--muster PROGRAM] [--backend cuda] [--ranks N] [--oversubscribe] [-o RUN]

Exit codes: 0 the run has ended with exit code 4 or 6 inside the limit, its document does not call the case ok, and no rank is
left; 1 not so; 6 the ranks never came to the operation.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ratios import program_here

SUITE = Path(__file__).resolve().parent / "lost.toml"
DEADLINE = 15  # seconds of the case, as in lost.toml
LIMIT = DEADLINE + 30  # killing what does not answer, and a document, come after it


def parent_of(process):
    """None once it has ended."""
    try:
        state, parent = (Path("/proc") / str(process) / "stat").read_text().rsplit(")", 1)[1].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else int(parent)


def ancestors(process):
    while process and process > 1:
        yield process
        process = parent_of(process)


def workers(supervisor):
    """Processes of `muster worker` below the supervisor's."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        is_worker = b"worker" in words[1:2] and words[0].rsplit(b"/", 1)[-1] == b"muster"
        if is_worker and supervisor in ancestors(int(entry.name)):
            found.append(int(entry.name))
    return sorted(found)


def samples(folder):
    """Does a journal say that the case is being sampled?"""
    return any('"phase":"sample"' in file.read_text(errors="replace") for file in Path(folder).glob("journal/*.ndjson"))


def wait_for(what, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


def lose(options, folder):
    words = [options.muster, "run", str(SUITE), "--backend", options.backend, "--ranks", str(options.ranks), "-o", folder]
    run = subprocess.Popen(words + (["--oversubscribe"] if options.oversubscribe else []))
    ready = wait_for(lambda: run.poll() is not None or (samples(folder) and len(workers(run.pid)) >= options.ranks), 60)
    lost = workers(run.pid)
    if not ready or run.poll() is not None or len(lost) < options.ranks:
        run.terminate()
        print(f"the ranks never came to the operation ({len(lost)} workers)", file=sys.stderr)
        return 6
    os.kill(lost[-1], getattr(signal, f"SIG{options.signal}"))
    begin = time.monotonic()
    try:
        code = run.wait(LIMIT)
    except subprocess.TimeoutExpired:
        run.kill()
        code = None
    return judge(options, folder, code, time.monotonic() - begin, lost)


def judge(options, folder, code, seconds, lost):
    result = Path(folder) / "result.json"
    status = json.loads(result.read_text())["cases"][0]["status"] if result.is_file() else "no document"
    wait_for(lambda: not any(map(parent_of, lost)), 5)
    left = [process for process in lost if parent_of(process) is not None]
    print(f"SIG{options.signal}: {'still running' if code is None else f'exit code {code}'} after {seconds:.1f} s of {LIMIT}; the "
          f"case: {status}; workers left: {len(left)}")
    return 0 if code in (4, 6) and status not in ("ok", "no document") and not left else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--signal", choices=["KILL", "STOP"], required=True)
    parser.add_argument("--muster", default=program_here())
    parser.add_argument("--backend", default="cuda")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--oversubscribe", action="store_true")
    parser.add_argument("-o", "--output", help="the run's folder (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="muster-lost-") as folder:
        return lose(options, options.output or f"{folder}/run")


if __name__ == "__main__":
    sys.exit(main())
