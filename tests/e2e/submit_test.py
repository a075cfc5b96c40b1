"""`muster submit`: the script and the request it makes, what it asks of Slurm, what it says when something is wrong; and
`muster run --request`, which the script ends in."""
import re

from fake_slurm import CLUSTER, FakeSlurm
from support import *

LOCAL = {"tmpfs", "ramfs", "overlay", "aufs", "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "bcachefs", "squashfs",
         "rootfs"}


def filesystem_of(path):
    """As /proc/self/mountinfo has it."""
    best, found = "", ""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, after = line.split(" - ")
        point = before.split()[4]
        if (str(path) + "/").startswith(point.rstrip("/") + "/") and len(point) >= len(best):
            best, found = point, after.split()[0]
    return found


class SubmitTest(MusterTest):
    def setUp(self):
        super().setUp()
        self.slurm = FakeSlurm(self.folder / "slurm")

    def submit(self, *arguments, **extra):
        return self.muster("submit", *arguments, **{"PATH": self.slurm.path(), **extra})

    def site(self, text, name="site.toml"):
        return self.suite(text, name)

    def request(self, folder=None):
        return json.loads(((folder or self.run_folder) / "request.json").read_text())

    def directives(self, script):
        return [line for line in script.splitlines() if line.startswith("#SBATCH")]

    def refuse(self, code, *words, arguments, **extra):
        done = self.submit(*arguments, **extra)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        for word in words:
            self.assertIn(word, done.stderr)
        return done


