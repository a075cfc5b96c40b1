#!/usr/bin/env python3
"""Holds dataload/training against DLIO (argonne-lcf/dlio_benchmark), on the same data, in two ways.

Accounting: the step times of real muster steps (muster_training_steps), slow input and fast input, are put into DLIO's own
StatsCounter; its utilisation and samples/s must be muster's.

Runs: DLIO itself and muster take turns on the same records with the same batch and the same step time (sleep); utilisation
and samples/s, medians over the rounds, must agree. DLIO makes the records (npz, which it reads with numpy from the page
cache); muster imports their bytes as a dataset.

DLIO is no part of muster's build. By hand, outside the repository: python3 -m venv ENV; ENV/bin/pip install numpy pandas psutil
Pillow PyYAML omegaconf hydra-core h5py mpi4py pydftracer torch; ENV/bin/pip install --no-deps DLIO's source tree. Then
ENV/bin/python compare_dlio.py.

Exit codes: 0 all agree, 1 one does not, 2 usage or no DLIO, 6 a run failed.

usage: compare_dlio.py [--muster PROGRAM] [--steps PROGRAM] [--rounds N] [--limit 0.03] [--json FILE]
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

ROOT = Path(__file__).resolve().parent.parent.parent
FILES, RECORD_BYTES, BATCH, SECONDS = 400, 200_000, 4, 0.2

SUITE = """
name = "dlio"
summary = "one training case"
launches = 1
sampling = "{sampling}s"

[[case]]
workload = "dataload/training"
backend = "host"
ranks = "each"
params = {{model = "unet3d", batch = {batch}, seconds = {seconds}, images = 0, io = "buffered"}}
"""


class RunFailed(Exception):
    pass


def run(command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode:
        raise RunFailed(f"{command[0]} ended with {done.returncode}: {(done.stderr + done.stdout).strip()[-800:]}")
    return done.stdout


# ---- DLIO

def dlio(folder, out, **settings):
    settings = {"workload": "unet3d_a100", "++workload.workflow.checkpoint": False, "++workload.dataset.num_files_train": FILES,
                "++workload.dataset.record_length_bytes": RECORD_BYTES, "++workload.dataset.record_length_bytes_stdev": 0,
                "++workload.dataset.record_length_bytes_resize": 0, "++workload.dataset.data_folder": folder,
                "hydra.run.dir": out, **settings}
    environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    run([sys.executable, "-c", "from dlio_benchmark.main import main; main()", *[f"{k}={v}" for k, v in settings.items()]],
        env=environment, cwd=Path(out).parent)


def dlio_run(folder, out):
    dlio(folder, out, **{"++workload.workflow.generate_data": False, "++workload.workflow.train": True,
                         "++workload.reader.batch_size": BATCH, "++workload.reader.read_threads": 1,
                         "++workload.train.epochs": 1, "++workload.train.computation_time": SECONDS})
    metric = json.loads((Path(out) / "summary.json").read_text())["metric"]
    return {"utilisation": metric["train_au_mean_percentage"] / 100,
            "samples_per_second": for_all_steps(metric["train_throughput_mean_samples_per_second"], FILES // BATCH)}


def for_all_steps(rate, steps):
    """DLIO counts two steps less than it has, over the time of one less; muster ends its sampling earlier than DLIO its epoch, so
    that this weighs more in its figure. Without it."""
    return rate * (steps - 1) / (steps - 2)


def dlio_accounting(steps):
    """What DLIO's StatsCounter makes of the step times: its own method on an object that has just what the method reads."""
    from dlio_benchmark.utils.statscounter import StatsCounter
    counter = object.__new__(StatsCounter)
    counter.batch_size = steps["batch"]
    counter.metric_start_step, counter.metric_end_step = 1, len(steps["compute"]) - 1
    counter.start_timestamp, counter.end_timestamp = 0.0, steps["seconds"]
    both = [load + compute for load, compute in zip(steps["load"], steps["compute"])]
    counter.output = {1: {"compute": {"block1": steps["compute"]}, "proc": {"block1": both}, "load": {"block1": steps["load"]},
                          "au": {}, "throughput": {}}}
    counter.compute_metrics_train(1, 1)
    return {"utilisation": counter.output[1]["au"]["block1"] / 100, "samples_per_second": counter.output[1]["throughput"]["block1"]}


