"""Collectives among several hosts, as namespaces of this machine: every group, what ports really send, a slow link, a rank
that stops on another host."""
import hosts
from support import *

OPERATIONS = ["all_reduce", "all_gather", "reduce_scatter", "broadcast", "reduce", "all_to_all", "all_to_all_v", "gather",
              "scatter", "send_recv", "pairwise"]


class OnHosts(MusterTest):
    def setUp(self):
        super().setUp()
        if why := hosts.possible():
            self.skipTest(why)

    def start_on(self, these, suite, *more):
        words = these.command(PROGRAM, "run", suite, "--backend", "host", "-o", self.run_folder, *more)
        process = subprocess.Popen(words, env=self.environment(**these.environment()), cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def run_on(self, these, suite, *more, code=0):
        process = self.start_on(these, suite, *more)
        out, err = process.communicate(timeout=200)
        self.assertEqual(process.returncode, code, err + out)
        return out

    def figures(self, name):
        (case,) = [case for case in self.document()["cases"] if case["name"] == name]
        return {figure["name"]: figure["value"] for figure in case["figures"]}

    def test_every_operation_and_group_between_two_hosts_of_two_ranks(self):
        cases = "".join(f'[[case]]\nworkload = "collective/{name}"\nparams.bytes = "256KiB"\n' for name in OPERATIONS)
        cases += ('[[case]]\nworkload = "collective/all_reduce"\nparams = {group = ["node", "rail", "pair", "random"], bytes = "256KiB"}\n'
                  '[[case]]\nworkload = "collective/all_reduce"\nparams = {nodes = [1, 2], bytes = "64KiB"}\n')
        suite = self.suite(f'name = "hosts"\nlaunches = 1\nsampling = "50ms"\n{cases}')
        with hosts.Hosts(2, self.folder, slots=2) as these:
            out = self.run_on(these, suite, "--ranks", "4")
        document = self.document()
        self.assertEqual({case["status"] for case in document["cases"]}, {"ok"})
        self.assertEqual([node["name"] for node in document["environment"]["nodes"]], these.names)
        self.assertEqual(sorted({rank["node"] for rank in document["cases"][0]["ranks"]}), these.names)
        for case in document["cases"]:
            self.assertEqual(case["verification"]["status"], "pass", case["name"])
        self.assertIn("wire", out)

        # A 2-node all-reduce moves at least half of each buffer over the wire, and the rail's each its own.
        sent = self.figures("collective/all_reduce/float32/bytes:262144")["node_sent_bytes"]
        self.assertGreater(sent, 131072)
        self.assertLess(sent, 10 * 262144)
        self.assertLess(self.figures("collective/all_reduce/float32/node/bytes:262144").get("node_sent_bytes", 0), 131072)
        facts = {case["name"]: case["facts"]["group"] for case in document["cases"]}
        self.assertIn("rail 1: 2 ranks (1 3)", facts["collective/all_reduce/float32/rail/bytes:262144"])
        self.assertIn("sits this case out", facts["collective/all_reduce/float32/nodes:1/bytes:65536"])
        bound = document["cases"][0]["bound"]
        self.assertEqual(bound["name"], "expected_network")

    def test_a_training_step_on_the_first_nodes_only(self):
        suite = self.suite('name = "scaling"\nlaunches = 1\nsampling = "200ms"\n[[case]]\nworkload = "train_step"\n'
                           'model = "resnet-50"\nparams = {type = "fp32", batch = 2, shrink = 32, input = "no_input", nodes = [1, 2, 4]}\n')
        with hosts.Hosts(2, self.folder, slots=2) as these:
            self.run_on(these, suite, "--ranks", "4")
        first, both, more = self.document()["cases"]
        self.assertEqual([case["status"] for case in (first, both, more)], ["ok", "ok", "unsupported"], more.get("message"))
        self.assertEqual((first["work"]["items"], both["work"]["items"]), (2 * 2, 4 * 2))
        self.assertEqual(first["verification"]["status"], "pass")
        self.assertEqual(first["facts"]["nodes"], "the first 1 of 2")
        self.assertNotIn("nodes", both["facts"])
        (ranks,) = [matrix for matrix in first["matrices"] if matrix["name"] == "ranks"]
        self.assertEqual(len(ranks["rows"]), 2)
        self.assertIn("the case has 2", more["message"])

    def test_eight_ranks_on_four_hosts_and_the_slow_host_is_named(self):
        cases = "".join(f'[[case]]\nworkload = "collective/{name}"\nparams.bytes = "64KiB"\n' for name in OPERATIONS)
        cases += ('[[case]]\nworkload = "collective/links"\ndeadline = "2m"\n'
                  'params = {search = "tournament", margin = 0.6, bytes = "1MiB"}\n')
        suite = self.suite(f'name = "four"\nlaunches = 1\nsampling = "50ms"\n{cases}')
        with hosts.Hosts(4, self.folder, slots=2) as these:
            if not these.slow_down(2, "100mbit"):
                self.skipTest("this kernel cannot shape traffic")
            self.run_on(these, suite, "--ranks", "8")
        document = self.document()
        self.assertEqual({case["status"] for case in document["cases"]}, {"ok"})
        links = document["cases"][-1]
        accused = " ".join(links["warnings"])
        self.assertIn(these.names[2], accused)
        for other in (0, 1, 3):
            self.assertNotIn(f"node {these.names[other]}", accused)
        matrix = links["matrices"][0]
        self.assertEqual((matrix["rows"], matrix["columns"]), (these.names, these.names))
        # 100 Mbit/s are 12.5 MB/s, for both ranks of the host together.
        for other in (0, 1, 3):
            self.assertLess(matrix["values"][2][other], 13e6)
        self.assertGreater(matrix["values"][0][1], 1.25 * matrix["values"][2][0])
        self.assertIsNone(matrix["values"][0][0])

    def test_a_slow_link_is_slow(self):
        suite = self.suite('name = "s"\nlaunches = 1\nsampling = "200ms"\n[[case]]\nworkload = "collective/all_reduce"\nparams.bytes = "1MiB"\n')
        rates = []
        for shaped in (False, True):
            self.run_folder = self.folder / f"run{shaped}"
            with hosts.Hosts(2, self.folder) as these:
                if shaped and not these.slow_down(1, "200mbit"):
                    self.skipTest("this kernel cannot shape traffic")
                self.run_on(these, suite, "--ranks", "2")
            (case,) = self.document()["cases"]
            rates.append(case["launches"][0]["median"])
        # 200 Mbit/s are 25 MB/s, and an all-reduce of two sends what it counts.
        self.assertLess(rates[1], 27e6)
        self.assertGreater(rates[0], 3 * rates[1])

    def test_a_rank_that_stops_on_another_host_is_named(self):
        suite = self.suite('name = "s"\nlaunches = 1\nsampling = "3s"\noperation_deadline = "3s"\n'
                           '[[case]]\nworkload = "collective/all_reduce"\nparams.bytes = [65536, 131072]\n')
        with hosts.Hosts(2, self.folder) as these:
            process = self.start_on(these, suite, "--ranks", "2")
            self.wait_for(lambda: any(e["phase"] == "sample" for e in self.events("phase_started")), "sampling")
            os.kill(hosts.workers_on(these.names[1])[0], signal.SIGSTOP)
            out, err = process.communicate(timeout=100)
        self.assertEqual(process.returncode, 4, err)
        self.assertEqual([case["status"] for case in self.document()["cases"]], ["timed_out", "ok"])
        (failure,) = self.document()["failures"]
        self.assertEqual((failure["rank"], failure["node"]), (1, these.names[1]))

    def test_what_stands_apart_goes_on_when_another_one_dies(self):
        end = 'echo "$(hostname) is well"'
        with hosts.Hosts(2, self.folder) as these:
            for death in ("kill -9 $$", "exit 3"):
                script = f"[ $(hostname) = {these.names[1]} ] && {{ {death}; }}; sleep 1; {end}"
                words = these.command("mpirun", "-n", "2", "--map-by", "seq", PROGRAM, "apart", "--", "sh", "-c", script)
                variables = these.environment() | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
                done = subprocess.run(words, env=self.environment(**variables), capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stdout.split("\n")[0], f"{these.names[0]} is well")
                self.assertIn(f"sh on {these.names[1]} ended with", done.stderr)

    def test_what_stands_apart_hears_its_launcher(self):
        with hosts.Hosts(2, self.folder) as these:
            script = 'trap "echo $(hostname) heard; exit 1" USR2; echo begun; while :; do sleep 0.1; done'
            words = these.command("mpirun", "-n", "2", "--map-by", "seq", PROGRAM, "apart", "--", "sh", "-c", script)
            variables = these.environment() | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
            process = subprocess.Popen(words, env=self.environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(lambda: process.poll() is None and process.kill())
            self.assertEqual([process.stdout.readline() for _ in range(2)], ["begun\n"] * 2)
            process.send_signal(signal.SIGUSR2)
            out, err = process.communicate(timeout=60)
        self.assertEqual(sorted(out.split("\n"))[1:], [f"{name} heard" for name in these.names], err)


if __name__ == "__main__":
    unittest.main()
