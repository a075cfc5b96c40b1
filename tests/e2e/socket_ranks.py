"""A launcher that makes ranks meet over sockets: it only starts processes, on this host or several, and numbers them."""
import os

# Stands where mpirun would, and starts what it is given as ranks over sockets: numbered as PMI does, as many
# on each host. When one ends badly the others have all the time they want to notice it themselves.
LAUNCHER = r'''#!/usr/bin/env python3
import os, signal, subprocess, sys, uuid
words = sys.argv[1:]
if words == ["--version"]:
    sys.exit(print("mpirun (Open MPI) 0, a stand-in of the tests"))
count = int(words[words.index("-n") + 1])
worker = words[words.index("worker") - 1:]
worker[worker.index("--group") + 1] = "sockets"
worker += ["--start", uuid.uuid4().hex]
names = os.environ.get("TEST_HOSTS", "").split()
here = [os.environ["TEST_AGENT"]] if names else []
ranks = []
signal.signal(signal.SIGUSR1, lambda number, _: [rank.send_signal(number) for rank in ranks])
for rank in range(count):
    own = dict(os.environ, PMI_RANK=str(rank), PMI_SIZE=str(count))
    on = []
    if names:
        on = [*here, names[rank * len(names) // count]]
        own["CUDA_VISIBLE_DEVICES"] = str(rank)  # the hosts are one machine: each has its part of the GPUs
    ranks.append(subprocess.Popen([*on, *worker], env=own))
codes = [rank.wait() for rank in ranks]
sys.exit(max(code if code >= 0 else 128 - code for code in codes))
'''


def install(folder):
    """Puts it where mpirun is looked for; gives what the environment needs for that."""
    programs = folder / "programs"
    programs.mkdir()
    launcher = programs / "mpirun"
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)
    return {"PATH": f"{programs}:{os.environ['PATH']}"}


def across(these):
    """What the launcher has to know of these hosts (see hosts.py)."""
    return {"TEST_HOSTS": " ".join(these.names), "TEST_AGENT": str(these.agent)}
