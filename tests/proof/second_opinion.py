"""The fleet rule written a second time, with NumPy and SciPy: the same parts must be accused, with the same z and deviation.
    /usr/bin/python3 -B tests/proof/second_opinion.py build/release/bin/muster build/release/bin/muster_fleet [SEEDS]"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from scipy import stats

Z_OF_KIND, Z_OF_CASE, MARGIN, LEAST_SPREAD = 5, 6, 0.025, 0.001


def deviations(case, figure):
    """By GPU and launch: the logarithm of the figure over the median of all GPUs in that launch."""
    values = {}
    for rank in case["ranks"]:
        values.setdefault(rank["launch"], {})[rank["node"], rank["device"]] = numpy.log(figure(rank))
    return {(gpu, launch): value - numpy.median(list(of_launch.values()))
            for launch, of_launch in values.items() for gpu, value in of_launch.items()}


def scores(cases, figure, launches):
    """By GPU: median over launches of the mean over cases."""
    tables = [deviations(case, figure) for case in cases]
    gpus = sorted({gpu for gpu, launch in tables[0] if launch in launches})
    return gpus, numpy.array([numpy.median([numpy.mean([table[gpu, launch] for table in tables]) for launch in launches])
                              for gpu in gpus])


def accused(cases, figure, z_of, margin):
    gpus, values = scores(cases, figure, range(5))
    middle = numpy.median(values)
    spread = max(stats.median_abs_deviation(values, scale="normal"), LEAST_SPREAD)
    z = (values - middle) / spread
    far = values - middle < numpy.log1p(-margin)
    limit = -(z_of + 110 / len(gpus) ** 2)
    again = numpy.ones(len(gpus), bool)
    for half in (range(0, 5, 2), range(1, 5, 2)):
        part = scores(cases, figure, half)[1]
        again &= part - numpy.median(part) < numpy.log1p(-margin)
    return {gpu: (z[i], numpy.expm1(values[i] - middle), bool(again[i]))
            for i, gpu in enumerate(gpus) if z[i] < limit and far[i]}


def said(findings, kind):
    return {(f["subject"]["node"], f["subject"]["device"]): (f["z"], f["deviation"], f["reproduced"])
            for f in findings if f["kind"] == "below_fleet" and f["cases"].startswith(kind) and f["cases"].endswith("cases")}


def compare(ours, theirs):
    assert ours.keys() == theirs.keys(), (ours, theirs)
    for gpu, (z, deviation, again) in ours.items():
        other_z, other_deviation, other_again = theirs[gpu]
        assert abs(z - other_z) < 1e-5 * abs(z), (gpu, z, other_z)
        assert abs(deviation - other_deviation) < 1e-9, (gpu, deviation, other_deviation)
        assert again == other_again, gpu


def try_seed(muster, fleet, seed):
    with tempfile.TemporaryDirectory() as folder:
        slow = [f"--slow={node}.{seed % 8}={0.015 * (node % 4):.3f}" for node in range(3, 30, 3)]
        subprocess.run([fleet, folder, "--nodes=30", "--gemm=4", "--memory=3", "--collectives=0", f"--seed={seed}", *slow], check=True)
        document = json.loads((Path(folder) / "result.json").read_text())
        run = subprocess.run([muster, "check", folder, "--format", "json"], capture_output=True, text=True)
        assert run.returncode in (0, 1), run.stderr
        findings = json.loads(run.stdout)["findings"]
    products = [case for case in document["cases"] if case["workload"] == "gemm"]
    memory = [case for case in document["cases"] if case["workload"].startswith("memory")]
    compare(said(findings, "gemm at its clock"), accused(products, lambda rank: rank["percent_at_clock"], Z_OF_KIND, MARGIN))
    compare(said(findings, "memory"), accused(memory, lambda rank: rank["median"], Z_OF_KIND, MARGIN))
    return len(said(findings, "gemm at its clock")) + len(said(findings, "memory"))


if __name__ == "__main__":
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    together = sum(try_seed(sys.argv[1], sys.argv[2], seed) for seed in range(1, count + 1))
    assert together > 3 * count, "hardly anybody was accused: nothing was compared"
    print(f"{count} fleets, {together} accusations: the same z, deviation and reproduction")
