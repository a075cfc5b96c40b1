"""What comparisons share: runs of two sides in turn, the interval of their ratio, and how a comparison ends."""
import argparse
import json
import random
import shutil
import statistics
import sys
from pathlib import Path


class RunFailed(Exception):
    pass


def program_here():
    """This bundle's or checkout's program, or the one in PATH; none: None."""
    here = Path(__file__).resolve().parent.parent.parent
    built = [here / "bin" / "muster", here / "build" / "release" / "bin" / "muster"]
    return next((str(path) for path in built if path.is_file()), shutil.which("muster"))


def names_among(known, kind):
    """For argparse: a list with commas of names that are known."""
    def names(text):
        chosen = text.split(",")
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"there is no {kind} '{name}'; there are {', '.join(known)}")
        return chosen
    return names


def alternate(rounds, ours, theirs):
    """ABBAABBA...: figures of both."""
    a, b = [], []
    for index in range(rounds):
        order = (ours, theirs) if index % 2 == 0 else (theirs, ours)
        for run in order:
            (a if run is ours else b).append(run())
    return a, b


def interval(a, b, draws=4000, seed=1):
    """95 % interval of median(a) / median(b)."""
    chance = random.Random(seed)
    ratios = sorted(statistics.median(chance.choices(a, k=len(a))) / statistics.median(chance.choices(b, k=len(b)))
                    for _ in range(draws))
    return ratios[int(0.025 * draws)], ratios[int(0.975 * draws) - 1]


def finish(options, compare):
    """The exit code of what `compare` finds: a list of lines, each ok or not."""
    try:
        lines = compare()
    except RunFailed as error:
        print(error, file=sys.stderr)
        return 6
    if options.json:
        Path(options.json).write_text(json.dumps(lines, indent=1) + "\n")
    return 0 if all(line["ok"] for line in lines) else 1