class Scripts(SubmitTest):
    def test_a_dry_run_prints_the_script_and_does_nothing(self):
        before = sorted(self.folder.rglob("*"))
        done = self.submit("quick", "--nodes", 2, "-o", self.run_folder, "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith("#!/bin/bash\n"))
        self.assertIn(f"exec {PROGRAM} run --request {self.run_folder}/request.json\n", done.stdout)
        self.assertIn(f"{self.run_folder}/request.json: muster run quick --nodes=2", done.stderr)
        self.assertEqual(sorted(self.folder.rglob("*")), before)
        self.assertEqual(self.slurm.calls(), [])

    def test_a_job_is_submitted_as_the_dry_run_shows_it(self):
        arguments = ["quick", "--nodes", 2, "--spares", 1, "--account", "acc", "-o", self.run_folder]
        shown = self.submit(*arguments, "--dry-run")
        done = self.submit(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "4711\n")
        for word in ("squeue -j 4711", "muster status run", "run/slurm-4711.log", "scancel 4711", "sbatch run/submit.sbatch"):
            self.assertIn(word, done.stderr)
        self.assertEqual(self.slurm.script(), shown.stdout)
        self.assertEqual((self.run_folder / "submit.sbatch").read_text(), shown.stdout)
        self.assertEqual(self.slurm.calls()[-1], f"sbatch --parsable {self.run_folder}/submit.sbatch")
        self.assertEqual((self.run_folder / "request.json").stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.request(), {"arguments": ["quick", "--nodes=2", "--spares=1", "--launcher=srun",
                                                        "--gpus-per-node=8", "--continue", f"--output={self.run_folder}"], "environment": {}})
        subprocess.run(["bash", "-n", self.run_folder / "submit.sbatch"], check=True)

    def test_a_described_clusters_nodes_are_planned_for(self):
        done = self.submit("cluster", "--cluster", "tesla-2021", "-o", self.run_folder, "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("#SBATCH --nodes=720\n", done.stdout)
        self.assertIn("#SBATCH --gpus-per-node=8\n", done.stdout)
        self.assertIn("720 nodes of 8 x A100-SXM4-80GB (source: ", done.stderr)
        some = self.submit("cluster", "--cluster", "tesla-2021", "--nodes", 16, "-o", self.run_folder, "--dry-run")
        self.assertIn("#SBATCH --nodes=16\n", some.stdout)
        self.refuse(2, "no cluster is called 'tesla-2012'", "tesla-2021", arguments=["cluster", "--cluster", "tesla-2012"])
        self.refuse(2, "--nodes is missing", arguments=["cluster"])

    def test_the_directives_of_the_generic_site(self):
        done = self.submit("quick", "--nodes", 2, "-o", self.run_folder, "--dry-run")
        expected = ["job-name=muster-quick", "exclusive", "nodes=2", "mem=0", "gpus-per-node=8", "time=00:15:00", "no-kill",
                    "requeue", "signal=B:TERM@120", f"chdir={self.run_folder}", f"output={self.run_folder}/slurm-%j.log",
                    "open-mode=append"]
        time_line = [line for line in done.stdout.splitlines() if "--time=" in line]
        self.assertRegex(time_line[0], r"^#SBATCH --time=00:[0-5][05]:00$")  # the suite's own need, in steps of 5 min
        expected[5] = time_line[0].removeprefix("#SBATCH --")
        self.assertEqual(self.directives(done.stdout), [f"#SBATCH --{line}" for line in expected])
        self.assertIn("suite quick takes about", done.stderr)

    def test_options_stand_before_the_site(self):
        site = self.site('partition = "a"\naccount = "b"\nqos = "c"\nreservation = "d"\nconstraint = "e"\nexclude = "f"\n'
                         'nodelist = "g"\ntime = "3h"\ngpus = "gres"\ngpus_per_node = 4\ngpu_type = "h100"\n')
        done = self.submit("quick", "--nodes", 2, "--site", site, "-o", self.run_folder, "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in ("partition=a", "account=b", "qos=c", "reservation=d", "constraint=e", "exclude=f", "nodelist=g",
                     "time=03:00:00", "gres=gpu:h100:4"):
            self.assertIn(f"#SBATCH --{line}\n", done.stdout)
        done = self.submit("quick", "--nodes", 2, "--site", site, "-o", self.run_folder, "--dry-run", "--partition", "p",
                           "--account", "q", "--qos", "r", "--reservation", "s", "--constraint", "t&u", "--exclude", "n[1-2]",
                           "--nodelist", "n[3-9]", "--time", "1-00:00:00", "--gpus-per-node", 2, "--job-name", "mine")
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in ("partition=p", "account=q", "qos=r", "reservation=s", "constraint=t&u", "exclude=n[1-2]",
                     "nodelist=n[3-9]", "time=1-00:00:00", "gres=gpu:h100:2", "job-name=mine"):
            self.assertIn(f"#SBATCH --{line}\n", done.stdout)

    def test_what_is_handed_on_stands_in_the_request(self):
        data = self.folder / "some data"
        done = self.submit("smoke", "--nodes", 1, "-o", self.run_folder, "--filter", "-gemm|x y", "--launches", 2, "--seed", 7,
                           "--backend", "host", "--data", data, "--cache", "c", "--time-budget", "90s", "--ranks", 2,
                           "--oversubscribe")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.request()["arguments"][4:], [
            "--filter=-gemm|x y", "--backend=host", "--time-budget=90s", f"--data={data}", f"--cache={self.folder}/c",
            "--launches=2", "--ranks=2", "--seed=7", "--oversubscribe", "--continue", f"--output={self.run_folder}"])
        self.assertNotIn("some data", self.slurm.script())

    def test_two_sides_are_handed_on_as_the_nodes_find_them(self):
        self.suite(SLOW_SUITE, "other suite.toml")
        os.symlink(PROGRAM, self.folder / "next")
        base = self.submit("smoke", "--nodes", 1, "--gpus-per-node", 0, "--launches", 10, "-o", self.folder / "one", "--dry-run")
        done = self.submit("smoke", "--nodes", 1, "--gpus-per-node", 0, "-o", self.run_folder, "--versus", "next", "--versus",
                           "other suite.toml", "--versus-env", "NCCL_ALGO=Ring; $(x)", "--detect", "2%", "--confirm", "--launches", 10,
                           "--margin", "gemm=1%", "--fail-on", "regressed,slower")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.request()["arguments"][4:], [
            "--backend=host", "--launches=10", "--versus-env=NCCL_ALGO=Ring; $(x)", "--detect=2%", "--confirm", "--margin=gemm=1%",
            "--fail-on=regressed", "--fail-on=slower", f"--versus={self.folder}/next", f"--versus={self.folder}/other suite.toml",
            "--continue", f"--output={self.run_folder}"])
        for word in ("Ring", "other suite", "next"):
            self.assertNotIn(word, self.slurm.script())
        self.assertIn("on both sides, 10 launches of each, takes about", done.stderr)
        minutes = [int(re.search(r"--time=(\d+):(\d+):00", text)[1]) * 60 + int(re.search(r"--time=(\d+):(\d+):00", text)[2])
                   for text in (base.stdout, self.slurm.script())]
        self.assertGreater(minutes[1], minutes[0])
        shipped = self.submit("smoke", "--nodes", 1, "-o", self.folder / "two", "--versus", "quick", "--dry-run")
        self.assertIn(" --versus=quick ", shipped.stderr)
        self.assertIn("10 launches of each", shipped.stderr)

    def test_what_is_wrong_with_two_sides_is_said_at_once(self):
        archive = self.folder / "bundle.tar.gz"
        archive.touch()
        site = self.site(f'broadcast = "{archive}"\nlocal_folder = "/tmp"\n')
        arguments = ["smoke", "--nodes", 1, "-o", self.run_folder]
        self.refuse(2, "'nowhere' is not there", "--versus-env '1=2'", "--detect '2' is no change",
                    arguments=[*arguments, "--versus", "nowhere", "--versus-env", "1=2", "--detect", "2"])
        self.refuse(2, "--versus is not possible on this site (broadcast", arguments=[*arguments, "--site", site, "--versus", "quick"])
        self.refuse(2, "--confirm, --margin has nothing to confirm or compare",
                    arguments=[*arguments, "--confirm", "--margin", "2%"])
        self.assertFalse(self.run_folder.exists())
        self.assertEqual(self.slurm.calls(), [])

    def test_without_gpus_the_run_is_the_hosts(self):
        for arguments, asked, backend in [(["--gpus-per-node", 0], False, "--backend=host"), (["--backend", "host"], False,
                                          "--backend=host"), (["--backend", "cuda"], True, "--backend=cuda"),
                                          (["--backend", "host", "--gpus-per-node", 4], True, "--backend=host")]:
            shutil.rmtree(self.run_folder, ignore_errors=True)
            self.assertEqual(self.submit("quick", "--nodes", 1, "-o", self.run_folder, *arguments).returncode, 0)
            self.assertEqual("gpus-per-node" in self.slurm.script(), asked, arguments)
            self.assertIn(backend, self.request()["arguments"])
        self.refuse(2, "--backend cuda is not possible (the job has no GPUs)",
                    arguments=["quick", "--nodes", 1, "--backend", "cuda", "--gpus-per-node", 0])

    def test_a_suite_of_ones_own_is_named_by_its_whole_path(self):
        self.suite(SLOW_SUITE, "my suite.toml")
        done = self.submit("my suite.toml", "--nodes", 1, "--gpus-per-node", 0, "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.request()["arguments"][0], f"{self.folder}/my suite.toml")
        self.assertIn("#SBATCH --job-name=muster\n", self.slurm.script())
        self.assertNotIn("gpus", "\n".join(self.directives(self.slurm.script())))

    def test_the_run_folder_has_the_sites_name(self):
        site = self.site("", "our-cluster.toml")
        self.assertEqual(self.submit("quick", "--nodes", 1, "--site", site).returncode, 0)
        self.assertEqual(len(list((self.folder / "results" / "our-cluster").glob("*/request.json"))), 1)

    def test_a_container_is_told_to_the_run(self):
        site = self.site('program = "/opt/muster/bin/muster"\nmpi = "pmi2"\n[container]\nruntime = "pyxis"\n'
                         'image = "nvcr.io#nvidia/pytorch:24.03-py3"\nmounts = ["/data:/data:ro"]\n')
        self.assertEqual(self.submit("quick", "--nodes", 1, "--site", site, "-o", self.run_folder).returncode, 0)
        self.assertEqual(self.request()["arguments"][4:-2], [
            "--gpus-per-node=8", "--mpi=pmi2", "--container-runtime=pyxis", "--container-image=nvcr.io#nvidia/pytorch:24.03-py3",
            "--container-mount=/data:/data:ro", f"--container-mount={self.run_folder}:{self.run_folder}",
            "--container-mount=/opt/muster:/opt/muster"])
        self.assertNotIn("nvcr", self.slurm.script())

    def test_a_bundles_program_is_started_by_its_entry(self):
        for folder in ("bin", "libexec"):
            (self.folder / "bundle" / folder).mkdir(parents=True)
        shutil.copy(PROGRAM, self.folder / "bundle" / "libexec" / "muster")
        (self.folder / "bundle" / "bin" / "muster").write_text("")
        done = subprocess.run([self.folder / "bundle" / "libexec" / "muster", "submit", "quick", "--nodes", "1", "--dry-run"],
                              env=self.environment(MUSTER_CONFIGS=str(SOURCE / "configs")), cwd=self.folder, text=True,
                              capture_output=True, timeout=60)
        self.assertIn(f"exec {self.folder}/bundle/bin/muster run --request", done.stdout)

    def test_every_shipped_site_makes_a_script(self):
        for file in sorted((SOURCE / "configs" / "slurm").glob("*.toml")):
            done = self.submit("quick", "--nodes", 2, "--site", file.stem, "--dry-run")
            self.assertEqual(done.returncode, 0, done.stderr)
            checked = subprocess.run(["bash", "-n"], input=done.stdout, text=True, capture_output=True)
            self.assertEqual((checked.returncode, checked.stderr), (0, ""), file)

    def test_asking_slurm_leaves_nothing_behind(self):
        self.slurm.answer("sbatch", errors="sbatch: Job 9 to start at 2026-11-26T07:00:00 \x1b[2Jusing 64 processors\n")
        before = sorted(self.folder.rglob("*"))
        done = self.submit("quick", "--nodes", 2, "-o", self.run_folder, "--test-only", TMPDIR=str(self.folder))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "sbatch: Job 9 to start at 2026-11-26T07:00:00 ?[2Jusing 64 processors\n")
        self.assertEqual([f for f in sorted(self.folder.rglob("*")) if f.parent != self.slurm.folder], [
            f for f in before if f.parent != self.slurm.folder])
        self.assertIn("#SBATCH --nodes=2\n", self.slurm.script())
        self.slurm.answer("sbatch", errors="allocation failure: Invalid account\n", code=1)
        done = self.refuse(6, "Invalid account", arguments=["quick", "--nodes", 2, "-o", self.run_folder, "--test-only"])
        self.assertFalse(self.run_folder.exists())


