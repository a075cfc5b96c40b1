"""A run on the nodes of an allocation: inventory, what each node does by itself, what all do together; nodes that are not
fit, that fail or are lost are left out and named. Hosts are namespaces of this machine, reached by mpirun."""
import hosts
from support import *

NODE = ('name = "by_itself"\nlaunches = 2\nsampling = "50ms"\n'
        '[[case]]\nworkload = "gemm"\nparams = {type = "fp32", m = 64, n = 64, k = 64}\n'
        '[[case]]\nworkload = "collective/all_reduce"\nparams.bytes = "64KiB"\n')
WHOLE = ('name = "whole"\nlaunches = 1\nsampling = "50ms"\n'
         '[[case]]\nworkload = "collective/all_reduce"\nparams.bytes = ["64KiB", "256KiB"]\n'
         '[[case]]\nworkload = "memory"\nranks = "each"\nparams = {op = "copy", bytes = "1MiB"}\n')
PHASES = ('name = "cluster"\n[[phase]]\nname = "nodes"\nsuite = "node.toml"\nspread = "each_node"\n'
          '[[phase]]\nname = "whole"\nsuite = "whole.toml"\n')
GEMM = "nodes/gemm/fp32/m:64/n:64/k:64"
ALL_REDUCE = "whole/collective/all_reduce/float32/bytes:65536"


class Cluster(MusterTest):
    def setUp(self):
        super().setUp()
        if why := hosts.possible():
            self.skipTest(why)
        self.suite(NODE, "node.toml")
        self.suite(WHOLE, "whole.toml")

    def start_on(self, these, suite, *more, **variables):
        words = these.command(PROGRAM, "run", suite, "--backend", "host", "--ranks", "2", "--hosts", these.list, "-o", self.run_folder,
                              *more)
        environment = these.environment()
        del environment["OMPI_MCA_orte_default_hostfile"]
        process = subprocess.Popen(words, env=self.environment(**environment, **variables), cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def run_on(self, these, suite, *more, code=0, **variables):
        process = self.start_on(these, suite, *more, **variables)
        out, err = process.communicate(timeout=300)
        self.assertEqual(process.returncode, code, err + out)
        return out, err

    def case(self, name):
        (case,) = [case for case in self.document()["cases"] if case["name"] == name]
        return case

    def test_three_nodes_by_themselves_and_together(self):
        with hosts.Hosts(3, self.folder, slots=2) as these:
            self.run_on(these, self.suite(PHASES, "cluster.toml"))
        document = self.document()
        self.assertEqual({case["status"] for case in document["cases"]}, {"ok"})
        self.assertEqual(document["coverage"], {"planned": 3, "spares": 0, "seen": 3, "good": 3, "excluded": []})
        self.assertEqual(self.case(GEMM)["worlds"], {"planned": 3, "ok": 3, "wrong": 0})
        alone = self.case("nodes/collective/all_reduce/float32/bytes:65536")
        self.assertEqual(sorted((rank["node"], rank["rank"], rank["launch"]) for rank in alone["ranks"]),
                         sorted((node, rank, launch) for node in these.names for rank in (0, 1) for launch in (0, 1)))
        self.assertEqual([(rank["node"], rank["rank"]) for rank in self.case(ALL_REDUCE)["ranks"]],
                         [(these.names[rank // 2], rank) for rank in range(6)])
        self.assertEqual(document["run"]["plan"]["done"], len(document["cases"]))

    def test_a_node_that_cannot_be_reached_is_left_out_and_a_spare_takes_its_place(self):
        with hosts.Hosts(4, self.folder, slots=2) as these:
            these.list.write_text(these.list.read_text().replace(these.names[1], "nowhere"))
            out, err = self.run_on(these, self.suite(PHASES, "cluster.toml"), "--spares", "1")
        document = self.document()
        (excluded,) = document["coverage"]["excluded"]
        self.assertEqual((excluded["node"], excluded["phase"]), ("nowhere", "inventory"))
        self.assertIn("did not answer", excluded["reason"])
        self.assertIn("nowhere is left out", err)
        self.assertEqual({rank["node"] for rank in self.case(ALL_REDUCE)["ranks"]}, set(these.names) - {these.names[1]})

    def test_a_host_that_is_called_by_its_address_is_refused_with_its_name(self):
        with hosts.Hosts(2, self.folder, slots=2) as these:
            these.list.write_text(these.list.read_text().replace(these.names[1], "10.77.0.2"))
            these.agent.write_text(these.agent.read_text().replace(
                "host=$1;", f'host=$1; [ "$host" = 10.77.0.2 ] && host={these.names[1]};'))
            _, err = self.run_on(these, self.suite(PHASES, "cluster.toml"), code=2)
        self.assertIn(f"10.77.0.2 is {these.names[1]}", err)

    def test_a_run_stopped_while_nodes_are_by_themselves_goes_on(self):
        self.suite(NODE.replace('"50ms"', '"3s"').replace("launches = 2", "launches = 1"), "node.toml")
        with hosts.Hosts(2, self.folder, slots=2) as these:
            process = self.start_on(these, self.suite(PHASES, "cluster.toml"))
            self.wait_for(lambda: any(event["phase"] == "sample" for event in self.events("phase_started")), "sampling", 120)
            supervisor = int(json.loads((self.run_folder / "lock").read_text())["pid"])
            os.kill(supervisor, signal.SIGTERM)
            out, err = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 143, err)
            self.assertEqual(self.document()["run"]["status"], "partial")
            self.assertEqual(self.document()["coverage"]["excluded"], [], "a signal is no node's fault")
            ended = [json.loads(line) for file in (self.run_folder / "journal").glob("*.agent.ndjson")
                     for line in file.read_text().splitlines() if '"agent_ended"' in line]
            self.assertEqual([event["signal"] for event in ended], [signal.SIGTERM] * 2, "agents were asked, not killed")
            words = these.command(PROGRAM, "run", "--resume", self.run_folder, "--hosts", these.list)
            environment = these.environment()
            del environment["OMPI_MCA_orte_default_hostfile"]
            done = subprocess.run(words, env=self.environment(**environment), cwd=self.folder, capture_output=True, text=True, timeout=200)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({case["status"] for case in self.document()["cases"]}, {"ok"})
        self.assertEqual(self.document()["run"]["status"], "complete")


if __name__ == "__main__":
    unittest.main()
