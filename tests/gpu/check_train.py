#!/usr/bin/env python3
"""Is a training step as long as the longest of compute, communication and input, and no longer? And as fast as published?

Reads the result of `muster run train --backend cuda`. Prints each verified training step's time over its limit (the figure
over_limit) and its rate beside the published one for the same model, batch and precision on the same part.

usage: check_train.py RESULT.json [--over PERCENT] [--within PERCENT] [--published PART:MODEL:BATCH=RATE]...
exit code 1: a step is longer than its limit by more than --over, or a rate is further from the published one than --within;
2: nothing to judge
"""
import argparse
import json
import statistics
import sys

# Samples/s of one GPU in bf16 or fp16 with fp32 master weights. NVIDIA DeepLearningExamples, PyTorch/Classification/
# ConvNets/resnet50v1.5 README, "Training performance: NVIDIA DGX A100 (8x A100 80GB)", mixed precision, 1 GPU, batch 256.
# Not here, for want of a figure of one GPU at the same batch: bert-large (MLPerf Training v2.0: 2,406 sequences/s, but of 8 A100s
# with 56 sequences each, and with another optimiser), and every model on an H100. --published adds what is found.
PUBLISHED = {("A100", "resnet-50", 256): 2470.0}


def parse_published(text):
    key, _, rate = text.rpartition("=")
    part, model, batch = key.split(":")
    return (part, model, int(batch)), float(rate)


def figures(case):
    return {figure["name"]: figure["value"] for figure in case.get("figures", [])}


def rate(case):
    return statistics.median(launch["median"] for launch in case["launches"])


def parts(document):
    return " ".join(gpu["name"] for node in document["environment"]["nodes"] for gpu in node.get("gpus", []))


def published_rate(case, names, table):
    params = case["params"]
    if params.get("type") != "bf16" or len(case.get("ranks", [])) > 1:
        return None
    batch = int(figures(case).get("batch", params.get("batch", 0)))
    for (part, model, its_batch), value in table.items():
        if part in names and params.get("model") == model and batch == its_batch:
            return value
    return None


def judge(case, names, table, arguments):
    """Lines for people, and what is wrong."""
    over = figures(case).get("over_limit")
    if over is not None:
        late = case["params"].get("overlap") == "overlap" and 100 * over > arguments.over
        yield f"{case['name']}: {100 * over:+.1f} % over its limit", late
    known = published_rate(case, names, table)
    if known is not None:
        off = 100 * (rate(case) / known - 1)
        yield f"{case['name']}: {rate(case):.0f} samples/s, published {known:.0f} ({off:+.1f} %)", abs(off) > arguments.within


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result")
    parser.add_argument("--over", type=float, default=5.0, help="per cent that a step may be longer than its limit")
    parser.add_argument("--within", type=float, default=25.0, help="per cent between a rate and the published one")
    parser.add_argument("--published", action="append", default=[], type=parse_published)
    arguments = parser.parse_args()
    with open(arguments.result, encoding="utf-8") as file:
        document = json.load(file)
    cases = [case for case in document["cases"] if case["workload"] == "train_step" and case["status"] == "ok"]
    table = {**PUBLISHED, **dict(arguments.published)}
    lines = [line for case in cases for line in judge(case, parts(document), table, arguments)]
    for text, wrong in lines:
        print(("LATE  " if wrong else "ok    ") + text)
    if not lines:
        print("no verified training step with a limit in this result (was it `muster run train --backend cuda`?)")
        sys.exit(2)
    sys.exit(1 if any(wrong for _, wrong in lines) else 0)


if __name__ == "__main__":
    main()
