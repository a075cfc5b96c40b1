"""Several hosts by a real MPICH: the plug-in built against it, its own mpirun (hydra)."""
import hosts
from support import *

PLUGINS = os.environ.get("MUSTER_MPICH_PLUGINS")


class OnHostsByMpich(MusterTest):
    def setUp(self):
        super().setUp()
        why = hosts.possible()
        if not PLUGINS or not shutil.which("mpirun.mpich"):
            why = "there is no MPICH (Debian: mpich libmpich-dev)"
        if why:
            self.skipTest(why)

    def start_on(self, these, suite, *more):
        words = these.command(PROGRAM, "run", suite, "--backend", "host", "-o", self.run_folder, *more)
        environment = self.environment(**these.mpich_environment(), MUSTER_PLUGIN_DIR=PLUGINS)
        process = subprocess.Popen(words, env=environment, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def test_ranks_of_two_hosts_agree(self):
        suite = self.suite('name = "mpich"\nlaunches = 1\nsampling = "50ms"\n' + "".join(
            f'[[case]]\nworkload = "collective/{name}"\nparams.bytes = "64KiB"\n' for name in ("all_reduce", "all_to_all_v", "pairwise")))
        with hosts.Hosts(2, self.folder, slots=2) as these:
            process = self.start_on(these, suite, "--ranks", "4")
            out, err = process.communicate(timeout=200)
        self.assertEqual(process.returncode, 0, err + out)
        document = self.document()
        self.assertEqual({case["status"] for case in document["cases"]}, {"ok"})
        self.assertEqual([(rank["rank"], rank["node"]) for rank in document["cases"][0]["ranks"]],
                         [(i, these.names[i // 2]) for i in range(4)])
        sent = next(figure["value"] for figure in document["cases"][0]["figures"] if figure["name"] == "node_sent_bytes")
        self.assertGreater(sent, 32768)  # at least half of each buffer crosses the wire
        self.assertIn("MPICH", document["environment"]["nodes"][0]["software"]["MPI"])

    def test_every_node_by_itself_then_all_together(self):
        """The node's agent is a process of mpirun's, its ranks are those of another mpirun."""
        with hosts.Hosts(2, self.folder, slots=2) as these:
            process = self.start_on(these, self.phases(), "--hosts", these.list, "--ranks", "2")
            out, err = process.communicate(timeout=200)
            self.assertEqual(process.returncode, 0, err + out)
            self.check_phases(these.names, 2)

    def failing_rank(self, number):
        """The statuses of two cases, in the first of which rank 1 gets that signal."""
        suite = self.suite('name = "s"\nlaunches = 1\nsampling = "3s"\noperation_deadline = "4s"\n'
                           '[[case]]\nworkload = "collective/all_reduce"\nparams.bytes = [65536, 131072]\n')
        with hosts.Hosts(2, self.folder) as these:
            process = self.start_on(these, suite, "--ranks", "2")
            self.wait_for(lambda: any(e["phase"] == "sample" for e in self.events("phase_started")), "sampling")
            os.kill(hosts.workers_on(these.names[1])[0], number)
            out, err = process.communicate(timeout=100)
        self.assertEqual(process.returncode, 4, err)
        (failure,) = self.document()["failures"]
        self.assertEqual((failure["rank"], failure["node"]), (1, these.names[1]))
        return [case["status"] for case in self.document()["cases"]]

    def test_a_rank_that_dies_is_named_and_the_next_case_runs(self):
        self.assertEqual(self.failing_rank(signal.SIGKILL), ["crashed", "ok"])

    def test_a_rank_that_stops_is_named_and_the_next_case_runs(self):
        self.assertEqual(self.failing_rank(signal.SIGSTOP), ["timed_out", "ok"])


if __name__ == "__main__":
    unittest.main()
