#!/usr/bin/env python3
"""Holds the recipes of cmake/container to rules, and to each other: pinned images, nobody runs as root, what is copied is
there, shell code is sound, packages come from cmake/packages, no secrets; Docker's and Apptainer's do the same.

usage: check_containers.py SOURCE_FOLDER | --self-test SOURCE_FOLDER
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCKERFILE, DEFINITION = "cmake/container/Dockerfile", "cmake/container/muster.def"
SECTIONS = {"files", "post", "environment", "runscript", "test", "labels", "help"}
# Packages that recipes may name themselves; all others stand in cmake/packages.
NAMED_HERE = {"ca-certificates", "git", "openmpi-bin"}
LISTS = ("build.txt", "package.txt")
# Steps that only the one kind of image needs.
ONLY_DOCKER = ("rm -rf /var/lib/apt/lists", "useradd ", "install -d ")
ONLY_APPTAINER = ("set -euo pipefail", "cd /src", "rm -rf /var/lib/apt/lists")
SECRET = re.compile(r"(TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|API_?KEY|_PROXY)", re.I)


class Stage:
    """Of either recipe."""

    def __init__(self, image, name):
        self.image, self.name = image, name
        self.copies = []  # (stage or None, source, target)
        self.shell = []   # pieces of shell code
        self.environment = {}
        self.user, self.entry = None, None

    def commands(self, dropped):
        lines = "\n".join(self.shell).replace("\\\n", " ")
        lines = re.sub(r"\|\s*\n", "| ", lines)
        commands = [" ".join(part.split()) for part in re.split(r"\n|&&", lines)]
        return [command for command in commands if command and not command.startswith(dropped)]


def instructions(text):
    """(NAME, arguments) of a Dockerfile, continued lines joined by their newlines."""
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    text = re.sub(r"\\\n", "\\\\\0", text)
    for line in text.splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name.upper(), rest.strip().replace("\0", "\n")


def read_dockerfile(text, faults):
    stages = []
    for name, rest in instructions(text):
        if name == "FROM":
            words = rest.split()
            stages.append(Stage(words[0], words[2] if len(words) == 3 and words[1].upper() == "AS" else ""))
        elif not stages:
            faults.append(f"Dockerfile: {name} stands before FROM")
        elif name == "RUN":
            stages[-1].shell.append(rest)
        elif name in ("COPY", "ADD"):
            words = rest.split()
            origin = words.pop(0).partition("=")[2] if words[0].startswith("--from=") else None
            stages[-1].copies += [(origin, source, words[-1]) for source in words[:-1]]
            if name == "ADD":
                faults.append(f"Dockerfile: ADD {rest}: it unpacks and downloads; use COPY")
        elif name == "ENV":
            stages[-1].environment.update(re.findall(r"(\w+)=(\S+)", rest))
        elif name == "ARG" and SECRET.search(rest):
            faults.append(f"Dockerfile: ARG {rest} stays readable in the image's history")
        elif name == "USER":
            stages[-1].user = rest
        elif name == "ENTRYPOINT":
            stages[-1].entry = rest
        elif name not in ("SHELL", "WORKDIR", "CMD", "LABEL", "ARG"):
            faults.append(f"Dockerfile: {name} is no instruction that these rules know")
    return stages


def read_definition(text, faults):
    """Stages, and the sections of the last one with their lines."""
    stages, section, sections, origin = [], None, {}, None
    for line in text.splitlines():
        if found := re.match(r"%(\w+)\s*(.*)$", line):
            section, rest = found[1], found[2]
            origin = rest.partition("from ")[2].strip() or None if section == "files" else None
            sections.setdefault(section, [])
            if section == "post":
                stages[-1].shell.append("")
        elif line.startswith("#") or not line.strip():
            continue
        elif found := re.match(r"(Bootstrap|From|Stage):\s*(\S+)$", line):
            if found[1] == "Bootstrap":
                stages.append(Stage("", ""))
                section, sections = None, {}
                if found[2] != "docker":
                    faults.append(f"muster.def: Bootstrap {found[2]} where docker is meant")
            elif found[1] == "From":
                stages[-1].image = found[2]
            else:
                stages[-1].name = found[2]
        elif section is None or not stages:
            faults.append(f"muster.def: '{line.strip()}' belongs to no section")
        elif section == "files":
            source, _, target = line.strip().partition(" ")
            stages[-1].copies.append((origin, source, target.strip()))
        elif section == "post":
            stages[-1].shell[-1] += line + "\n"
        else:
            sections[section].append(line.strip())
            if found := re.match(r"\s*export (\w+)=(\S+)$", line) if section == "environment" else None:
                stages[-1].environment[found[1]] = found[2]
    return stages, sections


def check_images(recipe, stages):
    known = set()
    for stage in stages:
        pinned = re.search(r"(:[^/:]+|@sha256:[0-9a-f]{64})$", stage.image)
        if stage.image not in known and (not pinned or stage.image.endswith(":latest")):
            yield f"{recipe}: image {stage.image} has no fixed tag: it would be another one tomorrow"
        known.add(stage.name)


def check_copies(recipe, root, stages):
    known = set()
    for stage in stages:
        for origin, source, _ in stage.copies:
            if origin is None and not (root / source).exists():
                yield f"{recipe}: {source} is copied and is not in the tree"
            if origin is not None and origin not in known:
                yield f"{recipe}: {source} is copied from stage {origin}, which does not come before"
        known.add(stage.name)


def check_shell(recipe, stages):
    for code in [code for stage in stages for code in stage.shell]:
        script = "set -euo pipefail\n" + code + "\n"
        for tool in (["bash", "-n"], ["shellcheck", "--shell=bash", "-"]):
            if shutil.which(tool[0]):
                done = subprocess.run(tool, input=script, capture_output=True, text=True)
                if done.returncode:
                    yield f"{recipe}: {tool[0]}: {(done.stderr + done.stdout).strip()}"
        if re.search(r"(curl|wget)[^|&]*\|\s*(ba)?sh", code):
            yield f"{recipe}: what is downloaded is run unseen: {code.strip()}"


def check_packages(recipe, root, stages):
    code = "\n".join(code for stage in stages for code in stage.shell)
    for name in LISTS:
        if name not in code or not (root / "cmake/packages" / name).exists():
            yield f"{recipe}: does not install what cmake/packages/{name} lists"
    for code in [code for stage in stages for code in stage.shell]:
        if "apt-get install" in code and code.find("apt-get update") not in range(code.find("apt-get install")):
            yield f"{recipe}: apt-get install without an apt-get update in the same step uses lists from another day"
    for command in [command for stage in stages for command in stage.commands(())]:
        words = command.split()
        if "install" not in words or "apt-get" not in words:
            continue
        for option in ("-y", "--no-install-recommends"):
            if option not in words:
                yield f"{recipe}: {command}: {option} is missing"
        for package in words[words.index("install") + 1:]:
            if not package.startswith(("-", "/")) and package not in NAMED_HERE:
                yield f"{recipe}: {package} is named in the recipe: put it into cmake/packages"


def check_secrets(recipe, text):
    for name in re.findall(r"^\s*(?:ENV |export |ARG )?(\w+)=", text, re.M):
        if SECRET.search(name):
            yield f"{recipe}: {name} would be in the image for everybody to read"


def check_last(stages, sections):
    last = stages[-1]
    if not re.fullmatch(r"[1-9]\d*(:\d+)?", last.user or ""):
        yield f"Dockerfile: USER {last.user or 'is missing'}: the image must run as a user other than root, by number"
    try:
        entry = json.loads(last.entry or "")
    except ValueError:
        entry = None
    if not isinstance(entry, list) or entry != ["muster"]:
        yield f"Dockerfile: ENTRYPOINT {last.entry} is not [\"muster\"]: a shell would stand between signals and muster"
    if missing := SECTIONS - set(sections):
        yield f"muster.def: sections are missing: {', '.join(sorted(missing))}"
    if sections.get("runscript") != ['exec muster "$@"']:
        yield "muster.def: %runscript does not become muster with the arguments given"


def check_likeness(docker, apptainer):
    if [stage.image for stage in docker] != [stage.image for stage in apptainer]:
        yield "the recipes are made from different images"
    for one, other in zip(docker, apptainer):
        if sorted(map(str, one.copies)) != sorted(map(str, other.copies)):
            yield f"the recipes copy different things into the stage of {one.image}"
        ours, theirs = one.commands(ONLY_DOCKER), other.commands(ONLY_APPTAINER)
        if ours != theirs:
            odd = next((pair for pair in zip(ours + [""], theirs + [""]) if pair[0] != pair[1]), ("", ""))
            yield f"the recipes run different steps in the stage of {one.image}: '{odd[0]}' and '{odd[1]}'"
    for name, value in apptainer[-1].environment.items():
        if docker[-1].environment.get(name) != value:
            yield f"the recipes set {name} differently"


def check(root):
    faults = []
    texts = {name: (root / name).read_text() for name in (DOCKERFILE, DEFINITION)}
    docker = read_dockerfile(texts[DOCKERFILE], faults)
    apptainer, sections = read_definition(texts[DEFINITION], faults)
    for recipe, stages, text in (("Dockerfile", docker, texts[DOCKERFILE]), ("muster.def", apptainer, texts[DEFINITION])):
        if len(stages) != 2:
            return faults + [f"{recipe}: {len(stages)} stages where one builds and one is the image"]
        for found in (check_images(recipe, stages), check_copies(recipe, root, stages), check_shell(recipe, stages),
                      check_packages(recipe, root, stages), check_secrets(recipe, text)):
            faults += found
    return faults + list(check_last(docker, sections)) + list(check_likeness(docker, apptainer))


# What is replaced by what in which recipe, and a word of the fault that must be found.
PLANTED = [
    (DOCKERFILE, "FROM ubuntu:24.04", "FROM ubuntu", "no fixed tag"),
    (DOCKERFILE, "FROM ubuntu:24.04", "FROM ubuntu:latest", "no fixed tag"),
    (DOCKERFILE, "FROM ubuntu:24.04", "FROM ubuntu:22.04", "different images"),
    (DOCKERFILE, "USER 10001\n", "", "USER is missing"),
    (DOCKERFILE, "USER 10001", "USER 0", "other than root"),
    (DOCKERFILE, "USER 10001", "USER root", "other than root"),
    (DOCKERFILE, "COPY cmake/packages ", "COPY cmake/parcels ", "not in the tree"),
    (DOCKERFILE, "COPY cmake/packages", "ADD cmake/packages", "use COPY"),
    (DOCKERFILE, "--from=build /out/nvidia", "--from=built /out/nvidia", "does not come before"),
    (DOCKERFILE, "&& mv /out", "&& if mv /out", "bash"),
    (DOCKERFILE, "--quiet /repository", "--quiet $REPOSITORY", "different steps"),
    (DOCKERFILE, "useradd --create-home", "useradd $HOME --create-home", "shellcheck"),
    (DOCKERFILE, "openmpi-bin", "openmpi-bin vim", "vim is named"),
    (DOCKERFILE, "apt-get update \\\n    && DEBIAN", "DEBIAN", "another day"),
    (DOCKERFILE, "apt-get install -y --no-install-recommends /tmp", "apt-get install -y /tmp", "--no-install-recommends is missing"),
    (DOCKERFILE, "/packages/build.txt ", "", "build.txt lists"),
    (DOCKERFILE, "ENV MUSTER_CUDA_LIBS", "ENV HF_TOKEN=abc MUSTER_CUDA_LIBS", "HF_TOKEN"),
    (DOCKERFILE, "WORKDIR /src", "ARG DB_PASSWORD\nWORKDIR /src", "history"),
    (DOCKERFILE, "mkdir /out/nvidia", "curl -s example.org | sh", "run unseen"),
    (DOCKERFILE, 'ENTRYPOINT ["muster"]', "ENTRYPOINT muster", "a shell would stand"),
    (DOCKERFILE, 'CMD ["--help"]', 'CMDS ["--help"]', "no instruction"),
    (DOCKERFILE, "FROM ubuntu:24.04", "", "1 stages"),
    (DEFINITION, "/out/nvidia /opt/nvidia/lib", "/out/nvidia /opt/lib", "copy different things"),
    (DEFINITION, "export MUSTER_CUDA_LIBS=/opt/nvidia/lib", "export MUSTER_CUDA_LIBS=/opt/lib", "MUSTER_CUDA_LIBS differently"),
    (DEFINITION, "%test\n    muster --version\n", "", "sections are missing: test"),
    (DEFINITION, 'exec muster "$@"', "muster $@", "%runscript"),
    (DEFINITION, "    .git /repository/.git\n", "    .gitt /repository/.git\n", "not in the tree"),
    (DEFINITION, "Bootstrap: docker\nFrom: ubuntu", "Bootstrap: library\nFrom: ubuntu", "Bootstrap library"),
    (DEFINITION, "    git clone --quiet /repository /src\n", "", "different steps"),
    (DEFINITION, "    cd /src\n", "    cd /src; done\n", "bash"),
    (DEFINITION, "%environment", "%environment\n    export AWS_SECRET=1", "AWS_SECRET"),
]


def self_test(source):
    well = True
    for recipe, old, new, expected in PLANTED:
        if not shutil.which("shellcheck") and expected == "shellcheck":
            continue
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            shutil.copytree(source / "cmake", root / "cmake")
            (root / ".git").mkdir()
            text = (root / recipe).read_text()
            if old not in text:
                print(f"{recipe} has no '{old}' to plant a fault in")
                well = False
            (root / recipe).write_text(text.replace(old, new))
            faults = check(root)
            if not any(expected in fault for fault in faults):
                print(f"planted in {recipe} and not found: '{old}' -> '{new}' ({expected}); found: {faults}")
                well = False
    return well


def main():
    source = Path(sys.argv[-1])
    if sys.argv[1] == "--self-test":
        sys.exit(0 if self_test(source) else 1)
    faults = check(source)
    for fault in faults:
        print(fault)
    print(f"2 recipes read, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
