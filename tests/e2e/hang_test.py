"""No silent hang: a rank that is killed, stopped, stuck or wrong costs one case, soon, and is named."""
import shutil
import sys

from support import *

FAULTS = os.environ.get("MUSTER_MPI_FAULTS", "")
OPERATION = 3   # seconds: the suite's operation deadline
DEADLINE = 60   # of a case
ANSWERS = 2     # that the supervisor waits for the ranks to say where they stand
SLACK = 6       # for a busy machine, and for mpirun to end its ranks

SUITE = """
name = "ranks"
launches = 1
sampling = "2s"
deadline = "{deadline}s"
operation_deadline = "{operation}s"
[[case]]
workload = "collective/all_reduce"
params.type = "float32"
params.bytes = [1024, 2048, 4096]
ranks = {ranks}
"""


@unittest.skipUnless(shutil.which("mpirun") and FAULTS, "no MPI here")
class HangTest(MusterTest):
    deadline = DEADLINE

    def suite_for(self, ranks):
        return self.suite(SUITE.format(operation=OPERATION, deadline=self.deadline, ranks=ranks))

    def begin(self, ranks, fault="", **extra):
        if fault:
            extra.update(LD_PRELOAD=FAULTS, MUSTER_TEST_MPI_FAULT=fault)
        return self.start("run", self.suite_for(ranks), "--backend", "host", "-o", self.run_folder, **extra)

    def once(self):
        return f"once={self.folder / 'planted'}"

    def supervisor_events(self, kind):
        file = self.run_folder / "journal/supervisor.ndjson"
        lines = file.read_text().splitlines() if file.exists() else []
        return [event for event in map(json.loads, (line for line in lines if line.endswith("}"))) if event["event"] == kind]

    def process_of(self, supervisor, rank):
        mark = f"OMPI_COMM_WORLD_RANK={rank}".encode()
        (found,) = [pid for pid in self.workers(supervisor)
                    if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")]
        return found

    def until_failed(self, began, what):
        self.wait_for(lambda: self.supervisor_events("case_failed"), "the failure of the case")
        passed = time.monotonic() - began
        print(f"{what}: the case ended {passed:.1f} s after the fault", file=sys.stderr)
        return passed

    def end(self, process, code):
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, code, err)
        return out, err

    def check_one_failed(self, status, rank):
        document = self.document()
        self.assertEqual([case["status"] for case in document["cases"]], ["ok", status, "ok"])
        (failure,) = document["failures"]
        self.assertEqual(failure["rank"], rank, failure["message"])
        self.assertEqual(failure["node"], document["environment"]["nodes"][0]["name"])
        self.assertEqual(failure["class"], status)
        self.assertEqual(failure["phase"], "sample")
        self.assertNotIn(failure["case"], {row["name"] for row in document["benchmarks"]})
        return failure["message"]

    def signal_while_sampling(self, ranks, rank, number):
        process = self.begin(ranks)
        self.wait_for(lambda: any(e["phase"] == "sample" and e["case_index"] == 1 for e in self.events("phase_started")),
                      "sampling of the second case")
        victim = self.process_of(process.pid, rank)
        began = time.monotonic()
        os.kill(victim, number)
        passed = self.until_failed(began, f"{signal.Signals(number).name} to rank {rank} of {ranks}")
        out, _ = self.end(process, 4)
        self.assertIn(f"[rank {rank} on ", out)
        return passed


class Signals(HangTest):
    def stopped(self, ranks, rank):
        passed = self.signal_while_sampling(ranks, rank, signal.SIGSTOP)
        self.assertLess(passed, OPERATION + ANSWERS + SLACK)
        message = self.check_one_failed("timed_out", rank)
        self.assertIn(f"rank {rank} gave no sign", message)
        self.assertIn("group call", message)

    def killed(self, ranks, rank):
        passed = self.signal_while_sampling(ranks, rank, signal.SIGKILL)
        self.assertLess(passed, SLACK)
        self.assertIn("signal 9", self.check_one_failed("crashed", rank))
        self.assertFalse((self.run_folder / "stands").exists())

    def test_a_stopped_rank_of_two(self):
        self.stopped(2, 1)

    def test_the_first_rank_of_two_stopped(self):
        self.stopped(2, 0)

    def test_a_stopped_rank_of_four(self):
        self.stopped(4, 2)

    def test_a_killed_rank_of_two(self):
        self.killed(2, 1)

    def test_a_killed_rank_of_four(self):
        self.killed(4, 3)


class Alone(HangTest):
    def test_ranks_whose_supervisor_is_killed_do_not_live_on(self):
        # While setting up, a rank may take its time: only the supervisor would end it.
        process = self.begin(2, f"MPI_Allreduce rank=1 call=1 action=hang after=\"event\":\"case_started\" in={self.run_folder}/journal {self.once()}")
        self.wait_for((self.folder / "planted").exists, "the fault")
        workers = self.workers(process.pid)
        self.assertEqual(len(workers), 2)
        process.kill()
        process.communicate(timeout=10)
        self.wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "the ranks' end", 20)


