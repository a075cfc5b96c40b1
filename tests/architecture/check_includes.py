#!/usr/bin/env python3
"""Reads every #include of kernels/ and harness/ and holds the rules of the house: which room may see which, and the one
home of each third-party library.

usage: check_includes.py SOURCE_FOLDER | --self-test
"""
import re
import sys
import tempfile
from pathlib import Path

# A room may include itself, harness/core (harness only), kernels/contract, and what stands here.
ROOMS = {
    "harness/core": set(),
    "harness/device": {"kernels/cuda", "kernels/host"},  # its plug-in halves share their families' helpers
    "harness/group": {"harness/device"},
    "harness/measure": set(),
    "harness/plan": set(),
    "harness/record": set(),
    "harness/run": {"harness/measure", "harness/device", "harness/group", "harness/record"},
    "harness/launch": {"harness/record"},
    "harness/analyze": set(),
    "harness/project": set(),
    "harness/report": set(),
    "harness/app": {"harness/run", "harness/plan", "harness/launch", "harness/record", "harness/report",
                    "harness/device", "harness/group", "harness/analyze", "harness/project"},
    "kernels/contract": set(),
    "kernels/cuda": set(),
    "kernels/host": set(),
    # A training step is made of the other families.
    "kernels/train_step": {"kernels/cuda", "kernels/host", "kernels/gemm", "kernels/collective", "kernels/dataload",
                           "kernels/training"},
}
# header pattern: the places (regular expressions on the file's path) that may include it
HOMES = {
    r"mpi\.h": r"harness/group/mpi/",
    r"nlohmann/": r"harness/record/",
    r"CLI/": r"harness/app/",
    r"toml\+\+/": r"harness/plan/",
    r"benchmark/benchmark\.h": r"harness/measure/",
    r"nettle/": r"harness/record/",
    r"nvml\.h": r"harness/device/",
    r"cuda(_runtime|_runtime_api|_bf16|_fp16)?\.h": r"harness/device/cuda/|kernels/cuda/|_cuda\.(cpp|cu|hpp)$|\.cu$|\.cuh$",
    r"cublas": r"harness/device/cuda/|_cuda\.(cpp|hpp)$|kernels/gemm/cublas",
    r"nccl\.h": r"_cuda\.(cpp|hpp)$|kernels/collective/nccl",
    r"nvjpeg\.h": r"_cuda\.(cpp|hpp)$|kernels/dataload/nvjpeg",
    r"(cblas|oneapi/dnnl|dnnl)": r"_host\.(cpp|hpp)$|harness/device/host/",
    r"turbojpeg\.h": r"kernels/dataload/",
    r"jpeglib\.h": r"kernels/dataload/",
    r"liburing\.h": r"kernels/dataload/",
    r"(simgrid|xbt)/": r"harness/project/simulate/",
    r"xxh(ash|3)\.h": r"kernels/dataload/",
}
SOURCES = {".cpp", ".hpp", ".cu", ".cuh"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def room_of(path):
    parts = path.split("/")
    return "/".join(parts[:2])


def may_include(room, other):
    if other in (room, "kernels/contract"):
        return True
    if room.startswith("kernels/") and room in ROOMS:
        return other in ROOMS[room]
    if room.startswith("kernels/"):
        family = room not in ROOMS  # families see what their backend's side shares, never each other
        return family and other in ("kernels/cuda", "kernels/host")
    return other == "harness/core" or other in ROOMS[room]


def faults_of(path, text):
    room = room_of(path)
    if room.startswith("harness/") and room not in ROOMS:
        yield f"{path}: room {room} is not in the table of rooms: add it with what it may see"
        return
    for quote, name in INCLUDE.findall(text):
        if name.startswith(("kernels/", "harness/")):
            other = room_of(name)
            plugin_part = path.startswith(("harness/device/cuda/", "kernels/")) and name == "harness/core/build_info.hpp"
            if not may_include(room, other) and not plugin_part:
                yield f"{path}: {room} must not see {other} ({name})"
        elif quote == '"' and "/" in name and not name.startswith("tests/"):
            yield f"{path}: include {name} by its full path from the top"
        for pattern, home in HOMES.items():
            if re.match(pattern, name) and not re.search(home, path):
                yield f"{path}: {name} has its home elsewhere ({home})"
    if room == "kernels/contract":
        for quote, name in INCLUDE.findall(text):
            if quote == "<" and ("/" in name or name.endswith(".h")):
                yield f"{path}: the contract uses the standard library only, not <{name}>"


def check(root):
    found, faults = 0, []
    for top in ("kernels", "harness"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in SOURCES:
                found += 1
                faults += faults_of(file.relative_to(root).as_posix(), file.read_text())
    return found, faults


def self_test():
    planted = {
        "kernels/gemm/a.cpp": '#include "harness/core/plan.hpp"\n',
        "kernels/gemm/b.cpp": '#include "kernels/memory/x.hpp"\n',
        "kernels/gemm/k.cpp": '#include "kernels/train_step/x.hpp"\n',
        "kernels/contract/c.hpp": "#include <fmt/format.h>\n",
        "harness/measure/d.cpp": '#include "harness/record/json.hpp"\n',
        "harness/core/e.cpp": '#include "harness/plan/planner.hpp"\n',
        "harness/run/f.cpp": "#include <mpi.h>\n",
        "harness/app/g.cpp": "#include <nlohmann/json.hpp>\n",
        "harness/plan/h.cpp": "#include <CLI/CLI.hpp>\n",
        "harness/attic/i.cpp": "",
        "harness/device/cuda/ok.cpp": "#include <cuda_runtime.h>\n",
        "harness/project/l.cpp": "#include <simgrid/s4u.hpp>\n",
        "harness/project/simulate/ok.cpp": "#include <simgrid/s4u.hpp>\n",
        "harness/launch/j.cpp": "#include <cuda_runtime.h>\n",
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in planted.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        _, faults = check(root)
        missed = [name for name in planted if "ok" not in name and not any(f.startswith(name) for f in faults)]
        wrong = [f for f in faults if "ok.cpp" in f]
    for name in missed:
        print(f"planted fault not found: {name}")
    for fault in wrong:
        print(f"accused wrongly: {fault}")
    return not missed and not wrong


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(0 if self_test() else 1)
    found, faults = check(Path(sys.argv[1]))
    for fault in faults:
        print(fault)
    print(f"{found} files read, {len(faults)} faults")
    sys.exit(1 if faults or found < 20 else 0)


if __name__ == "__main__":
    main()