class Spread(SubmitTest):
    """The script that copies the program to the nodes, really run: here all nodes are this machine."""

    def script(self, program):
        """A bundle with that program as its entry, and the script of a job that broadcasts it."""
        top = self.folder / "muster-0.1-x86_64"
        (top / "bin").mkdir(parents=True)
        (top / "bin" / "muster").write_text(f"#!/bin/bash\n{program}\n")
        (top / "bin" / "muster").chmod(0o755)
        archive = self.folder / "muster.tar.gz"
        subprocess.run(["tar", "-czf", archive, "-C", self.folder, top.name], check=True)
        self.local = self.folder / "local"
        self.local.mkdir()
        site = self.site(f'broadcast = "{archive}"\nlocal_folder = "{self.local}"\n')
        done = self.submit("quick", "--nodes", 2, "--site", site, "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.request()["environment"], {"TMPDIR": str(self.local)})
        return self.run_folder / "submit.sbatch"

    def start_script(self, script):
        return subprocess.Popen(["bash", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment(
            PATH=self.slurm.path(), SLURM_JOB_ID="77", SLURM_JOB_NUM_NODES="2"))

    def test_the_copy_runs_and_is_removed(self):
        script = self.script(f'echo "$0 $*" >{self.folder}/started; exit 4')
        process = self.start_script(script)
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 4, errors)
        self.assertEqual((self.folder / "started").read_text(),
                         f"{self.local}/muster-77/bin/muster run --request {self.run_folder}/request.json\n")
        self.assertEqual(list(self.local.iterdir()), [])
        everywhere = "srun --nodes=2 --ntasks-per-node=1 --mpi=none"
        copy = f"{self.local}/muster-77"
        self.assertEqual(self.slurm.calls()[-4:], [
            f"{everywhere} mkdir -p {copy}", f"sbcast --force {self.folder}/muster.tar.gz {copy}.tar.gz",
            f"{everywhere} tar -xzf {copy}.tar.gz -C {copy} --strip-components=1", f"{everywhere} rm -rf -- {copy} {copy}.tar.gz"])

    def test_signals_reach_the_run_and_its_exit_code_the_job(self):
        script = self.script(f"trap 'sleep 0.3; exit 143' TERM; touch {self.folder}/started\nwhile :; do sleep 0.05; done")
        process = self.start_script(script)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        self.wait_for((self.folder / "started").exists, "the program")
        time.sleep(0.2)  # for the script to arm its traps
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143, errors)
        self.assertEqual(list(self.local.iterdir()), [])

    def test_a_second_start_finds_what_the_first_left(self):
        """A node that was lost in between, say."""
        script = self.script("exit 0")
        (self.local / "muster-77" / "bin").mkdir(parents=True)
        (self.local / "muster-77" / "bin" / "muster").write_text("half a program")
        (self.local / "muster-77.tar.gz").write_text("half an archive")
        process = self.start_script(script)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)

    def test_a_copy_that_cannot_be_made_ends_the_job(self):
        script = self.script(f"touch {self.folder}/started")
        (self.folder / "muster.tar.gz").write_text("no archive")
        process = self.start_script(script)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 6)
        self.assertIn(f"muster: the program could not be copied to {self.local} of every node: see above", errors)
        self.assertFalse((self.folder / "started").exists())


