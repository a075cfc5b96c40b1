"""A training step from outside: on two ranks the parts add up and the weights agree; slow storage, a slow rank and a slow link
each show in the part of the step that they belong to, and nowhere else."""
import shutil

from support import *

MPI_FAULTS = os.environ.get("MUSTER_MPI_FAULTS", "")
READ_FAULTS = os.environ["MUSTER_READ_FAULTS"]

# Two layers twice over; a batch is 4 sequences of 2,048 bytes.
MODEL = """
name = "tiny"
summary = "two layers twice over"
source = "a test's own"
samples = 4
item = "sequences"
tokens = 16
other_parameters = 1000
input = "tokens"
sample_bytes = 2048
[repeat]
body = 2
[[layer]]
name = "wide"
block = "body"
rows = 64
inputs = 128
outputs = 256
[[layer]]
name = "narrow"
block = "body"
rows = 64
inputs = 256
outputs = 128
"""
SUITE = """
name = "train"
launches = 1
sampling = "{sampling}"
operation_deadline = "20s"
[[case]]
workload = "train_step"
ranks = {ranks}
model = "tiny.toml"
params = {{type = "fp32", bucket = 65536, engine = "pread", io = "buffered", images = 0, depth = 1, endurance = "{endurance}"}}
"""
PARTS = ("part_input", "part_forward", "part_backward", "part_tensor", "part_communication", "part_optimiser", "part_checkpoint",
         "part_rest")


