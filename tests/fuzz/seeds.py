"""What fuzz targets begin with: small files of every kind that is read."""
import json


def shortened(value, items=2):
    """A document's structure, with few items in each list."""
    if isinstance(value, dict):
        return {key: shortened(part, items) for key, part in value.items()}
    if isinstance(value, list):
        return [shortened(part, items) for part in value[:items]]
    return value


def documents(source):
    files = [*source.glob("tests/golden/*/expected.json"), *source.glob("results/*/*.json")]
    texts = []
    for file in sorted(files):
        document = shortened(json.loads(file.read_text()))
        for case in document.get("cases", [])[:2]:
            texts.append(json.dumps(dict(document, cases=[case], benchmarks=[])).encode())
    return texts


GOOGLE = {
    "context": {"date": "2025-06-01T12:00:00+02:00", "host_name": "n", "executable": "./b", "num_cpus": 2, "mhz_per_cpu": 3000,
                "cpu_scaling_enabled": False, "caches": [{"type": "Data", "level": 1, "size": 32768, "num_sharing": 1}],
                "load_avg": [0.5], "library_version": "v1.9", "library_build_type": "release", "json_schema_version": 1},
    "benchmarks": [
        {"name": "BM/8", "family_index": 0, "per_family_instance_index": 0, "run_name": "BM/8", "run_type": "iteration",
         "repetitions": 2, "repetition_index": 0, "threads": 1, "iterations": 10, "real_time": 1.5, "cpu_time": 1.5,
         "time_unit": "ns", "items_per_second": 5.0, "label": "x"},
        {"name": "BM/8_mean", "run_type": "aggregate", "aggregate_name": "mean", "iterations": 2, "real_time": 1,
         "cpu_time": 1, "time_unit": "ns"},
        {"name": "Bad", "run_type": "iteration", "error_occurred": True, "error_message": "no", "real_time": 0, "cpu_time": 0,
         "time_unit": "ns"}]}
NCCL = {
    "version": 3, "start_time": "2025-10-01 12:00:00", "args": ["all_gather_perf"], "env": [], "nccl_version": 22809,
    "config": {"nthreads": 1, "ngpus": 2, "devices": [{"rank": 0, "group": 0, "pid": 1, "hostname": "n", "device": 0,
                                                       "device_hex": "0000:07:00", "device_info": "A100"}]},
    "results": [{"size": 1024, "count": 256, "type": "float", "redop": "none", "root": "    -1",
                 "out_of_place": {"time": 10.0, "alg_bw": 0.1, "bus_bw": 0.05, "nwrong": 0.0},
                 "in_place": {"time": 10.0, "alg_bw": 0.1, "bus_bw": 0.05, "nwrong": None}}],
    "out_of_bounds": {"count": 0, "okay": "true"}, "average_bus_bandwidth": {"bandwidth": 0.05, "okay": "unchecked"},
    "errors": [""], "end_time": "2025-10-01 12:01:00"}
NCCL_TEXT = """# nccl-tests version 2.17.6 nccl-headers=22809 nccl-library=22809
# Collective test starting: all_reduce_perf
# nThread 1 nGpus 2 minBytes 8 maxBytes 1024
#  Rank  0 Group  0 Pid    123 on      gpu01 device  0 [0000:07:00] NVIDIA A100-SXM4-80GB
#  Rank  1 Group  0 Pid    123 on      gpu01 device  1 [0000:0a:00] NVIDIA A100-SXM4-80GB
#       size         count      type   redop    root     time   algbw   busbw  #wrong     time   algbw   busbw  #wrong
#        (B)    (elements)                               (us)  (GB/s)  (GB/s)             (us)  (GB/s)  (GB/s)
        1024           256     float     sum      -1    20.00    0.05    0.05       0    40.00    0.03    0.03     N/A
# Out of bounds values : 0 OK
# Avg bus bandwidth    : 0.5
"""


def results(source):
    google = json.dumps(GOOGLE, indent=1)
    return [google.encode(), google.replace("5.0", "NaN").replace("1.5", "-Infinity", 1).encode(), json.dumps(NCCL).encode(),
            NCCL_TEXT.encode(), NCCL_TEXT.replace("redop    root", "redop").replace(" -1", "").encode(),
            ("[1,0]<stdout>:" + NCCL_TEXT.replace("\n", "\n[1,0]<stdout>:")).encode(), *documents(source)[:4]]


def configs(source):
    """A byte in front says which reader gets it."""
    folders = {b"\0": "suites", b"\1": "clusters", b"\2": "slurm", b"\3": "models"}
    return [kind + file.read_bytes() for kind, folder in folders.items()
            for file in sorted((source / "configs" / folder).glob("*.toml"))]


def of(target, source):
    if target == "fuzz_document":
        return documents(source)
    if target == "fuzz_import":
        return results(source)
    if target == "fuzz_config":
        return configs(source)
    if target == "fuzz_hostlist":
        return [b"node[1-3,07-12],login", b"rack[1-2]n[01-16]", b"a,b,c"]
    return [b"=cmd|' /C calc'!A0", b"<script>alert(1)</script>", b"\x1b[31mred\xc2\x9b", b"a,\"b\"\n|`*_", "é\u2028".encode()]
