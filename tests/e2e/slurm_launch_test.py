"""Worlds as steps of a Slurm job: ranks of two nodes through srun, by either MPI; what dies or hangs is named; steps end with
their supervisor; what a launch costs beyond srun itself."""
import statistics

import slurm
from support import *

COLLECTIVES = 'name = "{name}"\nlaunches = {launches}\nsampling = "{sampling}"\n{more}' + "".join(
    f'[[case]]\nworkload = "collective/{name}"\nparams.bytes = "64KiB"\n' for name in ("all_reduce", "broadcast"))
MPICH_PLUGINS = os.environ.get("MUSTER_MPICH_PLUGINS")


class Launches(MusterTest):
    def cluster(self, nodes=2, **more):
        if why := slurm.possible(more.get("munge", False)):
            self.skipTest(why)
        return slurm.Slurm(nodes, self.folder, **more)

    def collectives(self, sampling="50ms", launches=1, more=""):
        return self.suite(COLLECTIVES.format(name="steps", launches=launches, sampling=sampling, more=more))

    def held_job(self, these, *options):
        """A job that holds its nodes; its environment, in which its batch script would start a run."""
        file = self.folder / "environment"
        job = these.sbatch("--nodes=2", "--exclusive", *options, script=f"env -0 > {file}.new; mv {file}.new {file}; sleep 600")
        self.wait_for(file.exists, "the job to start")
        entries = (entry.split("=", 1) for entry in file.read_text().split("\0") if "=" in entry)
        return job, {name: value for name, value in entries}

    def start_in(self, these, environment, suite, *more, ranks=2, **variables):
        """A run as the batch script of that job would start it, on its first node."""
        words = these.command(PROGRAM, "run", suite, "--backend", "host", "--launcher", "srun", "-o", self.run_folder,
                              "--ranks", str(ranks), *more, node=these.nodes[0])
        own = {name: value for name, value in environment.items() if name.startswith("SLURM")}
        process = subprocess.Popen(words, env=self.environment(**own, **variables), cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def run_in(self, these, environment, suite, *more, code=0, **variables):
        process = self.start_in(these, environment, suite, *more, **variables)
        out, err = process.communicate(timeout=200)
        self.assertEqual(process.returncode, code, err + out)
        return err + out

    def check_world(self, these, library, per_node=2):
        document = self.document()
        self.assertEqual({case["status"] for case in document["cases"]}, {"ok"})
        for case in document["cases"]:
            self.assertEqual([(rank["rank"], rank["node"]) for rank in case["ranks"]], [(i, these.nodes[i // per_node]) for i in range(2 * per_node)])
        self.assertEqual([node["name"] for node in document["environment"]["nodes"]], these.nodes)
        self.assertIn(library, document["environment"]["nodes"][0]["software"]["MPI"])

    def test_a_batch_job_runs_a_world_of_two_nodes(self):
        suite = self.collectives()
        with self.cluster(munge=True, gpus=4) as these:
            job = these.sbatch("--nodes=2", "--exclusive", "--gpus-per-node=4", env=self.environment(), script=(
                f"exec {PROGRAM} run {suite} --backend host --launcher srun --ranks 2 -o {self.run_folder}"))
            self.assertEqual(these.wait(job), "COMPLETED", these.output(job))
            self.check_world(these, "Open MPI")

    def test_by_mpich_too(self):
        if not MPICH_PLUGINS:
            self.skipTest("there is no MPICH (Debian: mpich libmpich-dev)")
        with self.cluster() as these:
            _, environment = self.held_job(these)
            self.run_in(these, environment, self.collectives(), ranks=1, MUSTER_PLUGIN_DIR=MPICH_PLUGINS, UCX_TLS="tcp,self")
            self.check_world(these, "MPICH", per_node=1)

    def test_every_node_by_itself_then_all_together(self):
        """The node's agent is a task of srun's, its ranks are mpirun's."""
        with self.cluster(gpus=2) as these:
            _, environment = self.held_job(these, "--gpus-per-node=2")
            self.run_in(these, environment, self.phases())
            self.check_phases(these.nodes, 2)

    def test_what_the_job_was_asked_for_does_not_shape_its_steps(self):
        with self.cluster(gpus=4) as these:
            _, environment = self.held_job(these, "--export=NONE", "--gpus-per-node=4", "--ntasks-per-node=1", "--cpus-per-task=8",
                                           "--mem-per-cpu=10", "--distribution=cyclic")
            environment.update(SLURM_LABELIO="1", SRUN_CPUS_PER_TASK="8", SLURM_GPU_BIND="single:1")
            self.run_in(these, environment, self.collectives())
            self.check_world(these, "Open MPI")

    def rank_dies(self, these, environment, signal_number, *more):
        process = self.start_in(these, environment, self.collectives("3s", more='operation_deadline = "3s"\n'), *more)
        self.wait_for(lambda: any(e["phase"] == "sample" for e in self.events("phase_started")), "sampling")
        os.kill(slurm.hosts.workers_on(these.nodes[1])[0], signal_number)
        out, err = process.communicate(timeout=100)
        self.assertEqual(process.returncode, 4, err + out)
        (failure,) = self.document()["failures"]
        self.assertEqual(failure["node"], these.nodes[1], failure)
        self.assertIn(failure["rank"], (2, 3))
        return [case["status"] for case in self.document()["cases"]]

    def test_a_rank_that_dies_or_hangs_is_named_and_the_next_case_runs(self):
        with self.cluster() as these:
            _, environment = self.held_job(these)
            self.assertEqual(self.rank_dies(these, environment, signal.SIGKILL), ["crashed", "ok"])
            self.run_folder = self.folder / "second"
            self.assertEqual(self.rank_dies(these, environment, signal.SIGSTOP), ["timed_out", "ok"])
            self.wait_for(lambda: not self.workers_on(these), "the stopped worker to be ended")

    def workers_on(self, these):
        return [pid for node in these.nodes for pid in slurm.hosts.workers_on(node)]

    def test_a_step_ends_with_its_supervisor(self):
        with self.cluster() as these:
            _, environment = self.held_job(these)
            for number in (signal.SIGKILL, signal.SIGTERM):
                self.run_folder = self.folder / f"by{number}"
                process = self.start_in(these, environment, self.collectives("60s"))
                self.wait_for(lambda: any(e["phase"] == "sample" for e in self.events("phase_started")), "sampling")
                self.assertEqual(len(self.workers_on(these)), 4)
                process.send_signal(number)
                process.communicate(timeout=60)
                self.wait_for(lambda: not self.workers_on(these), "all workers to end")
            self.assertEqual(process.returncode, 143)

    def test_a_launch_costs_little_more_than_srun(self):
        """Prints the figures; whether they are good enough depends on the machine."""
        own, plain = [], []
        with self.cluster() as these:
            _, environment = self.held_job(these)
            for i in range(7):
                plain.append(self.srun_hostname(these, environment))
                self.run_folder = self.folder / f"run{i}"
                own.append(self.start_of_a_launch(these, environment))
        added = statistics.median(own) - statistics.median(plain)
        print(f"\nsrun hostname on 2 nodes: {statistics.median(plain):.3f} s; a launch of 4 ranks until all have met: "
              f"{statistics.median(own):.3f} s; added: {added:.3f} s (medians of {len(own)}, interleaved)")
        self.assertEqual(len(own), 7)

    def srun_hostname(self, these, environment):
        job = f"--jobid={environment['SLURM_JOB_ID']}"
        begin = time.monotonic()
        these.run("srun", job, "--nodes=2", "--ntasks-per-node=2", "--overlap", "hostname", node=these.nodes[0])
        return time.monotonic() - begin

    def start_of_a_launch(self, these, environment):
        process = self.start_in(these, environment, self.collectives())
        log = self.run_folder / "log" / "launch0-ranks4.txt"
        self.wait_for(log.exists, "the launch")
        begin = time.monotonic()
        self.wait_for(lambda: self.events("worker_started"), "the ranks to meet")
        seconds = time.monotonic() - begin
        process.communicate(timeout=100)
        return seconds


if __name__ == "__main__":
    unittest.main()
