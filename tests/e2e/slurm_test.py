"""The private Slurm that other tests use: does it do what a cluster does?"""
import slurm
from support import *


class PrivateSlurm(MusterTest):
    def cluster(self, nodes, **more):
        if why := slurm.possible(more.get("munge", False)):
            self.skipTest(why)
        return slurm.Slurm(nodes, self.folder, **more)

    def test_a_job_with_munge_and_gpus_runs_on_its_nodes(self):
        with self.cluster(2, munge=True, gpus=4) as these:
            job = these.sbatch("--nodes=2", "--gpus-per-node=4", script="""
                srun --ntasks-per-node=1 sh -c 'echo "$(hostname) $CUDA_VISIBLE_DEVICES"'
                echo "$SLURM_JOB_NODELIST"; exit 3""")
            self.assertEqual(these.wait(job), "FAILED")
            self.assertEqual(these.job(job)["ExitCode"], "3:0")
            lines = these.output(job).splitlines()
            self.assertEqual(sorted(lines[:2]), [f"{node} 0,1,2,3" for node in these.nodes])
            self.assertEqual(lines[2], f"{these.nodes[0][:-1]}[1-2]")

    def test_a_requeued_job_starts_again_with_its_number(self):
        with self.cluster(1) as these:
            job = these.sbatch(script='echo "start ${SLURM_RESTART_COUNT:-0}"; sleep 300')
            self.wait_for(lambda: "start 0" in these.output(job), "the first start")
            these.requeue(job)
            self.wait_for(lambda: "start 1" in these.output(job), "the second start")
            these.cancel(job)
            self.assertEqual(these.wait(job), "CANCELLED")

    def test_a_lost_node_ends_its_jobs_and_comes_back(self):
        with self.cluster(2) as these:
            ends, goes_on = (these.sbatch("--nodes=2", "--no-requeue", *more, script="sleep 300") for more in ([], ["--no-kill"]))
            for job in (ends, goes_on):
                these.wait(job, {"RUNNING"})
            these.power_off(these.nodes[1])
            these.declare_down(these.nodes[1])
            self.assertEqual(these.wait(ends), "NODE_FAIL")
            self.assertEqual(these.state(goes_on), "RUNNING")
            these.cancel(goes_on)
            these.resume(these.nodes[1])

    def test_nothing_is_left(self):
        with self.cluster(1) as these:
            these.wait(these.sbatch(script="sleep 300"), {"RUNNING"})
            pids = [pid for host in these.hosts.names for pid in slurm.hosts.processes(host)]
        self.assertGreater(len(pids), 3)
        self.wait_for(lambda: not any(self.runs(pid) for pid in pids), "the daemons and the job to end")
        self.assertFalse([name for name in these.hosts.names if Path("/run/netns", name).exists() or Path("/etc/netns", name).exists()])

    @staticmethod
    def runs(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except OSError:
            return False


if __name__ == "__main__":
    unittest.main()