class PlantedInMpi(HangTest):
    def planted(self, ranks, fault, code=4):
        process = self.begin(ranks, f"{fault} {self.once()}")
        self.wait_for((self.folder / "planted").exists, "the fault")
        passed = self.until_failed(time.monotonic(), fault)
        self.end(process, code)
        return passed

    def first_failed(self, status, rank):
        document = self.document()
        self.assertEqual([case["status"] for case in document["cases"]], [status, "ok", "ok"])
        (failure,) = document["failures"]
        self.assertEqual((failure["rank"], failure["class"]), (rank, status), failure["message"])
        return failure["message"]

    def test_a_rank_that_hangs_in_a_barrier(self):
        passed = self.planted(2, "MPI_Barrier rank=1 call=20 action=hang")
        self.assertLess(passed, OPERATION + ANSWERS + SLACK)
        message = self.first_failed("timed_out", 1)
        self.assertIn("in barrier", message)
        self.assertIn("rank 1 sleeps in it while the others poll", message)

    def test_a_rank_of_four_that_hangs_in_the_measured_collective(self):
        passed = self.planted(4, "MPI_Allreduce rank=2 call=100 action=hang")
        self.assertLess(passed, OPERATION + ANSWERS + SLACK)
        self.assertIn("rank 2", self.first_failed("timed_out", 2))

    def test_a_hang_while_setting_up_ends_at_the_deadline_of_the_case(self):
        self.deadline = 12
        passed = self.planted(2, f"MPI_Allreduce rank=1 call=1 action=hang after=\"event\":\"case_started\" in={self.run_folder}/journal")
        self.assertGreater(passed, OPERATION + ANSWERS, "one rank may take its time there, for making data")
        self.assertLess(passed, self.deadline + ANSWERS + SLACK)
        self.assertIn("rank 1 sleeps in it", self.first_failed("timed_out", 1))
        self.assertEqual(self.document()["failures"][0]["phase"], "set up")
        (stands,) = (self.run_folder / "stands").iterdir()
        self.assertNotIn("expired", stands.read_text())

    def test_a_rank_that_exits(self):
        passed = self.planted(2, "MPI_Allreduce rank=1 call=100 action=exit")
        self.assertLess(passed, SLACK)
        self.assertIn("rank 1", self.first_failed("crashed", 1))

    def test_a_delay_within_the_deadline_is_no_failure(self):
        process = self.begin(2, f"MPI_Barrier rank=1 call=20 action=delay delay={OPERATION * 300} {self.once()}")
        self.end(process, 0)
        self.assertTrue((self.folder / "planted").exists())
        self.assertFalse((self.run_folder / "stands").exists())

    def test_wrong_data_names_rank_and_element(self):
        process = self.begin(2, "MPI_Allreduce rank=1 call=1 action=wrong")
        self.end(process, 5)
        document = self.document()
        self.assertEqual({case["status"] for case in document["cases"]}, {"wrong"})
        self.assertEqual(document["benchmarks"], [])
        for failure in document["failures"]:
            self.assertEqual(failure["rank"], 1)
            self.assertRegex(failure["message"], r"rank 1: 1 of \d+ elements are wrong, the first is element 5:")

    def test_a_hang_after_the_last_case_keeps_all_of_them(self):
        process = self.begin(2, f"MPI_Finalize rank=1 call=1 action=hang {self.once()}")
        _, err = self.end(process, 0)
        self.assertEqual({case["status"] for case in self.document()["cases"]}, {"ok"})
        self.assertIn("did not end well, after its last case", err)
        self.assertIn("in leaving the group", err)  # where Open MPI sleeps while it waits: the culprit cannot be told


class RefusedAtStart(HangTest):
    def refused(self, *words, process):
        began = time.monotonic()
        _, err = self.end(process, 6)
        self.assertLess(time.monotonic() - began, 30)
        document = self.document()
        self.assertEqual(document["benchmarks"], [])
        message = document["failures"][0]["message"]
        for word in ("the workers could not start", *words):
            self.assertIn(word, message)
        self.assertNotIn("twice in a row", message)

    def test_ranks_that_another_mpirun_started(self):
        """One that hands no rank what its MPI wants to know, as MPICH's does to Open MPI."""
        folder = self.folder / "bin"
        folder.mkdir()
        script = folder / "mpirun"
        script.write_text("#!/bin/sh\n"
                          'if [ "$1" = --version ]; then echo "mpirun (Open MPI) 4.1.4"; exit; fi\n'
                          'while [ "$2" != worker ]; do shift; done\n'
                          '"$@" & first=$!\n"$@"; code=$?\nwait $first\nexit $code\n')
        script.chmod(0o755)
        process = self.begin(2, PATH=f"{folder}:{os.environ['PATH']}")
        self.refused("a world of 1 in place of 2", process=process)

    def test_ranks_with_different_mpi_libraries(self):
        process = self.begin(4, "MPI_Get_library_version rank=3 call=1 action=wrong")
        self.refused("has MPI Xpen MPI", "rank 3 and rank 0", process=process)

    def test_a_socket_interface_that_is_not_there(self):
        process = self.begin(2, OMPI_MCA_btl_tcp_if_include="nowhere0")
        self.refused("OMPI_MCA_btl_tcp_if_include=nowhere0", "no such interface", process=process)
        self.assertEqual(self.document()["failures"][0]["phase"], "start")

    def test_the_chosen_interface_is_recorded(self):
        process = self.begin(2, OMPI_MCA_btl_tcp_if_include="lo")
        self.end(process, 0)
        node = self.document()["environment"]["nodes"][0]
        self.assertEqual(node["env"]["OMPI_MCA_btl_tcp_if_include"], "lo")


if __name__ == "__main__":
    unittest.main()
