"""NCCL's collectives without any MPI: ranks meet over sockets, NCCL's unique id travels between them, every operation and
group runs and is checked, on one host and across two; with the stand-in NCCL."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
import hosts  # noqa: E402
import socket_ranks  # noqa: E402
from support import *  # noqa: E402

OPERATIONS = ["all_reduce", "all_gather", "reduce_scatter", "broadcast", "reduce", "all_to_all", "all_to_all_v", "gather",
              "scatter", "send_recv", "pairwise"]
CASES = "".join(f'[[case]]\nworkload = "collective/{name}"\nparams.bytes = "64KiB"\n' for name in OPERATIONS)
CASES += ('[[case]]\nworkload = "collective/all_reduce"\nparams = {group = ["node", "rail", "pair", "random"], bytes = "64KiB"}\n'
          '[[case]]\nworkload = "collective/all_reduce"\nparams = {nodes = [1, 2], bytes = "64KiB"}\n'
          '[[case]]\nworkload = "collective/links"\nparams = {search = "tournament", bytes = "64KiB"}\n')


class NcclOverSockets(MusterTest):
    def run_cases(self, cases, code=0, launcher=None, **extra):
        libraries = str(BUILD / "standin")
        suite = self.suite(f'name = "s"\nlaunches = 1\nsampling = "50ms"\n{cases}')
        done = self.muster("run", suite, "--backend", "cuda", "--ranks", 4, "-o", self.run_folder, LD_LIBRARY_PATH=libraries,
                           MUSTER_CUDA_LIBS=libraries, MUSTER_CONFIGS=str(SOURCE / "configs"), MUSTER_STANDIN_GPUS="4",
                           **(launcher or socket_ranks.install(self.folder)), **extra)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return self.document()

    def require_all_verified(self, document, but=()):
        for case in document["cases"]:
            self.assertEqual(case["backend"], "cuda")
            if any(f"/{group}/" in case["name"] for group in but):
                self.assertEqual(case["status"], "unsupported", case["name"])
                continue
            self.assertEqual(case["status"], "ok", document["failures"])
            self.assertEqual(case["verification"]["status"], "pass", case["name"])
        for node in document["environment"]["nodes"]:
            self.assertNotIn("MPI", node["software"])
            self.assertIn("NCCL", node["software"])

    def test_every_operation_on_one_host(self):
        cases = CASES.replace("nodes = [1, 2]", "nodes = 1")
        document = self.run_cases(cases)
        self.require_all_verified(document, but=["rail", "pair", "random"])
        self.assertEqual(len(document["cases"]), len(OPERATIONS) + 6)

    def test_a_machine_without_mpirun(self):
        document = self.run_cases(CASES.replace("nodes = [1, 2]", "nodes = 1"), launcher={"PATH": "/nowhere"})
        self.require_all_verified(document, but=["rail", "pair", "random"])

    def test_every_operation_and_group_across_two_hosts(self):
        if why := hosts.possible():
            self.skipTest(why)
        with hosts.Hosts(2, self.folder) as these:
            document = self.run_cases(CASES, **socket_ranks.across(these))
        self.require_all_verified(document)
        self.assertEqual([(rank["rank"], rank["node"]) for rank in document["cases"][0]["ranks"]],
                         [(rank, these.names[rank // 2]) for rank in range(4)])
        facts = {case["name"]: case["facts"]["group"] for case in document["cases"] if "group" in case["facts"]}
        self.assertIn("rail 1: 2 ranks (1 3)", facts["collective/all_reduce/float32/rail/bytes:65536"])

    def test_a_wrong_answer_of_one_rank_is_found(self):
        document = self.run_cases('[[case]]\nworkload = "collective/all_reduce"\nparams.bytes = "64KiB"\n', code=5,
                                  MUSTER_STANDIN_FAIL="ncclAllReduce@2:*:wrong")
        self.assertEqual(document["cases"][0]["status"], "wrong")
        self.assertEqual(document["failures"][0]["rank"], 2)


if __name__ == "__main__":
    unittest.main()
