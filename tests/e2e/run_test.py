"""A whole run on the host backend: what it prints, what it saves, and that other programs can read it."""
from support import *


class SmokeRun(MusterTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = Path(__import__("tempfile").mkdtemp(prefix="muster-e2e-smoke-"))
        cls.done = subprocess.run([PROGRAM, "run", "smoke", "--backend", "host", "-o", str(cls.shared / "run")],
                                  env=dict(os.environ, MUSTER_CACHE=str(cls.cache)), cwd=cls.shared,
                                  capture_output=True, text=True, timeout=300)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.shared, ignore_errors=True)

    def setUp(self):
        super().setUp()
        self.run_folder = self.shared / "run"

    def test_ends_with_0_and_every_case_verified(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr + self.done.stdout)
        document = self.document()
        self.assertEqual(document["run"]["status"], "complete")
        families = set()
        for case in document["cases"]:
            families.add(case["name"].split("/")[0])
            if case["name"].startswith(("memory/numa", "gemm/int8")) and case["status"] == "unsupported":
                continue  # a machine with one NUMA node, a CPU without 8-bit dot products
            self.assertEqual(case["status"], "ok", case)
            self.assertEqual(case["verification"]["status"], "pass", case)
            self.assertGreater(case["launches"][0]["median"], 0)
        self.assertEqual(families, {"gemm", "memory", "training", "collective", "dataload", "train_step", "inference"})

    def test_collectives_ran_on_two_ranks(self):
        case = next(c for c in self.document()["cases"] if c["workload"] == "collective/all_reduce")
        self.assertGreaterEqual(case["rank_count"], 2)
        self.assertEqual(len({rank["rank"] for rank in case["ranks"]}), case["rank_count"])

    def test_the_document_is_valid_by_its_schema(self):
        import jsonschema
        schema = json.loads((SOURCE / "results/schema/muster.result.schema.json").read_text())
        jsonschema.Draft7Validator(schema).validate(self.document())

    def test_the_table_names_every_case_and_the_machine(self):
        for case in self.document()["cases"]:
            self.assertIn(case["name"], self.done.stdout)
        self.assertIn("muster ", self.done.stderr.splitlines()[0])
        self.assertIn("no GPU used", self.done.stderr.splitlines()[0])
        self.assertIn("result.json", self.done.stderr)

    def test_a_bound_is_stated_where_one_is_known(self):
        bounded = [c for c in self.document()["cases"] if "bound" in c and c["bound"]]
        self.assertTrue(any(c["workload"] == "gemm" for c in bounded))
        small = [c for c in self.document()["cases"] if c["workload"] == "memory"]
        self.assertFalse([c["name"] for c in small if "bound" in c], "the caches' bandwidth held against the memory's")
        for case in bounded:
            self.assertGreater(case["bound"]["value"], 0)
            self.assertGreater(case["bound"]["percent"], 0)

    def test_where_it_ran_is_recorded(self):
        node = self.document()["environment"]["nodes"][0]
        self.assertTrue(node["cpu"]["model"])
        self.assertGreater(node["memory"]["bytes"], 1 << 20)
        software = " ".join(node["software"])
        for name in ("kernel", "OpenBLAS", "oneDNN", "MPI"):
            self.assertIn(name, software)

    def test_raw_samples_lie_beside_with_their_hash(self):
        import hashlib
        sidecars = self.document()["integrity"]["sidecars"]
        self.assertTrue(sidecars)
        for sidecar in sidecars:
            data = (self.run_folder / sidecar["path"]).read_bytes()
            self.assertEqual(hashlib.sha256(data).hexdigest(), sidecar["sha256"])

    def test_collect_makes_the_same_document_again(self):
        before = self.document()
        done = self.muster("collect", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.document(), before)

    def test_google_benchmarks_rows_are_there(self):
        rows = self.document()["benchmarks"]
        names = {row["name"] for row in rows}
        self.assertEqual(names, {c["name"] for c in self.document()["cases"] if c["status"] == "ok"})
        for row in rows:
            self.assertGreater(row["real_time"], 0)


REGIMES = """
name = "regimes"
launches = 1
sampling = "200ms"
soak = "300ms"

[[case]]
workload = "gemm"
params = {type = "fp64", m = 96, n = 96, k = 96, regime = ["sustained", "cold", "burst"]}

[[case]]
workload = "memory"
params.bytes = "64KiB"
ranks = 2
alone = true
"""

MODEL = """
summary = "two layers of one shape, and another"

[[layer]]
name = "a"
rows = 48
outputs = 32
inputs = 64

[[layer]]
name = "b"
rows = 48
outputs = 32
inputs = 64

[[layer]]
name = "c"
kind = "convolution"
images = 2
height = 8
width = 8
inputs = 8
outputs = 16
kernel = 3
groups = 2
"""


