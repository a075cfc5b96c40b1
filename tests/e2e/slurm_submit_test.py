"""`muster submit` and a real Slurm: it takes the script as it is meant. What is started is a stand-in; see submit_test.py for
how requests are carried out."""
import slurm
from support import *

# Says which job it is, waits until it is let go, and has a way to end on SIGTERM.
PROGRAM_TEXT = """#!/bin/bash
echo "start ${SLURM_RESTART_COUNT:-0} of $SLURM_JOB_NAME on $SLURM_JOB_NUM_NODES nodes: $*, in $PWD, pid $$"
trap 'echo "told to end"; exit 143' TERM
while [ ! -e @FOLDER@/go ]; do sleep 0.1; done
srun --ntasks-per-node=1 hostname
"""


class RealSlurm(MusterTest):
    def cluster(self, nodes, **more):
        if why := slurm.possible():
            self.skipTest(why)
        self.program = self.folder / "muster"
        self.program.write_text(PROGRAM_TEXT.replace("@FOLDER@", str(self.folder)))
        self.program.chmod(0o755)
        return slurm.Slurm(nodes, self.folder, **more)

    def submit(self, these, *arguments, site=""):
        """On the controller's host; its CompletedProcess."""
        file = self.suite(site or f'program = "{self.program}"\n', "site.toml")
        return these.run(PROGRAM, "submit", "quick", "--site", file, "-o", self.run_folder, *arguments, check=False,
                         cwd=self.folder, env=these.environment(self.environment()))

    def log(self, job):
        file = self.run_folder / f"slurm-{job}.log"
        return file.read_text() if file.exists() else ""

    def wait_for_start(self, job, count):
        self.wait_for(lambda: f"start {count} " in self.log(job), f"start {count}", 120)

    def test_a_job_gets_what_it_asks_for_and_goes_on_after_a_requeue(self):
        with self.cluster(3, gpus=4) as these:
            done = self.submit(these, "--nodes", 2, "--spares", 1, "--gpus-per-node", 4, "--time", "30m", "--job-name", "a+b.c_d-1")
            self.assertEqual(done.returncode, 0, done.stderr)
            job = done.stdout.strip()
            self.wait_for_start(job, 0)
            facts = these.job(job)
            self.assertEqual((facts["JobName"], facts["NumNodes"], facts["TimeLimit"], facts["Requeue"], facts["WorkDir"]),
                             ("a+b.c_d-1", "3", "00:30:00", "1", str(self.run_folder)))
            self.assertIn("gpu:4", facts["TresPerNode"])
            self.assertEqual(int(facts["NumCPUs"]), 3 * these.cpus)  # whole nodes
            these.requeue(job)
            self.wait_for_start(job, 1)
            (self.folder / "go").touch()
            self.assertEqual(these.wait(job), "COMPLETED")
            log = self.log(job)
            self.assertIn(f"start 0 of a+b.c_d-1 on 3 nodes: run --request {self.run_folder}/request.json, in {self.run_folder}", log)
            for node in these.nodes:  # the step that the program starts has a shape of its own
                self.assertIn(f"{node}\n", log)

    def test_before_its_time_is_up_the_program_itself_is_told(self):
        with self.cluster(1) as these:
            done = self.submit(these, "--nodes", 1, "--gpus-per-node", 0, "--time", "1m")
            job = done.stdout.strip()
            self.wait_for_start(job, 0)
            self.wait_for(lambda: "told to end" in self.log(job), "SIGTERM", 180)
            self.assertEqual(these.wait(job), "FAILED")
            self.assertEqual(these.job(job)["ExitCode"], "143:0")
            # And given again, the same script goes on in the same folder.
            (self.folder / "go").touch()
            again = these.sbatch(self.run_folder / "submit.sbatch")
            self.assertEqual(these.wait(again), "COMPLETED")
            self.assertIn(f"--request {self.run_folder}/request.json", self.log(again))

    def test_a_program_that_is_copied_to_the_nodes(self):
        with self.cluster(2) as these:
            top = self.folder / "bundle" / "bin"
            top.mkdir(parents=True)
            shutil.copy(self.program, top / "muster")
            archive = self.folder / "muster.tar.gz"
            subprocess.run(["tar", "-czf", archive, "-C", self.folder, "bundle"], check=True)
            local = self.folder / "local"
            local.mkdir()
            (self.folder / "go").touch()
            done = self.submit(these, "--nodes", 2, "--gpus-per-node", 0,
                               site=f'broadcast = "{archive}"\nlocal_folder = "{local}"\n')
            self.assertEqual(done.returncode, 0, done.stderr)
            job = done.stdout.strip()
            self.assertEqual(these.wait(job), "COMPLETED", self.log(job))
            self.assertEqual(list(local.iterdir()), [])

    def test_what_is_said_before_and_without_a_job(self):
        with self.cluster(2, gpus=4) as these:
            done = self.submit(these, "--nodes", 2, "--gpus-per-node", 4, "--test-only")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("to start at", done.stdout)
            done = self.submit(these, "--nodes", 3, "--gpus-per-node", 8, "--partition", "mian", "--qos", "none")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("there is no partition 'mian' (did you mean 'main'?", done.stderr)
            done = self.submit(these, "--nodes", 3, "--gpus-per-node", 4, "--time", "2h")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("partition main has 2 nodes with 4 GPUs or more, the job needs 3", done.stderr)
            self.assertIn("partition main allows jobs of 1 h 00 min (this one asks for 2 h 00 min)", done.stderr)
            done = self.submit(these, "--nodes", 2, "--gpus-per-node", 4, "--constraint", "no-such-feature")
            self.assertEqual(done.returncode, 6, done.stderr)
            self.assertIn("sbatch refuses the job", done.stderr)
            self.assertFalse(self.run_folder.exists())
            these.declare_down(these.nodes[1])
            done = self.submit(these, "--nodes", 2, "--gpus-per-node", 4)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("only 1 of partition main's 2 nodes with 4 GPUs or more work now", done.stderr)


if __name__ == "__main__":
    unittest.main()