class Faults(SubmitTest):
    def test_all_faults_at_once_each_with_its_place(self):
        site = self.site('partition = "a b"\nacount = "x"\n')
        done = self.refuse(2, f"{site}:1: partition = 'a b' is not possible (it holds a blank) use letters",
                           f"{site}:2: unknown key 'acount' in the site (did you mean 'account'?",
                           "--qos '$q' is not possible (it holds '$')", "--nodes 0 is not possible",
                           "--time '90' is not possible", "--filter '(' is no regular expression",
                           "the run folder '/a;b' is not possible",
                           arguments=["quick", "--nodes", 0, "--site", site, "--qos", "$q", "--time", 90, "--filter", "(",
                                      "-o", "/a;b"])
        self.assertEqual(len(done.stderr.splitlines()), 7, done.stderr)
        self.assertEqual(self.slurm.calls(), [])

    def test_unknown_sites_and_suites_name_those_there_are(self):
        self.refuse(2, "no site is called 'dgx-a10'", "did you mean 'dgx-a100'?", "no suite is called 'quikc'",
                    "did you mean 'quick'?", arguments=["quikc", "--nodes", 1, "--site", "dgx-a10"])

    def test_a_folder_that_holds_a_run(self):
        self.assertEqual(self.submit("quick", "--nodes", 1, "-o", self.run_folder).returncode, 0)
        self.refuse(2, "already holds a run", f"sbatch {self.run_folder}/submit.sbatch",
                    arguments=["quick", "--nodes", 1, "-o", self.run_folder])

    def test_no_slurm_here(self):
        (self.folder / "nothing").mkdir()
        self.refuse(6, "cannot start sbatch", "login node",
                    arguments=["quick", "--nodes", 1, "-o", self.run_folder], PATH=str(self.folder / "nothing"))
        self.assertFalse(self.run_folder.exists())

    def test_sbatchs_own_words(self):
        self.slurm.answer("sbatch", errors="sbatch: error: Batch job submission failed: Invalid\x1b]0;title\x07 account\n",
                          code=1)
        done = self.refuse(6, "sbatch refuses the job (exit code 1)", "Batch job submission failed: Invalid?]0;title? account",
                           arguments=["quick", "--nodes", 1, "-o", self.run_folder])
        self.assertEqual(done.stdout, "")
        self.assertFalse(self.run_folder.exists())

    def test_an_answer_that_names_no_job_leaves_the_files_for_the_job(self):
        self.slurm.answer("sbatch", "Submitted batch job twelve\n")
        self.refuse(6, "sbatch names no job", "Submitted batch job twelve",
                    arguments=["quick", "--nodes", 1, "-o", self.run_folder])
        self.assertTrue((self.run_folder / "request.json").exists())

    def test_a_folder_that_cannot_be_made(self):
        (self.folder / "file").write_text("")
        self.refuse(7, "file", arguments=["quick", "--nodes", 1, "-o", self.folder / "file" / "run"])


