"""Going on with a run that was cut off, two runs in one folder, how far a run is, and folders that cannot be written."""
import re
import tempfile

from support import *


class Resumed(MusterTest):
    def cut_off(self, number=signal.SIGKILL, finished=2, suite=SLOW_SUITE):
        """Starts a run and ends its supervisor once so many cases are finished; returns what it said and its exit code."""
        process = self.start("run", self.suite(suite), "--backend", "host", "-o", self.run_folder)
        self.wait_for(lambda: len(self.events("case_record")) >= finished, "finished cases")
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
        return process.returncode, err

    def records(self):
        return [(event["case_index"], event["attempt"]) for event in self.events("case_record")]

    def test_a_killed_run_goes_on_where_it_was(self):
        self.cut_off()
        before = self.records()
        done = self.muster("run", "--resume", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        document = self.document()
        self.assertEqual({case["status"] for case in document["cases"]}, {"ok"})
        self.assertEqual(document["run"]["restarts"], 1)
        self.assertEqual(document["run"]["status"], "complete")
        self.assertEqual(self.records()[: len(before)], before)
        indexes = [index for index, attempt in self.records()]
        self.assertEqual(sorted(indexes), list(range(len(document["cases"]))), "each case once: none was done again")
        self.assertFalse((self.run_folder / "lock").exists())

    def test_termination_is_partial_and_says_how_to_go_on(self):
        code, err = self.cut_off(signal.SIGTERM, finished=1)
        self.assertEqual(code, 143, err)
        self.assertEqual(self.document()["run"]["status"], "partial")
        command = re.search(r"muster (run --resume \S+)", err)[1].split()
        done = self.muster(*command)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.document()["run"]["status"], "complete")

    def test_continue_starts_goes_on_and_refuses_another_plan(self):
        suite = self.suite(SLOW_SUITE.replace('sampling = "2s"', 'sampling = "100ms"'))
        given = ("run", suite, "--backend", "host", "--continue", "-o", self.run_folder)
        done = self.muster(*given, SLURM_RESTART_COUNT="0")
        self.assertEqual(done.returncode, 0, done.stderr)
        first = self.records()
        done = self.muster(*given, SLURM_RESTART_COUNT="2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.records(), first, "nothing was left to do")
        self.assertEqual(self.document()["run"]["restarts"], 1)
        self.assertEqual(self.document()["run"]["scheduler_restarts"], 2)
        done = self.muster(*given, "--launches", "7")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("launches: 1 there, 7 here", done.stderr)

    def test_launches_are_added_to_a_run_and_none_is_taken_away(self):
        suite = self.suite(SLOW_SUITE.replace('sampling = "2s"', 'sampling = "20ms"'))
        done = self.muster("run", suite, "--backend", "host", "--filter", "memory", "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        (first, *rest), before = self.document()["cases"], self.records()
        done = self.muster("run", "--resume", self.run_folder, "--launches", "3")
        self.assertEqual(done.returncode, 0, done.stderr)
        document = self.document()
        self.assertEqual(document["run"]["plan"]["launches"], 3)
        self.assertEqual((document["run"].get("restarts", 0), document["run"]["status"]), (0, "complete"))
        for case in document["cases"]:
            self.assertEqual([launch["index"] for launch in case["launches"]], [0, 1, 2])
        self.assertEqual(document["cases"][0]["launches"][0], first["launches"][0], "what was measured stays")
        self.assertEqual(self.records()[: len(before)], before)
        done = self.muster("run", "--resume", self.run_folder, "--launches", "2")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("less than the run's 3", done.stderr)

    def test_what_does_not_go_together_is_refused_at_once(self):
        for arguments, words in (
                (("--resume", self.run_folder, "--seed", "3", "--filter", "x"), "--filter, --seed"),
                (("--resume", self.run_folder, "--continue"), "do not go together"),
                (("--continue",), "give it with -o"),
                (("--retry-failed",), "--resume"),
                (("--resume", self.folder), "no run folder")):
            done = self.muster("run", *arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stderr))
            self.assertIn(words, done.stderr)

    def test_a_crash_is_kept_until_it_is_to_be_tried_again(self):
        process = self.start("run", self.suite(SLOW_SUITE), "--backend", "host", "-o", self.run_folder)
        self.wait_for(lambda: self.workers(process.pid) and self.events("case_started"), "a worker")
        os.kill(self.workers(process.pid)[0], signal.SIGKILL)
        process.communicate(timeout=120)
        self.assertEqual(process.returncode, 4)
        done = self.muster("run", "--resume", self.run_folder)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("crashed", self.statuses().values())
        done = self.muster("run", "--resume", self.run_folder, "--retry-failed")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(set(self.statuses().values()), {"ok"})
        self.assertEqual(self.document()["failures"], [])

    def test_a_case_that_takes_the_run_with_it_twice_is_given_up(self):
        self.cut_off(finished=1)
        for _ in range(2):
            started = len(self.events("case_started"))
            process = self.start("run", "--resume", self.run_folder)
            self.wait_for(lambda: len(self.events("case_started")) > started, "the next case")
            process.kill()
            process.communicate(timeout=60)
        done = self.muster("run", "--resume", self.run_folder)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertEqual(list(self.statuses().values()).count("crashed"), 1)
        (failure,) = self.document()["failures"]
        self.assertIn("twice in a row", failure["message"])


class Locked(MusterTest):
    def test_a_second_run_in_a_live_folder_is_refused_and_told_whose_it_is(self):
        suite = self.suite(SLOW_SUITE)
        process = self.start("run", suite, "--backend", "host", "-o", self.run_folder)
        self.wait_for(lambda: self.events("case_started"), "the run")
        for arguments in (("-o", self.run_folder), ("-o", self.run_folder, "--continue")):
            done = self.muster("run", suite, "--backend", "host", *arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(f"process {process.pid} on ", done.stderr)
        done = self.muster("run", "--resume", self.run_folder)
        self.assertEqual(done.returncode, 2, done.stderr)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, err)


class Status(MusterTest):
    def status(self):
        done = self.muster("status", self.run_folder, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_it_tells_while_a_run_goes_and_after_it_was_killed(self):
        process = self.start("run", self.suite(SLOW_SUITE), "--backend", "host", "-o", self.run_folder)
        self.wait_for(lambda: len(self.events("case_started")) == 2, "the second case")
        state = self.status()
        self.assertEqual(state["state"], "running")
        self.assertEqual(state["lock"]["pid"], process.pid)
        self.assertTrue(state["lock"]["alive"])
        self.assertEqual(state["launches"], [{"phase": "", "launch": 0, "done": 1, "failed": 0, "left": 3}])
        self.assertIn("memory/triad", state["nodes"][0]["doing"])
        words = self.muster("status", self.run_folder).stdout
        self.assertIn("running", words)
        self.assertIn("log", words)
        process.kill()
        process.communicate(timeout=60)
        with (self.run_folder / "journal/supervisor.ndjson").open("a") as journal:
            journal.write('{"event":"case_fai')
        self.assertEqual(self.status()["state"], "dead")
        words = self.muster("status", self.run_folder).stdout
        self.assertIn("dead: its process is gone", words)
        self.assertIn("muster run --resume", words)

    def test_a_folder_that_is_none_is_refused(self):
        self.assertEqual(self.muster("status", self.folder).returncode, 2)


class Signals(MusterTest):
    def test_it_ends_well_within_the_time_that_slurm_leaves(self):
        """KillWait is 30 s; a worker that ignores SIGTERM is the slowest to end."""
        for stubborn in (False, True):
            folder = self.folder / f"run{stubborn}"
            self.run_folder = folder
            process = self.start("run", self.suite(SLOW_SUITE), "--backend", "host", "-o", folder)
            self.wait_for(lambda: any(e["phase"] == "sample" for e in self.events("phase_started")), "sampling")
            if stubborn:
                os.kill(self.workers(process.pid)[0], signal.SIGSTOP)  # a stopped process does not see SIGTERM
            begin = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
            seconds = time.monotonic() - begin
            self.assertEqual(process.returncode, 143)
            self.assertEqual(self.document()["run"]["status"], "partial")
            print(f"from SIGTERM to the end{' (worker stopped)' if stubborn else ''}: {seconds:.2f} s")

    def test_a_hang_up_is_like_a_termination(self):
        process = self.start("run", self.suite(SLOW_SUITE), "--backend", "host", "-o", self.run_folder)
        self.wait_for(lambda: self.events("case_started"), "the first case")
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143)

    def test_the_second_signal_ends_it_at_once_and_journals_are_whole(self):
        process = self.start("run", self.suite(SLOW_SUITE), "--backend", "host", "-o", self.run_folder)
        self.wait_for(lambda: self.events("case_record"), "a finished case")
        os.kill(self.workers(process.pid)[0], signal.SIGSTOP)
        # Further apart than an echo; on a busy machine the first two may come as one. Seven take less than the 3 s after
        # which the stopped worker is killed.
        for _ in range(7):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                time.sleep(0.4)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn("stopped at once", err)
        for file in (self.run_folder / "journal").iterdir():
            for line in file.read_text().splitlines():
                json.loads(line)
        done = self.muster("run", "--resume", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)


class Unwritable(MusterTest):
    """A run folder that becomes read-only under way: for the super-user too, so by a mount."""

    def test_a_folder_that_becomes_read_only_loses_nothing(self):
        place = self.folder / "small"
        place.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", place], capture_output=True).returncode:
            self.skipTest("mounting a tmpfs is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(place)], capture_output=True)
        self.run_folder = place / "run"
        with tempfile.TemporaryDirectory() as local:
            process = self.start("run", self.suite(SLOW_SUITE.replace("2s", "1s").replace("launches = 1", "launches = 2")),
                                 "--backend", "host", "-o", self.run_folder, TMPDIR=local)
            self.wait_for(lambda: len(self.events("case_record")) >= 2, "finished cases")
            # Files that are open for writing keep a mount from becoming read-only: a second look from above does not.
            subprocess.run(["mount", "-o", "remount,ro,bind", place, place], capture_output=True)
            subprocess.run(["mount", "--bind", place, place], check=True)
            subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)
            self.addCleanup(subprocess.run, ["umount", "-l", str(place)], capture_output=True)
            out, err = process.communicate(timeout=240)
            self.assertEqual(process.returncode, 7, err)
            self.assertIn(local, err)
            (saved,) = Path(local).glob("muster-*.result.json")
            document = json.loads(saved.read_text())
            self.assertEqual({case["status"] for case in document["cases"]}, {"ok"})
            self.assertEqual({len(case["launches"]) for case in document["cases"]}, {2})


if __name__ == "__main__":
    unittest.main()
