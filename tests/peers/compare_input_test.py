"""compare_input.py with stand-ins for DALI, PyTorch and muster, whose rates the tests choose."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "compare_input.py"

# A batch of 10 pictures takes 5 ms with DALI's decoder of regions, 8 ms with the other.
FAKE_DALI = '''
import time
__version__ = "stand-in"
class Node:
    def __iter__(self):
        return iter((self, self))
calls = []
class Functions:
    def __getattr__(self, name):
        def call(*inputs, **settings):
            calls.append(name)
            return Node()
        return call
class Namespace(Functions):
    readers = decoders = random = Functions()
fn = Namespace()
class types:
    RGB = FLOAT = FLOAT16 = None
def pipeline_def(**settings):
    def wrap(function):
        class Made:
            def build(self):
                function()
            def run(self):
                time.sleep(5e-3 if "image_random_crop" in calls else 8e-3)
                return ()
        return Made
    return wrap
'''

# 4 ms a batch in the process itself, 10 ms with workers.
FAKE_TORCH = '''
import time
__version__ = "stand-in"
float32 = None
def set_num_threads(count):
    pass
class Batch:
    shape = (10,)
class utils:
    class data:
        class Dataset:
            pass
        class DataLoader:
            def __init__(self, dataset, batch_size, shuffle, num_workers):
                self.delay = 4e-3 if num_workers == 0 else 10e-3
            def __iter__(self):
                return self
            def __next__(self):
                time.sleep(self.delay)
                return Batch
'''
FAKE_TORCHVISION = '''
class io:
    pass
'''
FAKE_TRANSFORMS = '''
class v2:
    def __getattr__(self, name):
        return lambda *values, **settings: None
v2 = v2()
'''

FAKE_MUSTER = '''#!{python}
import json, os, sys
assert sys.argv[1] == "run" and "--data" in sys.argv
folder = sys.argv[sys.argv.index("-o") + 1]
with open(os.environ["SUITES"], "a") as log:
    log.write(open(sys.argv[2]).read())
status = os.environ.get("CASE_STATUS", "ok")
if status == "none":
    sys.exit("no pictures")
os.makedirs(folder)
case = {{"status": status, "verification": {{"status": "pass" if status == "ok" else "fail"}},
         "launches": [{{"median": float(os.environ["RATE"])}}]}}
json.dump({{"cases": [case]}}, open(folder + "/result.json", "w"))
'''


class CompareInput(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = Path(self.folder.name)
        modules = {"nvidia/__init__.py": "", "nvidia/dali/__init__.py": FAKE_DALI, "torch/__init__.py": FAKE_TORCH,
                   "torchvision/__init__.py": FAKE_TORCHVISION, "torchvision/transforms/__init__.py": FAKE_TRANSFORMS}
        for name, text in modules.items():
            (self.at / "modules" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.at / "modules" / name).write_text(text)
        (self.at / "pictures").mkdir()
        (self.at / "pictures" / "a.jpg").write_text("never read by the stand-ins")
        self.muster = self.at / "muster"
        self.muster.write_text(FAKE_MUSTER.format(python=sys.executable))
        self.muster.chmod(0o755)

    def run_script(self, *extra, modules="modules", **environment):
        core = str(min(os.sched_getaffinity(0)))
        command = [sys.executable, "-B", str(SCRIPT), str(self.at / "pictures"), "--muster", str(self.muster), "--batch", "10",
                   "--cores", core, "--rounds", "5", "--seconds", "0.1", "--json", str(self.at / "out.json"), *extra]
        return subprocess.run(command, capture_output=True, text=True, timeout=170, env={
            **os.environ, "PYTHONPATH": str(self.at / modules), "SUITES": str(self.at / "suites"), "RATE": "100000",
            **environment})

    def test_the_fastest_setting_of_each_peer_is_compared_with_and_all_figures_are_written(self):
        done = self.run_script("--output", "float16", "--scaled", "on")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        dali, torch = json.loads((self.at / "out.json").read_text())
        self.assertEqual(dali["setting"]["decoder"], "region")
        self.assertEqual(torch["setting"], {"workers": 0})
        for line, most in ((dali, 2000), (torch, 2500)):  # sleeping takes longer than asked for, never less
            self.assertEqual((len(line["muster"]), len(line["other"])), (5, 5))
            self.assertLess(max(line["other"]), most * 1.05)
            self.assertAlmostEqual(line["ratio"], 100000 / sorted(line["other"])[2], delta=1e-6)
            self.assertTrue(line["low"] <= line["ratio"] <= line["high"])
        suites = (self.at / "suites").read_text()
        self.assertIn('output = "float16"', suites)
        self.assertIn('scaled = "on"', suites)

    def test_one_that_is_too_slow_fails(self):
        done = self.run_script("--peers", "torch", RATE="100")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("LOW", done.stdout)

    def test_an_unverified_or_failed_run_gives_no_ratio(self):
        for status in ("wrong", "none"):
            done = self.run_script("--peers", "torch", CASE_STATUS=status)
            self.assertEqual(done.returncode, 6, done.stdout + done.stderr)
            self.assertFalse((self.at / "out.json").exists())

    def test_without_any_peer_there_is_nothing_to_compare(self):
        done = self.run_script(modules="nothing")
        self.assertEqual(done.returncode, 2)
        self.assertIn("not installed", done.stderr)

    def test_usage_errors_are_refused(self):
        self.assertEqual(self.run_script("--rounds", "3").returncode, 2)
        self.assertEqual(self.run_script("--peers", "fio").returncode, 2)


if __name__ == "__main__":
    unittest.main()
