#!/usr/bin/env python3
"""Holds muster's input pipeline on the CPU against NVIDIA DALI's and PyTorch's DataLoader: the same folder of JPEG
files, read, decoded, cropped at random to SIZE x SIZE, mirrored and normalised in batches, on the same cores. First
each peer's settings are tried; then short runs of muster and of the peer's fastest take turns (ABBA...), so that a
clock that drifts favours neither. The ratio of the medians is printed with its 95 % interval (bootstrap over the runs).

Exit codes: 0 all ratios reach their limits, 1 one does not, 2 usage or no peer is installed, 6 a run failed.

usage: compare_input.py FOLDER [--cores 0,1] [--peers dali,torch] [--output float32|float16] [--scaled on|off]
       [--filter triangle] [--rounds N] [--seconds S] [--limit-dali R] [--limit-torch R] [--json FILE]

All read through the page cache. Both peers' resize is antialiased, as muster's filter `triangle` is. PyTorch's output
is float32 always. --scaled on: muster decodes at 1/2, 1/4 or 1/8 where the crop allows it; the peers do not.
"""
import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "gpu"))
from ratios import RunFailed, alternate, finish, interval  # noqa: E402

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SUITE = """
name = "compare"
summary = "one case of a comparison"
launches = 1
sampling = "{seconds}s"

[[case]]
workload = "dataload/pipeline"
params.batch = {batch}
params.size = {size}
params.images = 0
params.io = "buffered"
params.filter = "{filter}"
params.output = "{output}"
params.scaled = "{scaled}"
"""


def counted(step, batch, seconds):
    """Pictures per second of step(), which makes a batch; warm-up first."""
    end = time.monotonic() + min(1.0, seconds)
    while time.monotonic() < end:
        step()
    begin = time.perf_counter()
    pictures = 0
    while time.perf_counter() - begin < seconds:
        pictures += step() or batch
    return pictures / (time.perf_counter() - begin)


def dali_rate(folder, options, setting):
    from nvidia.dali import fn, pipeline_def, types

    @pipeline_def(batch_size=options.batch, num_threads=setting["threads"], device_id=None, seed=options.seed,
                  prefetch_queue_depth=2)
    def pipeline():
        encoded, _ = fn.readers.file(file_root=str(folder.parent), files=files_of(folder), random_shuffle=True,
                                     dont_use_mmap=setting["mmap"] == "off")
        area, ratio = [0.08, 1.0], [3 / 4, 4 / 3]
        if setting["decoder"] == "region":
            pictures = fn.decoders.image_random_crop(encoded, device="cpu", output_type=types.RGB, num_attempts=10,
                                                     random_area=area, random_aspect_ratio=ratio)
            pictures = fn.resize(pictures, resize_x=options.size, resize_y=options.size)
        else:
            pictures = fn.decoders.image(encoded, device="cpu", output_type=types.RGB)
            pictures = fn.random_resized_crop(pictures, size=options.size, random_area=area,
                                              random_aspect_ratio=ratio, num_attempts=10)
        kind = types.FLOAT16 if options.output == "float16" else types.FLOAT
        return fn.crop_mirror_normalize(pictures, dtype=kind, output_layout="CHW",
                                        mirror=fn.random.coin_flip(probability=0.5),
                                        mean=[255 * value for value in MEAN], std=[255 * value for value in DEVIATION])

    made = pipeline()
    made.build()
    return counted(lambda: made.run() and None, options.batch, options.seconds)


def torch_rate(folder, options, setting):
    import torch
    from torchvision import io
    from torchvision.transforms import v2

    torch.set_num_threads(1 if setting["workers"] else len(options.cores))
    transform = v2.Compose([v2.RandomResizedCrop(options.size, antialias=True), v2.RandomHorizontalFlip(),
                            v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, DEVIATION)])
    files = [str(folder / name) for name in sorted(os.listdir(folder))]

    class Pictures(torch.utils.data.Dataset):
        def __len__(self):
            return len(files) * 1000  # one long epoch: starting workers anew is not what is measured

        def __getitem__(self, index):
            return transform(io.decode_jpeg(io.read_file(files[index % len(files)]), mode=io.ImageReadMode.RGB))

    loader = torch.utils.data.DataLoader(Pictures(), batch_size=options.batch, shuffle=True,
                                         num_workers=setting["workers"])
    batches = iter(loader)
    return counted(lambda: next(batches).shape[0], options.batch, options.seconds)


def muster_rate(folder, options, _):
    with tempfile.TemporaryDirectory(prefix="muster-compare-") as at:
        suite = Path(at) / "compare.toml"
        suite.write_text(SUITE.format(**vars(options)))
        command = [options.muster, "run", str(suite), "--backend", "host", "--data", str(folder), "-o", f"{at}/run"]
        done = subprocess.run(command, capture_output=True, text=True)
        result = Path(at) / "run" / "result.json"
        if not result.is_file():
            raise RunFailed(f"muster left no result (exit code {done.returncode}): {done.stderr.strip()[-500:]}")
        case = json.loads(result.read_text())["cases"][0]
    if case["status"] != "ok" or case["verification"]["status"] != "pass":
        raise RunFailed(f"dataload/pipeline ended with status {case['status']}, verification {case['verification']}")
    return case["launches"][0]["median"]


def files_of(folder):
    return [f"{folder.name}/{name}" for name in sorted(os.listdir(folder))]


