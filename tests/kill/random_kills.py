#!/usr/bin/env python3
"""Starts short runs, ends one of their processes at a random moment, and looks whether anything was lost.

usage: random_kills.py MUSTER [--count 200] [--seed 1] [--jobs 1] [--keep FOLDER] [--schema FILE]

A trial is a run of a few cases on one rank and of a few on two ranks (an MPI world), several launches each. At a random
moment a worker is killed (SIGKILL) or stopped (SIGSTOP), or the supervisor is killed, or asked to end (SIGTERM). A run that
was cut off is gone on with (--resume), sometimes to be struck a second time. Then must hold:
  - every case whose record was whole in the journals when the blow fell is in the document, with that launch;
  - nothing hung: the run ended within its deadlines;
  - the exit code is the one that the document's cases ask for;
  - the document is valid by its schema;
  - the run can be gone on with: --resume --retry-failed ends with 0 and a complete document (where a deadline passes on a
    busy machine, after another try or two, which are counted).
The same seed strikes with the same intentions; the moments depend on the machine.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from processes import workers_of

SUITE = """
name = "kills"
summary = "a few quick cases on one rank and on two"
launches = {launches}
sampling = "{sampling}"
deadline = "{deadline}s"

[[case]]
workload = "memory"
params.op = ["copy", "triad"]
params.bytes = "1MiB"
ranks = 1

