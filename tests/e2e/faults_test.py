"""What happens to a run when something dies, stops it or runs full. Every finished case must be there afterwards."""
import tempfile

from support import *


class Interrupted(MusterTest):
    def interrupt_with(self, number):
        process = self.start("run", self.suite(SLOW_SUITE), "--backend", "host", "-o", self.run_folder)
        self.wait_for(lambda: len(self.events("case_record")) >= 1, "the first finished case")
        finished = {event["case_index"] for event in self.events("case_record")}
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        return process.returncode, finished, out, err

    def check(self, number, code):
        returned, finished, out, err = self.interrupt_with(number)
        self.assertEqual(returned, code, err)
        document = self.document()
        self.assertEqual(document["run"]["status"], "partial" if number == signal.SIGTERM else "aborted")
        self.assertEqual(document["run"]["exit_code"], code)
        for index in finished:
            self.assertEqual(document["cases"][index]["status"], "ok")
        self.assertIn("not_run", {case["status"] for case in document["cases"]})
        self.assertIn("saved", err)

    def test_control_c(self):
        self.check(signal.SIGINT, 130)

    def test_termination(self):
        self.check(signal.SIGTERM, 143)


class Killed(MusterTest):
    def test_a_killed_worker_costs_one_case(self):
        process = self.start("run", self.suite(SLOW_SUITE), "--backend", "host", "-o", self.run_folder)
        self.wait_for(lambda: len(self.events("case_started")) == 2 and len(self.events("case_record")) == 1, "the second case")
        (worker,) = self.workers(process.pid)
        os.kill(worker, signal.SIGKILL)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 4, err)
        statuses = [case["status"] for case in self.document()["cases"]]
        self.assertEqual(statuses, ["ok", "crashed", "ok", "ok"])
        (failure,) = self.document()["failures"]
        self.assertIn("signal 9", failure["message"])
        self.assertNotIn(failure["case"], {row["name"] for row in self.document()["benchmarks"]})

    def test_a_killed_rank_costs_one_case(self):
        suite = self.suite('name = "r"\nsampling = "2s"\n[[case]]\nworkload = "collective/all_reduce"\nparams.bytes = [1024, 2048]\nranks = 2\n')
        process = self.start("run", suite, "--backend", "host", "-o", self.run_folder)
        self.wait_for(lambda: any(e["phase"] == "sample" for e in self.events("phase_started")), "sampling")
        os.kill(self.workers(process.pid)[0], signal.SIGKILL)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 4, err)
        self.assertEqual([case["status"] for case in self.document()["cases"]], ["crashed", "ok"])

    def test_a_stopped_worker_ends_at_its_deadline(self):
        suite = self.suite(SLOW_SUITE.replace('sampling = "2s"', 'sampling = "1s"\ndeadline = "15s"'))
        process = self.start("run", suite, "--backend", "host", "-o", self.run_folder)
        self.wait_for(lambda: len(self.events("case_started")) == 1, "the first case")
        self.wait_for(lambda: self.workers(process.pid), "the worker")
        os.kill(self.workers(process.pid)[0], signal.SIGSTOP)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 4, err)
        self.assertEqual([case["status"] for case in self.document()["cases"]], ["timed_out", "ok", "ok", "ok"])

    def test_a_killed_supervisor_leaves_journals_that_collect_reads(self):
        process = self.start("run", self.suite(SLOW_SUITE), "--backend", "host", "-o", self.run_folder)
        self.wait_for(lambda: len(self.events("case_record")) >= 2, "two finished cases")
        (worker,) = self.workers(process.pid)
        process.kill()
        process.communicate(timeout=60)
        self.wait_for(lambda: not Path(f"/proc/{worker}/cmdline").exists() or not Path(f"/proc/{worker}/cmdline").read_bytes(),
                      "the orphaned worker to end")
        self.assertFalse((self.run_folder / "result.json").exists())
        done = self.muster("collect", self.run_folder)
        self.assertEqual(done.returncode, 4, done.stderr)
        statuses = [case["status"] for case in self.document()["cases"]]
        self.assertEqual(statuses[:2], ["ok", "ok"])
        self.assertEqual(self.document()["run"]["status"], "aborted")


