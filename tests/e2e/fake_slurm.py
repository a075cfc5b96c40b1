"""Stand-ins for sbatch, sinfo, srun and sbcast that write down how they are called and answer what a test says. They show
what `muster submit` asks of Slurm; a real one is in slurm.py."""
import os
import stat
from pathlib import Path

SBATCH = """#!/bin/sh
printf 'sbatch %s\\n' "$*" >>"{folder}/calls"
if [ "$1" = --version ]; then echo "slurm 22.05.8"; exit 0; fi
for file; do :; done
cp "$file" "{folder}/script"
cat "{folder}/sbatch.errors" >&2
cat "{folder}/sbatch.output"
exit "$(cat "{folder}/sbatch.code")"
"""
SINFO = """#!/bin/sh
printf 'sinfo %s\\n' "$*" >>"{folder}/calls"
cat "{folder}/sinfo.errors" >&2
cat "{folder}/sinfo.output"
exit "$(cat "{folder}/sinfo.code")"
"""
SRUN = """#!/bin/sh
printf 'srun %s\\n' "$*" >>"{folder}/calls"
while [ "${{1#-}}" != "$1" ]; do shift; done
exec "$@"
"""
SBCAST = """#!/bin/sh
printf 'sbcast %s\\n' "$*" >>"{folder}/calls"
exec cp "$2" "$3"
"""

# Two groups of nodes: one that works and one that does not.
CLUSTER = """gpu*|up|1-00:00:00|4|idle|gpu:a100:8(S:0-1)
gpu*|up|1-00:00:00|2|down*|gpu:a100:8(S:0-1)
cpu|up|30:00|10|mixed|(null)
"""


class FakeSlurm:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.programs = self.folder / "bin"
        self.programs.mkdir(parents=True)
        for name, text in {"sbatch": SBATCH, "sinfo": SINFO, "srun": SRUN, "sbcast": SBCAST}.items():
            self.program(name, text.format(folder=self.folder))
        self.answer("sbatch", "4711\n")
        self.answer("sinfo", CLUSTER)

    def program(self, name, text):
        file = self.programs / name
        file.write_text(text)
        file.chmod(stat.S_IRWXU)
        return file

    def answer(self, name, output="", errors="", code=0):
        (self.folder / f"{name}.output").write_text(output)
        (self.folder / f"{name}.errors").write_text(errors)
        (self.folder / f"{name}.code").write_text(str(code))

    def calls(self):
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def script(self):
        """The text that sbatch was given; "" for none."""
        file = self.folder / "script"
        return file.read_text() if file.exists() else ""

    def path(self):
        return f"{self.programs}:{os.environ['PATH']}"