class Sampling(MusterTest):
    def test_regimes_are_kept_apart_and_recorded(self):
        done = self.muster("run", self.suite(REGIMES), "--backend", "host", "--filter", "gemm", "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        ranks = {case["params"]["regime"]: case["ranks"][0] for case in self.document()["cases"]}
        self.assertEqual({name: rank["sampling"]["regime"] for name, rank in ranks.items()},
                         {name: name for name in ("sustained", "cold", "burst")})
        self.assertGreater(ranks["sustained"]["sampling"]["soak_seconds"], 0)
        self.assertNotIn("soak_seconds", ranks["cold"]["sampling"])
        names = {case["name"] for case in self.document()["cases"]}
        self.assertEqual(names, {"gemm/fp64/m:96/n:96/k:96", "gemm/fp64/m:96/n:96/k:96/cold", "gemm/fp64/m:96/n:96/k:96/burst"})
        self.assertEqual(len({rank["fingerprint"] for rank in ranks.values()}), 1, "one product, other bits")
        case = next(c for c in self.document()["cases"] if c["name"].endswith("/cold"))
        self.assertEqual(case["launches"][0]["ops_per_sample"], 1)

    def test_ranks_are_measured_together_and_alone(self):
        done = self.muster("run", self.suite(REGIMES), "--backend", "host", "--filter", "memory", "--oversubscribe",
                           "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        (case,) = self.document()["cases"]
        self.assertEqual(len(case["ranks"]), 2)
        for rank in case["ranks"]:
            self.assertGreater(rank["alone"]["median"], 0)
        self.assertIn("slower_together_percent", case)
        self.assertIn("than each alone", done.stdout)

    def test_a_models_layers_become_cases_with_labels(self):
        (self.folder / "net.toml").write_text(MODEL)
        suite = self.suite('name = "layers"\nlaunches = 1\nsampling = "50ms"\n[[case]]\nworkload = "gemm"\n'
                           'model = "net.toml"\npass = ["forward", "weight_gradient"]\nparams.type = "fp64"\n')
        done = self.muster("run", suite, "--backend", "host", "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        labels = {case["name"]: case["labels"] for case in self.document()["cases"]}
        self.assertEqual(labels, {
            "gemm/fp64/m:48/n:32/k:64": ["net/a/forward", "net/b/forward"],
            "gemm/fp64/m:32/n:64/k:48/tn": ["net/a/weight_gradient", "net/b/weight_gradient"],
            "gemm/fp64/m:128/n:8/k:36/batch:2": ["net/c/forward"],
            "gemm/fp64/m:8/n:36/k:128/tn/batch:2": ["net/c/weight_gradient"]})

    def test_list_says_all_about_one_workload(self):
        done = self.muster("list", "gemm")
        self.assertEqual(done.returncode, 0, done.stderr)
        for word in ("2 m n k batch / seconds", "Freivalds", "Sources", "regime"):
            self.assertIn(word, done.stdout)
        self.assertNotIn("triad", done.stdout)
        self.assertIn("llama-3-8b", self.muster("list", "models").stdout)
        unknown = self.muster("list", "gmem")
        self.assertEqual(unknown.returncode, 2)
        self.assertIn("did you mean 'gemm'", unknown.stderr)


class Options(MusterTest):
    def test_four_ranks(self):
        done = self.muster("run", "smoke", "--backend", "host", "--filter", "all_reduce", "--ranks", 4, "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        for case in self.document()["cases"]:
            self.assertEqual(sorted({rank["rank"] for rank in case["ranks"]}), [0, 1, 2, 3])
        placement = self.document()["environment"]["nodes"][0]["placement"]
        self.assertEqual([place["rank"] for place in placement], [0, 1, 2, 3])
        usable = os.sched_getaffinity(0)
        for place in placement:
            self.assertGreaterEqual(place["threads"], 1)
            self.assertIn(int(place["cpus"].split("-")[0].split(",")[0]), usable)

    def test_json_alone_on_standard_output(self):
        done = self.muster("run", "smoke", "--backend", "host", "--filter", "^memory", "--format", "json", "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout), self.document())

    def test_launches_are_fresh_processes_and_all_counted(self):
        done = self.muster("run", "smoke", "--backend", "host", "--filter", "memory/copy", "--launches", 3, "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        for case in self.document()["cases"]:
            self.assertEqual([launch["index"] for launch in case["launches"]], [0, 1, 2])
        self.assertEqual(len(self.events("worker_started")), 3)

    def test_dry_run_shows_the_plan_and_runs_nothing(self):
        done = self.muster("run", "quick", "--backend", "host", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("gemm/fp32", done.stdout)
        self.assertIn("about", done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_the_default_folder_is_named_by_node_and_time(self):
        done = self.muster("run", "smoke", "--backend", "host", "--filter", "memory/copy")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(list(self.folder.glob("results/*/*Z/result.json"))), 1)

    def test_list_and_help_teach(self):
        listed = self.muster("list")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        for word in ("quick", "node", "smoke", "gemm", "memory", "collective/all_reduce", "dataload", "FLOP/s"):
            self.assertIn(word, listed.stdout)
        self.assertIn("Exit codes", self.muster("--help").stdout)
        self.assertIn("--dry-run", self.muster("run", "--help").stdout)

    def test_list_and_doctor_as_json(self):
        suites = json.loads(self.muster("list", "suites", "--format", "json").stdout)
        self.assertIn("quick", [row["suite"] for row in suites])
        workloads = json.loads(self.muster("list", "workloads", "--format", "json").stdout)
        self.assertIn(("gemm", "type"), [(row["workload"], row["parameter"]) for row in workloads])
        self.assertEqual(self.muster("list", "--format", "json").returncode, 2)
        self.assertIn("cpu", [row["area"] for row in json.loads(self.muster("doctor", "--format", "json").stdout)])

    def test_doctor_says_what_there_is(self):
        done = self.muster("doctor")
        self.assertIn(done.returncode, (0, 6), done.stderr)
        for word in ("cpu", "memory", "OpenBLAS", "storage", "limits"):
            self.assertIn(word, done.stdout)


if __name__ == "__main__":
    unittest.main()
