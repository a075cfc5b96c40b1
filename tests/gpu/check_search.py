#!/usr/bin/env python3
"""Is the shape that gemm/search found within 1 % of the best of all shapes of its range? Reads the result of search.toml.

usage: check_search.py RESULT.json [--within PERCENT]        exit code 1: it is not
"""

import argparse
import json
import statistics
import sys


def median(case):
    return statistics.median(launch["median"] for launch in case["launches"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result")
    parser.add_argument("--within", type=float, default=1.0, help="per cent")
    arguments = parser.parse_args()
    with open(arguments.result, encoding="utf-8") as file:
        cases = [case for case in json.load(file)["cases"] if case["status"] == "ok"]
    searches = [case for case in cases if case["workload"] == "gemm/search"]
    shapes = {case["name"]: median(case) for case in cases if case["workload"] == "gemm"}
    if not searches or not shapes:
        sys.exit("no search, or no shapes, in this result (both have to be ok) run tests/gpu/search.toml again")
    best = max(shapes, key=shapes.get)
    # The found shape's own figure of the sweep: the two are measured alike there.
    found = searches[0]["facts"]["shape"]
    sides = [int(side) for side in found.replace("x", " ").split()]
    rate = next(
        (
            value
            for name, value in shapes.items()
            if all(f"{letter}:{side}" in name.split("/") for letter, side in zip("mnk", sides))
        ),
        None,
    )
    if rate is None:
        sys.exit(f"the found shape {found} is not among those of the sweep (another range?)")
    short = 100 * (1 - rate / shapes[best])
    print(f"search: {found}; best of all {len(shapes)}: {best}; the search's is {short:.2f} % below it")
    sys.exit(0 if short <= arguments.within else 1)


if __name__ == "__main__":
    main()
