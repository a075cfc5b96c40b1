#!/usr/bin/env python3
"""Holds muster's input pipeline on a GPU against NVIDIA DALI's mixed one on the same GPU and the same cores: the same
folder of JPEG files, read through the page cache, decoded by nvJPEG, cropped at random to SIZE x SIZE, mirrored and
normalised in batches on the GPU. First DALI's settings are tried (threads, share of its hardware decoder, region
decoding); then short runs of muster and of its fastest setting take turns (ABBA...), each in a process of its own. The
ratio of the medians is printed with its 95 % interval (bootstrap over the runs).

Exit codes: 0 the ratio reaches the limit, 1 it does not, 2 usage or no DALI, 6 a run failed.

usage: compare_dali.py [FOLDER] [--muster PROGRAM] [--output float16|float32] [--batch N] [--rounds N] [--seconds S]
       [--limit 1.0] [--json FILE]

FOLDER holds JPEG files and nothing else; without, muster makes 4000 pictures of ImageNet's sizes (`muster dataset make`).
Both resize antialiased. muster chooses its back end of nvJPEG itself (decoder = auto).
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from compare_torch import muster_rate
from ratios import RunFailed, alternate, interval, program_here

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def counted(step, batch, seconds):
    """Pictures per second of step(), which makes a batch; warm-up first."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        step()
    begin = time.perf_counter()
    pictures = 0
    while time.perf_counter() - begin < seconds:
        step()
        pictures += batch
    return pictures / (time.perf_counter() - begin)


def dali_rate(options, setting):
    from nvidia.dali import fn, pipeline_def, types

    folder = options.folder
    files = [f"{folder.name}/{name}" for name in sorted(os.listdir(folder))]
    area, ratio = [0.08, 1.0], [3 / 4, 4 / 3]

    @pipeline_def(batch_size=options.batch, num_threads=setting["threads"], device_id=0, seed=1, prefetch_queue_depth=2)
    def pipeline():
        encoded, _ = fn.readers.file(file_root=str(folder.parent), files=files, random_shuffle=True)
        kind = {"device": "mixed", "output_type": types.RGB, "hw_decoder_load": setting["load"]}
        if setting["decoder"] == "region":
            pictures = fn.decoders.image_random_crop(encoded, num_attempts=10, random_area=area,
                                                     random_aspect_ratio=ratio, **kind)
            pictures = fn.resize(pictures, resize_x=options.size, resize_y=options.size)
        else:
            pictures = fn.decoders.image(encoded, **kind)
            pictures = fn.random_resized_crop(pictures, size=options.size, random_area=area, random_aspect_ratio=ratio,
                                              num_attempts=10)
        return fn.crop_mirror_normalize(pictures, output_layout="CHW", mirror=fn.random.coin_flip(probability=0.5),
                                        dtype=types.FLOAT16 if options.output == "float16" else types.FLOAT,
                                        mean=[255 * value for value in MEAN], std=[255 * value for value in DEVIATION])

    made = pipeline()
    made.build()
    return counted(made.run, options.batch, options.seconds)


def settings(cores):
    return [{"decoder": decoder, "threads": threads, "load": load} for decoder in ("region", "whole")
            for threads in sorted({max(1, cores // 2), cores}) for load in (0.0, 0.65, 0.9)]


def run_apart(setting, arguments):
    """DALI's rate of one run in a process of its own, so that nothing of it is left over while muster runs."""
    command = [sys.executable, "-B", str(Path(__file__).resolve()), *arguments, "--run-dali", json.dumps(setting)]
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        return float(done.stdout.split()[-1])
    except (IndexError, ValueError) as error:
        raise RunFailed(f"a run of DALI failed with {setting}: {done.stderr.strip()[-800:]}") from error


def compare(options, arguments):
    tried = {json.dumps(setting): run_apart(setting, arguments) for setting in settings(len(os.sched_getaffinity(0)))}
    for setting, rate in tried.items():
        print(f"     DALI {setting}: {rate:.0f} images/s", flush=True)
    best = json.loads(max(tried, key=tried.get))
    params = {"batch": options.batch, "size": options.size, "images": 0, "io": "buffered", "output": options.output}
    a, b = alternate(options.rounds,
                     lambda: muster_rate(options.muster, "cuda", "dataload/pipeline", params, options.seconds,
                                         "--data", str(options.folder)),
                     lambda: run_apart(best, arguments))
    ratio = statistics.median(a) / statistics.median(b)
    low, high = interval(a, b)
    ok = ratio >= options.limit
    print(f"{'ok  ' if ok else 'LOW '} muster / DALI mixed, {options.output}, batch {options.batch}: {ratio:.3f} ({low:.3f} to "
          f"{high:.3f}, limit {options.limit:g}); medians {statistics.median(a):.0f} and {statistics.median(b):.0f} "
          f"images/s, {options.rounds} runs each, {best}", flush=True)
    return {"ratio": ratio, "low": low, "high": high, "muster": a, "dali": b, "setting": best, "tried": tried, "ok": ok}


def make_pictures(options, folder):
    """Files of ImageNet's sizes: muster's dataset, unpacked."""
    made, pictures = Path(folder) / "dataset", Path(folder) / "pictures"
    done = subprocess.run([options.muster, "dataset", "make", str(made), "--profile", "imagenet", "--records",
                           str(options.pictures)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RunFailed(f"muster could not make the pictures: {done.stderr.strip()[-500:]}")
    for shard in sorted(made.glob("*.tar")):
        with tarfile.open(shard) as tar:
            tar.extractall(pictures, members=[member for member in tar if member.isfile()])
        shard.unlink()
    return pictures


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--muster", default=program_here(), help="the program (default: this bundle's or checkout's)")
    parser.add_argument("--output", choices=["float16", "float32"], default="float16")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--pictures", type=int, default=4000, help="that are made where no folder is given")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each side, 5 at least")
    parser.add_argument("--seconds", type=float, default=4, help="of each run, after a warm-up as long")
    parser.add_argument("--limit", type=float, default=1.0, help="smallest ratio that passes")
    parser.add_argument("--json", help="where to write all figures")
    parser.add_argument("--run-dali", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.rounds < 5:
        parser.error("--rounds: five at least, fewer give no interval")
    if not options.muster:
        parser.error("--muster: the program was not found")
    if options.folder is not None and not options.folder.is_dir():
        parser.error(f"'{options.folder}' is no folder")
    return options


def dali_version():
    done = subprocess.run([sys.executable, "-c", "import nvidia.dali as dali; print(dali.__version__)"],
                          capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def main():
    options = parse(sys.argv[1:])
    if options.run_dali:
        options.folder = options.folder.resolve()
        print(dali_rate(options, options.run_dali))
        return 0
    version = dali_version()
    if version is None:
        print("no DALI here (nvidia.dali cannot be imported) install the wheel nvidia-dali-cuda130, or run with the python "
              "that has it", file=sys.stderr)
        return 2
    print(f"DALI {version}; {options.muster}; {len(os.sched_getaffinity(0))} cores", flush=True)
    with tempfile.TemporaryDirectory(prefix="muster-dali-") as scratch:
        try:
            if options.folder is None:
                options.folder = make_pictures(options, scratch)
            options.folder = options.folder.resolve()
            arguments = [str(options.folder), "--output", options.output, "--batch", str(options.batch), "--size",
                         str(options.size), "--seconds", str(options.seconds)]
            line = compare(options, arguments)
        except RunFailed as error:
            print(error, file=sys.stderr)
            return 6
    if options.json:
        Path(options.json).write_text(json.dumps(line, indent=1) + "\n")
    return 0 if line["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
