"""`muster compare` and `muster baseline`, from outside: on invented results with planted faults, and on real runs."""
import csv
import io
import xml.etree.ElementTree as ElementTree

from support import *

FLEET = BUILD / "bin" / "muster_fleet"
GEMM = "gemm/bf16/m:8192/n:8192/k:8192"


class CompareTest(MusterTest):
    def fleet(self, name, **options):
        sizes = {"nodes": 2, "gpus": 2, "gemm": 2, "memory": 1, "collectives": 2, "launches": 5, **options}
        arguments = [text for key, value in sizes.items() for text in (f"--{key}", str(value))]
        subprocess.run([FLEET, self.folder / name, *arguments], check=True, timeout=60)
        return self.folder / name

    def edit(self, run, change):
        document = self.document(run)
        change(document)
        (run / "result.json").write_text(json.dumps(document))
        return run

    def comparison(self, *arguments, code=None):
        outcome = self.muster("compare", *arguments, "--format", "json")
        if code is not None:
            self.assertEqual(outcome.returncode, code, outcome.stdout + outcome.stderr)
        return json.loads(outcome.stdout, parse_constant=self.fail)

    def verdicts(self, *arguments, code=None):
        cases = self.comparison(*arguments, code=code)["comparisons"][0]["cases"]
        return {case["name"]: case["verdict"] for case in cases}

    def refusal(self, base, new, document):
        (new / "result.json").write_text(json.dumps(document))
        return self.muster("compare", base, new)

    def case(self, document, name=GEMM):
        return next(case for case in document["cases"] if case["name"] == name)

    # ---- what must never look fast

    def test_a_failed_case_with_an_absurdly_good_figure_is_failed(self):
        base, new = self.fleet("base"), self.fleet("new", seed=2)

        def crash(document):
            case = self.case(document)
            case["status"], case["message"] = "crashed", "the worker died"
            for launch in case["launches"]:
                launch["median"] *= 1e6
        comparison = self.comparison(base, self.edit(new, crash), code=1)["comparisons"][0]
        case = next(case for case in comparison["cases"] if case["name"] == GEMM)
        self.assertEqual(case["verdict"], "failed")
        self.assertNotIn("ratio", case)
        for mean in comparison["geometric_means"]:
            self.assertLess(mean["ratio"], 1.2)
        self.assertIn({"metric": "flop_rate", "of": 2, "rows": 1},
                      [{key: mean[key] for key in ("metric", "of", "rows")} for mean in comparison["geometric_means"]])

    def test_an_unverified_case_is_failed(self):
        base, new = self.fleet("base"), self.fleet("new", seed=2)
        self.edit(new, lambda document: self.case(document)["verification"].update(status="skipped"))
        self.assertEqual(self.verdicts(base, new, code=1)[GEMM], "failed")

    def test_a_missing_case_is_listed_and_gates(self):
        base, new = self.fleet("base"), self.fleet("new", seed=2)
        self.edit(new, lambda document: document["cases"].remove(self.case(document)))
        self.assertEqual(self.verdicts(base, new, code=1)[GEMM], "missing")
        self.assertEqual(self.verdicts(new, base)[GEMM], "added")
        self.assertEqual(self.muster("compare", base, new, "--fail-on", "regressed").returncode, 0)

    def test_exchanged_units_are_not_compared(self):
        base, new = self.fleet("base"), self.fleet("new", seed=2)

        def exchange(document):
            case = self.case(document)
            case["metric"]["unit"] = "B/s"
            self.assertEqual(self.refusal(base, new, document).returncode, 2, "FLOP are not counted in B")
            case["bound"]["unit"], case["metric"]["quantity"] = "B/s", "bytes"
        self.edit(new, exchange)
        self.assertEqual(self.verdicts(base, new, "--force-incomparable")[GEMM], "incomparable")
        self.assertEqual(self.muster("compare", base, new, "--fail-on", "incomparable").returncode, 3)

    def test_an_oversubscribed_run_gates_nothing_as_clean(self):
        base, new = self.fleet("base"), self.fleet("new", change=-0.2, seed=2)
        self.edit(new, lambda document: document["run"].update(oversubscribed=True))
        outcome = self.muster("compare", base, new)
        self.assertEqual(outcome.returncode, 3, "nothing could be decided")
        self.assertIn("oversubscribed", outcome.stdout)
        self.assertNotIn("REGRESSED", outcome.stdout)

    def test_other_gpus_are_refused_unless_forced_and_then_stamped(self):
        base, new = self.fleet("base"), self.fleet("new", seed=2)

        def other(document):
            for node in document["environment"]["nodes"]:
                for gpu in node["gpus"]:
                    gpu["name"] = "NVIDIA H100"
        self.edit(new, other)
        outcome = self.muster("compare", base, new)
        self.assertEqual(outcome.returncode, 3)
        self.assertIn("not comparable", outcome.stdout)
        forced = self.muster("compare", base, new, "--force-incomparable", "--fail-on", "regressed,incomparable")
        self.assertEqual(forced.returncode, 0, forced.stderr)
        self.assertIn("compared all the same", forced.stdout)

    # ---- what is found

    def test_a_slower_candidate_fails_the_gate_and_a_faster_one_does_not(self):
        base, slow, fast = self.fleet("base"), self.fleet("slow", change=-0.15, seed=2), self.fleet("fast", change=0.15, seed=3)
        outcome = self.muster("compare", base, f"after={slow}")
        self.assertEqual(outcome.returncode, 1, outcome.stderr)
        self.assertIn("▼ REGRESSED", outcome.stdout)
        self.assertIn("candidate: after", outcome.stdout)
        self.assertIn("gate (--fail-on regressed,failed,missing,suspect,tainted,incomparable)", outcome.stderr)
        self.assertEqual(self.muster("compare", base, fast).returncode, 0)
        self.assertEqual(self.muster("compare", base, fast, "--fail-on", "improved").returncode, 1)
        self.assertEqual(self.muster("compare", base, slow, "--fail-on", "none").returncode, 0)

    def test_a_change_as_large_as_the_margin_is_slower_and_passes_with_a_word(self):
        sizes = {"launches": 10, "gemm": 1, "memory": 0, "collectives": 0}
        base, new = self.fleet("base", seed=11, **sizes), self.fleet("new", change=-0.025, seed=12, **sizes)
        outcome = self.muster("compare", base, new)
        self.assertEqual(outcome.returncode, 0, outcome.stdout)
        self.assertIn("▽ SLOWER", outcome.stdout)
        self.assertIn("--fail-on regressed,slower makes it fail", outcome.stderr)
        self.assertEqual(self.muster("compare", base, new, "--fail-on", "regressed,slower").returncode, 1)
        self.assertEqual(self.muster("compare", base, new, "--margin", "0%").returncode, 1)

    def test_one_launch_says_nothing(self):
        base, new = self.fleet("base", launches=1), self.fleet("new", launches=1, change=-0.5)
        verdicts = self.verdicts(base, new, code=3)
        self.assertEqual(set(verdicts.values()), {"inconclusive"})

    def test_a_suspect_is_confirmed_by_fresh_launches_alone(self):
        many = {"gemm": 40, "memory": 0, "collectives": 0, "nodes": 1, "gpus": 1}
        base, new = self.fleet("base", **many), self.fleet("new", seed=2, **many)

        def slower(document):
            for launch in self.case(document)["launches"]:
                launch["median"] *= 0.9
        self.edit(new, slower)
        self.assertEqual(self.verdicts(base, new, code=3)[GEMM], "suspect")
        self.assertIn("--confirm", self.muster("compare", base, new).stderr)
        suspects = self.muster("compare", base, new, "--suspects")
        self.assertRegex(GEMM, suspects.stdout.strip())
        self.assertIn("--launches", suspects.stderr)
        fresh = self.fleet("fresh_base", seed=3, **many | {"launches": 10})
        after = self.edit(self.fleet("fresh_new", seed=4, **many | {"launches": 10}), slower)
        confirmed = self.comparison(base, new, "--confirm", fresh, after, code=1)["comparisons"][0]
        case = next(case for case in confirmed["cases"] if case["name"] == GEMM)
        self.assertEqual((case["verdict"], case["confirmed"], len(case["base"]["launches"])), ("regressed", True, 10))
        again = self.muster("compare", base, new, "--confirm", base, new)
        self.assertEqual(again.returncode, 2)
        self.assertIn("cannot confirm it", again.stderr)
        self.assertEqual(self.muster("compare", base, new, "--confirm", fresh, fresh).returncode, 2)

    # ---- inputs and outputs

    def test_folders_of_runs_are_pooled_and_more_than_two_are_compared_with_the_first(self):
        self.fleet("nights/1"), self.fleet("nights/2", seed=2)
        new, other = self.fleet("new", seed=3), self.fleet("other", seed=4)
        comparisons = self.comparison(self.folder / "nights", new, f"x={other}")["comparisons"]
        self.assertEqual([one["candidate"]["label"] for one in comparisons], ["new", "x"])
        self.assertEqual(len(comparisons[0]["cases"][0]["base"]["launches"]), 10)
        self.assertIn("pooled", " ".join(comparisons[0]["notes"]))

    def test_what_would_count_launches_twice_is_refused(self):
        self.fleet("nights/1"), self.fleet("nights/2")
        new = self.fleet("new", seed=3)
        twice = self.muster("compare", self.folder / "nights", new)
        self.assertEqual(twice.returncode, 2)
        self.assertIn("are of the same run", twice.stderr)
        self.edit(new, lambda document: document["cases"].append(self.case(document)))
        repeated = self.muster("compare", self.folder / "nights/1", new)
        self.assertEqual(repeated.returncode, 2)
        self.assertIn("is in it twice", repeated.stderr)

    def test_a_run_of_two_sides_is_no_side(self):
        self.fleet("turns/base"), self.fleet("turns/new", seed=2)
        (self.folder / "turns/versus.json").write_text("{}")
        outcome = self.muster("compare", self.folder / "turns", f"x={self.folder / 'turns/new'}")
        self.assertEqual(outcome.returncode, 2)
        self.assertIn("turns/base and", outcome.stderr)
        self.verdicts(self.folder / "turns/base", self.folder / "turns/new", "--fail-on", "regressed", code=0)

    def test_a_case_that_only_the_candidate_taints_is_no_pass(self):
        base, new = self.fleet("base"), self.fleet("new", seed=2)
        self.edit(new, lambda document: self.case(document).update(tainted=["throttled"]))
        self.assertEqual(self.verdicts(base, new, code=3)[GEMM], "tainted")
        self.verdicts(base, new, "--fail-on", "regressed,failed,missing", code=0)
        self.verdicts(new, base, code=0)

    def test_every_format_is_what_it_says(self):
        base, new = self.fleet("base"), self.fleet("new", change=-0.15, seed=2)
        rows = list(csv.DictReader(io.StringIO(self.muster("compare", base, new, "--format", "csv").stdout)))
        self.assertEqual(rows[0]["verdict"], "regressed")
        self.assertLess(float(rows[0]["ratio_high"]), 0.95)
        junit = self.folder / "junit.xml"
        outcome = self.muster("compare", base, new, "--format", "junit", "-o", junit)
        self.assertEqual((outcome.returncode, outcome.stdout), (1, ""))
        suite = ElementTree.parse(junit).getroot()[0]
        self.assertEqual(int(suite.get("failures")), len(suite.findall("testcase/failure")))
        self.assertGreater(int(suite.get("failures")), 0)
        markdown = self.muster("compare", base, new, "--format", "md").stdout
        self.assertIn("| ---", markdown.replace("|---", "| ---"))

    def test_the_same_input_gives_the_same_output(self):
        base, new = self.fleet("base"), self.fleet("new", seed=2)
        first = self.muster("compare", base, new, "--format", "json").stdout
        self.assertEqual(first, self.muster("compare", base, new, "--format", "json").stdout)

    def test_margins_and_filters(self):
        base, new = self.fleet("base"), self.fleet("new", change=-0.15, seed=2)
        outcome = self.verdicts(base, new, "--filter", "^gemm", "--margin", "gemm=40%")
        self.assertEqual(set(outcome.values()), {"small"})
        for wrong in ("2", "x%", "-1%", "100%", "gemm=", "(=2%"):
            self.assertEqual(self.muster("compare", base, new, "--margin", wrong).returncode, 2, wrong)
        self.assertIn("--margin [=2%", self.muster("compare", base, new, "--margin", "[=2%").stderr)
        self.assertEqual(self.muster("compare", base, new, "--fail-on", "regressed,none").returncode, 2)
        for ignored in (("--format", "csv"), ("--fail-on", "none"), ("-o", "x"), ("--confirm", base, new)):
            self.assertEqual(self.muster("compare", base, new, "--suspects", *ignored).returncode, 2, ignored)
        self.assertEqual(self.muster("compare", base, new, new, "--suspects").returncode, 2)
        self.assertEqual(self.muster("compare", base).returncode, 2)
        self.assertEqual(self.muster("compare", base, new, "--fail-on", "anything").returncode, 2)
        self.assertEqual(self.muster("compare", base, self.folder / "nothing").returncode, 2)

    def test_baselines(self):
        base, new = self.fleet("base"), self.fleet("new", change=-0.15, seed=2)
        self.assertEqual(self.muster("baseline", "add", "good", base).returncode, 0)
        shutil.rmtree(base)
        taken = self.muster("baseline", "add", "good", new)
        self.assertEqual(taken.returncode, 2)
        self.assertIn("--replace", taken.stderr)
        self.assertIn("good", self.muster("baseline", "list").stdout)
        self.assertIn(GEMM, self.muster("baseline", "show", "good").stdout)
        outcome = self.muster("compare", "--baseline", "good", new)
        self.assertEqual(outcome.returncode, 1, outcome.stderr)
        self.assertIn("base: good", outcome.stdout)
        elsewhere = self.muster("compare", "--baseline", "good", new, MUSTER_BASELINES=str(self.folder / "other"))
        self.assertEqual(elsewhere.returncode, 2)
        self.assertEqual(self.muster("baseline", "add", "../good", new).returncode, 2)

    # ---- real runs

    def test_two_fresh_runs_of_this_machine(self):
        suite = self.suite('name = "tiny"\nlaunches = 4\nsampling = "30ms"\n[[case]]\nworkload = "memory"\nparams.op = ["copy", "triad"]\n'
                           'params.bytes = "1MiB"\n')
        for name in ("one", "two"):
            outcome = self.muster("run", suite, "--backend", "host", "-o", self.folder / name)
            self.assertEqual(outcome.returncode, 0, outcome.stderr)
        outcome = self.muster("compare", self.folder / "one", self.folder / "two", "--fail-on", "failed,missing,incomparable")
        self.assertIn(outcome.returncode, (0, 3), outcome.stdout + outcome.stderr)  # 3: too unsteady to tell anything
        document = self.comparison(self.folder / "one", self.folder / "two")["comparisons"][0]
        self.assertEqual(document["comparability"], "identical", document["differences"])
        self.assertEqual([len(case["base"]["launches"]) for case in document["cases"]], [4, 4])
        self.assertTrue(all("ratio" in case for case in document["cases"]))


if __name__ == "__main__":
    unittest.main()
