"""What the end-to-end tests share: starting the program, reading what it left behind."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from processes import workers_of

PROGRAM = os.environ["MUSTER_PROGRAM"]
SOURCE = Path(os.environ["MUSTER_SOURCE"])
BUILD = Path(os.environ["MUSTER_BUILD"])

# A suite whose cases are long enough to be interrupted in the middle.
SLOW_SUITE = """
name = "slow"
summary = "a few seconds a case, for interrupting"
launches = 1
sampling = "2s"

[[case]]
workload = "memory"
params.op = ["copy", "triad"]
params.bytes = "1MiB"

[[case]]
workload = "gemm"
params.type = ["fp32", "fp64"]
params.m = 64
params.n = 64
params.k = 64
"""

# What every node does by itself, then what they do together; files in the test's folder.
PHASES = {
    "node.toml": 'name = "by_itself"\nlaunches = 1\nsampling = "50ms"\n[[case]]\nworkload = "collective/all_reduce"\nparams.bytes = "64KiB"\n',
    "whole.toml": 'name = "whole"\nlaunches = 1\nsampling = "50ms"\n[[case]]\nworkload = "collective/all_reduce"\nparams.bytes = "256KiB"\n',
    "phases.toml": 'name = "phases"\n[[phase]]\nname = "nodes"\nsuite = "node.toml"\nspread = "each_node"\n'
                   '[[phase]]\nname = "whole"\nsuite = "whole.toml"\n',
}


class MusterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cache = Path(os.environ.get("MUSTER_TEST_CACHE", tempfile.gettempdir())) / f"muster-e2e-cache-{os.getuid()}"

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="muster-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.run_folder = self.folder / "run"

    def environment(self, **extra):
        environment = dict(os.environ, MUSTER_CACHE=str(self.cache), **extra)
        environment.pop("MUSTER_PLUGIN_DIR", None) if "MUSTER_PLUGIN_DIR" not in extra else None
        return environment

    def muster(self, *arguments, timeout=300, **extra):
        return subprocess.run([PROGRAM, *map(str, arguments)], env=self.environment(**extra), cwd=self.folder,
                              capture_output=True, text=True, timeout=timeout)

    def start(self, *arguments, **extra):
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], env=self.environment(**extra), cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def suite(self, text, name="suite.toml"):
        path = self.folder / name
        path.write_text(text)
        return path

    def phases(self):
        """A suite of both phases; check_phases() knows what comes of it."""
        for name, text in PHASES.items():
            self.suite(text, name)
        return self.folder / "phases.toml"

    def check_phases(self, nodes, per_node):
        """Every node was a world of its own, then all of them were one."""
        by_itself, whole = self.document()["cases"]
        self.assertEqual((by_itself["status"], whole["status"]), ("ok", "ok"), by_itself)
        self.assertEqual(sorted((rank["node"], rank["rank"]) for rank in by_itself["ranks"]),
                         sorted((node, rank) for node in nodes for rank in range(per_node)))
        self.assertEqual([(rank["node"], rank["rank"]) for rank in whole["ranks"]],
                         [(nodes[rank // per_node], rank) for rank in range(per_node * len(nodes))])

    def document(self, folder=None):
        text = ((folder or self.run_folder) / "result.json").read_text()
        return json.loads(text, parse_constant=self.fail)

    def statuses(self, folder=None):
        return {case["name"]: case["status"] for case in self.document(folder)["cases"]}

    def events(self, kind):
        """Lines of one kind in the nodes' journals."""
        lines = []
        for file in (self.run_folder / "journal").glob("*.node.ndjson"):
            for line in file.read_text().splitlines():
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                if record.get("event") == kind:
                    lines.append(record)
        return lines

    def wait_for(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.02)
        self.fail(f"waited {seconds} s in vain for {what}")

    def workers(self, supervisor):
        """Process ids of a supervisor's workers, also those that mpirun started."""
        return workers_of(supervisor)


__all__ = ["MusterTest", "PROGRAM", "SOURCE", "BUILD", "SLOW_SUITE", "json", "os", "signal", "subprocess", "time",
           "unittest", "shutil", "Path"]