[[case]]
workload = "gemm"
params.type = ["fp32", "fp64"]
params.m = 64
params.n = 64
params.k = 64
ranks = 1
"""
WORLD = """
[[case]]
workload = "collective/all_reduce"
params.bytes = [1024, 4096]
ranks = 2
"""
DEADLINE = 15  # seconds of a case
PATIENCE = 150  # seconds that a run may take in all: its deadlines, and a busy machine


class Lost(Exception):
    """What went wrong in a trial."""


def records(folder):
    """By launch and case, the ranks whose records are whole in the journals."""
    found = collections.defaultdict(set)
    for file in (folder / "journal").glob("*.node.ndjson"):
        text = file.read_bytes()
        for line in text[: text.rfind(b"\n") + 1].splitlines():
            if b'"event":"case_record"' not in line:
                continue
            record = json.loads(line)
            found[record["launch"], record["case_index"]].update(
                rank["rank"] for rank in record["ranks"] if rank["status"] == "ok")
    return found


def finished(folder, plan):
    return {key for key, ranks in records(folder).items() if len(ranks) == plan["cases"][key[1]]["ranks"]}


def send(pid, number):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def expected_code(document):
    statuses = [case["status"] for case in document["cases"]]
    launches = document["run"]["plan"]["launches"]
    short = any(case["status"] == "ok" and len(case["launches"]) < launches for case in document["cases"])
    if "wrong" in statuses:
        return 5
    if "ok" not in statuses:
        return 6
    return 4 if short or any(status not in ("ok", "unsupported") for status in statuses) else 0


class Trial:
    def __init__(self, number, options):
        self.random = random.Random(options.seed * 1_000_003 + number)
        self.number, self.options = number, options
        self.folder = Path(options.keep or options.temporary) / f"trial{number}"
        self.run_folder = self.folder / "run"
        self.kept = set()  # launches of cases that were finished when a blow fell
        self.blows = []
        self.interrupted = 0
        self.retries = 0

    def run(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        text = SUITE.format(launches=self.random.choice([2, 3]), sampling=self.random.choice(["20ms", "60ms"]),
                            deadline=DEADLINE)
        (self.folder / "suite.toml").write_text(text + (WORLD if self.random.random() < 0.6 else ""))
        code = self.start_and_strike(["run", "suite.toml", "--backend", "host", "-o", "run"])
        while code in (-9, -15, 143):
            self.interrupted += 1
            self.check_after_interruption(code)
            again = self.random.random() < 0.3 and self.interrupted < 3
            code = self.start_and_strike(["run", "--resume", "run"], strike=again)
        self.check(code)
        self.complete()
        shutil.rmtree(self.folder, ignore_errors=True)
        return self

    def complete(self):
        """On a busy machine a deadline may pass without a blow: such a case may be tried again too."""
        for self.retries in range(3):
            code = self.start_and_strike(["run", "--resume", "run", "--retry-failed"], strike=False)
            document = self.check(code)
            if code == 0 and document["run"]["status"] == "complete":
                return
            if any(failure["class"] != "timed_out" for failure in document["failures"]):
                break
        raise Lost(f"gone on with, it ended {document['run']['status']} with exit code {code}")

    def start_and_strike(self, arguments, strike=True):
        environment = dict(os.environ, MUSTER_CACHE=str(Path(self.options.temporary) / "cache"), TMPDIR=str(self.folder))
        self.error = open(self.folder / "stderr.txt", "a+")
        process = subprocess.Popen([self.options.program, *arguments], cwd=self.folder, env=environment,
                                   stdout=subprocess.DEVNULL, stderr=self.error)
        try:
            if strike:
                self.strike(process)
            return process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Lost(f"still running after {PATIENCE} s") from None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            self.error.close()

    def strike(self, process):
        kind = self.random.choices(["kill", "stop", "supervisor", "term"], [50, 10, 25, 15])[0]
        moment = time.monotonic() + self.random.uniform(0.05, 4.0)
        while time.monotonic() < moment and process.poll() is None:
            time.sleep(0.01)
        victims = workers_of(process.pid) if kind in ("kill", "stop") else []
        end = time.monotonic() + 5
        while kind in ("kill", "stop") and not victims and process.poll() is None and time.monotonic() < end:
            victims = workers_of(process.pid)
        if (self.run_folder / "plan.json").exists():
            self.plan = json.loads((self.run_folder / "plan.json").read_text())
            self.kept |= finished(self.run_folder, self.plan)
        if kind in ("kill", "stop"):
            number = signal.SIGKILL if kind == "kill" else signal.SIGSTOP
            hit = bool(victims) and send(self.random.choice(victims), number)
        else:
            hit = process.poll() is None
            process.send_signal(signal.SIGKILL if kind == "supervisor" else signal.SIGTERM)
        self.blows.append(kind if hit else "too late")

    def document(self):
        document = json.loads((self.run_folder / "result.json").read_text(), parse_constant=lambda text: text)
        if self.options.validator:
            fault = next(self.options.validator.iter_errors(document), None)
            if fault:
                raise Lost(f"the document is not valid: {fault.message[:300]} at {list(fault.absolute_path)}")
        return document

    def check_kept(self, document):
        for launch, index in self.kept:
            case = document["cases"][index]
            if launch not in [one["index"] for one in case["launches"]]:
                raise Lost(f"launch {launch} of {case['name']} was finished, and is not in the document ({case['status']}: "
                           f"{case.get('message', '')})")

    def check(self, code):
        document = self.document()
        self.check_kept(document)
        if code != document["run"]["exit_code"] or code != expected_code(document):
            raise Lost(f"exit code {code}, the document says {document['run']['exit_code']}, its cases ask for "
                       f"{expected_code(document)}")
        return document

    def check_after_interruption(self, code):
        """What was there can be made a document of, before the run is gone on with."""
        if not (self.run_folder / "plan.json").exists():
            # Too early for a run to be there: start it again, as a requeued job would.
            shutil.rmtree(self.run_folder, ignore_errors=True)
            done = subprocess.run([self.options.program, "run", "suite.toml", "--backend", "host", "-o", "run"],
                                  cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE)
            if done.returncode != 0:
                raise Lost(f"a fresh start ended with {done.returncode}: {done.stderr[-500:]}")
            return
        if code == 143:
            document = self.document()
            self.check_kept(document)
            if document["run"]["status"] != "partial" or document["run"]["exit_code"] != 143:
                raise Lost(f"after SIGTERM the document says {document['run']['status']}, {document['run']['exit_code']}")
            return
        done = subprocess.run([self.options.program, "collect", "run"], cwd=self.folder, capture_output=True, text=True,
                              timeout=PATIENCE)
        if done.returncode not in (0, 4, 6):
            raise Lost(f"collect ended with {done.returncode}: {done.stderr[-500:]}")
        self.check_kept(self.document())


def attempt(number, options):
    trial = Trial(number, options)
    try:
        return trial.run(), None
    except (Lost, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        words = ""
        if (trial.folder / "stderr.txt").exists():
            words = (trial.folder / "stderr.txt").read_text()[-1500:]
        return trial, f"trial {number} ({', '.join(trial.blows)}): {error or type(error).__name__}\n{words}"


def validator(schema):
    try:
        import jsonschema
    except ImportError:
        print("note: documents are not checked against the schema (python3-jsonschema is not here)")
        return None
    return jsonschema.Draft7Validator(json.loads(Path(schema).read_text()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", help="leave the folders of trials that went wrong here")
    parser.add_argument("--schema", default=Path(__file__).parents[2] / "results/schema/muster.result.schema.json")
    options = parser.parse_args()
    options.validator = validator(options.schema)
    faults, blows, kept, interrupted, retries, begin = [], collections.Counter(), 0, 0, 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="muster-kills-") as options.temporary:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for trial, fault in pool.map(lambda number: attempt(number, options), range(options.count)):
                blows.update(trial.blows)
                kept += len(trial.kept)
                interrupted += trial.interrupted
                retries += trial.retries
                if fault:
                    faults.append(fault)
                    print(f"! {fault}", flush=True)
    names = {"kill": "workers killed", "stop": "workers stopped", "supervisor": "supervisors killed",
             "term": "supervisors asked to end", "too late": "blows too late"}
    print(f"{options.count - len(faults)} of {options.count} trials lost nothing (seed {options.seed}, "
          f"{time.monotonic() - begin:.0f} s): " + ", ".join(f"{count} {names[kind]}" for kind, count in blows.most_common()))
    print(f"{kept} finished launches of cases were behind a run when it was struck; {interrupted} runs were gone on with; "
          f"{retries} times a deadline passed on a busy machine in the run that was to complete all")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
