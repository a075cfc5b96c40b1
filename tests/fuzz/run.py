#!/usr/bin/env python3
"""Runs every fuzz target side by side and says what they found.

usage: run.py FUZZ_BUILD SECONDS [TARGET...]

FUZZ_BUILD is the folder that the preset `fuzz` builds in. What targets learn stays in FUZZ_BUILD/corpus, inputs that broke
something are put into FUZZ_BUILD/found; the exit code is 1 if there are any.
"""
import re
import subprocess
import sys
from pathlib import Path

import seeds

SOURCE = Path(__file__).resolve().parents[2]
LARGEST = {"fuzz_document": 16384, "fuzz_import": 8192, "fuzz_config": 4096, "fuzz_hostlist": 512}  # bytes
MEMORY_MB = 3072


def quoted(word):
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def dictionary(file, words):
    """Words that a target would take long to come upon."""
    file.write_text("".join(quoted(word) + "\n" for word in sorted(words) if word.isascii() and word.isprintable()))
    return file


def start(program, build, seconds):
    name = program.name
    corpus, found = build / "corpus" / name, build / "found"
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(exist_ok=True)
    texts = seeds.of(name, SOURCE)
    for number, text in enumerate(texts):
        (corpus / f"seed{number:03}").write_bytes(text)
    words = {word for text in texts for word in re.findall(r'"[A-Za-z_]+":?|[A-Za-z_#]{2,}', text.decode(errors="ignore"))}
    log = open(build / f"{name}.log", "w")
    process = subprocess.Popen(
        [program, corpus, f"-max_total_time={seconds}", f"-max_len={LARGEST.get(name, 2048)}", f"-rss_limit_mb={MEMORY_MB}",
         "-timeout=120", "-report_slow_units=120", "-print_final_stats=1", f"-artifact_prefix={found}/{name}-",
         f"-dict={dictionary(build / f'{name}.words', words)}"], stdout=log, stderr=log)
    return name, process, Path(log.name)


def summary(log):
    text = log.read_text(errors="replace")
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", text)
    edges = re.findall(r"cov: (\d+)", text)
    return f"{runs.group(1) if runs else '?'} inputs, {edges[-1] if edges else '?'} edges"


def main():
    build, seconds = Path(sys.argv[1]).resolve(), int(sys.argv[2])
    wanted = sys.argv[3:]
    programs = [p for p in sorted((build / "bin").glob("fuzz_*")) if not wanted or p.name in wanted]
    if not programs:
        sys.exit(f"no fuzz target in {build}/bin: build the preset 'fuzz' first")
    running = [start(program, build, seconds) for program in programs]
    bad = 0
    for name, process, log in running:
        code = process.wait()
        print(f"{name}: {'clean' if code == 0 else 'FOUND SOMETHING, see ' + str(log)}, {summary(log)}", flush=True)
        bad += code != 0
    for file in sorted((build / "found").iterdir()):
        print(f"  {file}: {file.name.split('-')[0]} {file} repeats it")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
