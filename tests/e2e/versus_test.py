"""Two sides that take turns: their order, both documents, what is found between them, cut-off runs, sides that fail, and what
is no other side."""
import re
import sys

from support import *

ARRAYS = """
name = "arrays"
summary = "a fraction of a second a launch"
launches = 1
sampling = "5ms"
soak = "5ms"

[[case]]
workload = "memory"
params.op = ["copy", "triad"]
params.bytes = "64KiB"
"""

PRODUCT = """
name = "product"
summary = "one product, far slower with OpenBLAS's kernels for old processors"
launches = 1
sampling = "5ms"
soak = "5ms"

[[case]]
workload = "gemm"
params.type = "fp64"
params.m = 128
params.n = 128
params.k = 128
"""
OLD_KERNELS = "OPENBLAS_CORETYPE=Prescott"
TURN = re.compile(r"^\[ *(\d+)/(\d+)\] (base|new) +launch (\d+): ", re.M)


class VersusTest(MusterTest):
    def versus(self, *arguments, suite=ARRAYS, **extra):
        return self.muster("run", self.suite(suite), "--backend", "host", "-o", self.run_folder, *arguments, **extra)

    def state(self):
        return json.loads((self.run_folder / "versus.json").read_text())

    def comparison(self):
        (comparison,) = json.loads((self.run_folder / "comparison.json").read_text())["comparisons"]
        return comparison

    def sides(self):
        return {side: self.document(self.run_folder / side) for side in ("base", "new")}

    def program(self, name, text):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def check_complete(self, launches):
        """Every launch of both sides is there once, and they came in the order that was recorded."""
        state = self.state()["first"]
        self.assertEqual([step["arm"] for step in state["done"]], state["order"])
        for side, document in self.sides().items():
            self.assertEqual(state["order"].count(side), launches)
            self.assertEqual([step["launch"] for step in state["done"] if step["arm"] == side], list(range(launches)))
            self.assertEqual(document["run"]["status"], "complete")
            self.assertEqual(document["run"]["plan"]["launches"], launches)
            for case in document["cases"]:
                self.assertEqual([launch["index"] for launch in case["launches"]], list(range(launches)))


