"""How far projections are off: published figures predicted from smaller ones, by the command."""
from support import *

HEAD = """source = "a test"
[system.mine]
like = "a100-80gb"
gpus = 8
nics = 8
nic_bandwidth = "200Gb/s"
source = "a test"
[[series]]
name = "BERT-large"
family = "mine"
system = "mine"
gradient_bytes = "672MB"
gradient_source = "336e6 parameters x 2 B"
points = [
  {nodes = 1, local = 56, step = "186.2ms"},
"""


class ValidateTest(MusterTest):
    def validate(self, large, code):
        file = self.folder / "mine.toml"
        file.write_text(HEAD + large + "]\n")
        done = self.muster("project", "--validate", file)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_what_comes_along_meets_the_bar(self):
        done = self.muster("project", "--validate", "--draws", "60")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for words in ("premises known", "apart: premises differ", "is met", "MLPerf was predicted with what the others say"):
            self.assertIn(words, done.stdout)

    def test_ones_own_figures_are_predicted(self):
        self.assertIn("inside", self.validate('  {nodes = 16, local = 56, step = "195ms"},\n', 0).stdout)

    def test_a_figure_far_off_misses_the_bar(self):
        done = self.validate('  {nodes = 16, local = 56, step = "400ms"},\n', 1)
        self.assertIn("outside", done.stdout)
        self.assertIn("NOT met", done.stdout)

    def test_without_known_premises_nothing_is_judged(self):
        done = self.validate('  {nodes = 16, local = 28, step = "100ms"},\n', 3)
        self.assertIn("nothing to judge", done.stdout)
        self.assertIn("measured on no smaller system", done.stdout)

    def test_faults_are_said_with_their_lines(self):
        done = self.validate('  {nodes = 16, local = "many"},\n  {gpus = 12, step = "1s"},\n', 2)
        self.assertIn("mine.toml:16: local", done.stderr)
        self.assertIn("mine.toml:16: a point has no figure", done.stderr)
        self.assertIn("mine.toml:17: 12 GPUs are no whole number of nodes", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_there_is_no_json(self):
        done = self.muster("project", "--validate", "--format", "json")
        self.assertEqual(done.returncode, 2)
        self.assertIn("has no JSON", done.stderr)

    def test_what_is_missing_is_said(self):
        done = self.muster("project")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no result was given", done.stderr)
        self.assertIn("no cluster was given", done.stderr)


if __name__ == "__main__":
    unittest.main()
