"""lose_a_rank.py on the host backend, where a rank is really killed; and what it makes of runs that end otherwise."""
import json
import os
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "lose_a_rank.py"
sys.path.insert(0, str(SCRIPT.parent))
import lose_a_rank  # noqa: E402


class LoseARank(unittest.TestCase):
    def judged(self, code, status, lost=()):
        with tempfile.TemporaryDirectory() as folder:
            if status:
                (Path(folder) / "result.json").write_text(json.dumps({"cases": [{"status": status}]}))
            return lose_a_rank.judge(types.SimpleNamespace(signal="KILL"), folder, code, 1.0, list(lost))

    def test_a_run_that_says_what_happened_passes_and_any_other_does_not(self):
        self.assertEqual(self.judged(6, "crashed"), 0)
        self.assertEqual(self.judged(4, "timed_out"), 0)
        self.assertEqual(self.judged(None, "timed_out"), 1)
        self.assertEqual(self.judged(0, "ok"), 1)
        self.assertEqual(self.judged(6, "ok"), 1)
        self.assertEqual(self.judged(6, ""), 1)

    def test_ranks_that_are_left_fail(self):
        sleeper = subprocess.Popen(["sleep", "60"])
        try:
            self.assertEqual(self.judged(6, "crashed", [sleeper.pid]), 1)
        finally:
            sleeper.kill()
            sleeper.wait()

    @unittest.skipUnless(os.environ.get("MUSTER_PROGRAM"), "MUSTER_PROGRAM names no program")
    def test_a_killed_rank_ends_the_run_with_its_name(self):
        done = subprocess.run([sys.executable, "-B", str(SCRIPT), "--muster", os.environ["MUSTER_PROGRAM"], "--backend", "host",
                               "--oversubscribe", "--signal", "KILL"], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("the case: crashed; workers left: 0", done.stdout)
        self.assertIn("signal 9", done.stdout)


if __name__ == "__main__":
    unittest.main()
