#!/usr/bin/env python3
"""Reads the machine code (SASS) of our kernels, as cuobjdump shows it, and holds what their speed rests on: nothing is
spilled to local memory, kernels that live on the memory's bandwidth move 16 bytes an instruction, and their loads are under
way together. And one thing that their results rest on: none adds or multiplies the absolute value of a register, which
ptxas 13.0 loses in some loops, without a trace in the machine code.

usage: check_sass.py LIBRARY [FOLDER...] | --self-test
FOLDERs are looked in for cuobjdump before PATH. Exit 0: all holds; 1: it does not; 77: there is no cuobjdump.
"""
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ARCHITECTURES = ("sm_80", "sm_90")
SKIPPED = 77

# Kernel: (loads of 16 bytes that must stand together before the first store or jump, bits that its widest store moves)
NEEDS = {
    "evict_by_reading": (8, 0),
    "memory_read": (8, 0),
    "memory_write": (0, 128),
    "memory_copy_fp64": (8, 128), "memory_copy_fp32": (8, 128),
    "memory_scale_fp64": (8, 128), "memory_scale_fp32": (8, 128),
    "memory_add_fp64": (8, 128), "memory_add_fp32": (8, 128),
    "memory_triad_fp64": (8, 128), "memory_triad_fp32": (8, 128),
    "training_adamw": (6, 128),
    "training_layer_norm": (2, 128),
    "training_cross_entropy": (4, 128),
    "train_gather_fp32": (4, 128), "train_gather_bf16": (4, 128),
    "train_adjoint_fp32": (4, 128), "train_adjoint_bf16": (4, 128),
    "train_embed_fp32": (1, 128), "train_embed_bf16": (1, 128),
    "train_sum_slices_fp32": (1, 0), "train_sum_slices_bf16": (1, 0),
    "train_loss_fp32": (1, 128), "train_loss_bf16": (1, 128),
    "train_adamw_fp32": (8, 128), "train_adamw_bf16": (6, 128),
    # A warp's values are neighbours, so narrow stores fill whole sectors; what counts is that nothing spills.
    "dataload_preprocess_fp32": (0, 0), "dataload_preprocess_fp16": (0, 0), "dataload_preprocess_bf16": (0, 0),
}
FUNCTION = re.compile(r"^\s*Function : (\S+)", re.M)
INSTRUCTION = re.compile(r"^\s*/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z][\w.]*)", re.M)

# Comparisons may: the compiler's own divisions begin with one.
ABSOLUTE = re.compile(r"^\s*/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?[FD](?:ADD|MUL|FMA|MNMX)[\w.]*\s[^;]*\|R", re.M)
# Kernels that keep to it
NO_ABSOLUTE = "dataload_preprocess_"


def plain_name(mangled):
    """memory_read of _ZN6muster4cuda11memory_readEPKmmbPy: the last of the lengths and names it is made of."""
    rest = mangled.removeprefix("_Z").removeprefix("N")
    name = mangled
    while match := re.match(r"(\d+)", rest):
        length = int(match.group())
        name, rest = rest[match.end():match.end() + length], rest[match.end() + length:]
    return name


def kernels_of(sass):
    """{plain name: its opcodes, in order}"""
    parts = FUNCTION.split(sass)
    return {plain_name(name): INSTRUCTION.findall(body) for name, body in zip(parts[1::2], parts[2::2])}


def absolute_faults(sass, prefix, where):
    parts = FUNCTION.split(sass)
    for name, body in sorted(zip(parts[1::2], parts[2::2])):
        found = len(ABSOLUTE.findall(body))
        if found and plain_name(name).startswith(prefix):
            yield (f"{where}: {plain_name(name)} takes the absolute value of a register in {found} instructions: ptxas 13.0 "
                   "loses some of those in loops; see triangle() in kernels/dataload/preprocess.cuh")


def is_wide(opcode, kind, bits=128):
    return opcode.startswith(kind + ".") and str(bits) in opcode.split(".")


def most_loads_together(opcodes):
    most = run = 0
    for opcode in opcodes:
        if is_wide(opcode, "LDG"):
            run += 1
            most = max(most, run)
        elif opcode.split(".")[0] in ("STG", "BRA", "EXIT", "BSYNC", "RET"):
            run = 0
    return most


def faults_of(kernels, needs, where):
    for name, opcodes in sorted(kernels.items()):
        spills = Counter(opcode.split(".")[0] for opcode in opcodes if opcode.split(".")[0] in ("LDL", "STL"))
        if spills:
            yield f"{where}: {name} uses local memory ({spills['STL']} stores, {spills['LDL']} loads): registers spill"
    for name, (loads, stores) in needs.items():
        if name not in kernels:
            yield f"{where}: there is no kernel {name}"
            continue
        together = most_loads_together(kernels[name])
        if together < loads:
            yield f"{where}: {name} has {together} loads of 16 bytes under way together, not {loads}"
        if stores and not any(is_wide(opcode, "STG", stores) for opcode in kernels[name]):
            yield f"{where}: {name} stores no {stores // 8} bytes at a time"


def find_tool(folders):
    for folder in folders:
        candidate = Path(folder) / "cuobjdump"
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate)
    return shutil.which("cuobjdump")


def check(library, folders):
    tool = find_tool(folders)
    if tool is None:
        print("skipped: no cuobjdump here (it is part of the CUDA toolkit: package cuda-cuobjdump)")
        return SKIPPED
    faults, seen = [], 0
    for architecture in ARCHITECTURES:
        # Beside cuobjdump lies the nvdisasm that it calls.
        path = os.pathsep.join([str(Path(tool).parent), os.environ.get("PATH", "")])
        done = subprocess.run([tool, "-sass", "-arch", architecture, library], capture_output=True, text=True,
                              env={**os.environ, "PATH": path})
        if done.returncode != 0:
            print(f"cuobjdump failed for {architecture}: {done.stderr.strip()}")
            return 1
        kernels = kernels_of(done.stdout)
        seen += len(kernels)
        faults += faults_of(kernels, NEEDS, architecture)
        faults += absolute_faults(done.stdout, NO_ABSOLUTE, architecture)
    for fault in faults:
        print(fault)
    print(f"{seen} kernels read, {len(faults)} faults")
    return 1 if faults else 0


def self_test():
    """The fixtures are what nvcc 13.0 makes of one copy kernel: as it should be, and with one fault each."""
    wanted = {"good": None, "scalar": "stores no 16 bytes", "serial": "under way together", "spilling": "local memory",
              "absolute": "absolute value"}
    needs = {"memory_copy_fp64": (4, 128)}
    ok = True
    for name, fault in wanted.items():
        text = (Path(__file__).parent / "fixtures" / f"{name}.sass").read_text()
        found = [*faults_of(kernels_of(text), needs, name), *absolute_faults(text, "memory_copy_", name)]
        if (fault is None and found) or (fault is not None and not any(fault in one for one in found)):
            print(f"{name}: expected {fault or 'nothing'}, found {found}")
            ok = False
    if not any("there is no kernel" in one for one in faults_of({}, needs, "empty")):
        print("a kernel that is missing was not missed")
        ok = False
    if plain_name("_ZN6muster8training4cuda14training_adamwEPfS2_S2_PKtPtmNS0_9AdamwStepE") != "training_adamw":
        print("a mangled name was read wrongly")
        ok = False
    return 0 if ok else 1


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(check(sys.argv[1], sys.argv[2:]))


if __name__ == "__main__":
    main()
