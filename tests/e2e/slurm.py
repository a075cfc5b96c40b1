"""A private Slurm cluster on this machine: a controller and nodes, each a host of its own (see hosts.py), with their own
daemons and configuration. Everything lies in the test's folder and ends with the test. Needs root and Debian's
slurm-wlm."""
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import hosts

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "setpriv")
ETC = Path("/etc/slurm")  # each host sees the cluster's own in its place

CONFIGURATION = """
ClusterName=muster-test
SlurmctldHost={controller}
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.%n.log
TmpFS={folder}/tmp/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=10
MessageTimeout=5
InactiveLimit=0
KillWait=5
MinJobAge=600
"""

FINAL = {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "TIMEOUT"}


def possible(munge=False):
    """Why there can be no cluster here; "" when there can."""
    missing = [name for name in (*PROGRAMS, *(["munged"] if munge else [])) if not shutil.which(name)]
    if missing:
        return f"there is no {', '.join(missing)} (Debian: slurm-wlm{' munge' if munge else ''})"
    if not ETC.is_dir():
        return f"there is no {ETC} that hosts could see their own configuration in"
    return hosts.possible()


class Slurm:
    """`nodes` nodes of `cpus` CPUs and `gpus` pretended GPUs each (character devices). As a context manager it is up,
    with every node idle, inside, and gone after. `settings` are further lines of slurm.conf, over those above."""

    def __init__(self, nodes, folder, gpus=0, cpus=8, munge=False, settings=""):
        self.folder = Path(folder) / "slurm"
        self.folder.mkdir()
        self.hosts = hosts.Hosts(nodes + 1, self.folder)
        self.controller, *self.nodes = self.hosts.names
        self.gpus, self.cpus, self.munge, self.settings = gpus, cpus, munge, settings
        self.daemons = {}

    def __enter__(self):
        self.hosts.__enter__()
        try:
            self._configure()
            if self.munge:
                self._start_munge()
            self.daemons["slurmctld"] = self._daemon(self.controller, "slurmctld", "-D")
            for node in self.nodes:
                self.start_daemon(node)
            self._wait(lambda: all(self.node_state(node) == "IDLE" for node in self.nodes), "idle nodes", 60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for daemon in self.daemons.values():
            daemon.kill()
            daemon.wait()
        self.hosts.__exit__()  # with the steps that daemons leave behind

    # What users do.

    def command(self, *words, node=None):
        """The command as it is started on the controller's host, or on a node."""
        return self.hosts.enter(node or self.controller, *words)

    def run(self, *words, node=None, check=True, timeout=120, **more):
        """Runs the command there; its CompletedProcess, with text."""
        more = {"capture_output": True, "text": True, "cwd": self.folder, "env": self.environment(), **more}
        done = subprocess.run(self.command(*words, node=node), timeout=timeout, **more)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(map(str, words))}: exit code {done.returncode}: {done.stderr}\n{self.logs()}")
        return done

    @staticmethod
    def environment(base=os.environ):
        """Without what an outer Slurm may have set."""
        return {name: value for name, value in base.items() if not name.startswith(("SLURM", "SBATCH", "SRUN"))}

    def sbatch(self, *options, script=None, **more):
        """Submits options and a script file, or the text of one; the job's number."""
        if script is not None:
            file = self.folder / f"job{time.monotonic_ns()}.sh"
            file.write_text(f"#!/bin/sh\n{script}\n")
            options = (*options, file)
        return int(self.run("sbatch", "--parsable", *options, **more).stdout.split(";")[0])

    def job(self, number):
        """What scontrol says of the job: JobState, Restarts, NodeList, StdOut, ExitCode, Reason, ..."""
        words = self.run("scontrol", "show", "job", "--oneliner", number).stdout.split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def state(self, number):
        """As squeue has it: PENDING, RUNNING, COMPLETED, ..."""
        return self.run("squeue", "--noheader", "--states=all", f"--jobs={number}", "--format=%T").stdout.strip()

    def wait(self, number, states=FINAL, seconds=120):
        """The state that the job is in once it is one of those."""
        self._wait(lambda: self.state(number) in states, f"job {number} to be {' or '.join(sorted(states))}", seconds)
        return self.state(number)

    def output(self, number):
        """What the job printed so far."""
        file = Path(self.job(number)["StdOut"])
        return file.read_text() if file.exists() else ""

    def cancel(self, number, *options):
        self.run("scancel", *options, number)

    def requeue(self, number):
        self.run("scontrol", "requeue", number)

    # What befalls nodes.

    def node_state(self, node):
        """IDLE, ALLOCATED, MIXED, DOWN, ..., with Slurm's marks ("IDLE*": it does not answer)."""
        return self.run("sinfo", "--noheader", f"--nodes={node}", "--format=%T").stdout.strip().upper()

    def wait_for_node(self, node, *states, seconds=60):
        self._wait(lambda: self.node_state(node) in states, f"{node} to be {' or '.join(states)}", seconds)

    def start_daemon(self, node):
        self.daemons[node] = self._daemon(node, "slurmd", "-D", "-N", node)

    def kill_daemon(self, node):
        """At once; what its jobs have running there goes on. Slurm finds out within half a minute."""
        self.daemons[node].kill()
        self.daemons[node].wait()

    def power_off(self, node):
        """The daemon and all that jobs have running on the node, at once. Slurm finds out within half a minute."""
        hosts.kill_all(node)
        self.daemons[node].wait()

    def declare_down(self, node, reason="test"):
        """Slurm need not find out."""
        self.run("scontrol", "update", f"nodename={node}", "state=down", f"reason={reason}")

    def resume(self, node):
        """A node whose daemon is gone, or that is drained or down, serves again."""
        if self.daemons[node].poll() is not None:
            self.start_daemon(node)
        self._wait(lambda: self.run("scontrol", "update", f"nodename={node}", "state=resume", check=False).returncode == 0 or
                   self.node_state(node) == "IDLE", f"{node} to be resumed", 30)
        self.wait_for_node(node, "IDLE")

    def logs(self):
        """The ends of the daemons' logs."""
        parts = [f"--- {file.name}\n{file.read_text(errors='replace')[-2000:]}"
                 for file in sorted((self.folder / "log").glob("*"))]
        return "\n".join(parts)

    # How it is made.

    def _configure(self):
        for name in ("etc", "state", "spool", "run", "log", "tmp", "dev"):
            (self.folder / name).mkdir(mode=0o755)
        for node in self.nodes:
            (self.folder / "tmp" / node).mkdir()
        for host in self.hosts.names:
            (Path("/etc/netns") / host / "slurm").symlink_to(self.folder / "etc")
        etc = self.folder / "etc"
        (etc / "slurm.conf").write_text("".join(line + "\n" for line in self._lines()))
        (etc / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n")
        if self.gpus:
            (etc / "gres.conf").write_text(f"AutoDetect=off\nName=gpu Type=test File={self._devices()}\n")

    def _lines(self):
        text = CONFIGURATION.format(controller=self.controller, folder=self.folder) + self.settings
        chosen = {line.split("=")[0].lower(): line for line in text.splitlines() if line.strip()}
        yield from chosen.values()
        expiry = "cred_expire=5"  # a requeued job waits that long
        if self.munge:
            yield from ("AuthType=auth/munge", "CredType=cred/munge", f"AuthInfo=socket={self._munge('socket')},{expiry}")
        else:
            yield from ("AuthType=auth/none", "CredType=cred/none", f"AuthInfo={expiry}")
        if self.gpus:
            yield "GresTypes=gpu"
        gres = f" Gres=gpu:test:{self.gpus}" if self.gpus else ""
        for node in self.nodes:
            yield f"NodeName={node} CPUs={self.cpus} RealMemory=4000{gres} State=UNKNOWN"
        yield f"PartitionName=main Nodes={','.join(self.nodes)} Default=YES MaxTime=60 State=UP"

    def _devices(self):
        """GPUs are null devices."""
        null = os.stat("/dev/null")
        for i in range(self.gpus):
            os.mknod(self.folder / "dev" / f"gpu{i}", mode=null.st_mode, device=null.st_rdev)
        return f"{self.folder}/dev/gpu[0-{self.gpus - 1}]"

    def _munge(self, name):
        return self.folder / "run" / f"munge.{name}"

    def _start_munge(self):
        key = self._munge("key")
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        self.daemons["munged"] = self._daemon(
            self.controller, "munged", "--foreground", "--force", f"--key-file={key}", f"--socket={self._munge('socket')}",
            f"--pid-file={self._munge('pid')}", f"--seed-file={self._munge('seed')}",
            f"--log-file={self.folder}/log/munged.log")
        self._wait(self._munge("socket").is_socket, "munged", 20)

    def _daemon(self, host, *words):
        """One that ends with this test, even where that is killed."""
        with open(self.folder / "log" / f"{words[0]}.{host}.printed", "ab") as log:
            return subprocess.Popen(self.command("setpriv", "--pdeathsig", "KILL", *words, node=host), stdin=subprocess.DEVNULL,
                                    stdout=log, stderr=log, env=self.environment(), cwd=self.folder)

    def _wait(self, condition, what, seconds):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError(f"waited {seconds} s in vain for {what}\n{self.logs()}")
            for name in ("slurmctld", "munged"):
                if name in self.daemons and self.daemons[name].poll() is not None:
                    raise RuntimeError(f"{name} ended while waiting for {what}\n{self.logs()}")
            time.sleep(0.05)