class Turns(VersusTest):
    def test_a_program_against_itself(self):
        done = self.versus("--versus", PROGRAM, "--launches", "4", "--margin", "50%", "--seed", "5")
        self.assertIn(done.returncode, (0, 3), done.stderr)  # 3: so few launches may not suffice to show equality
        self.check_complete(4)
        state = self.state()
        self.assertEqual(state["first"]["order"], ["new", "base", "base", "new"] * 2)
        self.assertEqual([side["run"]["seed"] for side in self.sides().values()] + [state["seed"]], [5, 5, 5])
        self.assertEqual([(int(n), int(of), arm, int(launch)) for n, of, arm, launch in TURN.findall(done.stderr)],
                         [(i + 1, 8, step["arm"], step["launch"] + 1) for i, step in enumerate(state["first"]["done"])])
        comparison = self.comparison()
        self.assertEqual(comparison["comparability"], "identical", comparison["differences"])
        self.assertEqual(len(comparison["cases"]), 2)
        for case in comparison["cases"]:
            self.assertNotIn(case["verdict"], ("regressed", "improved", "failed", "missing", "added"))
        self.assertIn("the same", done.stderr)
        self.assertIn("INCONCLUSIVE" if done.returncode else "environment: identical", done.stdout)
        # what it left is like any other results
        again = self.muster("compare", self.run_folder / "base", self.run_folder / "new", "--margin", "50%", "--format", "json")
        self.assertEqual(json.loads(again.stdout)["comparisons"], [comparison])

    @unittest.skipUnless(" avx2 " in Path("/proc/cpuinfo").read_text(), "the old kernels are the same here")
    def test_a_side_that_is_slower_by_its_environment(self):
        cpus = os.sched_getaffinity(0)  # on one of them: threads that wait for each other suffer from whatever else runs
        os.sched_setaffinity(0, {min(cpus)})
        self.addCleanup(os.sched_setaffinity, 0, cpus)
        self.versus("--versus-env", OLD_KERNELS, "--launches", "4", "--margin", "30%", suite=PRODUCT)
        self.check_complete(4)
        comparison = self.comparison()
        (case,) = comparison["cases"]
        # The estimate stands also where one launch of a side was disturbed; the verdict need not, with so few of them.
        self.assertLess(case["ratio"], 0.7)
        self.assertTrue(case["worse"])
        self.assertIn("variable OPENBLAS_CORETYPE", [difference["what"] for difference in comparison["differences"]])

    def test_a_slower_program_is_found_and_confirmed(self):
        """Figures are planted after its turns, of which the last one is the run's last: how busy this machine is does not count."""
        slow = self.program("slow", f'''{PROGRAM} "$@"; code=$?
                            [ "$2" = --resume ] && {sys.executable} {self.folder}/plant.py "$3"
                            exit $code''')
        (self.folder / "plant.py").write_text("""import json, sys
from pathlib import Path
for side, figure in ("base", 1e10), ("new", 5e9):
    path = Path(sys.argv[1]).parent / side / "result.json"
    if not path.exists():
        continue
    document = json.loads(path.read_text())
    for launch in document["cases"][0]["launches"]:
        launch["median"] = figure * (1 + 0.001 * launch["index"])
    path.write_text(json.dumps(document))
""")
        suite = ARRAYS.replace('["copy", "triad"]', '"copy"')
        done = self.versus("--versus", slow, "--launches", "4", "--margin", "30%", "--confirm", "--seed", "5", suite=suite)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.check_complete(4)
        (case,) = self.comparison()["cases"]
        self.assertEqual(case["verdict"], "regressed")
        self.assertAlmostEqual(case["ratio"], 0.5, delta=0.01)
        # 4 against 4 launches reach p = 0.029: too much for one of two stages, so fresh ones decided
        self.assertTrue(case["confirmed"])
        fresh = self.state()["fresh"]
        self.assertEqual([step["arm"] for step in fresh["done"]], fresh["order"])
        self.assertEqual((fresh["order"].count("base"), fresh["order"][-1]), (5, "new"))
        self.assertEqual(len(case["base"]["launches"]), 5)
        self.assertEqual(len(self.document(self.run_folder / "confirm" / "new")["cases"][0]["launches"]), fresh["order"].count("new"))

    def test_the_order_is_shown_before_anything_runs(self):
        done = self.versus("--versus", PROGRAM, "--launches", "3", "--dry-run", "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        planned = json.loads(done.stdout)
        order = planned["first"]["order"]
        self.assertEqual((order.count("base"), order.count("new")), (3, 3))
        self.assertEqual(order[:2], order[3:1:-1])
        self.assertFalse(self.run_folder.exists())
        done = self.versus("--versus", PROGRAM, "--launches", "3", "--dry-run", "--seed", str(planned["seed"]))
        self.assertEqual(re.findall(r"^ *\d+ +(base|new) ", done.stdout, re.M), order)
        self.assertRegex(done.stderr, r"2 cases that both have, 3 launches of each side in turn, about \d")
        other = {self.versus("--versus", PROGRAM, "--launches", "8", "--dry-run", "--seed", str(seed)).stdout for seed in range(4)}
        self.assertGreater(len(other), 1, "the seed decides")

    def test_the_folder_of_a_bundle_names_its_program(self):
        bundle = self.folder / "bundle"
        (bundle / "bin").mkdir(parents=True)
        (bundle / "bin" / "muster").symlink_to(PROGRAM)
        done = self.versus("--versus", bundle, "--launches", "1", "--dry-run", "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["new"]["program"], str(bundle / "bin" / "muster"))
        (self.folder / "empty").mkdir()
        done = self.versus("--versus", self.folder / "empty", "--dry-run")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("holds no muster", done.stderr)

    def test_only_cases_that_both_have_run_and_the_others_are_named(self):
        other = self.suite(ARRAYS.replace('["copy", "triad"]', '["triad", "scale"]'), "other.toml")
        done = self.versus("--versus", other, "--launches", "1")
        self.assertEqual(done.returncode, 3, done.stderr)  # one launch says nothing
        self.assertRegex(done.stderr, r"only the base has, and neither runs: memory/copy\S+\n")
        self.assertRegex(done.stderr, r"only the new side has, and neither runs: memory/scale\S+\n")
        for document in self.sides().values():
            self.assertEqual([case["params"]["op"] for case in document["cases"]], ["triad"])

    def test_launches_for_a_change_are_told_and_run_as_far_as_they_may(self):
        done = self.versus("--versus", PROGRAM, "--detect", "0.01%", "--launches", "6", "--fail-on", "none")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_complete(6)
        self.assertRegex(done.stderr, r"launches for 0\.01 %")
        self.assertRegex(done.stderr, r"! memory/copy\S+: \d+ launches would be needed; the 6 that --launches allows find a change of")
        before = self.state()
        for again in (("run", "--resume", self.run_folder), ("run", self.suite(ARRAYS), "--backend", "host", "-o", self.run_folder,
                      "--versus", PROGRAM, "--detect", "0.01%", "--launches", "6", "--fail-on", "none", "--continue")):
            done = self.muster(*again)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("12 of 12 launches are behind it", done.stderr)
            self.assertEqual(self.state(), before)

    def test_launches_for_a_later_comparison_are_told_of_one_side(self):
        done = self.muster("run", self.suite(ARRAYS), "--backend", "host", "-o", self.run_folder, "--detect", "2%")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.document()["cases"][0]["launches"]), 5)
        self.assertRegex(done.stderr, r"memory/triad\S+ +\d+\.\d\d % +\d+ +\d")


