"""Data loading from outside: on every kind of data the table of stages, the named bottleneck, and exit code 0."""
import csv
import io
import tarfile

from support import *


class Input(MusterTest):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"

    def make(self, profile, *more):
        done = self.muster("dataset", "make", self.data, "--profile", profile, "--shard-bytes", "4MiB", *more)
        self.assertEqual(done.returncode, 0, done.stderr)

    def run_on(self, data, *more):
        done = self.muster("run", "smoke", "--backend", "host", "--filter", "dataload", "--launches", 1, "--data", data, "-o",
                           self.run_folder, *more)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return done

    def cases(self):
        return {case["name"]: case for case in self.document()["cases"]}

    def figures(self, case):
        return {figure["name"]: figure["value"] for figure in case["figures"]}

    def check_table(self, done, stages):
        self.assertIn("in the pipeline", done.stdout)
        self.assertIn("a GPU of the 2021 cluster gets 277.8 MB/s", done.stdout)
        for stage in stages:
            self.assertRegex(done.stdout, rf"(?m)^ +{stage} +[0-9]")
        for line in [line for line in done.stdout.splitlines() if "bottleneck:" in line]:
            self.assertRegex(line, "bottleneck: (read|decode|preprocess|consumer) ")

    def check_pictures(self, done):
        self.check_table(done, ["read", "decode", "preprocess", "consumer"])
        pipeline = next(case for name, case in self.cases().items() if name.startswith("dataload/pipeline"))
        self.assertIn(pipeline["facts"]["bottleneck"], ("read", "decode", "preprocess"))
        figures = self.figures(pipeline)
        for name in ("read_alone", "decode_inside", "encoded_occupancy", "prepared_empty", "stall_share", "batch_time_p99", "cpu_cores",
                     "storage_bandwidth", "pixel_rate", "bottleneck_limit", "without_bottleneck", "article_frames"):
            self.assertGreaterEqual(figures[name], 0, name)

    def test_a_folder_of_ordinary_photographs(self):
        self.make("imagenet", "--records", 40)
        photographs = self.folder / "photographs"
        for shard in self.data.glob("*.tar"):
            with tarfile.open(shard) as tar:
                tar.extractall(photographs)
        (photographs / "notes.txt").write_text("taken in spring")
        self.check_pictures(self.run_on(photographs))

    def test_the_profile_imagenet(self):
        self.make("imagenet", "--records", 40)
        done = self.run_on(self.data, "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        training = next(row for row in rows if row["case"].startswith("dataload/training"))
        self.assertIn(training["bottleneck"], ("read", "consumer"))
        self.assertLessEqual(float(training["accelerator_utilisation"]), 1)

    def test_the_profile_camera(self):
        self.make("camera", "--records", 64, "--frames", 2)
        self.check_pictures(self.run_on(self.data))
        pipeline = next(case for name, case in self.cases().items() if name.startswith("dataload/pipeline"))
        figures = self.figures(pipeline)
        # Frames of this set are those of the article: as many images as frames.
        self.assertAlmostEqual(figures["article_frames"] / figures["article_images"], 1, places=3)

    def test_the_profile_unet3d(self):
        self.make("unet3d", "--records", 30, "--record-bytes", 300_000)
        done = self.run_on(self.data)
        self.check_table(done, ["read", "consumer"])
        self.assertIn("bottleneck: read (the only stage)", done.stdout)
        statuses = {name.split("/")[1]: case["status"] for name, case in self.cases().items() if case["params"].get("decode") != "jpeg"}
        self.assertEqual(statuses, {"pipeline": "unsupported", "read": "ok", "decode": "unsupported", "preprocess": "unsupported",
                                    "records": "ok", "training": "ok"})

    def test_training_says_how_busy_the_accelerator_was(self):
        self.make("imagenet", "--records", 40)
        suite = self.suite("""
            name = "busy"
            launches = 1
            sampling = "300ms"
            [[case]]
            workload = "dataload/training"
            ranks = "each"
            params = [{batch = 4, seconds = 0.03}, {batch = 4, seconds = 0.03, step = "gemm"}]
        """)
        done = self.muster("run", suite, "--backend", "host", "--data", self.data, "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("accelerator utilisation (DLIO's formula)", done.stdout)
        for case in self.cases().values():
            figures = self.figures(case)
            self.assertEqual(figures["meets_expectation"], float(figures["accelerator_utilisation"] >= 0.9))
            self.assertGreater(figures["dlio_samples_per_second_v1"], 0)
            self.assertRegex(case["facts"]["step"], "^(sleep|gemm: products fp32)")

    def test_a_step_nobody_published_is_a_fault_of_the_file(self):
        suite = self.suite("""
            name = "unknown"
            [[case]]
            workload = "dataload/training"
            params = {model = "resnet50", accelerator = "b200"}
        """)
        done = self.muster("run", suite, "--backend", "host", "-o", self.run_folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no step of resnet50 on b200 is known", done.stderr)

    def test_two_ranks_train_in_step(self):
        self.make("imagenet", "--records", 40)
        suite = self.suite("""
            name = "two"
            launches = 1
            sampling = "300ms"
            [[case]]
            workload = "dataload/training"
            ranks = 2
            params = {batch = 4, seconds = 0.02}
        """)
        done = self.muster("run", suite, "--backend", "host", "--data", self.data, "-o", self.run_folder)
        if "MPI" in done.stderr and done.returncode == 6:
            self.skipTest("no MPI here")
        self.assertEqual(done.returncode, 0, done.stderr)
        case, = self.cases().values()
        self.assertEqual(case["work"]["items"], 8)
        self.assertEqual(case["bound"]["value"], 2 * 4 / 0.02)


if __name__ == "__main__":
    unittest.main()
