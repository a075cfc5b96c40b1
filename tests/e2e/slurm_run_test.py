"""Runs as jobs of a real Slurm, submitted by `muster submit` on the host backend: from the batch script to the document; a
requeue, a time limit and lost nodes, after which nothing that had finished is missing."""
import slurm
from cluster_test import ALL_REDUCE, GEMM, NODE, PHASES, WHOLE
from support import *

# Long enough to lose a node in the middle.
LONG = ('name = "long"\nlaunches = 1\nsampling = "3s"\n'
        '[[case]]\nworkload = "collective/all_reduce"\nparams.bytes = ["1KiB", "2KiB", "4KiB"]\n')
SITE = 'gpus = "none"\n'


class Jobs(MusterTest):
    def cluster(self, nodes, **more):
        if why := slurm.possible():
            self.skipTest(why)
        self.suite(NODE, "node.toml")
        self.suite(WHOLE, "whole.toml")
        return slurm.Slurm(nodes, self.folder, **more)

    def submit(self, these, suite, nodes, *more, time="20m"):
        """The job's number."""
        site = self.suite(SITE, "site.toml")
        done = these.run(PROGRAM, "submit", suite, "--nodes", nodes, "--gpus-per-node", 0, "--backend", "host", "--ranks", 2, "--site",
                         site, "--time", time, "-o", self.run_folder, *more, cwd=self.folder,
                         env=these.environment(self.environment()))
        return done.stdout.strip()

    def log(self, job):
        file = self.run_folder / f"slurm-{job}.log"
        return file.read_text() if file.exists() else ""

    def case(self, name):
        (case,) = [case for case in self.document()["cases"] if case["name"] == name]
        return case

    def test_a_submitted_run_of_two_nodes(self):
        with self.cluster(2) as these:
            job = self.submit(these, self.suite(PHASES, "cluster.toml"), 2)
            self.assertEqual(these.wait(job, seconds=300), "COMPLETED", self.log(job))
        document = self.document()
        self.assertEqual({case["status"] for case in document["cases"]}, {"ok"}, self.log(job))
        self.assertEqual(document["coverage"], {"planned": 2, "spares": 0, "seen": 2, "good": 2, "excluded": []})
        self.assertEqual(document["run"]["launcher"], "srun+mpirun")  # nodes by themselves start their own
        self.assertEqual(self.case(GEMM)["worlds"], {"planned": 2, "ok": 2, "wrong": 0})
        self.assertEqual([(rank["node"], rank["rank"]) for rank in self.case(ALL_REDUCE)["ranks"]],
                         [(these.nodes[rank // 2], rank) for rank in range(4)])

    def test_a_submitted_run_of_two_sides(self):
        with self.cluster(2) as these:
            job = self.submit(these, self.suite(WHOLE, "whole.toml"), 2, "--versus-env", "MUSTER_SIDE=new", "--launches", 2,
                              "--fail-on", "none")
            self.assertEqual(these.wait(job, seconds=300), "COMPLETED", self.log(job))
            again = these.sbatch(self.run_folder / "submit.sbatch")
            self.assertEqual(these.wait(again, seconds=300), "COMPLETED", self.log(again))
            self.assertIn("4 of 4 launches are behind it", self.log(again))
        for side in ("base", "new"):
            document = self.document(self.run_folder / side)
            self.assertEqual({case["status"] for case in document["cases"]}, {"ok"}, self.log(job))
            self.assertEqual([len(case["launches"]) for case in document["cases"]], [2] * len(document["cases"]))
            self.assertEqual([node["env"].get("MUSTER_SIDE") for node in document["environment"]["nodes"]],
                             [None if side == "base" else "new"] * 2)
        (comparison,) = json.loads((self.run_folder / "comparison.json").read_text())["comparisons"]
        self.assertIn("variable MUSTER_SIDE", [difference["what"] for difference in comparison["differences"]])

    def test_a_node_that_is_lost_is_left_out_and_the_run_goes_on(self):
        """Powered off while all nodes work together; Slurm finds out by itself."""
        with self.cluster(3) as these:
            self.suite(LONG, "whole.toml")
            job = self.submit(these, self.suite(PHASES, "cluster.toml"), 3)
            self.wait_for(lambda: any(event["case_index"] >= 2 and event["phase"] == "sample" for event in self.events("phase_started")),
                          "all nodes to work together", 200)
            these.power_off(these.nodes[1])
            self.assertEqual(these.wait(job, seconds=400), "FAILED", self.log(job))
            self.assertEqual(these.job(job)["ExitCode"], "4:0", self.log(job))
        document = self.document()
        (excluded,) = document["coverage"]["excluded"]
        self.assertEqual((excluded["node"], excluded["phase"]), (these.nodes[1], "whole"))
        self.assertEqual({case["status"] for case in document["cases"]}, {"ok"}, self.log(job))
        self.assertEqual({rank["node"] for rank in document["cases"][-1]["ranks"]}, {these.nodes[0], these.nodes[2]})
        self.assertEqual(document["run"]["status"], "partial")

    def finished(self):
        """(case, launch, world) of every record by now, as journals have them."""
        return {(event["case_index"], event["launch"], event.get("world", "")) for event in self.events("case_record")
                if sum(rank["status"] == "ok" for rank in event["ranks"])}

    def times_measured(self):
        """How often each launch of a case was sampled on a node."""
        count = {}
        for event in self.events("case_record"):
            key = (event["case_index"], event["launch"], event["node"])
            count[key] = count.get(key, 0) + 1
        return count

    def check_whole(self, these, before, restarts):
        document = self.document()
        self.assertEqual({case["status"] for case in document["cases"]}, {"ok"})
        self.assertEqual(document["run"]["status"], "complete")
        self.assertEqual(document["run"]["restarts"], restarts)
        measured = self.times_measured()
        self.assertTrue(before)
        for case, launch, world in before:
            nodes = [world] if world else these.nodes
            self.assertEqual([measured[case, launch, node] for node in nodes], [1] * len(nodes), "it was finished before")

    def test_a_requeued_job_goes_on_where_it_was(self):
        with self.cluster(2) as these:
            self.suite(LONG, "whole.toml")
            job = self.submit(these, self.suite(PHASES, "cluster.toml"), 2)
            self.wait_for(lambda: any(case == 2 for case, *_ in self.finished()), "a case of the second phase", 200)
            these.requeue(job)
            before = self.finished()
            self.wait_for(lambda: these.state(job) in ("PENDING", "REQUEUED"), "the requeue", 60)
            self.assertEqual(these.wait(job, seconds=400), "COMPLETED", self.log(job))
        self.check_whole(these, before, 1)

    def test_at_its_time_limit_a_run_is_partial_and_submitted_again_it_is_whole(self):
        with self.cluster(2) as these:
            self.suite(LONG.replace('"3s"', '"40s"'), "whole.toml")
            job = self.submit(these, self.suite(PHASES, "cluster.toml"), 2, time="1m")
            self.assertEqual(these.wait(job, seconds=400), "FAILED", self.log(job))
            self.assertEqual(these.job(job)["ExitCode"], "143:0", self.log(job))
            document = self.document()
            self.assertEqual((document["run"]["status"], document["run"]["exit_code"]), ("partial", 143))
            self.assertIn("not_run", {case["status"] for case in document["cases"]})
            before = self.finished()
            script = self.run_folder / "submit.sbatch"
            script.write_text(script.read_text().replace("--time=00:01:00", "--time=00:10:00"))
            again = these.sbatch(script)
            self.assertEqual(these.wait(again, seconds=400), "COMPLETED", self.log(again))
        self.check_whole(these, before, 1)

    def test_a_job_told_to_end_while_nodes_are_by_themselves_asks_them_to(self):
        with self.cluster(2) as these:
            self.suite(NODE.replace('"50ms"', '"20s"'), "node.toml")
            job = self.submit(these, self.suite(PHASES, "cluster.toml"), 2)
            self.wait_for(lambda: len({event["node"]["name"] for event in self.agents("node_seen")}) == 2 and
                          any(event["phase"] == "sample" for event in self.events("phase_started")), "sampling", 200)
            these.cancel(job, "--signal=TERM", "--batch")
            self.assertEqual(these.wait(job, seconds=200), "FAILED", self.log(job))
            self.assertEqual(these.job(job)["ExitCode"], "143:0", self.log(job))
        self.assertEqual([event["signal"] for event in self.agents("agent_ended")], [signal.SIGTERM] * 2, "asked, not killed")
        self.assertEqual(self.document()["run"]["status"], "partial")
        self.assertEqual(self.document()["coverage"]["excluded"], [], "a signal is no node's fault")

    def agents(self, kind):
        """Lines of one kind in the agents' journals."""
        lines = [line for file in (self.run_folder / "journal").glob("*.agent.ndjson") for line in file.read_text().splitlines()]
        return [event for event in map(json.loads, (line for line in lines if line.endswith("}"))) if event["event"] == kind]

    def test_a_node_whose_daemon_is_killed_costs_nothing_that_it_has_begun(self):
        """Its processes go on, and so does the step; only the next one misses it."""
        with self.cluster(3) as these:
            job = self.submit(these, self.suite(PHASES, "cluster.toml"), 2, "--spares", 1)
            self.wait_for(lambda: self.events("case_started"), "the first case", 200)
            these.kill_daemon(these.nodes[2])
            self.assertEqual(these.wait(job, seconds=400), "COMPLETED", self.log(job))
        document = self.document()
        self.assertEqual({case["status"] for case in document["cases"]}, {"ok"}, self.log(job))
        self.assertEqual({rank["node"] for rank in self.case(ALL_REDUCE)["ranks"]}, set(these.nodes[:2]))


if __name__ == "__main__":
    unittest.main()