class Preflight(SubmitTest):
    def find(self, code, *words, arguments=(), nodes=2):
        return self.refuse(code, *words, arguments=["quick", "--nodes", nodes, "-o", self.run_folder, *arguments])

    def test_an_unknown_partition_and_what_else_is_wrong(self):
        site = self.site('broadcast = "/no/archive.tar.gz"\nlocal_folder = "/tmp"\n')
        done = self.find(2, "there is no partition 'gpuu' (did you mean 'gpu'? there are: gpu, cpu)",
                         "there is no archive /no/archive.tar.gz", arguments=["--partition", "gpuu", "--site", site])
        self.assertFalse(self.run_folder.exists())
        self.assertNotIn("--parsable", "".join(self.slurm.calls()))

    def test_more_nodes_than_there_are(self):
        self.find(2, "partition gpu has 6 nodes with 8 GPUs or more, the job needs 8 (5 and 3 spare)", nodes=5,
                  arguments=["--spares", 3])

    def test_nodes_that_are_down_only_make_it_wait(self):
        self.find(0, "only 4 of partition gpu's 6 nodes with 8 GPUs or more work now", nodes=5)

    def test_nodes_without_gpus_do_not_count(self):
        self.find(2, "partition cpu has 0 nodes with 8 GPUs or more", arguments=["--partition", "cpu"])
        self.find(0, arguments=["--partition", "cpu", "--gpus-per-node", 0, "--time", "20m"])

    def test_another_kind_of_gpu(self):
        site = self.site('gpu_type = "h100"\n')
        self.find(2, "has 0 nodes with 8 h100 GPUs or more", arguments=["--site", site])

    def test_more_time_than_allowed(self):
        self.find(2, "partition cpu allows jobs of 30 min 00 s (this one asks for 1 h 00 min)",
                  arguments=["--partition", "cpu", "--gpus-per-node", 0, "--time", "1h"])

    def test_one_partition_of_several_is_enough(self):
        done = self.find(0, arguments=["--partition", "cpu,gpu"])
        self.assertNotIn("partition cpu", done.stderr)

    def test_no_default_partition(self):
        self.slurm.answer("sinfo", CLUSTER.replace("*|", "|"))
        self.find(2, "no partition is named, and this cluster has no default one (there are: gpu, cpu)")

    def test_a_partition_that_starts_nothing(self):
        self.slurm.answer("sinfo", CLUSTER.replace("|up|", "|down|"))
        self.find(0, "partition gpu starts no jobs now")

    def test_a_controller_that_is_away(self):
        self.slurm.answer("sinfo", errors="slurm_load_partitions: Unable to contact slurm\x1b controller\n", code=1)
        self.find(6, "sinfo cannot tell of the partitions (exit code 1)", "Unable to contact slurm? controller")

    def test_names_from_slurm_are_shown_without_what_a_terminal_obeys(self):
        self.slurm.answer("sinfo", "g\x1b[31mpu\x9b*|up|1:00:00|1|idle|gpu:8\n")
        done = self.find(2, "partition g?[31mpu?")
        self.assertNotIn("\x1b", done.stderr)

    def test_folders_of_this_machine_alone(self):
        done = self.find(0)
        local = filesystem_of(self.folder) in LOCAL
        self.assertEqual(f"the run folder {self.run_folder} is on {filesystem_of(self.folder)} (a filesystem of this machine"
                         in done.stderr, local, done.stderr)

    def test_variables_that_change_the_job(self):
        done = self.submit("quick", "--nodes", 2, "-o", self.run_folder, SBATCH_PARTITION="de\x1bbug")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("SBATCH_PARTITION=de?bug set here (sbatch puts it before what the script says)", done.stderr)


