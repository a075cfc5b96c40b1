"""compare_torch.py with a stand-in for PyTorch and one for muster, whose rates the tests choose."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "compare_torch.py"

# Each launch takes 1 ms: 2 * 100^3 / 1e-3 = 2e9 FLOP/s, and 2 * 4000 / 1e-3 = 8e6 B/s.
FAKE_TORCH = '''
import time
__version__ = "stand-in"
bfloat16, float16, float32 = "bf16", "fp16", "fp32"
class cuda:
    @staticmethod
    def is_available():
        return False
class Tensor:
    def to(self, dtype):
        return self
    def t(self):
        return self
    def copy_(self, other):
        time.sleep(1e-3)
def randn(*shape, device):
    return Tensor()
def empty(*shape, device, dtype):
    return Tensor()
def empty_like(other):
    return Tensor()
def matmul(a, b, out):
    time.sleep(1e-3)
'''

FAKE_MUSTER = '''#!{python}
import json, os, sys
folder = sys.argv[sys.argv.index("-o") + 1]
suite = open(sys.argv[2]).read()
rate = float(os.environ["GEMM_RATE" if 'workload = "gemm"' in suite else "MEMORY_RATE"])
status = os.environ.get("CASE_STATUS", "ok")
if status == "none":
    sys.exit("no device")
os.makedirs(folder)
with open(os.environ["SUITES"], "a") as log:
    log.write(suite)
case = {{"status": status, "verification": {{"status": "pass" if status == "ok" else "fail"}},
         "launches": [{{"median": rate}}]}}
json.dump({{"cases": [case]}}, open(folder + "/result.json", "w"))
'''


class CompareTorch(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = Path(self.folder.name)
        (self.at / "torch.py").write_text(FAKE_TORCH)
        self.muster = self.at / "muster"
        self.muster.write_text(FAKE_MUSTER.format(python=sys.executable))
        self.muster.chmod(0o755)

    def run_script(self, *extra, torch=True, **environment):
        command = [sys.executable, "-B", str(SCRIPT), "--muster", str(self.muster), "--size", "100", "--bytes", "4000",
                   "--rounds", "5", "--seconds", "0.05", "--soak", "0.01", "--json", str(self.at / "out.json"), *extra]
        path = str(self.at) if torch else str(self.at / "nothing")
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env={
            **os.environ, "PYTHONPATH": path, "SUITES": str(self.at / "suites"), "GEMM_RATE": "4e9",
            "MEMORY_RATE": "16e6", **environment})

    def test_one_that_is_as_fast_passes_and_all_figures_are_written(self):
        done = self.run_script()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = json.loads((self.at / "out.json").read_text())
        self.assertEqual([line["name"] for line in lines], ["gemm fp32 100^3 / torch.matmul", "memory copy / device copy",
                                                           "memory triad / device copy"])
        for line in lines:
            self.assertEqual((len(line["muster"]), len(line["torch"])), (5, 5))
            self.assertLessEqual(line["low"], line["ratio"])
            self.assertLessEqual(line["ratio"], line["high"])

    def test_a_slower_product_fails_and_is_named(self):
        done = self.run_script(GEMM_RATE="1e8")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("LOW  gemm fp32", done.stdout)
        self.assertIn("ok   memory copy", done.stdout)

    def test_a_slower_copy_fails(self):
        done = self.run_script(MEMORY_RATE="1e5")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("LOW  memory triad", done.stdout)

    def test_figures_that_are_not_verified_do_not_count(self):
        done = self.run_script(CASE_STATUS="wrong")
        self.assertEqual(done.returncode, 6, done.stdout + done.stderr)
        self.assertIn("status wrong", done.stderr)

    def test_a_program_that_leaves_no_result_is_told_with_its_words(self):
        done = self.run_script(CASE_STATUS="none")
        self.assertEqual(done.returncode, 6, done.stdout + done.stderr)
        self.assertIn("no device", done.stderr)

    def test_without_pytorch_it_says_so(self):
        blocked = self.at / "nothing"
        blocked.mkdir()
        (blocked / "torch.py").write_text("raise ImportError('blocked')\n")
        done = self.run_script(torch=False)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("no PyTorch here", done.stderr)

    def test_fewer_than_five_rounds_are_refused(self):
        self.assertEqual(self.run_script("--rounds", "4").returncode, 2)

    def test_both_sides_run_the_same_product(self):
        self.run_script()
        suites = (self.at / "suites").read_text()
        self.assertIn('params = {type = "fp32", m = 100, n = 100, k = 100}', suites)
        self.assertIn('params = {op = "triad", bytes = 4000}', suites)


if __name__ == "__main__":
    unittest.main()