# ---- muster

def muster_run(program, data, folder):
    suite = Path(folder) / "dlio.toml"
    suite.write_text(SUITE.format(sampling=SECONDS * FILES / BATCH, batch=BATCH, seconds=SECONDS))
    out = Path(folder) / "run"
    shutil.rmtree(out, ignore_errors=True)
    run([program, "run", suite, "--data", data, "-o", out])
    case = json.loads((out / "result.json").read_text())["cases"][0]
    if case["status"] != "ok" or case["verification"]["status"] != "pass":
        raise RunFailed(f"muster's case ended with {case['status']}: {case.get('message')}")
    figures = {figure["name"]: figure["value"] for figure in case["figures"]}
    return {"utilisation": figures["accelerator_utilisation"],
            "samples_per_second": for_all_steps(figures["dlio_samples_per_second_v2"], figures["steps"])}


def muster_steps(program, data, batch, seconds, steps):
    return json.loads(run([program, data, batch, seconds, steps]))


# ---- the comparison

class Comparison:
    def __init__(self, limit):
        self.limit, self.lines = limit, []

    def hold(self, name, ours, theirs):
        ours, theirs = float(ours), float(theirs)
        apart = abs(ours / theirs - 1) if theirs else float(ours != theirs)
        self.lines.append({"name": name, "muster": ours, "dlio": theirs, "apart": apart, "agrees": apart <= self.limit})
        print(f"{'ok  ' if apart <= self.limit else 'NOT '} {name}: muster {ours:.5g}, DLIO {theirs:.5g}, {100 * apart:.2f} % apart")

    def agrees(self):
        return all(line["agrees"] for line in self.lines)


def compare_accounting(comparison, program, data):
    # An input that keeps up, one that does not, and one in between: the longest batch takes some ms here.
    for batch, seconds, steps in ((4, 0.02, 40), (64, 0.0005, 60), (32, 0.005, 60)):
        ours = muster_steps(program, data, batch, seconds, steps)
        theirs = dlio_accounting(ours)
        name = f"accounting, batch {batch}, step {seconds} s"
        comparison.hold(f"{name}: utilisation", ours["au"], theirs["utilisation"])
        comparison.hold(f"{name}: samples/s", ours["v2"], theirs["samples_per_second"])


def compare_runs(comparison, program, npz, data, folder, rounds):
    ours, theirs = [], []
    for turn in range(rounds):
        theirs.append(dlio_run(npz, Path(folder) / f"dlio-{turn}"))
        ours.append(muster_run(program, data, folder))
    for what in ("utilisation", "samples_per_second"):
        comparison.hold(f"runs, {rounds} rounds: {what}", statistics.median(one[what] for one in ours),
                        statistics.median(one[what] for one in theirs))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--muster", default=ROOT / "build/release/bin/muster")
    parser.add_argument("--steps", default=ROOT / "build/release/bin/muster_training_steps")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=0.03)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    try:
        import dlio_benchmark.utils.statscounter  # noqa: F401
    except ImportError as error:
        print(f"DLIO cannot be imported ({error}); see this script's head for how to install it", file=sys.stderr)
        return 2
    comparison = Comparison(options.limit)
    try:
        with tempfile.TemporaryDirectory(prefix="muster-dlio-", dir=os.environ.get("TMPDIR")) as folder:
            npz, data = Path(folder) / "npz", Path(folder) / "data"
            dlio(npz, Path(folder) / "made", **{"++workload.workflow.generate_data": True, "++workload.workflow.train": False})
            run([options.muster, "dataset", "import", npz / "train", data])
            compare_accounting(comparison, options.steps, data)
            compare_runs(comparison, options.muster, npz, data, folder, options.rounds)
    except RunFailed as error:
        print(error, file=sys.stderr)
        return 6
    if options.json:
        options.json.write_text(json.dumps(comparison.lines, indent=2) + "\n")
    return 0 if comparison.agrees() else 1


if __name__ == "__main__":
    sys.exit(main())
