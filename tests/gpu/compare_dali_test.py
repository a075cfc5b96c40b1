"""compare_dali.py with a stand-in for DALI and one for muster, whose rates the tests choose."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "compare_dali.py"

# A batch takes 4 ms; a region decode with the engine at 0.65, which is the fastest, 2 ms.
FAKE_DALI = '''
import json, os, time
__version__ = "stand-in"
seen = {}
class Anything:
    def __getattr__(self, name):
        def call(*arguments, **named):
            seen[name] = {key: str(value) for key, value in named.items()}
            return (self, self) if name == "file" else self
        if name in ("readers", "decoders", "random"):
            return self
        return call
fn = Anything()
class types:
    RGB, FLOAT16, FLOAT = "RGB", "FLOAT16", "FLOAT"
def pipeline_def(**settings):
    def decorate(function):
        class Pipeline:
            def build(self):
                function()
                with open(os.environ["DALI_LOG"], "a") as log:
                    log.write(json.dumps({"settings": {k: str(v) for k, v in settings.items()}, "calls": seen}) + "\\n")
            def run(self):
                if os.environ.get("DALI_FAILS"):
                    raise RuntimeError("no such device")
                region = seen.get("image_random_crop", {}).get("hw_decoder_load") == "0.65"
                time.sleep(2e-3 if region else 4e-3)
        return Pipeline
    return decorate
'''

FAKE_MUSTER = '''#!{python}
import io, json, os, sys, tarfile
if sys.argv[1] == "dataset":
    os.makedirs(sys.argv[3])
    with tarfile.open(sys.argv[3] + "/shard-000000.tar", "w") as tar:
        for name in ("a.jpg", "b.jpg"):
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    sys.exit()
folder = sys.argv[sys.argv.index("-o") + 1]
status = os.environ.get("CASE_STATUS", "ok")
if status == "none":
    sys.exit("no device")
data = sys.argv[sys.argv.index("--data") + 1]
with open(os.environ["SUITES"], "a") as log:
    log.write(open(sys.argv[2]).read() + " ".join(sorted(os.listdir(data))) + "\\n")
os.makedirs(folder)
case = {{"status": status, "verification": {{"status": "pass" if status == "ok" else "fail"}},
         "launches": [{{"median": float(os.environ["RATE"])}}]}}
json.dump({{"cases": [case]}}, open(folder + "/result.json", "w"))
'''


class CompareDali(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = Path(self.folder.name)
        package = self.at / "nvidia" / "dali"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(FAKE_DALI)
        self.muster = self.at / "muster"
        self.muster.write_text(FAKE_MUSTER.format(python=sys.executable))
        self.muster.chmod(0o755)

    def run_script(self, *extra, dali=True, **environment):
        command = [sys.executable, "-B", str(SCRIPT), "--muster", str(self.muster), "--batch", "10", "--rounds", "5",
                   "--seconds", "0.03", "--json", str(self.at / "out.json"), *extra]
        path = str(self.at) if dali else str(self.at / "nothing")
        return subprocess.run(command, capture_output=True, text=True, timeout=170, env={
            **os.environ, "PYTHONPATH": path, "DALI_LOG": str(self.at / "dali"), "SUITES": str(self.at / "suites"),
            "RATE": "9000", **environment})

    def test_one_that_is_as_fast_passes_and_the_fastest_setting_was_compared_with(self):
        done = self.run_script()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        line = json.loads((self.at / "out.json").read_text())
        self.assertEqual((line["setting"]["decoder"], line["setting"]["load"]), ("region", 0.65))
        self.assertEqual((len(line["muster"]), len(line["dali"])), (5, 5))
        self.assertLessEqual(line["low"], line["ratio"])

    def test_a_slower_pipeline_fails(self):
        done = self.run_script(RATE="100")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("LOW  muster / DALI mixed, float16", done.stdout)

    def test_both_sides_do_the_same_work_on_the_same_files(self):
        done = self.run_script("--output", "float32")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        suites = (self.at / "suites").read_text()
        self.assertIn('workload = "dataload/pipeline"', suites)
        self.assertIn('batch = 10, size = 224, images = 0, io = "buffered", output = "float32"', suites)
        self.assertIn("a.jpg b.jpg", suites)
        calls = [json.loads(line)["calls"] for line in (self.at / "dali").read_text().splitlines()]
        for call in calls:
            self.assertEqual(call["file"]["files"], "['pictures/a.jpg', 'pictures/b.jpg']")
            self.assertEqual(call["crop_mirror_normalize"]["dtype"], "FLOAT")
            decoder = call.get("image_random_crop") or call["image"]
            self.assertEqual(decoder["device"], "mixed")

    def test_figures_that_are_not_verified_do_not_count(self):
        done = self.run_script(CASE_STATUS="wrong")
        self.assertEqual(done.returncode, 6, done.stdout + done.stderr)
        self.assertIn("status wrong", done.stderr)

    def test_a_failure_of_dali_is_told_with_its_words(self):
        done = self.run_script(DALI_FAILS="1")
        self.assertEqual(done.returncode, 6, done.stdout + done.stderr)
        self.assertIn("no such device", done.stderr)

    def test_without_dali_it_says_so(self):
        done = self.run_script(dali=False)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("no DALI here", done.stderr)

    def test_usage(self):
        self.assertEqual(self.run_script("--rounds", "4").returncode, 2)
        self.assertEqual(self.run_script(str(self.at / "absent")).returncode, 2)


if __name__ == "__main__":
    unittest.main()
