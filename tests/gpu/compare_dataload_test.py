"""compare_dataload.py with a stand-in for muster, whose rates the tests choose."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "compare_dataload.py"

FAKE_MUSTER = '''#!{python}
import json, os, sys
folder = sys.argv[sys.argv.index("-o") + 1]
suite = open(sys.argv[2]).read()
workload = suite.split('workload = "')[1].split('"')[0]
with open(os.environ["SUITES"], "a") as log:
    log.write(suite)
rates = json.loads(os.environ["RATES"])
os.makedirs(folder)
figures = [{{"name": "bytes_per_image", "value": 500.0}}] if "NO_FIGURE" not in os.environ else []
case = {{"name": workload, "status": "ok", "verification": {{"status": os.environ.get("VERDICT", "pass")}},
         "work": {{"bytes": 1003}}, "figures": figures, "launches": [{{"median": rates[workload]}}]}}
json.dump({{"cases": [case]}}, open(folder + "/result.json", "w"))
'''
RATES = {"dataload/copy": 96.0, "memory/transfer": 100.0, "dataload/preprocess": 1.7, "memory": 1000.0}


class CompareDataload(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = Path(self.folder.name)
        self.muster = self.at / "muster"
        self.muster.write_text(FAKE_MUSTER.format(python=sys.executable))
        self.muster.chmod(0o755)

    def run_script(self, *extra, rates=None, **environment):
        command = [sys.executable, "-B", str(SCRIPT), "--muster", str(self.muster), "--rounds", "5", "--json",
                   str(self.at / "out.json"), *extra]
        return subprocess.run(command, capture_output=True, text=True, timeout=170, env={
            **os.environ, "SUITES": str(self.at / "suites"), "RATES": json.dumps({**RATES, **(rates or {})}), **environment})

    def test_those_that_reach_their_limits_pass_and_all_figures_are_written(self):
        done = self.run_script()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = json.loads((self.at / "out.json").read_text())
        self.assertEqual([round(line["ratio"], 3) for line in lines], [0.96, 0.85, 0.85])
        self.assertEqual([line["limit"] for line in lines], [0.95, 0.8, 0.8])

    def test_the_bare_copy_is_of_as_many_bytes(self):
        self.run_script()
        self.assertIn('params = {direction = "h2d", memory = "pinned", bytes = 992}', (self.at / "suites").read_text())

    def test_a_slower_copy_fails_and_is_named(self):
        done = self.run_script(rates={"dataload/copy": 94.0})
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("LOW  host to device", done.stdout)
        self.assertIn("ok   preprocessing to float16", done.stdout)

    def test_a_slower_kernel_fails(self):
        done = self.run_script(rates={"dataload/preprocess": 1.5})
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("LOW  preprocessing to float32", done.stdout)

    def test_figures_that_are_not_verified_do_not_count(self):
        done = self.run_script(VERDICT="fail")
        self.assertEqual(done.returncode, 6, done.stdout + done.stderr)

    def test_a_figure_that_is_missing_is_named(self):
        done = self.run_script(NO_FIGURE="1")
        self.assertEqual(done.returncode, 6, done.stdout + done.stderr)
        self.assertIn("has no figure bytes_per_image", done.stderr)


if __name__ == "__main__":
    unittest.main()
