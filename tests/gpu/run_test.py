"""run.sh in a made-up bundle, whose program and tests the tests write."""
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent

FAKE_MUSTER = """#!/bin/sh
echo "$*" >>"$CALLS"
case $* in *FAILS*) exit 1 ;; esac
case "$MUSTER_BIT_FLIP" in ?*) exit "${FLIP_CODE:-5}" ;; esac
for word; do [ "$before" = -o ] && mkdir -p "$word" && echo '{"cases": []}' >"$word/result.json"; before=$word; done
exit "${MUSTER_CODE:-0}"
"""


class RunScript(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = Path(self.folder.name)
        (self.at / "tests" / "gpu").mkdir(parents=True)
        shutil.copy(HERE / "run.sh", self.at / "tests" / "gpu")
        shutil.copytree(HERE / "steps", self.at / "tests" / "gpu" / "steps")
        self.program("bin/muster", FAKE_MUSTER)
        self.program("libexec/muster_gpu_tests", "#!/bin/sh\necho tests\n")
        self.program("libexec/muster_bit_flip.so", "")

    def program(self, name, text):
        path = self.at / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def run_script(self, *steps, **environment):
        done = subprocess.run([str(self.at / "tests/gpu/run.sh"), *steps], capture_output=True, text=True, timeout=60, env={
            **os.environ, "OUT": str(self.at / "out"), "CALLS": str(self.at / "calls"), "PATH": "/usr/bin:/bin", **environment})
        summary = self.at / "out" / "summary.txt"
        return done, summary.read_text() if summary.is_file() else ""

    def test_steps_run_in_their_order_and_a_failed_one_stops_nothing(self):
        done, summary = self.run_script("doctor", "quick", "host", MUSTER_CODE="4")
        self.assertEqual(done.returncode, 1)
        self.assertEqual([line.split()[:2] for line in summary.splitlines() if line],
                         [["FAIL", "doctor"], ["FAIL", "quick"], ["FAIL", "host"]])
        self.assertIn("exit code 4", summary)

    def test_a_step_that_the_budget_has_no_room_for_is_skipped_and_smaller_ones_run(self):
        done, summary = self.run_script("quick", "doctor", BUDGET_SECONDS="30")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(summary, r"skip  quick +takes about 160 s, of the budget of 30 s \d+ are left")
        self.assertRegex(summary, r"pass  doctor")

    def test_a_step_is_ended_with_the_budget(self):
        self.program("bin/muster", "#!/bin/sh\nexec sleep 60\n")
        done, summary = self.run_script("doctor", BUDGET_SECONDS="6")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(summary, r"FAIL  doctor +[67] s  exit code 124")

    def test_a_step_may_be_given_its_own_time(self):
        self.program("bin/muster", "#!/bin/sh\nexec sleep 60\n")
        done, summary = self.run_script("quick:2", "host:40", BUDGET_SECONDS="30")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(summary, r"FAIL  quick +[23] s  exit code 124")
        self.assertRegex(summary, r"skip  host +takes about 40 s")

    def test_further_arguments_reach_the_program(self):
        self.run_script("quick", QUICK_OPTIONS="--launches 2")
        self.assertIn("--launches 2 -o", (self.at / "calls").read_text())

    def test_a_flipped_bit_must_end_with_wrong_numbers(self):
        done, summary = self.run_script("bit-flip")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("pass  flip-memory", summary)
        _, summary = self.run_script("bit-flip", FLIP_CODE="0")
        self.assertIn("FAIL  flip-gemm", summary)

    def test_what_needs_a_result_that_is_not_there_says_so(self):
        done, summary = self.run_script("again", "check", "project", "report")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(summary.count("step quick has left no result"), 1, summary)
        self.assertIn("no description of this GPU", summary)
        self.assertIn("has no command of that name", summary)
        self.assertIn("no step has left a result", summary)

    def test_the_second_run_is_held_against_the_first(self):
        self.run_script("quick", "again")
        calls = (self.at / "calls").read_text().splitlines()
        out = self.at / "out"
        self.assertEqual(calls[-1], f"compare {out}/quick/result.json {out}/again/result.json --fail-on regressed,improved,failed")

    def test_an_unknown_step_is_refused_with_the_list(self):
        done, _ = self.run_script("quack")
        self.assertEqual(done.returncode, 2)
        self.assertIn("steps: info doctor list", done.stderr)
        self.assertIn("train-short", done.stderr)

    def test_every_step_has_its_function(self):
        text = (HERE / "run.sh").read_text()
        names = [word.split(":")[0] for part in ("offered=", "by_name=") for word in text.split(part + '"')[1].split('"')[0].split()]
        functions = "".join(path.read_text() for path in (HERE / "steps").iterdir())
        self.assertGreater(len(names), 25)
        for name in names:
            self.assertIn(f"step_{name.replace('-', '_')}() ", functions, name)


if __name__ == "__main__":
    unittest.main()
