#!/usr/bin/env python3
"""Writes a run folder as a large cluster's run leaves it: plan and journals, with records as a GPU's rank makes them.
Every figure is invented. The same arguments give the same bytes.

usage: recorded_run.py FOLDER [--nodes 720] [--gpus 8] [--cases 60] [--launches 5] [--samples 30] [--readings 10]
"""
import argparse
import json
import random
from pathlib import Path

SICK = (3, 2)  # node and GPU of it whose PCIe link is half as wide as it may be
VARIANTS = 24  # different sets of samples of one case; ranks take turns


def node_name(index):
    return f"gpu{index:04d}"


def planned(index, arguments):
    """Two cases in three are run by every node alone, the others by all nodes together."""
    together = index % 3 == 2
    workload = "collective/all_reduce" if together else ("gemm", "memory")[index % 2]
    return {"name": f"{workload}/variant:{index}", "workload": workload, "backend": "cuda", "params": {"variant": index},
            "phase": 1 if together else 0, "launches": arguments.launches,
            "ranks": arguments.gpus * (arguments.nodes if together else 1), "per_node": arguments.gpus,
            "sampling_seconds": 2.0, "deadline_seconds": 120.0}


def plan(arguments):
    return {"schema": {"name": "muster.plan", "major": 1, "minor": 4}, "suite": "recorded", "config_path": "recorded.toml",
            "config_sha256": "", "seed": 42, "launches": arguments.launches,
            "nodes": {"count": arguments.nodes, "spares": 0, "slots": arguments.gpus},
            "phases": [{"name": "nodes", "spread": "each_node"}, {"name": "whole", "spread": "together"}],
            "oversubscribe": False, "data": "", "cache": "",
            "cases": [planned(i, arguments) for i in range(arguments.cases)]}


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def state(generator, counters):
    now = {"clock_hz": 1410000000.0 - 15e6 * generator.randrange(3), "memory_clock_hz": 1593000000.0,
           "power_watts": round(generator.uniform(340, 399), 3), "temperature_c": float(generator.randrange(48, 66)),
           "memory_temperature_c": float(generator.randrange(60, 80)), "throttle_reasons": []}
    if counters:
        now |= {"energy_joules": round(generator.uniform(1e7, 2e7), 3), "throttled_seconds": {"power": 3.5, "thermal": 0.0},
                "corrected_errors": 0, "uncorrected_errors": 0, "remapped_corrected": 0, "remapped_uncorrected": 0,
                "remap_pending": False, "remap_failed": False, "pcie_generation": 4, "pcie_width": 16, "pcie_max_width": 16,
                "pcie_replays": 0, "nvlinks_active": 12, "nvlinks_present": 12, "nvlink_errors": 0, "other_processes": 0}
    return now


def rank_body(case, index, arguments, generator):
    """Everything of a rank's record but who it is, as text."""
    seconds = 0.01 * (1 + index % 7)
    samples = [seconds * generator.gauss(1, 0.003) for _ in range(arguments.samples)]
    ends, end = [], 0.0
    for sample in samples:
        end += sample * 1.02
        ends.append(end)
    record = {"status": "ok", "verification": {"status": "pass", "method": "sampled rows against fp64, Freivalds",
                                               "error": generator.uniform(0.1, 0.4), "tolerance": 1.0, "detail": ""},
              "sample_seconds": samples}
    if case["phase"] == 1:
        record["group_seconds"] = [sample * 1.004 for sample in samples]
    record |= {"ops_per_sample": 1, "work": {"bytes": 402653184, "flops": 1099511627776, "items": 0, "wire_bytes": 1878523904},
               "bound": {"name": "spec", "value": 312000000000000.0, "unit": "FLOP/s" if case["workload"] == "gemm" else "B/s", "clock_hz": 1410000000.0},
               "figures": [{"name": "heuristic_first", "value": generator.uniform(2e14, 2.6e14), "unit": "FLOP/s"}],
               "before": state(generator, True), "after": state(generator, True),
               "conditions": {"regime": "pipelined" if case["phase"] else "sustained",
                              "soak": {"seconds": 6.5, "steady": True}, "stopped_by": "precision", "recorded": False,
                              "window_seconds": end, "sample_ends": ends,
                              "readings": [{"seconds": 0.1 * (i + 1), **state(generator, False)}
                                           for i in range(arguments.readings)]}}
    if not record["conditions"]["readings"]:
        del record["conditions"]["readings"]
    if case["phase"] == 0:
        record["fingerprint"] = {"value": 123456789 + index, "made_by": "A100, cuBLAS 12.4, algorithm 7"}
    record["facts"] = {"algorithm": f"tile {index}", "library": "cuBLAS 12.4"}
    return compact(record)[1:]


