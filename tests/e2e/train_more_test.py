"""Checkpoints of a training step, and forward passes alone, as the real program runs them."""
import os
import unittest

from support import MusterTest

CHECKPOINTS = """
name = "checkpoints"
launches = 1
sampling = "1s"

[[case]]
workload = "train_step"
ranks = 2
model = "resnet-50"
params = {type = "fp32", batch = 2, shrink = 32, input = "no_input", checkpoint = 2, checkpoint_mode = ["sync", "background"]}
"""

FORWARD = """
name = "forward"
launches = 1
sampling = "300ms"

[[case]]
workload = "inference"
ranks = 2
model = "resnet-50"
params = {type = "fp32", shrink = 8, batch = [1, 8]}

[[case]]
workload = "inference/tensor_parallel"
ranks = 2
model = "gpt3-175b-tp8"
params = {type = "fp32", shrink = 128, blocks = 1}
"""

# Two ranks share a layer whose outputs they sum; a batch is 4 sequences of 2,048 bytes.
SHARED = """
name = "shared"
summary = "one layer on two ranks"
source = "a test's own"
samples = 4
item = "sequences"
tokens = 16
tensor_parallel = 2
input = "tokens"
sample_bytes = 2048
[[layer]]
name = "only"
rows = 64
inputs = 128
outputs = 128
sum = "outputs"
"""
READING = """
name = "reading"
launches = 1
sampling = "300ms"
operation_deadline = "20s"
[[case]]
workload = "inference/tensor_parallel"
ranks = 2
model = "shared.toml"
params = {type = "fp32", input = "input", engine = "pread", io = "buffered", images = 0, depth = 1}
"""

FLUSH_SECONDS = 0.2


class TrainMoreTest(MusterTest):
    def run_suite(self, text, expected=0, data=None, **extra):
        done = self.muster("run", self.suite(text), "--backend", "host", "--oversubscribe", "--cache", self.folder / "cache",
                           "-o", self.run_folder, *(["--data", data] if data else []), **extra)
        self.assertEqual(done.returncode, expected, done.stdout + done.stderr)
        return done

    def cases(self):
        """Figures by name, and facts, of every case."""
        return [({figure["name"]: figure["value"] for figure in case["figures"]}, case)
                for case in self.document()["cases"]]

    def leftovers(self):
        return list((self.folder / "cache").glob("checkpoint-*"))

    def test_a_slow_disk_is_paid_for_by_steps_that_wait_for_it(self):
        self.run_suite(CHECKPOINTS, LD_PRELOAD=os.environ["MUSTER_WRITE_FAULTS"], MUSTER_TEST_FLUSH_SECONDS=str(FLUSH_SECONDS))
        (sync, case), (background, _) = self.cases()
        for figures in (sync, background):
            # Each of two ranks writes half of the fp32 weights and both moments.
            self.assertAlmostEqual(figures["checkpoint_bytes"], 12 * figures["parameters"] / 2, delta=8192)
            self.assertGreater(figures["checkpoints"], 0)
            self.assertGreaterEqual(figures["checkpoint_seconds"], FLUSH_SECONDS)
            self.assertLess(figures["checkpoint_bandwidth"], figures["checkpoint_bytes"] / FLUSH_SECONDS)
        slow = sync["part_checkpoint"]
        self.assertGreaterEqual(slow, FLUSH_SECONDS / 6)  # every other step waits; of three sampled ones perhaps one
        self.assertGreater(slow, sync["step_mean"] - slow)  # nothing else in the step is as long
        self.assertIn("the step waits", case["facts"]["checkpoint"])
        self.assertIn("checkpoint-bound", case["facts"]["finding"])
        self.assertEqual(self.leftovers(), [])

        self.run_folder = self.folder / "fast"
        self.run_suite(CHECKPOINTS.replace('["sync", "background"]', '"sync"'))
        ((fast, _),) = self.cases()
        self.assertLess(fast["part_checkpoint"], slow)

    def test_a_full_disk_costs_the_case_and_leaves_nothing(self):
        self.run_suite(CHECKPOINTS, expected=6, LD_PRELOAD=os.environ["MUSTER_WRITE_FAULTS"], MUSTER_TEST_FULL_AFTER="2")
        self.assertEqual(set(self.statuses().values()), {"bad_input"})
        for failure in self.document()["failures"]:
            self.assertRegex(failure["message"], r"checkpoint '.*rank-\d.part' cannot be written \(No space left on device\) free some space")
        self.assertEqual(self.leftovers(), [])

    def test_forward_passes_have_latencies_and_limits(self):
        self.run_suite(FORWARD)
        (one, case), (eight, _), (shared, _) = self.cases()
        self.assertEqual(case["metric"]["unit"], "samples/s")
        self.assertEqual((one["batch"], eight["batch"]), (1, 8))
        for figures in (one, eight, shared):
            self.assertLessEqual(figures["latency_p50"], figures["latency_p99"])
            self.assertLessEqual(figures["latency_p99"], figures["latency_max"])
            self.assertGreater(figures["model_flop_utilisation"], 0)
            self.assertGreater(figures["weight_bandwidth_share"], 0)
        self.assertEqual(one["weight_bytes"], eight["weight_bytes"])
        # Rows that are shrunk are rounded up.
        self.assertAlmostEqual(one["flops_per_sample"], eight["flops_per_sample"], delta=0.1 * one["flops_per_sample"])
        self.assertLess(one["latency_p50"], eight["latency_p50"])  # eight times the work
        self.assertGreater(shared["tokens_per_second"], 0)
        self.assertGreater(case["bound"]["value"], 0)

    def test_a_read_error_on_ranks_that_share_layers_ends_the_case_and_hangs_nobody(self):
        data = self.folder / "data"
        done = self.muster("dataset", "make", data, "--profile", "unet3d", "--records", 400, "--record-bytes", 2000,
                           "--shard-bytes", 200000)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.suite(SHARED, "shared.toml")
        done = self.run_suite(READING, expected=6, data=data, LD_PRELOAD=os.environ["MUSTER_READ_FAULTS"],
                              MUSTER_TEST_READ_FAULT="shard-000001 200 5")
        self.assertIn("Input/output error", done.stdout + done.stderr)
        self.assertEqual(set(self.statuses().values()), {"device_error"})

    def test_a_model_whose_ranks_share_layers_is_sent_to_its_workload(self):
        text = FORWARD.replace("inference/tensor_parallel", "inference")
        done = self.run_suite(text, expected=2)
        self.assertRegex(done.stderr, r'suite.toml:\d+: .*use workload = "inference/tensor_parallel"')


if __name__ == "__main__":
    unittest.main()
