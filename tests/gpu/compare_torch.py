#!/usr/bin/env python3
"""Holds muster's figures against PyTorch's on the same machine: a matrix product against torch.matmul, and muster's
memory copy and triad against a device copy. Short runs of both take turns (ABBA...), so that a clock that drifts
favours neither; the ratio of the medians is printed with its 95 % interval (bootstrap over the runs).

Exit codes: 0 all ratios reach the limit, 1 one does not, 2 usage or no PyTorch, 6 a run failed or was not verified.

usage: compare_torch.py [--muster PROGRAM] [--device cuda|cpu] [--only gemm,copy,triad] [--size N] [--rounds N] [--limit 0.99]
                        [--json FILE]

Both sides multiply normal random numbers, A as m x k and B stored n x k (what a linear layer does), back to back, after
the same soak. The device copy is one cudaMemcpyAsync from device to device per launch, as nvbandwidth's: torch's copy_
of a contiguous tensor; bytes read plus bytes written count.
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ratios import RunFailed, alternate, finish, interval, program_here

SUITE = """
name = "compare"
summary = "one case of a comparison"
launches = 1
sampling = "{seconds}s"

[[case]]
workload = "{workload}"
{model}params = {{{params}}}
"""
SAMPLE_SECONDS = 0.05  # of one timing of torch: many launches, so that a gap before the first counts nothing


def muster_case(program, backend, workload, params, seconds, *more, model=None):
    """One short run of one case, as its document has it; `more` are further arguments of `muster run`."""
    text = ", ".join(f'{name} = {json.dumps(value)}' for name, value in params.items())
    with tempfile.TemporaryDirectory(prefix="muster-compare-") as folder:
        suite = Path(folder) / "compare.toml"
        line = f'model = "{model}"\n' if model else ""
        suite.write_text(SUITE.format(seconds=seconds, workload=workload, model=line, params=text))
        done = subprocess.run([program, "run", str(suite), "--backend", backend, "-o", f"{folder}/run", *more],
                              capture_output=True, text=True)
        result = Path(folder) / "run" / "result.json"
        if not result.is_file():
            raise RunFailed(f"muster left no result (exit code {done.returncode}): {done.stderr.strip()[-500:]}")
        case = json.loads(result.read_text())["cases"][0]
    if case["status"] != "ok" or case["verification"]["status"] != "pass":
        raise RunFailed(f"{workload} ended with status {case['status']}, verification {case['verification']}")
    return case


def muster_rate(*arguments):
    """Median figure of one short run of one case, in its base unit."""
    return muster_case(*arguments)["launches"][0]["median"]


class Torch:
    """Launches of PyTorch, timed on the device's clock where it has one."""

    def __init__(self, torch, device):
        self.torch, self.device = torch, device

    def wait(self):
        if self.device == "cuda":
            self.torch.cuda.synchronize()

    def seconds(self, launch, times):
        """Of one of `times` launches, back to back."""
        if self.device != "cuda":
            begin = time.perf_counter()
            for _ in range(times):
                launch()
            return (time.perf_counter() - begin) / times
        start = self.torch.cuda.Event(enable_timing=True)
        stop = self.torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(times):
            launch()
        stop.record()
        stop.synchronize()
        return start.elapsed_time(stop) / 1e3 / times

    def median(self, launch, soak, seconds):
        launch()
        self.wait()
        once = max(self.seconds(launch, 1), 1e-7)
        times = max(1, round(SAMPLE_SECONDS / once))
        end = time.monotonic() + soak
        while time.monotonic() < end:
            self.seconds(launch, times)
        samples = []
        end = time.monotonic() + seconds
        while time.monotonic() < end or len(samples) < 3:
            samples.append(self.seconds(launch, times))
        return statistics.median(samples)

    def matmul_rate(self, size, kind, soak, seconds):
        dtype = {"bf16": self.torch.bfloat16, "fp16": self.torch.float16, "fp32": self.torch.float32}[kind]
        a = self.torch.randn(size, size, device=self.device).to(dtype)
        b = self.torch.randn(size, size, device=self.device).to(dtype)
        d = self.torch.empty(size, size, device=self.device, dtype=dtype)
        turned = b.t()
        return 2.0 * size**3 / self.median(lambda: self.torch.matmul(a, turned, out=d), soak, seconds)

    def copy_rate(self, size, soak, seconds):
        source = self.torch.randn(size // 4, device=self.device)
        target = self.torch.empty_like(source)
        return 2.0 * (size // 4 * 4) / self.median(lambda: target.copy_(source), soak, seconds)


def comparisons(options, torch):
    """Name, muster's run, torch's run, scale and unit of each comparison."""
    def muster(workload, params):
        return lambda: muster_rate(options.muster, options.backend, workload, params, options.seconds)

    size, kind = options.size, options.type
    product = {"type": kind, "m": size, "n": size, "k": size}
    if "gemm" in options.only:
        yield (f"gemm {kind} {size}^3 / torch.matmul", muster("gemm", product),
               lambda: torch.matmul_rate(size, kind, options.soak, options.seconds), 1e12, "TFLOP/s")
    for op in [op for op in ("copy", "triad") if op in options.only]:
        yield (f"memory {op} / device copy", muster("memory", {"op": op, "bytes": options.bytes}),
               lambda: torch.copy_rate(options.bytes, options.soak, options.seconds), 1e9, "GB/s")


def compare(options, torch):
    lines = []
    for name, ours, theirs, scale, unit in comparisons(options, torch):
        a, b = alternate(options.rounds, ours, theirs)
        ratio = statistics.median(a) / statistics.median(b)
        low, high = interval(a, b)
        ok = ratio >= options.limit
        lines.append({"name": name, "ratio": ratio, "low": low, "high": high, "muster": a, "torch": b, "ok": ok})
        print(f"{'ok  ' if ok else 'LOW '} {name}: {ratio:.4f} ({low:.4f} to {high:.4f}); "
              f"medians {statistics.median(a) / scale:.4g} and {statistics.median(b) / scale:.4g} {unit}, "
              f"{options.rounds} runs each", flush=True)
    return lines


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--muster", default=program_here(), help="the program (default: this bundle's or checkout's)")
    parser.add_argument("--device", choices=["cuda", "cpu"], help="default: cuda where PyTorch sees a GPU")
    parser.add_argument("--type", choices=["bf16", "fp16", "fp32"], help="default: bf16 on a GPU, else fp32")
    parser.add_argument("--only", default="gemm,copy,triad", help="of gemm, copy, triad (default: all)")
    parser.add_argument("--size", type=int, help="m, n and k (default: 8192 on a GPU, else 2048)")
    parser.add_argument("--bytes", type=int, help="of each array (default: 4 GiB on a GPU, else 256 MiB)")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each side, 5 at least")
    parser.add_argument("--seconds", type=float, default=3, help="of sampling in each run")
    parser.add_argument("--soak", type=float, default=10, help="seconds before torch is sampled; muster soaks itself")
    parser.add_argument("--limit", type=float, default=0.99, help="smallest ratio that passes")
    parser.add_argument("--json", help="where to write all figures")
    options = parser.parse_args(arguments)
    options.only = options.only.split(",")
    if not set(options.only) <= {"gemm", "copy", "triad"}:
        parser.error(f"--only: there are gemm, copy and triad, not {','.join(options.only)}")
    if options.rounds < 5:
        parser.error("--rounds: five at least, fewer give no interval")
    if not options.muster:
        parser.error("--muster: the program was not found")
    return options


def complete(options, torch):
    options.device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    gpu = options.device == "cuda"
    options.backend = "cuda" if gpu else "host"
    options.type = options.type or ("bf16" if gpu else "fp32")
    options.size = options.size or (8192 if gpu else 2048)
    options.bytes = options.bytes or (4 << 30 if gpu else 256 << 20)


def main():
    options = parse(sys.argv[1:])
    try:
        import torch
    except ImportError as error:
        print(f"no PyTorch here ({error}) install it, or run with the python that has it", file=sys.stderr)
        return 2
    complete(options, torch)
    print(f"PyTorch {torch.__version__} on {options.device}; {options.muster}", flush=True)
    return finish(options, lambda: compare(options, Torch(torch, options.device)))


if __name__ == "__main__":
    sys.exit(main())
