"""compare_ncu.py with stand-ins for ncu and muster, whose bytes the tests choose."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "compare_ncu.py"

# Prints what the program prints, and then a table as ncu's raw page: a head, units, and launches.
FAKE_NCU = '''#!{python}
import os, subprocess, sys
at = next(i for i, word in enumerate(sys.argv) if word.endswith("/muster"))
open(os.environ["CALL"], "a").write(" ".join(sys.argv[1:at]) + "\\n")
print("==PROF== Connected", flush=True)
subprocess.run(sys.argv[at:])
if os.environ.get("NCU_REFUSES"):
    sys.exit("==ERROR== ERR_NVGPUCTRPERM")
print('"ID","Kernel Name","dram__bytes_read.sum","dram__bytes_write.sum","dram__throughput.avg.pct_of_peak_sustained_elapsed","gpu__time_duration.sum"')
print('"","","byte","byte","%","ns"')
for number in range(3):
    print(f'"{{number}}","memory_copy_fp64","{{os.environ["READ"]}}","{{os.environ["WRITE"]}}","91.5","2,000"')
'''

FAKE_MUSTER = '''#!{python}
import json, os, sys
print("memory")
folder = sys.argv[sys.argv.index("-o") + 1]
os.makedirs(folder)
case = {{"status": os.environ.get("CASE_STATUS", "ok"), "work": {{"bytes": int(os.environ["OURS"]), "items": 10}}, "launches": [],
         "figures": [{{"name": "bytes_per_image", "value": 100.0}}]}}
json.dump({{"cases": [case]}}, open(folder + "/result.json", "w"))
'''


class CompareNcu(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = Path(self.folder.name)
        for name, text in (("ncu", FAKE_NCU), ("muster", FAKE_MUSTER)):
            (self.at / name).write_text(text.format(python=sys.executable))
            (self.at / name).chmod(0o755)

    def run_script(self, only, **environment):
        command = [sys.executable, "-B", str(SCRIPT), "--muster", str(self.at / "muster"), "--ncu", str(self.at / "ncu"), "--only",
                   only, "--json", str(self.at / "out.json")]
        return subprocess.run(command, capture_output=True, text=True, env={
            **os.environ, "OURS": "2000", "READ": "1,010", "WRITE": "1,000", "CALL": str(self.at / "call"), **environment})

    def test_bytes_that_agree_pass_and_are_written(self):
        done = self.run_script("copy")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        (line,) = json.loads((self.at / "out.json").read_text())
        self.assertEqual((line["bytes"], line["ours"], line["kernel"]), (2010.0, 2000, "memory_copy_fp64"))
        self.assertAlmostEqual(line["ratio"], 1.005)
        self.assertAlmostEqual(line["rate"] / 1e9, 1.005)
        self.assertEqual(len(line["launches"]), 3)
        self.assertIn("1.0050 of our", done.stdout)

    def test_bytes_that_do_not_agree_fail(self):
        self.assertEqual(self.run_script("copy", WRITE="1,100").returncode, 1)
        self.assertEqual(self.run_script("copy", READ="900").returncode, 1)

    def test_what_muster_does_not_state_or_states_of_need_only_is_shown_not_judged(self):
        done = self.run_script("step-gather,preprocess", OURS="0")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("2.0100 of our", done.stdout)  # 10 pictures of 100 bytes

    def test_clocks_are_left_alone_and_the_kernel_is_named(self):
        self.run_script("copy")
        call = (self.at / "call").read_text()
        self.assertIn("--clock-control none", call)
        self.assertIn("--kernel-name regex:memory_copy", call)

    def test_ncu_that_may_not_count_is_told_with_its_words(self):
        done = self.run_script("copy", NCU_REFUSES="1")
        self.assertEqual(done.returncode, 6)
        self.assertIn("ERR_NVGPUCTRPERM", done.stderr)

    def test_a_case_that_failed_does_not_count(self):
        done = self.run_script("copy", CASE_STATUS="wrong")
        self.assertEqual(done.returncode, 6)
        self.assertIn("status wrong", done.stderr)


if __name__ == "__main__":
    unittest.main()
