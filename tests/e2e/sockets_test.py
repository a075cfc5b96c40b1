"""Ranks that meet over sockets, without MPI: the real workers and their supervisor, under a launcher of this test's own that
only starts and numbers processes; on one host and across several; ranks that die and stop."""
import hosts
import slurm
import socket_ranks
from support import *

SUITE = """
name = "sockets"
launches = 1
sampling = "{sampling}"
operation_deadline = "{patience}"
[[case]]
workload = "memory"
params = {{op = ["copy", "triad"], bytes = "1MiB"}}
[[case]]
workload = "collective/all_reduce"
params.bytes = "64KiB"
"""

COPY, TRIAD = "memory/copy/fp64/bytes:1048576", "memory/triad/fp64/bytes:1048576"
ALL_REDUCE = "collective/all_reduce/float32/bytes:65536"


class OverSockets(MusterTest):
    def setUp(self):
        super().setUp()
        self.path = socket_ranks.install(self.folder)

    def start_run(self, ranks, sampling="50ms", patience="50s", **extra):
        suite = self.suite(SUITE.format(sampling=sampling, patience=patience))
        return self.start("run", suite, "--backend", "host", "--ranks", ranks, "--oversubscribe", "-o", self.run_folder,
                          **self.path, **extra)

    def start(self, *words, **extra):
        return super().start(*map(str, words), **extra)

    def end(self, process, code):
        out, err = process.communicate(timeout=200)
        self.assertEqual(process.returncode, code, err + out)
        return out

    def ranks(self):
        """Process id of each rank."""
        found = {}
        for event in self.events("worker_started"):
            found.update(zip(event["ranks"], event["processes"]))
        return found

    def wait_until_sampling(self):
        self.wait_for(lambda: any(e["phase"] == "sample" for e in self.events("phase_started")), "sampling")

    def start_without_mpirun(self, ranks, **settings):
        (self.folder / "nothing").mkdir()
        self.path = {"PATH": str(self.folder / "nothing")}
        return self.start_run(ranks, **settings)

    def test_without_mpirun_muster_starts_the_ranks_itself(self):
        out, err = (process := self.start_without_mpirun(4)).communicate(timeout=200)
        self.assertEqual(process.returncode, 0, err + out)
        self.assertRegex(err, r"note: ranks meet over sockets, without MPI.* \(cannot start mpirun .*\)")
        self.assertEqual(self.statuses(), {COPY: "ok", TRIAD: "ok", ALL_REDUCE: "unsupported"})
        self.assertEqual([rank["rank"] for rank in self.document()["cases"][0]["ranks"]], [0, 1, 2, 3])

    def test_without_mpirun_a_rank_that_is_killed_is_named(self):
        process = self.start_without_mpirun(3, sampling="3s")
        self.wait_until_sampling()
        os.kill(self.ranks()[2], signal.SIGKILL)
        self.end(process, 4)
        self.assertEqual(self.statuses(), {COPY: "crashed", TRIAD: "ok", ALL_REDUCE: "unsupported"})
        failure = next(f for f in self.document()["failures"] if f["case"] == COPY)
        self.assertEqual(failure["rank"], 2, failure)
        self.assertIn("rank 2: signal 9 (Killed)", failure["message"])

    def test_without_mpirun_a_rank_that_stops_is_named(self):
        process = self.start_without_mpirun(3, sampling="2s", patience="3s")
        self.wait_until_sampling()
        os.kill(self.ranks()[0], signal.SIGSTOP)
        self.end(process, 4)
        failure = next(f for f in self.document()["failures"] if f["case"] == COPY)
        self.assertEqual((failure["rank"], failure["class"]), (0, "timed_out"), failure)

    def test_without_mpirun_no_rank_outlives_its_supervisor(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            shutil.rmtree(self.folder / "nothing", ignore_errors=True)
            shutil.rmtree(self.run_folder, ignore_errors=True)
            process = self.start_without_mpirun(3, sampling="5s")
            self.wait_until_sampling()
            ranks = self.ranks().values()
            process.send_signal(number)
            process.communicate(timeout=100)
            self.wait_for(lambda: not any(Path(f"/proc/{rank}").exists() for rank in ranks), f"the ranks to end after {number}")

    def test_everything_but_the_hosts_collectives_runs(self):
        self.end(self.start_run(4), 0)
        document = self.document()
        self.assertEqual(self.statuses(), {COPY: "ok", TRIAD: "ok", ALL_REDUCE: "unsupported"})
        self.assertEqual([rank["rank"] for rank in document["cases"][0]["ranks"]], [0, 1, 2, 3])
        self.assertIn("needs MPI", json.dumps(document["cases"][2]))
        (node,) = document["environment"]["nodes"]
        self.assertNotIn("MPI", node["software"])
        self.assertEqual([file.name for file in self.run_folder.glob("meet-*")], [], "the invitation is gone")

    def test_a_rank_that_is_killed_costs_one_case_and_is_named(self):
        process = self.start_run(4, sampling="3s")
        self.wait_until_sampling()
        os.kill(self.ranks()[2], signal.SIGKILL)
        self.end(process, 4)
        self.assertEqual(self.statuses(), {COPY: "crashed", TRIAD: "ok", ALL_REDUCE: "unsupported"})
        message = next(f["message"] for f in self.document()["failures"] if f["case"] == COPY)
        self.assertRegex(message, r"rank 2 on \S+ has ended without leaving the others")

    def test_a_rank_that_stops_is_named_at_the_deadline(self):
        process = self.start_run(3, sampling="2s", patience="3s")
        self.wait_until_sampling()
        stopped = self.ranks()[1]
        os.kill(stopped, signal.SIGSTOP)
        self.end(process, 4)
        self.assertEqual(self.statuses(), {COPY: "timed_out", TRIAD: "ok", ALL_REDUCE: "unsupported"})
        failure = next(f for f in self.document()["failures"] if f["case"] == COPY)
        self.assertEqual(failure["rank"], 1, failure)

    def test_ranks_meet_across_hosts(self):
        if why := hosts.possible():
            self.skipTest(why)
        with hosts.Hosts(3, self.folder) as these:
            process = self.start_run(6, **socket_ranks.across(these))
            self.end(process, 0)
        self.assertEqual(self.statuses(), {COPY: "ok", TRIAD: "ok", ALL_REDUCE: "unsupported"})
        ranks = self.document()["cases"][0]["ranks"]
        self.assertEqual([(rank["rank"], rank["node"]) for rank in ranks],
                         [(rank, these.names[rank // 2]) for rank in range(6)])

    def test_a_host_that_is_cut_off_ends_the_others_in_time(self):
        if why := hosts.possible():
            self.skipTest(why)
        with hosts.Hosts(3, self.folder) as these:
            process = self.start_run(3, sampling="3s", **socket_ranks.across(these))
            self.wait_until_sampling()
            hosts.quietly("ip", "-n", these.switch, "link", "set", "port2", "down")
            # Nothing says that it is gone; connections that are silent for half a minute are given up. Nor can a next set of
            # workers meet.
            self.wait_for(lambda: "rank 2 on" in self.log(), "rank 2 to be missed", 100)
            process.send_signal(signal.SIGINT)
            self.end(process, 130)
        self.assertRegex(self.log(), rf"rank 2 on {these.names[2]} has ended .*(timed out|unreachable|No route)")

    def log(self):
        return "".join(file.read_text() for file in (self.run_folder / "log").glob("*"))

    def test_an_interface_that_is_not_there_is_named(self):
        process = self.start_run(2, MUSTER_SOCKET_IFNAME="nowhere0")
        self.end(process, 6)
        self.assertIn("'nowhere0' leaves none that is up", self.document()["failures"][0]["message"])

    def test_workers_need_a_name_for_their_start(self):
        for name in ([], ["--start", "../x"], ["--start", "a b"], ["--start", "a" * 65], ["--start", ""]):
            done = self.muster("worker", "--root", self.folder, "--group", "sockets", *name)
            self.assertEqual(done.returncode, 2, (name, done.stderr))

    def test_a_step_of_slurm_without_any_mpi(self):
        if why := slurm.possible():
            self.skipTest(why)
        suite = self.suite(SUITE.format(sampling="50ms", patience="50s"))
        with slurm.Slurm(2, self.folder) as these:
            job = these.sbatch("--nodes=2", "--ntasks-per-node=2", script=f"""
                export MUSTER_CACHE={self.cache}
                exec {PROGRAM} run {suite} --backend host --launcher srun --mpi none --ranks 2 -o {self.run_folder}""")
            self.assertEqual(these.wait(job), "COMPLETED", these.output(job))
        self.assertEqual(self.statuses(), {COPY: "ok", TRIAD: "ok", ALL_REDUCE: "unsupported"})
        self.assertEqual([rank["node"] for rank in self.document()["cases"][0]["ranks"]],
                         [these.nodes[0]] * 2 + [these.nodes[1]] * 2)


if __name__ == "__main__":
    unittest.main()
