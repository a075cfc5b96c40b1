"""Runs as jobs of a real Slurm, submitted by `muster submit` on the host backend: from the batch script to the document; a
requeue, a time limit and lost nodes, after which nothing that had finished is missing."""
import slurm
from cluster_test import ALL_REDUCE, GEMM, NODE, PHASES, WHOLE
from support import *

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
        self.assertEqual(document["run"]["launcher"], "srun")
        self.assertEqual(self.case(GEMM)["worlds"], {"planned": 2, "ok": 2, "wrong": 0})
        self.assertEqual([(rank["node"], rank["rank"]) for rank in self.case(ALL_REDUCE)["ranks"]],
                         [(these.nodes[rank // 2], rank) for rank in range(4)])


if __name__ == "__main__":
    unittest.main()
