#!/usr/bin/env python3
"""Holds the stages of muster's input pipeline on a GPU against bare copies on the same GPU:
- dataload/copy, encoded batches from the reader's page-locked memory to the device, against memory/transfer of as many
  bytes (at least 0.95 of it);
- dataload/preprocess, by the bytes that it needs (the crop's pixels and the output, once each), against muster's own
  memory copy, bytes read plus bytes written (at least 0.80 of it), for float16 and float32.
Short runs of both sides take turns (ABBA...); the ratio of the medians is printed with its 95 % interval.

Exit codes: 0 all ratios reach their limits, 1 one does not, 2 usage, 6 a run failed or was not verified.

usage: compare_dataload.py [--muster PROGRAM] [--backend cuda] [--batch N] [--rounds N] [--seconds S]
       [--limit-copy 0.95] [--limit-preprocess 0.8] [--json FILE]
"""
import argparse
import statistics
import sys
from pathlib import Path

from compare_torch import muster_case, muster_rate
from ratios import RunFailed, alternate, finish, interval, program_here


def median(case):
    return case["launches"][0]["median"]


def figure(case, name):
    for entry in case["figures"]:
        if entry["name"] == name:
            return entry["value"]
    raise RunFailed(f"{case['name']} has no figure {name}")


def comparisons(options):
    """Name, our run, the bare copy's run and the limit of each comparison."""
    def case(workload, params):
        return muster_case(options.muster, options.backend, workload, params, options.seconds)

    def traffic(params):
        made = case("dataload/preprocess", params)
        return median(made) * figure(made, "bytes_per_image")

    batch = {"batch": options.batch}
    bytes_copied = case("dataload/copy", batch)["work"]["bytes"] // 16 * 16
    transfer = {"direction": "h2d", "memory": "pinned", "bytes": bytes_copied}
    yield (f"host to device, batches of {bytes_copied} bytes / bare pinned copy", lambda: median(case("dataload/copy", batch)),
           lambda: muster_rate(options.muster, options.backend, "memory/transfer", transfer, options.seconds),
           options.limit_copy)
    copy = {"op": "copy", "bytes": options.bytes}
    for output in ("float16", "float32"):
        yield (f"preprocessing to {output} / device copy", lambda output=output: traffic({**batch, "output": output}),
               lambda: muster_rate(options.muster, options.backend, "memory", copy, options.seconds),
               options.limit_preprocess)


def compare(options):
    lines = []
    for name, ours, theirs, limit in comparisons(options):
        a, b = alternate(options.rounds, ours, theirs)
        ratio = statistics.median(a) / statistics.median(b)
        low, high = interval(a, b)
        ok = ratio >= limit
        lines.append({"name": name, "ratio": ratio, "low": low, "high": high, "ours": a, "bare": b, "limit": limit, "ok": ok})
        print(f"{'ok  ' if ok else 'LOW '} {name}: {ratio:.4f} ({low:.4f} to {high:.4f}, limit {limit:g}); medians "
              f"{statistics.median(a) / 1e9:.4g} and {statistics.median(b) / 1e9:.4g} GB/s, {options.rounds} runs each",
              flush=True)
    return lines


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--muster", default=program_here(), help="the program (default: this bundle's or checkout's)")
    parser.add_argument("--backend", default="cuda")
    parser.add_argument("--batch", type=int, default=512, help="pictures; more than the L2 holds of them")
    parser.add_argument("--bytes", type=int, default=4 << 30, help="of each array of the device copy")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each side, 5 at least")
    parser.add_argument("--seconds", type=float, default=2, help="of sampling in each run")
    parser.add_argument("--limit-copy", type=float, default=0.95)
    parser.add_argument("--limit-preprocess", type=float, default=0.8)
    parser.add_argument("--json", help="where to write all figures")
    options = parser.parse_args(arguments)
    if options.rounds < 5:
        parser.error("--rounds: five at least, fewer give no interval")
    if not options.muster:
        parser.error("--muster: the program was not found")
    return options


def main():
    options = parse(sys.argv[1:])
    return finish(options, lambda: compare(options))


if __name__ == "__main__":
    sys.exit(main())
