"""A projection's simulations, by the command. Those that need SimGrid are skipped where muster was built without."""
from support import *

BASELINE = SOURCE / "results/published/azure_nd_a100_v4_baseline_729_nodes.json"
CLUSTER = """
name = "small"
like = "example"
[nodes]
count = 12
gpus = 8
gpu = "A100-SXM4-80GB"
source = "invented"
[fabric]
leaf_nodes = 4
source = "invented"
"""


class SimulateTest(MusterTest):
    def project(self, *arguments, code=0, **extra):
        done = self.muster("project", BASELINE, "--gpu", "A100-SXM4-80GB", "--draws", "10", "--nodes", "12", *arguments, "--simulate", **extra)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    @unittest.skipUnless((BUILD / "lib/muster-simulate").exists(), "built without SimGrid")
    def test_simulated_times_lie_in_their_bands(self):
        for name in ("example.toml", "a100-80gb.toml"):
            shutil.copy(SOURCE / "configs/clusters" / name, self.folder)
        cluster = self.suite(CLUSTER, "small.toml")
        found = json.loads(self.project("--cluster", cluster, "--format", "json").stdout)["simulations"]
        self.assertTrue({"ring", "double tree", "hierarchical", "ring, slow NIC", "ring, dead NIC", "ring, scattered",
                         "ring, dead uplink", "reads"} <= {one["name"] for one in found})
        for one in found:
            self.assertTrue(one["agrees"], one)
            self.assertGreater(one["simulated"], 0)
        seconds = {(one["name"], one["scenario"]): one["simulated"] for one in found}
        first = found[0]["scenario"]
        self.assertAlmostEqual(seconds["ring, slow NIC", first] / seconds["ring", first], 2, delta=0.01)
        text = self.project("--cluster", cluster).stdout
        self.assertIn(f"0 of {len(found)} outside their band", text)

    def test_without_the_program_it_says_so_before_it_computes(self):
        done = self.project("--cluster", "example", code=6, MUSTER_PLUGIN_DIR=str(self.folder))
        self.assertEqual(done.stdout, "")
        self.assertIn("install libsimgrid-dev", done.stderr)

    def test_a_program_that_fails_is_named_with_its_words(self):
        fake = self.folder / "muster-simulate"
        fake.write_text("#!/bin/sh\necho out of order >&2\nexit 3\n")
        fake.chmod(0o755)
        done = self.project("--cluster", "example", code=6, MUSTER_PLUGIN_DIR=str(self.folder))
        self.assertIn("muster-simulate failed (exit code 3: out of order", done.stderr)

    def test_csv_has_no_place_for_it(self):
        self.assertIn("take table or json", self.project("--cluster", "example", "--format", "csv", code=2).stderr)


if __name__ == "__main__":
    unittest.main()
