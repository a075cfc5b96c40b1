"""Processes of this machine, by who started them."""
from pathlib import Path


def workers_of(supervisor):
    """Process ids of a supervisor's workers, also those that mpirun started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
    found = []
    for pid in parents:
        ancestor = pid
        while ancestor in parents and ancestor != supervisor:
            ancestor = parents[ancestor]
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if ancestor == supervisor and pid != supervisor and command[1:2] == [b"worker"]:
            found.append(pid)
    return sorted(found)
