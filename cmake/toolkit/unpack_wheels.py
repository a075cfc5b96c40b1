#!/usr/bin/env python3
"""Lays out the vendor's CUDA wheels as a toolkit root: bin, include, lib, nvvm.

usage: unpack_wheels.py ROOT WHEEL...

Wheels keep their files under nvidia/<part>/{bin,include,lib,nvvm}; all parts are merged. What CMake and nvcc expect of
a toolkit and wheels lack is added: lib64, targets/x86_64-linux, unversioned lib*.so links, executable bits.
"""
import pathlib
import re
import shutil
import sys
import zipfile

KEPT_FOLDERS = ("bin", "include", "lib", "nvvm")
LINKS = {
    "lib64": "lib",
    "targets/x86_64-linux/include": "../../include",
    "targets/x86_64-linux/lib": "../../lib",
}


def place_in_root(member: str) -> pathlib.PurePosixPath | None:
    """nvidia/cu13/include/cuda.h -> include/cuda.h; None for what is no part of a toolkit."""
    parts = pathlib.PurePosixPath(member).parts
    if len(parts) < 4 or parts[0] != "nvidia" or parts[2] not in KEPT_FOLDERS or ".." in parts:
        return None
    return None if parts[-1] == "__init__.py" else pathlib.PurePosixPath(*parts[2:])


def unpack(wheel: pathlib.Path, root: pathlib.Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            place = place_in_root(member.filename)
            if place is None or member.is_dir():
                continue
            target = root / place
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)


def link(place: pathlib.Path, target: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.is_symlink() and not place.exists():
        place.symlink_to(target)


def add_development_links(root: pathlib.Path) -> None:
    """libcudart.so -> libcudart.so.13, which wheels leave out."""
    for library in sorted((root / "lib").glob("lib*.so.*")):
        link(library.with_name(re.sub(r"\.so\..*$", ".so", library.name)), library.name)


def make_executable(root: pathlib.Path) -> None:
    for folder in ("bin", "nvvm/bin"):
        for program in (root / folder).glob("*"):
            if program.is_file():
                program.chmod(0o755)


def main(arguments: list[str]) -> int:
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(arguments[0])
    for wheel in arguments[1:]:
        unpack(pathlib.Path(wheel), root)
    for place, target in LINKS.items():
        link(root / place, target)
    add_development_links(root)
    make_executable(root)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
