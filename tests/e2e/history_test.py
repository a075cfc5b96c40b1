"""When figures changed, over many results: the run is named; held against a second implementation of the statistic."""
import math
import random
import statistics

from support import *

RUNS = 30
STEADY = 60
STEPS = [10, 12, 14, 15, 16, 18, 20, 22]  # where 3 % are added, in benchmarks of their own


def series(rng, at=None):
    return [1000 * math.exp(rng.gauss(0, 0.01) + (0.03 if at is not None and i >= at else 0)) for i in range(RUNS)]


def separation(left, right):
    """Matteson and James (2014), exponent 1, as they write it down."""
    n, m = len(left), len(right)
    between = sum(abs(x - y) for x in left for y in right) * 2 / (n * m)
    within = [sum(abs(part[i] - part[k]) for i in range(len(part)) for k in range(i)) / math.comb(len(part), 2)
              for part in (left, right)]
    return n * m / (n + m) * (between - sum(within))


def best_split(values, least=3):
    return max(((separation(values[:at], values[at:]), at) for at in range(least, len(values) - least + 1)))


class HistoryTest(MusterTest):
    """Each run is a file of Google Benchmark's, with three repetitions of every benchmark around its figure."""

    def write_runs(self, named, folder, compiler=lambda run: "gcc 12"):
        for run in range(RUNS):
            rows = [{"name": name, "run_name": name, "run_type": "iteration", "repetitions": 3, "repetition_index": i,
                     "threads": 1, "iterations": 10, "real_time": values[run] * factor, "cpu_time": values[run],
                     "time_unit": "ns"} for name, values in named.items() for i, factor in enumerate((1.01, 1, 0.98))]
            context = {"date": f"2025-{1 + run // 28:02}-{1 + run % 28:02}T12:00:00+00:00", "host_name": "n1", "num_cpus": 8,
                       "compiler": compiler(run)}
            # names in an order that is not that of time
            file = folder / f"{(run * 7) % RUNS:02}" / "bench.json"
            file.parent.mkdir(parents=True)
            file.write_text(json.dumps({"context": context, "benchmarks": rows}))

    def history(self, *arguments, code=0):
        done = self.muster("history", self.folder / "runs", "--format", "json", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout, parse_constant=self.fail)

    def test_steps_are_found_at_their_run_and_little_else(self):
        rng = random.Random(4)
        named = {f"steady/{i}": series(rng) for i in range(STEADY)}
        named.update({f"step/{at}": series(rng, at) for at in STEPS})
        self.write_runs(named, self.folder / "runs")
        history = self.history("--margin", "1.5")
        self.assertEqual(len(history["runs"]), RUNS)
        self.assertEqual([run["started"] for run in history["runs"]], sorted(run["started"] for run in history["runs"]))
        near = alarms = 0
        for case in history["cases"]:
            kind, number = case["name"].split("/")
            alarms += kind == "steady" and case["verdict"] == "changed"
            near += kind == "step" and any(abs(c["point"] - int(number)) <= 1 for c in case["changes"])
            values = [point["median"] for point in case["points"]]
            for got, wanted in zip(values, named[case["name"]]):
                self.assertAlmostEqual(got / (wanted * 1e-9), 1, places=12)
            if len(case["changes"]) == 1:
                self.check_change(case["changes"][0], values)
                self.assertTrue(kind == "steady" or case["changes"][0]["worse"])  # times
        self.assertGreaterEqual(near, len(STEPS) - 1)
        self.assertLessEqual(alarms, 2)

    def check_change(self, change, values):
        statistic, at = best_split([math.log(value) for value in values])
        self.assertEqual(change["point"], at)
        self.assertAlmostEqual(change["statistic"] / statistic, 1, places=9)
        shifts = [math.log(y / x) for x in values[:at] for y in values[at:]]
        self.assertAlmostEqual(change["ratio"], math.exp(statistics.median(shifts)), places=9)
        self.assertLessEqual(change["interval"]["low"], change["ratio"])
        self.assertGreaterEqual(change["interval"]["high"], change["ratio"])
        self.assertEqual(change["worse"], change["ratio"] > 1)
        self.assertLessEqual(change["p"], 0.005)

    def test_the_same_runs_give_the_same_bytes_and_the_change_has_its_reason(self):
        rng = random.Random(9)
        faster = [value * (0.9 if run >= 20 else 1) for run, value in enumerate(series(rng))]
        self.write_runs({"faster": faster}, self.folder / "runs", lambda run: "gcc 12" if run < 20 else "gcc 13")
        (self.folder / "runs" / "broken.json").write_text('{"schema": {')
        history = self.history("--since", 10)
        change, = history["cases"][0]["changes"]
        self.assertEqual((change["point"], change["worse"], change["recent"]), (20, False, True))
        self.assertEqual([(d["what"], d["base"], d["candidate"]) for d in change["differences"]],
                         [("compiler", "gcc 12", "gcc 13")])
        self.assertEqual([entry["file"] for entry in history["skipped"]], ["broken.json"])
        self.history("--since", 10, "--fail-on", "changed", code=1)
        self.history("--since", 9, "--fail-on", "changed")
        for form in ("table", "csv", "md", "json"):
            twice = [self.muster("history", self.folder / "runs", "--format", form).stdout for _ in range(2)]
            self.assertEqual(twice[0], twice[1])
            self.assertIn("gcc 13" if form != "csv" else "faster", twice[0])
            self.assertIn("broken.json" if form != "csv" else "faster", twice[0])

    def test_every_run_counts_once_and_our_other_files_not_at_all(self):
        runs = self.folder / "runs"
        for name, seed in (("a", 1), ("b", 2), ("two/base", 3), ("two/new", 4)):
            subprocess.run([BUILD / "bin" / "muster_fleet", runs / name, "--nodes", "1", "--gpus", "1", "--seed", str(seed)],
                           check=True, capture_output=True)
        (runs / "two" / "versus.json").write_text("{}")
        (runs / "two" / "comparison.json").write_text("{}")
        shutil.copy(runs / "a" / "result.json", runs / "copy.json")
        compared = self.muster("compare", runs / "a", runs / "b", "--format", "json", "-o", runs / "comparison.json")
        self.assertTrue((runs / "comparison.json").exists(), compared.stderr)
        self.muster("baseline", "--baselines", runs / "baselines", "add", "good", runs / "b")
        (runs / "cut_off" / "log").mkdir(parents=True)
        (runs / "cut_off" / "plan.json").write_text("{}")
        (runs / "cut_off" / "log" / "launch1.txt").write_text("a worker's words")
        done = self.muster("history", runs, "--format", "json")
        history = json.loads(done.stdout)
        self.assertEqual(len({run["id"] for run in history["runs"]}), 3)
        self.assertEqual((len(history["runs"]), history["skipped"]), (3, []))
        for words in ("only the base counts", "baselines", "1 file: the same document as one that counts already", "without result.json"):
            self.assertIn(words, done.stderr)
        self.assertEqual(self.muster("history", runs, "--since", 2).returncode, 3)

    def test_of_several_documents_of_a_run_the_fullest_counts_wherever_it_lies(self):
        whole, first = self.folder / "whole.json", self.folder / "first.json"
        subprocess.run([BUILD / "bin" / "muster_fleet", self.folder / "made", "--nodes", "1", "--gpus", "1"], check=True, capture_output=True)
        text = (self.folder / "made" / "result.json").read_text()
        whole.write_text(text)
        document = json.loads(text)
        for case in document["cases"]:
            case["launches"] = case["launches"][:2]
            case["ranks"] = [rank for rank in case["ranks"] if rank["launch"] < 2]
        first.write_text(json.dumps(document))
        told = []
        for order in ((whole, first), (first, whole)):
            runs = self.folder / f"runs{len(told)}"
            runs.mkdir()
            for name, file in zip("ab", order):
                shutil.copy(file, runs / f"{name}.json")
            done = self.muster("history", runs, "--format", "json")
            self.assertIn("1 file: another document of a run that counts once", done.stderr)
            history = json.loads(done.stdout)
            self.assertEqual([run["file"] for run in history["runs"]], [f"{'ab'[order.index(whole)]}.json"])
            told.append(history["cases"])
        self.assertEqual(told[0], told[1])

    def test_what_is_no_folder_of_results(self):
        self.assertEqual(self.muster("history", self.folder / "nowhere").returncode, 2)
        done = self.muster("history", self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no result below", done.stderr)


class ForeignResults(MusterTest):
    """Google Benchmark's own files, as its library writes them and as its compare.py is tested with."""

    INPUTS = Path("/usr/share/benchmark/gbench/Inputs")

    @unittest.skipUnless(INPUTS.is_dir(), "needs the package libbenchmark-tools")
    def test_its_own_inputs_are_compared(self):
        done = self.muster("compare", self.INPUTS / "test1_run1.json", self.INPUTS / "test1_run2.json", "--format", "json",
                           "--fail-on", "none")
        self.assertEqual(done.returncode, 0, done.stderr)
        ratios = {case["name"]: case.get("ratio") for case in json.loads(done.stdout)["comparisons"][0]["cases"]}
        self.assertAlmostEqual(ratios["BM_2xFaster"], 0.5)
        self.assertAlmostEqual(ratios["BM_2xSlower"], 2.0)


if __name__ == "__main__":
    unittest.main()
