"""A training step sampled for all of its time: the record says so, with a timeline, and what limits it in one line."""
from support import *

SUITE = """
name = "endurance"
launches = 1
sampling = "1s"
[[case]]
workload = "train_step"
ranks = 1
model = "resnet-50"
params = {type = "fp32", batch = 2, shrink = 32, input = "no_input", endurance = ["no_endurance", "endurance"]}
"""


class Endurance(MusterTest):
    def test_uses_the_whole_time_where_the_usual_one_ends_when_it_is_precise(self):
        done = self.muster("run", self.suite(SUITE), "--backend", "host", "-o", self.folder / "run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.run_folder = self.folder / "run"
        usual, endurance = self.document()["cases"]
        self.assertIn("endurance", endurance["name"])
        (sampled,) = (rank["sampling"] for rank in endurance["ranks"])
        self.assertEqual((sampled["regime"], sampled["stopped_by"]), ("endurance", "time"))
        self.assertGreaterEqual(sampled["window_seconds"], 1.0)
        self.assertEqual(usual["ranks"][0]["sampling"]["regime"], "sustained")

        (timeline,) = (matrix for matrix in endurance["matrices"] if matrix["name"] == "timeline")
        self.assertEqual(timeline["columns"], ["begin", "median", "longest"])
        self.assertEqual(timeline["rows"][0], "0 %")
        self.assertGreaterEqual(len(timeline["rows"]), 8)
        self.assertIn("compute-bound", endurance["facts"]["finding"])
        self.assertTrue(endurance["facts"]["steadiness"])
        figures = {figure["name"]: figure["value"] for figure in endurance["figures"]}
        parts = sum(value for name, value in figures.items() if name.startswith("part_"))
        self.assertAlmostEqual(parts / figures["step_mean"], 1, delta=1e-6)
        if "left_out" not in endurance["facts"]:
            self.assertAlmostEqual(figures["parts_of_sample"], 1, delta=0.02)
        self.assertNotIn("communication_alone", figures)


if __name__ == "__main__":
    unittest.main()