class CutOff(VersusTest):
    def cut_off(self, number, turns):
        """Ends a run in the middle of a turn, once so many are done."""
        process = self.start("run", self.suite(ARRAYS.replace('"5ms"', '"100ms"')), "--backend", "host", "-o", self.run_folder,
                             "--versus", PROGRAM, "--launches", "4", "--fail-on", "none")
        self.wait_for(lambda: (self.run_folder / "versus.json").exists() and len(self.state()["first"]["done"]) >= turns, "turns")
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        self.wait_for(lambda: not any((self.run_folder / side / "lock").exists() for side in ("base", "new")), "the side's end")
        return process.returncode, err

    def check_goes_on(self):
        before = self.state()["first"]
        self.assertLess(len(before["done"]), 8)
        done = self.muster("run", "--resume", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_complete(4)
        after = self.state()["first"]
        self.assertEqual(after["order"], before["order"])
        self.assertEqual(after["done"][: len(before["done"])], before["done"], "what was done is not done again")

    def test_terminated_it_saves_both_sides_and_goes_on(self):
        code, err = self.cut_off(signal.SIGTERM, 3)
        self.assertEqual(code, 143, err)
        self.assertRegex(err, r"go on with: muster run --resume \S*run\n")
        self.assertEqual(len(self.comparison()["cases"]), 2, "of what was there")
        for document in self.sides().values():
            self.assertIn(document["run"]["status"], ("complete", "partial"))
        status = self.muster("status", self.run_folder)
        self.assertRegex(status.stdout, r"two sides in run: [3-7] of 8 launches are done, nobody holds its folder")
        self.check_goes_on()

    def test_killed_its_side_ends_too_and_it_goes_on(self):
        code, err = self.cut_off(signal.SIGKILL, 2)
        self.assertEqual(code, -signal.SIGKILL, err)
        self.check_goes_on()

    def test_more_launches_are_added_in_turn(self):
        done = self.versus("--versus", PROGRAM, "--launches", "1")
        self.assertEqual(done.returncode, 3, done.stderr)
        for arguments, words in ((("--launches", "0"), "less than the run's 1"), (("--alpha", "0.1"), "--alpha would change")):
            done = self.muster("run", "--resume", self.run_folder, *arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)
        done = self.muster("run", "--resume", self.run_folder, "--launches", "3")
        self.check_complete(3)

    def test_an_occupied_folder_is_refused_and_the_same_run_goes_on_there(self):
        given = ("--versus", PROGRAM, "--launches", "1")
        self.versus(*given)
        for arguments, words in ((given, "already holds a run"), ((*given, "--continue", "--versus-env", "A=b"), "other sides"),
                                 ((*given, "--continue"), "2 of 2 launches are behind it")):
            done = self.versus(*arguments)
            self.assertIn(words, done.stderr)
            self.assertEqual(done.returncode, 3 if "behind" in words else 2, done.stderr)


class Failing(VersusTest):
    def test_a_side_that_cannot_run_ends_it_with_its_own_words(self):
        broken = self.program("broken", f'case "$*" in *--resume*--launches\\ 2*) echo "muster: no device today" >&2; exit 6;; esac\n'
                                        f'exec {PROGRAM} "$@"')
        done = self.versus("--versus", broken, "--launches", "4")
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertRegex(done.stderr, r"the new side: its run ended with exit code 6: muster: no device today")
        self.assertIn("go on with: muster run --resume", done.stderr)
        self.assertEqual(self.document(self.run_folder / "base")["run"]["status"], "complete")
        self.assertEqual({case["verdict"] for case in self.comparison()["cases"]}, {"inconclusive"})

    def test_a_side_that_dies_ends_it(self):
        dying = self.program("dying", f'case "$*" in *--resume*) kill -9 $$;; esac\nexec {PROGRAM} "$@"')
        done = self.versus("--versus", dying, "--launches", "4")
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertIn("the new side: its run ended with signal 9", done.stderr)

    def test_a_case_that_fails_on_one_side_never_looks_fast(self):
        suite = ARRAYS.replace('"64KiB"', '["64KiB", "128MiB"]').replace('["copy", "triad"]', '"copy"')
        starved = self.program("starved", f'ulimit -v 400000\nexec {PROGRAM} "$@"')
        done = self.versus("--versus", starved, "--launches", "1", suite=suite)
        self.assertEqual(done.returncode, 1, done.stderr)
        verdicts = [case["verdict"] for case in self.comparison()["cases"]]
        self.assertEqual(verdicts, ["inconclusive", "failed"], done.stdout)


class FreshLaunches(VersusTest):
    def two_results(self):
        """Of a few launches each; by the second one case has half its bandwidth."""
        base, new = self.folder / "base", self.folder / "new"
        done = self.muster("run", self.suite(ARRAYS), "--backend", "host", "-o", base, "--launches", "4")
        self.assertEqual(done.returncode, 0, done.stderr)
        shutil.copytree(base, new)
        for folder, factor in ((base, 1), (new, 0.5)):
            document = self.document(folder)
            for case, times in zip(document["cases"], (factor, 1)):
                for launch, figures in enumerate(case["launches"]):
                    figures["median"] = 1e10 * times * (1 + 0.001 * launch)
            (folder / "result.json").write_text(json.dumps(document))
        return base, new

    def test_suspects_are_run_again_and_what_was_chance_is_not_confirmed(self):
        base, new = self.two_results()
        given = ("compare", base, new, "--margin", "30%", "--format", "json")
        done = self.muster(*given)
        self.assertEqual(json.loads(done.stdout)["comparisons"][0]["cases"][0]["verdict"], "suspect", done.stderr)
        self.assertIn("1 of new's cases need fresh launches to be decided, 5 of each side", done.stderr)
        self.assertIn("muster compare BASE NEW --base-program MUSTER", done.stderr)
        done = self.muster(*given, "--new-program", PROGRAM)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        (comparison,) = json.loads(done.stdout)["comparisons"]
        self.assertTrue(comparison["confirmed"])
        # A busy machine's fresh launches may leave open what they are there to decide; they never confirm it.
        by_fresh = [case for case in comparison["cases"] if case.get("confirmed")]
        open_still = [case for case in comparison["cases"] if case["verdict"] == "suspect"]
        self.assertEqual(len(by_fresh) + len(open_still), 1)
        self.assertNotIn("regressed", [case["verdict"] for case in comparison["cases"]])
        (fresh,) = (self.folder / "results").glob("*/*")
        self.assertEqual({len(self.document(fresh / side)["cases"]) for side in ("base", "new")}, {1}, "only the suspect ran")
        again = self.muster(*given, "--confirm", fresh / "base", fresh / "new")
        (confirmed,) = json.loads(again.stdout)["comparisons"]
        # Documents alone do not say which of two alike fresh sides is which.
        notes = [note for note in confirmed.pop("notes") if note not in comparison["notes"]]
        self.assertEqual(len(notes), 1)
        self.assertIn("fresh launches: whether base and candidate", notes[0])
        comparison.pop("notes")
        self.assertEqual(confirmed, comparison)

    def test_what_cannot_be_run_again_is_refused(self):
        base, new = self.two_results()
        for arguments, words in (((base, new, "--new-program", "/bin/true"), "is no muster"),
                                 ((base, new, "--new-program", self.suite(ARRAYS)), "is a suite"),
                                 ((base, new, "--new-program", PROGRAM, "--confirm", base, new), "excludes"),
                                 ((base, new, new, "--new-program", PROGRAM), "one comparison")):
            done = self.muster("compare", *arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)
        (new / "plan.json").unlink()
        done = self.muster("compare", base, new, "--new-program", PROGRAM)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("has no plan.json beside it", done.stderr)


class NoOtherSide(VersusTest):
    def refused(self, *arguments, code=2):
        done = self.versus(*arguments)
        self.assertEqual(done.returncode, code, (arguments, done.stderr))
        self.assertFalse(self.run_folder.exists())
        return done.stderr

    def test_all_that_is_wrong_is_said_at_once(self):
        text = self.folder / "notes.txt"
        text.write_text("no program")
        words = self.refused("--versus", "/no/such/muster", "--versus", text, "--versus-env", "=x", "--versus-env", "A=1",
                             "--versus-env", "A=2")
        for part in ("/no/such/muster' is not there", "notes.txt' is neither a program nor a suite", "'=x' is no setting",
                     "sets A twice"):
            self.assertIn(part, words)

    def test_a_program_that_is_no_muster(self):
        self.assertIn("is no muster", self.refused("--versus", "/bin/true"))
        scripts = self.program("garbage", "printf 'muster\\033[31m\\n'; exit 0"), self.program("not-a-binary", "")
        scripts[1].write_bytes(b"\x7fELF nonsense")
        for script in scripts:
            words = self.refused("--versus", script)
            self.assertIn("is no muster", words)
            self.assertNotIn("\033", words)

    def test_a_muster_of_another_major_version(self):
        newer = self.program("newer", f'case "$*" in *--dry-run*) {PROGRAM} "$@" | sed \'s/"major": 1/"major": 2/\';; *) exec {PROGRAM} "$@";; esac')
        words = self.refused("--versus", newer)
        self.assertIn("the new side: its plan cannot be read (schema.major: 2", words)

    def test_faults_of_the_other_suite_are_told_with_their_lines(self):
        broken = self.suite(ARRAYS.replace('"memory"', '"memroy"'), "broken.toml")
        words = self.refused("--versus", broken)
        self.assertRegex(words, r"the new side: \S*broken\.toml:9: .*memroy")

    def test_no_case_in_common(self):
        other = self.suite(ARRAYS.replace('["copy", "triad"]', '["scale"]'), "other.toml")
        self.assertIn("no case is on both sides", self.refused("--versus", other))

    def test_options_that_need_another_side_or_are_none(self):
        for arguments, words in ((("--confirm",), "nothing to confirm"), (("--margin", "3%"), "--margin has nothing"),
                                 (("--fail-on", "slower"), "--fail-on has nothing"), (("--detect", "2"), "write 2%"),
                                 (("--versus", PROGRAM, "--detect", "x%"), "write 2%"),
                                 (("--versus", PROGRAM, "--margin", "x"), "--margin x"),
                                 (("--versus", PROGRAM, "--launches", "0"), "--launches 0"),
                                 (("--versus", PROGRAM, "--fail-on", "x"), "--fail-on"),
                                 (("--versus", PROGRAM, "--versus", PROGRAM), "two programs")):
            self.assertIn(words, self.refused(*arguments), arguments)


if __name__ == "__main__":
    unittest.main()