class Sites(SubmitTest):
    def test_every_key_is_explained(self):
        """What a site's file may hold, as its reader names it, stands in configs/README.md."""
        for text, count in {"nosuch = 1": 20, "[container]\nnosuch = 1": 3}.items():
            done = self.refuse(2, arguments=["quick", "--nodes", 1, "--site", self.site(text)])
            keys = re.search(r"there are: ([a-z_, ]+)\)", done.stderr)[1].split(", ")
            self.assertGreaterEqual(len(keys), count)
            section = (SOURCE / "configs" / "README.md").read_text().split("## A cluster's settings for jobs")[1]
            for key in keys:
                self.assertIn(f"`{key}`", section)

    def test_every_shipped_site_is_listed(self):
        section = (SOURCE / "configs" / "README.md").read_text().split("## A cluster's settings for jobs")[1]
        for file in (SOURCE / "configs" / "slurm").glob("*.toml"):
            self.assertIn(f"| `{file.stem}` |", section)


class Containers(MusterTest):
    """What `muster run` takes of a container."""

    def test_settings_that_are_none(self):
        for arguments, word in [(["--container-runtime", "docker"], "docker not in {none,pyxis,apptainer}"),
                                (["--container-runtime", "pyxis"], "without --container-image"),
                                (["--container-image", "/a.sqsh"], "without --container-runtime"),
                                (["--container-mount", "/a:/b"], "without --container-runtime"),
                                (["--container-image", "a b"], "'a b' is not possible (it holds a blank)"),
                                (["--container-mount", "/a:/b,/c:/d"], "is not possible (it holds ',')"),
                                (["--container-mount", "/a"], "is not possible (it is not two paths")]:
            done = self.muster("run", "smoke", "--dry-run", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(word, done.stderr)


class Requests(MusterTest):
    """`muster run --request FILE`, with the real program."""

    def write(self, text):
        file = self.folder / "request.json"
        file.write_text(text if isinstance(text, str) else json.dumps(text))
        return file

    def test_a_run_is_the_requested_one(self):
        arguments = ["smoke", "--backend=host", "--filter=gemm/fp32/m:128/n:128/k:128$", "--launches=1",
                     f"--output={self.run_folder}"]
        file = self.write({"arguments": arguments, "environment": {"NCCL_IB_HCA": "=mlx5_0, $(touch pwned)", "FREE": "x"}})
        done = self.muster("run", "--request", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        document = self.document()
        self.assertEqual(document["run"]["argv"][1:], ["run", *arguments])
        self.assertEqual(document["environment"]["nodes"][0]["env"]["NCCL_IB_HCA"], "=mlx5_0, $(touch pwned)")
        self.assertEqual(list(document["environment"]["nodes"][0]["env"]).count("FREE"), 0)  # not one that is recorded
        self.assertEqual(list(self.folder.rglob("pwned")), [])

    def test_the_process_stays_the_same_one(self):
        """So that signals which Slurm sends to the batch script reach the run."""
        suite = self.suite(SLOW_SUITE)
        file = self.write({"arguments": [str(suite), "--backend=host", f"--output={self.run_folder}"], "environment": {}})
        process = self.start("run", "--request", file)
        self.wait_for(lambda: self.workers(process.pid), "workers")
        self.assertIn(str(suite).encode(), Path(f"/proc/{process.pid}/cmdline").read_bytes())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143)

    def test_files_that_are_no_request(self):
        good = {"arguments": ["smoke", "--dry-run"], "environment": {}}
        self.assertEqual(self.muster("run", "--request", self.write(good)).returncode, 0)
        for text, word in [("", "parse error"), ("[]", "expected an object"), ({"arguments": []}, "environment: missing"),
                           ({**good, "shell": "x"}, "shell: not a key"),
                           ({**good, "environment": {"SLURM_JOB_ID": "1"}}, "SLURM_JOB_ID"),
                           ({**good, "environment": {"A B": "1"}}, "it holds a blank"),
                           ({**good, "arguments": ["a\0b"]}, "zero byte"),
                           ({**good, "arguments": ["--request", "x"]}, "no end"),
                           ({**good, "arguments": ["--request=x"]}, "no end"),
                           ({**good, "arguments": ["x"] * 300_000}, "larger than 1 MiB")]:
            done = self.muster("run", "--request", self.write(text))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("is no request for a run", done.stderr)
            self.assertIn(word, done.stderr)

    def test_a_request_stands_alone(self):
        file = self.write({"arguments": ["smoke", "--dry-run"], "environment": {}})
        for arguments in (["smoke", "--request", file], ["--request", file, "--dry-run"], [f"--request={file}"], ["--request"]):
            done = self.muster("run", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn("--request takes the place of all other arguments", done.stderr)

    def test_a_file_that_is_not_there(self):
        for file in (self.folder / "none.json", self.folder):
            done = self.muster("run", "--request", file)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("no such file, or a folder", done.stderr)


if __name__ == "__main__":
    unittest.main()
