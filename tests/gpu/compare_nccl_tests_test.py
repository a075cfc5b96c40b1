"""compare_nccl_tests.py with stand-ins for nccl-tests, mpirun and muster, whose times the tests choose."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "compare_nccl_tests.py"

# Runs the first program of its command line once, as every rank prints nothing but rank 0.
FAKE_MPIRUN = """#!{python}
import os, sys
words = sys.argv[1:]
at = next(i for i, word in enumerate(words) if word.endswith("_perf"))
end = words.index(":", at) if ":" in words[at:] else len(words)
os.execv(words[at], words[at:end])
"""

# 1 GB/s of algorithm bandwidth; the bus bandwidth is that of two ranks, or what the environment says.
FAKE_PERF = """#!{python}
import os, sys
size = int(sys.argv[sys.argv.index("-b") + 1])
time = size / 1e3
one = os.path.basename(sys.argv[0]) in ("all_reduce_perf", "broadcast_perf", "reduce_perf", "sendrecv_perf")
bus = float(os.environ.get("FAKE_BUS", 1.0 if one else 0.5))
wrong = os.environ.get("FAKE_WRONG", "0")
print("#       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong")
print(f"{{size}} {{size // 4}} float sum -1 {{time:.2f}} 1.00 {{bus:.2f}} {{wrong}} {{time:.2f}} 1.00 {{bus:.2f}} N/A")
"""

FAKE_MUSTER = """#!{python}
import json, os, re, sys
suite = open(sys.argv[2]).read()
operation = re.search(r"collective/(\\w+)", suite)[1]
sizes = json.loads(re.search(r"bytes = (\\[.*\\])", suite)[1])
one = operation in ("all_reduce", "broadcast", "reduce", "send_recv")
rate = float(os.environ["FAKE_RATE"]) * (1e9 if one else 0.5e9)
folder = sys.argv[sys.argv.index("-o") + 1]
os.makedirs(folder)
json.dump({{"cases": [{{"name": "case", "status": os.environ.get("FAKE_STATUS", "ok"), "verification": {{"status": "pass"}},
                      "params": {{"bytes": size}}, "launches": [{{"median": rate}}]}} for size in sizes]}},
          open(folder + "/result.json", "w"))
"""


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "bin").mkdir()
        for name, text in [("bin/mpirun", FAKE_MPIRUN), ("muster", FAKE_MUSTER), ("all_reduce_perf", FAKE_PERF),
                           ("alltoall_perf", FAKE_PERF)]:
            (self.folder / name).write_text(text.format(python=sys.executable))
            (self.folder / name).chmod(0o755)

    def run_script(self, rate, *more, **environment):
        words = [sys.executable, "-B", SCRIPT, "--nccl-tests", self.folder, "--muster", self.folder / "muster", "--rounds", "2",
                 "--operations", "all_reduce,all_to_all", *more]
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, PATH=path, FAKE_RATE=str(rate), **environment))

    def test_equal_rates_pass_and_are_written_down(self):
        done = self.run_script(1.0, "--json", self.folder / "out.json")
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        rows = json.loads((self.folder / "out.json").read_text())["rows"]
        self.assertEqual(len(rows), 12)
        for row in rows:
            self.assertAlmostEqual(row["ratio"], 1, places=2)

    def test_slower_by_three_percent_fails(self):
        self.assertEqual(self.run_script(0.97).returncode, 1)
        self.assertEqual(self.run_script(0.97, "--limit", "0.95").returncode, 0)

    def test_shared_gpus_are_no_comparison_of_speed(self):
        self.assertEqual(self.run_script(0.5, "--oversubscribe").returncode, 0)

    def test_another_formula_and_wrong_data_are_found(self):
        done = self.run_script(1.0, FAKE_BUS="1.75")
        self.assertEqual(done.returncode, 6)
        self.assertIn("nccl-tests prints 1.75 GB/s", done.stderr)
        self.assertIn("wrong elements", self.run_script(1.0, FAKE_WRONG="12").stderr)

    def test_an_unverified_case_is_no_figure(self):
        done = self.run_script(1.0, FAKE_STATUS="wrong")
        self.assertEqual(done.returncode, 6)
        self.assertIn("status wrong", done.stderr)


if __name__ == "__main__":
    unittest.main()
