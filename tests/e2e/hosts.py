"""Several hosts on one machine: network namespaces on a bridge of their own, each with a host name of its own, among which
mpirun starts ranks as it does by ssh. Traffic between them crosses TCP. Needs root and iproute2."""
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

AGENT = """#!/bin/sh
# what mpirun calls in place of ssh: [-x] HOST COMMAND...
[ "$1" = -x ] && shift
host=$1; shift
exec ip netns exec "$host" unshare --uts sh -c 'hostname "$0"; exec sh -c "$*"' "$host" "$@"
"""
NAMESPACES = Path("/run/netns")
OURS = re.compile(r"m(\d+)(n\d+|s)")  # by the process id of the test that made them


def quietly(*words, check=True):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.returncode == 0


def processes(namespace):
    """Ids of all that runs on the host."""
    inside = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True)
    return [int(pid) for pid in inside.stdout.split()]


def kill_all(namespace):
    for pid in processes(namespace):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def workers_on(namespace):
    """Processes of the workers there."""
    found = []
    for pid in processes(namespace):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"worker" in words[1:2]:
            found.append(pid)
    return found


def take_down(namespace):
    """With whatever still runs in it."""
    kill_all(namespace)
    quietly("ip", "netns", "del", namespace, check=False)
    shutil.rmtree(f"/etc/netns/{namespace}", ignore_errors=True)


def sweep():
    """Takes down what tests left behind that were killed."""
    for namespace in NAMESPACES.glob("m*"):
        ours = OURS.fullmatch(namespace.name)
        if ours and not Path(f"/proc/{ours[1]}").exists():
            take_down(namespace.name)


def possible():
    """Why there can be no hosts here; "" when there can."""
    for tool in ("ip", "unshare", "mpirun"):
        if not shutil.which(tool):
            return f"there is no {tool}"
    probe = f"muster-probe-{os.getpid()}"
    if os.getuid() != 0 or not quietly("ip", "netns", "add", probe, check=False):
        return "network namespaces cannot be made here (this takes root)"
    quietly("ip", "netns", "del", probe)
    return ""


class Hosts:
    """N hosts with `slots` ranks each; as a context manager it takes them down again."""

    def __init__(self, count, folder, slots=1):
        self.prefix = f"m{os.getpid()}"
        self.names = [f"{self.prefix}n{i}" for i in range(count)]
        self.switch = f"{self.prefix}s"
        self.folder, self.slots = Path(folder), slots

    def __enter__(self):
        sweep()
        try:
            self._set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _set_up(self):
        quietly("ip", "netns", "add", self.switch)
        quietly("ip", "-n", self.switch, "link", "add", "bridge0", "type", "bridge")
        quietly("ip", "-n", self.switch, "link", "set", "bridge0", "up")
        hosts = "127.0.0.1 localhost\n" + "".join(f"10.77.0.{i + 1} {name}\n" for i, name in enumerate(self.names))
        for i, name in enumerate(self.names):
            self._add(i, name, hosts)
        self.agent = self.folder / "agent"
        self.agent.write_text(AGENT)
        self.agent.chmod(0o755)
        self.list = self.folder / "hosts"
        self.list.write_text("".join(f"{name} slots={self.slots}\n" for name in self.names))

    def _add(self, i, name, hosts):
        quietly("ip", "netns", "add", name)
        Path(f"/etc/netns/{name}").mkdir(parents=True, exist_ok=True)
        Path(f"/etc/netns/{name}/hosts").write_text(hosts)
        port = f"port{i}"
        quietly("ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", port, "netns", self.switch)
        quietly("ip", "-n", self.switch, "link", "set", port, "master", "bridge0", "up")
        quietly("ip", "-n", name, "link", "set", "lo", "up")
        quietly("ip", "-n", name, "addr", "add", f"10.77.0.{i + 1}/24", "dev", "eth0")
        quietly("ip", "-n", name, "link", "set", "eth0", "up")

    def __exit__(self, *_):
        for name in [*self.names, self.switch]:
            take_down(name)

    def enter(self, name, *words):
        """The command as it is started on the host of that name, its words as they are."""
        inside = ["sh", "-c", 'hostname "$0" && exec "$@"', name, *map(str, words)]
        return ["ip", "netns", "exec", name, "unshare", "--uts", *inside]

    def slow_down(self, host, rate):
        """Whatever leaves or reaches the host is held to the rate ("200mbit"); False where the kernel cannot."""
        shape = ["root", "tbf", "rate", rate, "burst", "64kb", "latency", "200ms"]
        out = quietly("ip", "netns", "exec", self.names[host], "tc", "qdisc", "add", "dev", "eth0", *shape, check=False)
        back = quietly("ip", "netns", "exec", self.switch, "tc", "qdisc", "add", "dev", f"port{host}", *shape, check=False)
        return out and back

    def command(self, *words):
        """The command as it is started on the first host."""
        return self.enter(self.names[0], *words)

    def mpich_environment(self):
        """With MPICH's mpirun as the first one on the PATH."""
        programs = self.folder / "mpich"
        programs.mkdir(exist_ok=True)
        (programs / "mpirun").write_text('#!/bin/sh\nexec mpirun.mpich "$@"\n')  # it looks for its helpers beside itself
        (programs / "mpirun").chmod(0o755)
        list = self.folder / "mpich.hosts"
        list.write_text("".join(f"{name}:{self.slots}\n" for name in self.names))
        return {"PATH": f"{programs}:{os.environ['PATH']}", "HYDRA_LAUNCHER": "ssh", "HYDRA_LAUNCHER_EXEC": str(self.agent),
                "HYDRA_HOST_FILE": str(list), "UCX_TLS": "tcp,self"}  # UCX finds that hosts share one memory

    def environment(self):
        return {"OMPI_MCA_plm_rsh_agent": str(self.agent), "OMPI_MCA_orte_default_hostfile": str(self.list),
                "OMPI_MCA_btl_tcp_if_include": "eth0", "OMPI_MCA_oob_tcp_if_include": "eth0"}
