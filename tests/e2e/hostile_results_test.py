"""Results that are none, or that want to do harm: every command that reads results says what is wrong, where, and ends."""
import re

from support import *

ESCAPE = "\x1b[31m"
MARKUP = "<script>alert(1)</script>"
FORMULA = "=cmd|' /C calc'!A0"


def minimal(**changes):
    """The least that is a document."""
    case = {"name": "gemm/fp64", "workload": "gemm", "backend": "host", "params": {}, "rank_count": 1, "status": "ok",
            "metric": {"name": "flop_rate", "unit": "FLOP/s", "better": "higher", "quantity": "flops"},
            "work": {"bytes": 0, "flops": 1, "items": 0, "wire_bytes": 0},
            "verification": {"status": "pass", "method": "m", "error": 0.0, "tolerance": 1.0, "detail": ""},
            "launches": [{"index": i, "median": 1e9 + i, "p05": 1e9, "p95": 1e9, "min": 1e9, "max": 1e9, "mean": 1e9,
                          "samples": 1, "seconds_per_op": 1.0, "ops_per_sample": 1, "iterations": 1} for i in range(5)],
            "ranks": [], "figures": [], "warnings": []}
    case.update(changes)
    run = {"id": "01J", "status": "complete", "exit_code": 0, "started": "2025-01-01T00:00:00Z", "argv": [], "suite": "s",
           "config_path": "", "config_sha256": "", "seed": 1, "launcher": "direct", "backend": "host", "version": "0",
           "commit": "0", "dirty": False, "oversubscribed": False, "plan": {"cases": 1, "launches": 5, "done": 1}}
    context = {"date": "", "host_name": "", "executable": "", "num_cpus": 1, "mhz_per_cpu": 1.0, "cpu_scaling_enabled": False,
               "load_avg": [], "library_version": "", "library_build_type": ""}
    return {"schema": {"name": "muster.result", "major": 1, "minor": 0}, "context": context, "run": run,
            "comparability": {"workload": "", "platform": ""}, "environment": {"nodes": []}, "cases": [case], "failures": [],
            "integrity": {"sidecars": []}, "benchmarks": []}


def bad_texts():
    good = json.dumps(minimal())
    return {
        "empty": "", "truncated": good[: len(good) // 2], "prose": "Dear Sir", "nul": "\0" * 64,
        "deep": "[" * 200_000, "duplicate": good.replace('"id": "01J"', '"id": "01J", "id": "02J"'),
        "nan": good.replace("1000000000.0", "NaN", 1), "infinite": good.replace("1000000000.0", "1e999", 1),
        "type": good.replace('"samples": 1', '"samples": "many"', 1), "major": good.replace('"major": 1', '"major": 9'),
        "unit": good.replace('"unit": "FLOP/s"', '"unit": "images/s"'),
        "launch": good.replace('"index": 0', '"index": -1'), "ranks": good.replace('"rank_count": 1', '"rank_count": -5'),
        "long": json.dumps(minimal(message="x" * 70_000)),
        "word": json.dumps(minimal(status=ESCAPE + MARKUP)), "key": json.dumps({ESCAPE: MARKUP, FORMULA: 1}),
    }


class HostileResults(MusterTest):
    def setUp(self):
        super().setUp()
        self.good = self.folder / "good.json"
        self.good.write_text(json.dumps(minimal()))
        self.page = self.folder / "page.html"
        known = {"compare": lambda result: [self.good, result],
                 "check": lambda result: [result, "--cluster", "host"],
                 "report": lambda result: [result, "-o", self.page],
                 "history": lambda result: [result.parent]}
        there = re.findall(r"^  ([a-z]+) ", self.muster("--help").stdout, re.M)
        self.commands = {name: arguments for name, arguments in known.items() if name in there}
        self.assertIn("compare", self.commands)
        self.assertIn("history", self.commands)

    def each_command(self, result, code, timeout=60):
        for name, arguments in self.commands.items():
            with self.subTest(command=name, file=result.name):
                done = self.muster(name, *arguments(result), timeout=timeout)
                self.assertEqual(done.returncode, code, done.stderr[-2000:] + done.stdout[-2000:])
                self.assertIn(result.name, done.stderr)
                self.assertNotIn("\x1b", done.stderr + done.stdout)
                self.assertNotIn("internal error", done.stderr)
                self.assertFalse(self.page.exists())

    def one_in_a_folder(self, name):
        folder = self.folder / name
        folder.mkdir()
        return folder / f"{name}.json"

    def test_broken_documents(self):
        for name, text in bad_texts().items():
            file = self.one_in_a_folder(name)
            file.write_text(text)
            self.each_command(file, 2)

    def test_two_gigabytes(self):
        file = self.one_in_a_folder("huge")
        with open(file, "wb") as stream:
            stream.truncate(2 << 30)
        self.each_command(file, 2, timeout=20)

    def test_what_is_no_file(self):
        del self.commands["history"]  # which is of folders, and passes over what is none
        file = self.folder / "pipe.json"
        os.mkfifo(file)
        self.each_command(file, 2, timeout=20)
        self.each_command(Path("/dev/zero"), 2, timeout=20)
        self.each_command(self.folder / "nowhere.json", 2)

    def test_what_one_may_not_read(self):
        self.folder.chmod(0o755)
        hidden = self.folder / "hidden.json"
        hidden.write_text("{}")
        hidden.chmod(0)
        nobody = 65534
        user = {"user": nobody} if os.geteuid() == 0 else {}  # root may read everything
        for name in sorted(self.commands.keys() - {"history"}):
            with self.subTest(command=name):
                done = subprocess.run([PROGRAM, name, *map(str, self.commands[name](hidden))], cwd=self.folder,
                                      env=self.environment(), capture_output=True, text=True, timeout=60, **user)
                self.assertEqual(done.returncode, 6, done.stderr)
                self.assertIn("hidden.json (Permission denied)", done.stderr)

    def test_hostile_names_are_shown_and_not_obeyed(self):
        file = self.one_in_a_folder("names")
        file.write_text(json.dumps(minimal(name=FORMULA + ESCAPE + MARKUP, warnings=[ESCAPE], labels=[MARKUP])))
        for name, form in [(n, f) for n in self.commands if n != "report" for f in ("table", "csv", "md")]:
            with self.subTest(command=name, format=form):
                done = self.muster(name, *self.commands[name](file), "--format", form)
                self.assertNotIn("\x1b", done.stdout + done.stderr)
                self.assertIn(done.returncode, (0, 1, 3), done.stderr)
                if form == "csv":
                    self.assertNotRegex(done.stdout, r'(?m)(^|,)"?=')
                if form == "md":
                    self.assertNotIn("<script", done.stdout.replace("\\<", ""))


if __name__ == "__main__":
    unittest.main()