@unittest.skipUnless(shutil.which("mpirun") and MPI_FAULTS, "no MPI here")
class Train(MusterTest):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"
        done = self.muster("dataset", "make", self.data, "--profile", "unet3d", "--records", 400, "--record-bytes", 2000,
                           "--shard-bytes", 200000)
        self.assertEqual(done.returncode, 0, done.stderr)

    def begin(self, name="run", sampling="1s", endurance="no_endurance", ranks=2, model=MODEL, **extra):
        self.run_folder = self.folder / name
        self.suite(model, "tiny.toml")
        suite = self.suite(SUITE.format(sampling=sampling, endurance=endurance, ranks=ranks), name + ".toml")
        return self.start("run", suite, "--backend", "host", "--data", self.data, "-o", self.run_folder, **extra)

    def end(self, process, code=0):
        out, err = process.communicate(timeout=150)
        self.assertEqual(process.returncode, code, err + out)
        return out, err

    def case(self):
        (case,) = self.document()["cases"]
        return case

    def figures(self):
        return {figure["name"]: figure["value"] for figure in self.case()["figures"]}

    def of_ranks(self, column):
        (table,) = [matrix for matrix in self.case()["matrices"] if matrix["name"] == "ranks"]
        at = table["columns"].index(column)
        return [row[at] for row in table["values"]]

    def process_of(self, supervisor, rank):
        mark = f"OMPI_COMM_WORLD_RANK={rank}".encode()
        (found,) = [pid for pid in self.workers(supervisor) if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")]
        return found

    def parts(self, name, **extra):
        """Seconds of a step's parts, in a run of its own."""
        self.end(self.begin(name, **extra))
        figures = self.figures()
        return {part: figures.get(part, 0.0) for part in PARTS}

    def grown(self, before, after, part, least):
        """That part by `least` seconds or more, and each other one, up or down, by less than a quarter of what it has grown by."""
        growth = {name: after[name] - before[name] for name in PARTS}
        self.assertGreater(growth[part], least, growth)
        others = max(abs(value) for name, value in growth.items() if name != part)
        self.assertLess(others, growth[part] / 4, growth)


class Sound(Train):
    def test_two_ranks_have_the_figures_and_agree_on_the_weights(self):
        self.end(self.begin())
        case, figures = self.case(), self.figures()
        self.assertEqual(case["status"], "ok")
        self.assertEqual(case["verification"]["status"], "pass")
        self.assertEqual(case["work"]["items"], 2 * 4)
        whole = sum(figures.get(part, 0.0) for part in PARTS)
        self.assertAlmostEqual(whole / figures["step_mean"], 1, delta=0.02)
        if "left_out" not in case["facts"]:  # what a busy machine takes between steps of a few ms is told there
            self.assertAlmostEqual(figures["parts_of_sample"], 1, delta=0.02)
        for name in ("compute_alone", "communication_alone", "input_alone", "step_p50", "samples_per_second", "tokens_per_second"):
            self.assertGreater(figures[name], 0, name)
        self.assertRegex(case["facts"]["shared_cpus"], r"^\d+ CPUs? of the rank compute, sum, read and decode")
        self.assertTrue(case["facts"]["finding"])

    def test_a_sum_that_comes_back_wrong_is_caught(self):
        self.end(self.begin(LD_PRELOAD=MPI_FAULTS, MUSTER_TEST_MPI_FAULT="MPI_Allreduce rank=1 call=1 action=wrong"), 5)
        self.assertEqual(self.case()["status"], "wrong")

    def test_a_hung_sum_is_named(self):
        process = self.begin(LD_PRELOAD=MPI_FAULTS, sampling="4s",
                             MUSTER_TEST_MPI_FAULT=f"MPI_Allreduce rank=1 call=400 action=hang once={self.folder / 'planted'}")
        self.end(process, 6)
        (failure,) = self.document()["failures"]
        self.assertEqual((failure["rank"], failure["class"]), (1, "timed_out"), failure["message"])
        self.assertIn("all_reduce", failure["message"])

    def test_a_read_error_on_one_rank_ends_the_case_and_hangs_nobody(self):
        process = self.begin(LD_PRELOAD=READ_FAULTS, MUSTER_TEST_READ_FAULT="shard-000001 200 5")
        out, err = self.end(process, 6)
        self.assertIn("Input/output error", out + err)
        self.assertEqual(self.case()["status"], "device_error")


# A batch is 2 photographs, or 2 samples of 2 of them, of 16 x 16 pixels.
PICTURES = """
name = "tiny-{kind}"
summary = "one layer"
source = "a test's own"
samples = 2
item = "images"
input = "{kind}"
{pictures}size = 16
[[layer]]
name = "only"
rows = 64
inputs = 27
outputs = 16
"""
OF_PICTURES = """
name = "train"
launches = 1
sampling = "300ms"
operation_deadline = "20s"
[[case]]
workload = "train_step"
ranks = 2
model = ["pictures.toml", "camera.toml"]
params = {type = "fp32", images = 0}
"""


@unittest.skipUnless(shutil.which("mpirun") and MPI_FAULTS, "no MPI here")
class Pictures(MusterTest):
    def test_two_ranks_train_on_photographs(self):
        data = self.folder / "data"
        done = self.muster("dataset", "make", data, "--profile", "imagenet", "--records", 24, "--shard-bytes", "4MiB")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.suite(PICTURES.format(kind="pictures", pictures=""), "pictures.toml")
        self.suite(PICTURES.format(kind="camera", pictures="pictures = 2\n"), "camera.toml")
        done = self.muster("run", self.suite(OF_PICTURES), "--backend", "host", "--data", data, "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        cases = self.document()["cases"]
        self.assertEqual([case["verification"]["status"] for case in cases], ["pass", "pass"])
        for case in cases:
            figures = {figure["name"]: figure["value"] for figure in case["figures"]}
            for name in ("input_alone", "input_bandwidth", "decode_inside", "samples_per_second"):
                self.assertGreater(figures[name], 0, name)
            self.assertIn(case["facts"]["input_bottleneck"], ("read", "decode", "preprocess", "consumer"))


class Slowed(Train):
    DELAY = 0.06  # seconds in a step, far more than anything else takes

    def test_slow_storage_is_input(self):
        """Of one rank: of several each waits in turn for the other one's input, which is the other one's communication."""
        before = self.parts("before", ranks=1)
        # A batch of 8,192 bytes is made of about four records, each of which is one read.
        after = self.parts("storage", ranks=1, LD_PRELOAD=READ_FAULTS, MUSTER_TEST_READ_FAULT=f"shard- 1 0 {250 * self.DELAY:.0f}")
        self.grown(before, after, "part_input", self.DELAY / 2)

    def test_a_slow_link_is_communication(self):
        before = self.parts("before")
        after = self.parts("link", LD_PRELOAD=MPI_FAULTS,
                           MUSTER_TEST_MPI_FAULT=f"MPI_Allreduce rank=all call=1 action=slow delay={1000 * self.DELAY:.0f}")
        self.grown(before, after, "part_communication", self.DELAY / 2)
        self.assertLess(self.figures()["waited_for_ranks"], self.DELAY / 4)

    def test_a_slow_rank_is_what_the_other_one_waits_for(self):
        """A rank that is stopped for three quarters of the time, many times in each step: it is last in every one."""
        long_steps = MODEL.replace("rows = 64", "rows = 2048")
        process = self.begin("rank", sampling="3s", endurance="endurance", model=long_steps)
        self.wait_for(lambda: any(e["phase"] == "sample" for e in self.events("phase_started")), "sampling")
        slow = self.process_of(process.pid, 1)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            os.kill(slow, signal.SIGSTOP)
            time.sleep(0.03)
            os.kill(slow, signal.SIGCONT)
            time.sleep(0.01)
        self.end(process)
        self.assertRegex(self.case()["facts"]["slowest_rank"], "^rank 1: the others wait")
        waited = self.of_ranks("waited")
        self.assertGreater(waited[0], 4 * waited[1], waited)


if __name__ == "__main__":
    unittest.main()