SIDES = {"muster": muster_rate, "dali": dali_rate, "torch": torch_rate}


def settings_of(side, cores):
    """What is tried of each side; the fastest is compared with."""
    if side == "dali":
        return [{"decoder": decoder, "threads": threads, "mmap": mmap} for decoder in ("region", "whole")
                for threads in (cores, cores + 1) for mmap in ("on", "off")]
    if side == "torch":
        return [{"workers": workers} for workers in sorted({0, cores, cores + 1, 2 * cores})]
    return [{}]


# --------------------------------------------------------------------------------------------------- comparison

def run_apart(side, setting, arguments):
    """The rate of one run in a process of its own, so that no library's threads or affinity are left over."""
    command = [sys.executable, str(Path(__file__).resolve()), *arguments, "--run", side, "--setting", json.dumps(setting)]
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        return float(done.stdout.split()[-1])
    except (IndexError, ValueError) as error:
        raise RunFailed(f"a run of {side} failed: {done.stderr.strip()[-800:]}") from error


def fastest(side, options, arguments):
    tried = {}
    for setting in 2 * settings_of(side, len(options.cores)):  # twice: one may have been disturbed
        name = json.dumps(setting)
        tried[name] = max(tried.get(name, 0), run_apart(side, setting, arguments))
    best = max(tried, key=tried.get)
    print(f"     {side}: " + ", ".join(f"{setting} {rate:.0f}" for setting, rate in tried.items()), flush=True)
    return json.loads(best), tried


def compare(options, arguments):
    lines = []
    for side in options.peers:
        setting, tried = fastest(side, options, arguments)
        a, b = alternate(options.rounds, lambda: run_apart("muster", {}, arguments),
                         lambda: run_apart(side, setting, arguments))
        ratio = statistics.median(a) / statistics.median(b)
        low, high = interval(a, b)
        ok = ratio >= options.limits[side]
        lines.append({"peer": side, "setting": setting, "tried": tried, "cores": len(options.cores), "ratio": ratio,
                      "low": low, "high": high, "muster": a, "other": b, "ok": ok})
        print(f"{'ok  ' if ok else 'LOW '} muster / {side} on {len(options.cores)} cores: {ratio:.3f} ({low:.3f} to "
              f"{high:.3f}, limit {options.limits[side]:g}); medians {statistics.median(a):.1f} and "
              f"{statistics.median(b):.1f} images/s, {options.rounds} runs each, {setting}", flush=True)
    return lines


def installed(side):
    """Its version, or None."""
    name = {"dali": "nvidia.dali", "torch": "torch"}[side]
    done = subprocess.run([sys.executable, "-c", f"import {name} as peer; print(peer.__version__)"],
                          capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = Path(__file__).resolve().parent.parent.parent
    built = here / "build" / "release" / "bin" / "muster"
    parser.add_argument("folder", type=Path, help="of JPEG files and nothing else (see muster_peer_pictures)")
    parser.add_argument("--muster", default=str(built) if built.is_file() else shutil.which("muster"))
    parser.add_argument("--cores", default="0", help="CPUs to run on, by number")
    parser.add_argument("--peers", default="dali,torch")
    parser.add_argument("--output", choices=["float32", "float16"], default="float32")
    parser.add_argument("--filter", choices=["triangle", "linear"], default="triangle", help="of muster")
    parser.add_argument("--scaled", choices=["off", "on"], default="off", help="decoding at a reduced scale by muster")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7, help="runs of each side, 5 at least")
    parser.add_argument("--seconds", type=float, default=3, help="of each run, after its warm-up")
    parser.add_argument("--limit-dali", type=float, default=1.8)
    parser.add_argument("--limit-torch", type=float, default=2.0)
    parser.add_argument("--json", help="where to write all figures")
    parser.add_argument("--run", choices=list(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--setting", type=json.loads, default={}, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.rounds < 5:
        parser.error("--rounds: five at least, fewer give no interval")
    if not options.folder.is_dir():
        parser.error(f"'{options.folder}' is no folder")
    options.cores = [int(core) for core in options.cores.split(",")]
    options.peers = [side for side in options.peers.split(",") if side]
    if any(side not in ("dali", "torch") for side in options.peers):
        parser.error("--peers: dali and torch are known")
    options.limits = {"dali": options.limit_dali, "torch": options.limit_torch}
    options.folder = options.folder.resolve()
    return options


def main():
    arguments = sys.argv[1:]
    options = parse(arguments)
    os.sched_setaffinity(0, options.cores)
    if options.run:
        print(SIDES[options.run](options.folder, options, options.setting))
        return 0
    if not options.muster:
        print("the program muster was not found; build it or give --muster", file=sys.stderr)
        return 2
    versions = {side: installed(side) for side in options.peers}
    for side in [side for side, version in versions.items() if version is None]:
        print(f"{side} is not installed for this python (see README.md); left out", file=sys.stderr)
        options.peers.remove(side)
    if not options.peers:
        return 2
    print(f"{options.folder}, {len(os.listdir(options.folder))} files, output {options.output}, scaled {options.scaled}; "
          + ", ".join(f"{side} {versions[side]}" for side in options.peers) + f"; {options.muster}", flush=True)
    return finish(options, lambda: compare(options, arguments))


if __name__ == "__main__":
    sys.exit(main())