def node_facts(name, arguments):
    gpus = [{"backend": "cuda", "index": i, "name": "NVIDIA A100-SXM4-80GB", "uuid": f"GPU-{name}-{i}",
             "pci": f"0000:{i:02x}:00.0", "memory_bytes": 85899345920, "units": 108,
             "facts": {"compute capability": "8.0", "driver": "550.54", "ECC": "on", "power limit": "400 W"}}
            for i in range(arguments.gpus)]
    return {"name": name,
            "cpu": {"model": "AMD EPYC 7742 64-Core Processor", "architecture": "x86_64", "sockets": 2, "cores": 128,
                    "threads": 256, "usable": 256, "numa_nodes": 8, "governor": "performance",
                    "caches": {"L1d": 32768, "L2": 524288, "L3": 16777216}, "features": ["avx2", "fma"]},
            "memory": {"bytes": 1099511627776}, "gpus": gpus,
            "nics": [{"name": f"mlx5_{i}", "fabric": "infiniband", "driver": "mlx5_core", "state": "active",
                      "bits_per_second": 2e11, "numa": i} for i in range(8)],
            "storage": [{"use": "results", "path": "/results", "filesystem": "lustre", "source": "mds@o2ib:/scratch",
                         "free_bytes": 10**15, "total_bytes": 10**16}],
            "placement": [{"rank": i, "backend": "cuda", "device": i, "cpus": f"{16 * i}-{16 * i + 15}", "threads": 16}
                          for i in range(arguments.gpus)],
            "software": {"kernel": "Linux 5.15", "glibc": "2.35", "NCCL": "2.21.5"}, "env": {"NCCL_DEBUG": "WARN"}}


def context(name):
    return {"date": "2026-01-02T03:04:06+00:00", "host_name": name, "executable": "muster", "num_cpus": 256,
            "mhz_per_cpu": 2250.0, "cpu_scaling_enabled": False, "load_avg": [0.5, 0.25, 0.125],
            "library_version": "1.7.1", "library_build_type": "release"}


def with_fault(body, index, gpu):
    return body.replace('"pcie_width":16', '"pcie_width":8') if (index, gpu) == SICK else body


def node_lines(index, cases, bodies, arguments):
    name = node_name(index)
    heads = ['{"rank":%d,"device":' + f'{gpu},"device_uuid":"GPU-{name}-{gpu}",' for gpu in range(arguments.gpus)]
    attempt = 0
    for phase, world in ((0, f',"world":"{name}"'), (1, "")):
        first = index * arguments.gpus if phase else 0
        size = cases and arguments.gpus * (arguments.nodes if phase else 1)
        for launch in range(arguments.launches):
            attempt += 1
            yield compact({"event": "worker_started", "launch": launch, "node": node_facts(name, arguments),
                           "context": context(name), "attempt": attempt})
            for number, case in enumerate(cases):
                if case["phase"] != phase:
                    continue
                yield (f'{{"event":"case_started","case_index":{number},"launch":{launch},"time":"2026-01-02T03:04:10Z"'
                       f'{world},"attempt":{attempt}}}')
                for step in ("set up", "verify", "sample", "verify again"):
                    yield f'{{"event":"phase_started","case_index":{number},"launch":{launch},"phase":"{step}"{world}}}'
                variants = bodies[number]
                ranks = ",".join(heads[gpu] % (first + gpu) + with_fault(variants[(7 * index + 3 * launch + gpu) % VARIANTS], index, gpu)
                                 for gpu in range(arguments.gpus))
                yield (f'{{"event":"case_record","case_index":{number},"launch":{launch},"node":"{name}","ranks":[{ranks}]'
                       f'{world},"world_size":{size},"attempt":{attempt}}}')
            yield f'{{"event":"worker_ended","launch":{launch}}}'


def supervisor_lines(arguments):
    nodes = [node_name(i) for i in range(arguments.nodes)]
    run = {"id": "01JD9Z0RECORDED", "status": "running", "exit_code": 0, "started": "2026-01-02T03:04:05Z",
           "argv": ["muster", "run", "recorded"], "suite": "recorded", "config_path": "recorded.toml", "config_sha256": "",
           "seed": 42, "launcher": "srun", "backend": "cuda", "version": "0.1.0", "commit": "0123456789ab", "dirty": False,
           "oversubscribed": False, "plan": {"cases": arguments.cases, "launches": arguments.launches, "done": 0}}
    yield compact({"event": "run_started", "run": run, "first_attempt": 1})
    for index, name in enumerate(nodes):
        yield compact({"event": "node_seen", "call": "inventory", "time": "2026-01-02T03:04:06Z",
                       "node": node_facts(name, arguments)})
    for phase in (0, 1):
        yield compact({"event": "run_phase_started", "phase": phase, "nodes": nodes, "time": "2026-01-02T03:04:07Z"})
    yield compact({"event": "run_ended", "status": "complete", "exit_code": 0, "ended": "2026-01-02T05:06:00Z"})


def write(folder, arguments):
    journals = Path(folder) / "journal"
    journals.mkdir(parents=True)
    made = plan(arguments)
    (Path(folder) / "plan.json").write_text(json.dumps(made))
    generator = random.Random(42)
    bodies = [[rank_body(case, i, arguments, generator) for _ in range(VARIANTS)] for i, case in enumerate(made["cases"])]
    (journals / "supervisor.ndjson").write_text("".join(line + "\n" for line in supervisor_lines(arguments)))
    for index in range(arguments.nodes):
        with (journals / f"{node_name(index)}.node.ndjson").open("w", buffering=1 << 20) as file:
            file.writelines(line + "\n" for line in node_lines(index, made["cases"], bodies, arguments))


def add_sizes(parser):
    for name, size in (("nodes", 720), ("gpus", 8), ("cases", 60), ("launches", 5), ("samples", 30), ("readings", 10)):
        parser.add_argument(f"--{name}", type=int, default=size)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    add_sizes(parser)
    given = parser.parse_args()
    write(given.folder, given)
