"""The real program, from config to document, on the cuda backend with the stand-in libraries."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from support import *  # noqa: E402

SUITE = """
name = "small"
launches = 1
sampling = "50ms"
deadline = "8s"

[[case]]
workload = "gemm"
params = {type = "fp32", m = 64, n = 64, k = 64}

[[case]]
workload = "memory"
params = {op = "copy", bytes = "64KiB"}

[[case]]
workload = "collective/all_reduce"
ranks = 2
params.bytes = "64KiB"
"""


class StandinRun(MusterTest):
    def run_suite(self, suite, backend="cuda", code=0, **extra):
        libraries = str(BUILD / "standin")
        environment = {"LD_LIBRARY_PATH": libraries, "MUSTER_CUDA_LIBS": libraries, "MUSTER_CONFIGS": str(SOURCE / "configs")}
        done = self.muster("run", suite, "--backend", backend, "-o", self.run_folder, **{**environment, **extra})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def by_workload(self):
        return {case["workload"]: case for case in self.document()["cases"]}

    def test_the_smoke_suite_is_verified_on_two_ranks(self):
        self.run_suite("smoke")
        document = self.document()
        statuses = {case["name"]: case["status"] for case in document["cases"]}
        fp8 = {name for name in statuses if name.startswith("gemm/fp8")}
        self.assertEqual({name for name in statuses if statuses[name] != "ok"}, fp8, "the stand-in is an sm_80")
        self.assertEqual({statuses[name] for name in fp8}, {"unsupported"})
        self.assertEqual({case["backend"] for case in document["cases"]}, {"cuda"})
        verified = {case["verification"]["status"] for case in document["cases"] if case["status"] == "ok"}
        self.assertEqual(verified, {"pass"})
        self.assertIn(2, {case["ranks"][-1]["rank"] + 1 for case in document["cases"] if case["ranks"]})
        (node,) = document["environment"]["nodes"]
        self.assertEqual([gpu["name"] for gpu in node["gpus"]], ["Stand-in GPU (host memory)"] * 2)

    # As tests/gpu/run.sh plants it on a real GPU; the program knows nothing of it.
    def test_a_bit_that_is_flipped_in_the_gpus_memory_is_found(self):
        for flip, wrong in (("gemm_checksum_results 5", "gemm"), ("memory_compare_fp64 2", "memory")):
            done = self.run_suite(self.suite(SUITE), "cuda", 5, LD_PRELOAD=str(BUILD / "lib" / "muster_bit_flip.so"), MUSTER_BIT_FLIP=flip)
            statuses = {name: case["status"] for name, case in self.by_workload().items()}
            self.assertEqual([name for name in statuses if statuses[name] == "wrong"], [wrong], done.stderr)
            shutil.rmtree(self.run_folder)

    def test_a_wrong_answer_has_no_figure_and_its_own_exit_code(self):
        self.run_suite(self.suite(SUITE), code=5, MUSTER_STANDIN_FAIL="cublasLtMatmul:3+:wrong")
        cases = self.by_workload()
        self.assertEqual(cases["gemm"]["status"], "wrong")
        self.assertEqual(cases["memory"]["status"], "ok")
        self.assertFalse([row for row in self.document()["benchmarks"] if row["name"].startswith("gemm")])

    def test_a_wrong_answer_of_one_rank_fails_the_case(self):
        self.run_suite(self.suite(SUITE), code=5, MUSTER_STANDIN_FAIL="ncclAllReduce@1:*:wrong")
        self.assertEqual(self.by_workload()["collective/all_reduce"]["status"], "wrong")
        self.assertEqual(self.document()["failures"][0]["rank"], 1)

    def test_an_operation_of_nccl_that_hangs_ends_before_the_deadline_and_says_where(self):
        self.run_suite(self.suite(SUITE), code=4, MUSTER_STANDIN_FAIL="ncclAllReduce@1:6:hang")
        cases = self.by_workload()
        self.assertEqual(cases["collective/all_reduce"]["status"], "device_error")
        self.assertIn("does not end (rank", self.document()["failures"][0]["message"])
        self.assertEqual(cases["gemm"]["status"], "ok")

    def test_a_gpu_that_never_answers_costs_one_case(self):
        self.run_suite(self.suite(SUITE), code=4, MUSTER_STANDIN_FAIL="cublasLtMatmul:4:hang")
        statuses = {name: case["status"] for name, case in self.by_workload().items()}
        self.assertEqual(statuses, {"gemm": "timed_out", "memory": "ok", "collective/all_reduce": "ok"})

    def test_a_fault_of_the_device_is_recorded_with_its_reason(self):
        self.run_suite(self.suite(SUITE), code=4, MUSTER_STANDIN_FAIL="memory_copy_fp64:3:700")
        self.assertEqual(self.by_workload()["memory"]["status"], "device_error")
        self.assertIn("cudaErrorIllegalAddress", self.document()["failures"][0]["message"])

    def test_what_does_not_fit_is_out_of_memory(self):
        large = SUITE.replace('op = "copy", bytes = "64KiB"', 'op = "copy", bytes = "16MiB"')
        self.run_suite(self.suite(large), code=4, MUSTER_STANDIN_MEMORY=str(24 << 20))
        self.assertEqual(self.by_workload()["memory"]["status"], "out_of_memory")
        self.assertEqual(self.by_workload()["gemm"]["status"], "ok")

    def test_throttling_is_stamped(self):
        self.run_suite(self.suite(SUITE), MUSTER_STANDIN_NVML="throttling")
        gemm = self.by_workload()["gemm"]
        self.assertTrue([text for text in gemm["warnings"] if text.startswith("throttled: ") and "hw_thermal_slowdown" in text])
        for rank in gemm["ranks"]:
            self.assertGreaterEqual(rank["telemetry"]["throttled_samples"], rank["samples"] - 1)  # a busy machine looks late

    def test_the_device_is_watched_while_samples_are_taken(self):
        suite = SUITE.replace('sampling = "50ms"', 'sampling = "500ms"')
        self.run_suite(self.suite(suite.replace('deadline = "8s"', 'deadline = "60s"')))
        gemm = self.by_workload()["gemm"]
        for rank in gemm["ranks"]:
            telemetry = rank["telemetry"]
            self.assertGreaterEqual(telemetry["readings_hz"], 8)  # 10, but for a machine that is busy
            self.assertEqual(telemetry["throttled_samples"], 0)
            self.assertGreater(telemetry["clock_hz"]["median"], 0)
            self.assertGreater(telemetry["mean_watts"], 0)
            for state in ("before", "after"):
                self.assertIn("energy_joules", rank[state])
                self.assertIn("pcie_width", rank[state])
            self.assertEqual(rank["sampling"]["regime"], "sustained")
        self.assertGreater(gemm["per_joule"], 0)
        samples = "".join(path.read_text() for path in (self.run_folder / "samples").iterdir())
        self.assertIn('"readings"', samples)

    def test_a_gpu_whose_memory_fails_and_whose_links_are_down_says_so(self):
        self.run_suite(self.suite(SUITE), MUSTER_STANDIN_NVML="remap,pcie-degraded")
        warnings = " ".join(self.by_workload()["gemm"]["warnings"])
        self.assertIn("remapped", warnings)

    def test_without_nvml_the_rest_runs_on(self):
        self.run_suite(self.suite(SUITE), MUSTER_STANDIN_NVML="broken")
        gemm = self.by_workload()["gemm"]
        self.assertEqual(gemm["status"], "ok")
        self.assertNotIn("telemetry", gemm["ranks"][0])

    def test_all_gpus_compute_the_same_bits(self):
        self.run_suite(self.suite(SUITE))
        ranks = self.by_workload()["gemm"]["ranks"]
        self.assertEqual(len(ranks), 2)
        self.assertEqual(len({rank["fingerprint"] for rank in ranks}), 1)

    def test_without_a_driver_the_cuda_backend_is_refused_with_the_remedy(self):
        done = self.run_suite(self.suite(SUITE), code=6, MUSTER_STANDIN_GPUS="nodriver")
        self.assertIn("install the driver", done.stderr)


if __name__ == "__main__":
    unittest.main()
