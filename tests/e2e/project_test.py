"""A projection, by the command: from the published node of the kind that the article's cluster is made of, and from a run here."""
import csv
import io

from report_test import Page
from support import *

BASELINE = SOURCE / "results/published/azure_nd_a100_v4_baseline_729_nodes.json"
SUITE = """
launches = 1
sampling = "200ms"
[[case]]
workload = "train_step"
backend = "host"
ranks = 2
model = "resnet-50"
params = {type = "fp32", batch = 8, shrink = 16, input = "no_input"}
"""


class ProjectTest(MusterTest):
    def project(self, *arguments, code=0, result=BASELINE):
        gpu = ["--gpu", "A100-SXM4-80GB"] if result == BASELINE else []
        done = self.muster("project", result, *gpu, *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def projected(self, *arguments, result=BASELINE):
        return json.loads(self.project(*arguments, "--format", "json", result=result).stdout)

    def test_the_article_s_cluster_column_by_column(self):
        text = self.project("--cluster", "tesla-2021").stdout
        for words in ("PROJECTED, not measured", "8 NICs", "4 NICs", "2 NICs", "1.80 EFLOP/s", "1.60 TB/s", "not a measurement", "rank 5 in the middle case",
                      "all terms between nodes are assumed", "times the "):
            self.assertIn(words, text)
        lines = [line for line in text.splitlines() if line.startswith("  ")]
        titles = [line for line in lines if not line.startswith("  PROJECTED")]
        self.assertLess(len(titles), 10, "every line of a table says what it is")

    def test_json_has_bands_hashes_and_all_sizes(self):
        found = self.projected("--cluster", "tesla-2021", "--draws", "100")
        self.assertEqual(found["schema"]["name"], "muster.projection")
        self.assertEqual(len(found["origins"][0]["sha256"]), 64)
        self.assertEqual({step["nodes"] for step in found["steps"]}, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 720})
        for step in found["steps"]:
            band, terms = step["useful_rate"], step["terms"]
            self.assertLessEqual(band["p10"], band["p50"])
            self.assertLessEqual(band["p50"], band["p90"])
            parts = ("compute", "tensor", "communication", "stragglers", "noise", "input", "unexplained", "rest")
            self.assertAlmostEqual(sum(terms[part] for part in parts), terms["seconds"], delta=1e-9 * terms["seconds"])
        self.assertEqual(found, self.projected("--cluster", "tesla-2021", "--draws", "100"), "the same again")

    def test_fewer_nics_are_never_faster(self):
        steps = self.projected("--cluster", "tesla-2021", "--nodes", "720", "--draws", "100")["steps"]
        rate = {(step["workload"], step["scenario"]): step["useful_rate"]["p50"] for step in steps}
        for workload in {name for name, _ in rate}:
            self.assertGreaterEqual(rate[workload, "8 NICs"], rate[workload, "4 NICs"])
            self.assertGreaterEqual(rate[workload, "4 NICs"], rate[workload, "2 NICs"])

    def test_what_if(self):
        found = self.projected("--cluster", "tesla-2021", "--scenario", "8 NICs", "--set", "node.nics=1", "--set", "fabric.rails=1",
                               "--set", "storage.bandwidth=3.2TB/s", "--nodes", "1,720", "--bucket", "100MiB", "--goal", "2e6")
        self.assertEqual([scenario["name"] for scenario in found["scenarios"]], ["8 NICs", "what if"])
        self.assertIn("node.nics = 1", found["scenarios"][1]["changes"])
        rate = {step["scenario"]: step["useful_rate"]["p50"] for step in found["steps"] if step["nodes"] == 720 and "vgg-11" in step["workload"]}
        self.assertLess(rate["what if"], 0.8 * rate["8 NICs"])
        self.assertTrue(any(goal.get("nodes", 0) > 1 for goal in found["goals"]))
        larger = self.projected("--cluster", "tesla-2021", "--nodes", "720", "--batch", "64", "--draws", "50")
        self.assertIn("in proportion", " ".join(larger["missing"]))

    def test_the_page_is_one_file_that_loads_nothing(self):
        file = self.folder / "p.html"
        self.project("--cluster", "tesla-2021", "--page", file, "--draws", "50")
        page = Page(file.read_text())
        self.assertEqual(page.strange, [])
        for section in ("scaling", "claims", "terms", "figures", "sensitivity", "basis"):
            self.assertIn(f"{section}-1", page.ids)
        self.assertIn("PROJECTED", "".join(page.text))

    def test_csv_has_every_workload_size_and_scenario(self):
        text = self.project("--cluster", "tesla-2021", "--nodes", "8,720", "--draws", "50", "--format", "csv").stdout
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(len(rows), 13 * 2 * 5)
        self.assertEqual({row["what"] for row in rows}, {"PROJECTED"})

    def test_a_run_of_the_host_is_allowed_and_stamped(self):
        (self.folder / "s.toml").write_text(SUITE)
        run = self.muster("run", "s.toml", "--backend", "host", "-o", "run")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        done = self.project("--cluster", "example", "--nodes", "1,2", "--draws", "50", result=self.folder / "run")
        self.assertIn("host backend", done.stdout)

    def test_results_that_name_no_gpu_need_its_name(self):
        done = self.muster("project", BASELINE, "--cluster", "dojo-2021")
        self.assertEqual(done.returncode, 2)
        self.assertIn("add --gpu NAME", done.stderr)
        other = self.project("--cluster", "dojo-2021", "--nodes", "1", "--draws", "50").stdout
        self.assertIn("measured on A100-SXM4-80GB, projected to D1", other)
        self.assertIn("is not known", self.muster("project", BASELINE, "--gpu", "A1", "--cluster", "tesla-2021").stderr)

    def test_bad_input_is_said_all_at_once(self):
        self.assertIn("muster check --list", self.project(code=2).stderr)
        empty = self.folder / "empty.json"
        empty.write_text(json.dumps({"gemm-flops/bf16_tc_flops": 1000}))
        self.assertIn("no training step", self.project("--cluster", "tesla-2021", code=2, result=empty).stderr)
        self.assertIn("there are: 8 NICs", self.project("--cluster", "tesla-2021", "--scenario", "9 NICs", code=2).stderr)
        refused = self.project("--cluster", "tesla-2021", "--set", "node.nics=-1", code=2).stderr
        self.assertIn("--set: nics = -1", refused)
        self.assertNotIn("changes nothing", refused)
        broken = self.folder / "broken.toml"
        broken.write_text((SOURCE / "configs/clusters/example.toml").read_text().replace("[fabric]", "[fabric]\nrails = 99", 1))
        self.assertIn("broken.toml:", self.project("--cluster", broken, code=2).stderr)
        for options in (["--nodes", "0"], ["--draws", "1"], ["--batch", "-1"], ["--bucket", "many"], ["--bucket", "1B"]):
            self.project("--cluster", "tesla-2021", *options, code=2)


if __name__ == "__main__":
    unittest.main()
