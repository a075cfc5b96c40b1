"""check_train.py on documents whose figures the tests choose."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "check_train.py"


def case(over=0.01, rate=2400.0, **changes):
    params = {"model": "resnet-50", "type": "bf16", "overlap": "overlap", "batch": 256, **changes.pop("params", {})}
    figures = [{"name": "batch", "value": 256.0}] + ([] if over is None else [{"name": "over_limit", "value": over}])
    return {"name": "train_step/resnet-50", "workload": "train_step", "status": "ok", "params": params, "figures": figures,
            "launches": [{"median": rate}], **changes}


class CheckTrain(unittest.TestCase):
    def run_script(self, *cases, gpu="NVIDIA A100-SXM4-80GB", extra=()):
        document = {"environment": {"nodes": [{"gpus": [{"name": gpu}]}]}, "cases": list(cases)}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(document, file)
            file.flush()
            return subprocess.run([sys.executable, "-B", str(SCRIPT), file.name, *extra], capture_output=True, text=True)

    def test_a_step_at_its_limit_and_near_the_published_rate_passes(self):
        done = self.run_script(case())
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("+1.0 % over its limit", done.stdout)
        self.assertIn("published 2470 (-2.8 %)", done.stdout)

    def test_a_step_over_its_limit_fails_unless_nothing_was_to_overlap(self):
        self.assertEqual(self.run_script(case(over=0.06)).returncode, 1)
        self.assertEqual(self.run_script(case(over=0.06, params={"overlap": "no_overlap"})).returncode, 0)
        self.assertEqual(self.run_script(case(over=0.06), extra=["--over", "7"]).returncode, 0)

    def test_a_rate_far_from_the_published_one_fails_on_either_side(self):
        self.assertEqual(self.run_script(case(rate=1800)).returncode, 1)
        self.assertEqual(self.run_script(case(rate=3200)).returncode, 1)

    def test_another_part_precision_or_batch_has_no_published_rate(self):
        self.assertEqual(self.run_script(case(rate=1), gpu="NVIDIA H200").returncode, 0)
        self.assertEqual(self.run_script(case(rate=1, params={"type": "fp32"})).returncode, 0)
        extra = ["--published", "H200:resnet-50:256=5000"]
        self.assertEqual(self.run_script(case(rate=1), gpu="NVIDIA H200", extra=extra).returncode, 1)

    def test_nothing_to_judge_is_no_pass(self):
        self.assertEqual(self.run_script().returncode, 2)
        self.assertEqual(self.run_script(case(status="failed")).returncode, 2)


if __name__ == "__main__":
    unittest.main()
