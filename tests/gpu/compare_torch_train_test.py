"""compare_torch_train.py with a stand-in for muster and sides whose rates the tests choose: no PyTorch is needed."""
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

SCRIPT = Path(__file__).resolve().parent / "compare_torch_train.py"
sys.path.insert(0, str(SCRIPT.parent))
import compare_torch_train as script  # noqa: E402
from ratios import RunFailed  # noqa: E402

LEFT_OUT = "no batch normalisation"
FAKE_MUSTER = '''#!{python}
import json, os, sys
folder = sys.argv[sys.argv.index("-o") + 1]
with open(os.environ["SUITES"], "a") as log:
    log.write(open(sys.argv[2]).read())
os.makedirs(folder)
case = {{"status": os.environ.get("CASE_STATUS", "ok"), "verification": {{"status": "pass"}}, "warnings": ["warm"],
         "facts": {{"left_out_of_model": "{left_out}"}}, "launches": [{{"median": 5000.0}}]}}
json.dump({{"cases": [case]}}, open(folder + "/result.json", "w"))
'''


class Side:
    """Takes turns through its rates."""

    def __init__(self, *rates):
        self.rates, self.left_out, self.stamps = list(rates), LEFT_OUT, []

    def __call__(self):
        return self.rates.pop(0)


class CompareTorchTrain(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = Path(self.folder.name)
        self.muster = self.at / "muster"
        self.muster.write_text(FAKE_MUSTER.format(python=sys.executable, left_out=LEFT_OUT))
        self.muster.chmod(0o755)
        self.options = script.parse(["--muster", str(self.muster), "--device", "cpu", "--rounds", "2"])
        self.options.backend = "host"

    def compare(self, *sides):
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            lines = script.compare(self.options, sides)
        return lines, text.getvalue()

    def test_rates_within_the_limit_pass_on_their_medians(self):
        (line,), text = self.compare(("resnet-50", Side(1000, 1200), Side(900, 1100)))
        self.assertTrue(line["ok"])
        self.assertAlmostEqual(line["ratio"], 1.1)
        self.assertIn("ok   resnet-50: 1100.0 samples/s, PyTorch 1000.0: 1.100 of it", text)
        self.assertNotIn(LEFT_OUT, text)

    def test_a_rate_far_off_on_either_side_fails_and_says_what_is_left_out(self):
        for rate in (1300, 700):
            (line,), text = self.compare(("resnet-50", Side(rate, rate), Side(1000, 1000)))
            self.assertFalse(line["ok"])
            self.assertIn("further apart than 25 %: muster's step leaves out of the model: " + LEFT_OUT, text)

    def test_nothing_to_compare_is_no_pass(self):
        with self.assertRaises(RunFailed):
            self.compare()

    def test_pytorch_that_runs_out_of_memory_is_a_failed_run_with_its_words(self):
        def full():
            raise RuntimeError("CUDA out of memory")
        with self.assertRaisesRegex(RunFailed, "bert-large: PyTorch failed: CUDA out of memory"):
            self.compare(("bert-large", Side(1), full))

    def test_a_package_that_is_not_there_skips_its_comparisons(self):
        text = io.StringIO()
        with mock.patch.object(script, "missing", lambda names: names), contextlib.redirect_stdout(text):
            chosen = [name for name, _, _ in script.sides(self.options, None)]
        self.assertEqual(chosen, ["bert-large"])
        self.assertIn("skip resnet-50: python3 has no torchvision", text.getvalue())

    def test_muster_runs_the_same_batch_without_input_and_its_record_is_kept(self):
        ours = script.Ours(self.options, script.Resnet, "train_step")
        with mock.patch.dict(os.environ, SUITES=str(self.at / "suites")):
            self.assertEqual(ours(), 5000.0)
        suite = (self.at / "suites").read_text()
        for line in ('workload = "train_step"', 'model = "resnet-50"', 'input = "no_input", batch = 256'):
            self.assertIn(line, suite)
        self.assertEqual((ours.left_out, ours.stamps), (LEFT_OUT, ["warm"]))

    def test_a_step_that_is_not_right_has_no_figure(self):
        ours = script.Ours(self.options, script.Bert, "train_step")
        with mock.patch.dict(os.environ, SUITES=str(self.at / "suites"), CASE_STATUS="wrong"), self.assertRaises(RunFailed):
            ours()

    def test_without_pytorch_or_with_an_unknown_name_it_says_so(self):
        (self.at / "torch.py").write_text("raise ImportError('blocked')\n")
        for extra, words in ((), "no PyTorch here"), (("--only", "vgg"), "there is no comparison 'vgg'"):
            done = subprocess.run([sys.executable, "-B", str(SCRIPT), "--muster", str(self.muster), *extra], text=True,
                                  capture_output=True, env={**os.environ, "PYTHONPATH": str(self.at)})
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