class FullDisk(MusterTest):
    """A results folder on a file system of a few KiB: /dev/shm cannot be shrunk, so this needs a mount of its own."""

    def mount(self, size):
        place = self.folder / "small"
        place.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True).returncode:
            self.skipTest("mounting a tmpfs is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(place)], capture_output=True)
        return place

    def test_a_full_disk_is_said_and_the_run_goes_on_elsewhere(self):
        place = self.mount("96k")
        suite = self.suite(SLOW_SUITE.replace('sampling = "2s"', 'sampling = "100ms"').replace("launches = 1", "launches = 40"))
        with tempfile.TemporaryDirectory() as rescue:
            done = self.muster("run", suite, "--backend", "host", "-o", place / "run", TMPDIR=rescue)
            self.assertEqual(done.returncode, 7, done.stderr)
            self.assertIn("no space left", done.stderr)
            self.assertIn(rescue, done.stderr, "where the rest is")
            self.run_folder = place / "run"
            self.assertGreater(len(self.events("case_record")), 0)
            rescued = list(Path(rescue).glob("muster-*.result.json"))
            saved = rescued or [place / "run/result.json"]
            document = json.loads(saved[0].read_text())
            self.assertEqual({len(case["launches"]) for case in document["cases"]}, {40}, "nothing is lost")
            moved = document["run"]["elsewhere"]
            self.assertTrue(all(one["folder"].startswith(rescue) for one in moved) and moved, moved)
            # Journals that were written elsewhere and were brought along make a whole document.
            brought = self.folder / "brought"
            shutil.copytree(place / "run", brought)
            further = {one["folder"] for one in moved}
            collected = self.muster("collect", brought, *further)
            self.assertEqual(collected.returncode, 0, collected.stderr)
            self.assertEqual({len(case["launches"]) for case in self.document(brought)["cases"]}, {40})


class MissingParts(MusterTest):
    def test_without_the_plugins_it_starts_and_says_what_is_missing(self):
        empty = self.folder / "plugins"
        empty.mkdir()
        self.assertEqual(self.muster("list", MUSTER_PLUGIN_DIR=str(empty)).returncode, 0)
        done = self.muster("run", "smoke", "--backend", "host", MUSTER_PLUGIN_DIR=str(empty))
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertIn("libmuster_host.so", done.stderr)

    def test_without_the_cuda_plugin_the_host_backend_runs(self):
        some = self.folder / "plugins"
        some.mkdir()
        for name in ("host", "mpi"):
            shutil.copy(BUILD / f"lib/libmuster_{name}.so", some)
        done = self.muster("run", "smoke", "--backend", "cuda", MUSTER_PLUGIN_DIR=str(some))
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertIn("libmuster_cuda.so", done.stderr)
        done = self.muster("run", "smoke", "--filter", "memory/copy", "-o", self.run_folder, MUSTER_PLUGIN_DIR=str(some))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.document()["run"]["backend"], "host")

    def test_without_the_cuda_libraries_it_says_which_is_missing(self):
        toolkit = Path("/usr/local/cuda").resolve()
        if not (BUILD / "lib/libmuster_cuda.so").exists() or not toolkit.is_dir():
            self.skipTest("no cuda backend in this build, or its toolkit is not in /usr/local/cuda")
        hide = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(toolkit)]
        if subprocess.run([*hide, "true"], capture_output=True).returncode:
            self.skipTest("hiding the toolkit needs mounts of its own, which are not allowed here")
        environment = self.environment()
        for name in ("CUDA_HOME", "CUDA_PATH", "LD_LIBRARY_PATH", "MUSTER_CUDA_LIBS"):
            environment.pop(name, None)
        done = subprocess.run([*hide, PROGRAM, "run", "smoke", "--backend", "cuda"], env=environment, cwd=self.folder,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertRegex(done.stderr, r"libcu\w+\.so\.\d+ not found")
        self.assertIn("MUSTER_CUDA_LIBS", done.stderr)
        done = subprocess.run([*hide, PROGRAM, "run", "smoke", "--filter", "memory/copy", "-o", str(self.run_folder)],
                              env=environment, cwd=self.folder, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_without_a_gpu_cuda_is_refused_with_the_reason(self):
        if not (BUILD / "lib/libmuster_cuda.so").exists():
            self.skipTest("this build has no cuda backend")
        if Path("/dev/nvidia0").exists():
            self.skipTest("there is a GPU here")
        done = self.muster("run", "smoke", "--backend", "cuda")
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertIn("driver", done.stderr)


if __name__ == "__main__":
    unittest.main()
