"""Checking results from outside: what is said where, exit codes, what is pasted into a shell, certificates, bad input."""
import csv
import hashlib
import html.parser
import io
import shlex

from support import *

FLEET = BUILD / "bin" / "muster_fleet"
HOSTILE = 'gpu1"; touch /tmp/owned; $(id) <script>alert(1)</script>\x1b[31m'


class CheckTest(MusterTest):
    def make(self, name, *options):
        folder = self.folder / name
        launches = [] if any(option.startswith("--launches") for option in options) else ["--launches=4"]
        subprocess.run([FLEET, folder, "--gemm=2", "--memory=2", "--collectives=1", *launches, *options], check=True)
        return folder

    def check(self, *arguments, code=0, **extra):
        run = subprocess.run([PROGRAM, "check", *map(str, arguments)], capture_output=True, text=True, env=self.environment(**extra))
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run

    def edit(self, folder, change):
        file = folder / "result.json"
        document = json.loads(file.read_text())
        change(document)
        file.write_text(json.dumps(document))
        return folder


class Findings(CheckTest):
    def test_a_machine_in_order_passes(self):
        run = self.check(self.make("fine", "--nodes=10"))
        self.assertIn("pass: 80 GPUs on 10 nodes in order", run.stdout)
        self.assertNotIn("scontrol", run.stdout)

    def test_the_slow_part_is_named_and_its_drain_line_is_printed_only(self):
        folder = self.make("slow", "--nodes=10", "--slow", "3.5=0.08")
        run = self.check(folder, code=1)
        self.assertIn("gpu0003 GPU 5 (GPU-0003-5)", run.stdout)
        [line] = [line for line in run.stdout.splitlines() if line.startswith("scontrol")]
        words = shlex.split(line)
        self.assertEqual(words[:4], ["scontrol", "update", "NodeName=gpu0003", "State=DRAIN"])
        self.assertTrue(words[4].startswith("Reason=muster: GPU 5 "), words)
        self.assertEqual(len(words), 5)
        self.check(folder, "--fail-on", "none", code=0)

    def test_a_second_result_confirms_or_does_not(self):
        slow = self.make("slow", "--nodes=10", "--slow", "3.5=0.08")
        self.check(slow, self.make("again", "--nodes=10", "--seed=2", "--slow", "3.5=0.08"), code=1)
        run = self.check(slow, self.make("gone", "--nodes=10", "--seed=2"), code=0)
        self.assertIn("not so in the second result", run.stdout)
        self.check(slow, self.folder / "gone", "--fail-on", "warned", code=1)
        few = self.make("less", "--nodes=1", "--gpus=4", "--seed=3")  # cannot judge: the first result's halves do
        self.check(slow, few, code=1)

    def test_a_run_does_not_confirm_itself(self):
        slow = self.make("slow", "--nodes=10", "--slow", "3.5=0.08")
        self.assertIn("cannot confirm itself", self.check(slow, slow, code=2).stderr)

    def test_figures_of_no_part_are_no_pass(self):
        def without_gpus(document):
            for node in document["environment"]["nodes"]:
                node["gpus"] = []
        def without_ranks(document):
            for case in document["cases"]:
                case["ranks"] = []
        for name, change in (("nogpus", without_gpus), ("noranks", without_ranks)):
            folder = self.edit(self.make(name, "--nodes=1"), change)
            self.assertIn("nothing could be judged", self.check(folder, code=3).stdout)
            self.assertIn("UNKNOWN", self.check(folder, "--nagios", code=3).stdout)

    def test_a_gpu_without_figures_is_named_and_makes_it_partial(self):
        def change(document):
            for case in document["cases"]:
                case["ranks"] = [r for r in case.get("ranks", []) if (r["node"], r["device"]) != ("gpu0002", 6)]
        run = self.check(self.edit(self.make("gap", "--nodes=4"), change), code=4)
        self.assertIn("1 could not): gpu0002 GPU 6", run.stdout)

    def test_an_evenly_slow_fleet_fails_its_description_and_a_healthy_one_passes(self):
        for description in ("nd-a100-v4", "dgx-a100-80gb"):
            self.check(self.make("fine", "--nodes=4"), "--cluster", description)
            self.check(self.make("one", "--nodes=1"), "--cluster", description)
            run = self.check(self.make("even", "--nodes=4", "--change=-0.2"), "--cluster", description, code=1)
            self.assertIn("32 of 32 GPUs are below it", run.stdout)
            self.assertNotIn("scontrol", run.stdout)

    def test_h100s_at_half_their_speed_fail(self):
        def rename(document):
            for node in document["environment"]["nodes"]:
                for gpu in node["gpus"]:
                    gpu["name"] = "NVIDIA H100 80GB HBM3"
        for change, code in (("1.6", 0), ("0.4", 1)):  # invented A100s of 260 TFLOP/s, that much faster
            folder = self.edit(self.make("h" + change, "--nodes=1", "--change=" + change), rename)
            self.check(folder, "--cluster", "hgx-h100", code=code)

    def test_an_evenly_slow_node_is_drained(self):
        run = self.check(self.make("even", "--nodes=1", "--change=-0.2"), "--cluster", "nd-a100-v4", code=1)
        self.assertIn("scontrol update NodeName=gpu0000", run.stdout)

    def test_a_description_that_says_nothing_of_what_was_measured_is_no_pass(self):
        file = self.folder / "mine.toml"
        file.write_text('[nodes]\ncount = 4\ngpus = 8\ngpu = "A100"\nsource = "offer"\n')
        run = self.check(self.make("fine", "--nodes=4"), "--cluster", file, code=3)
        self.assertIn("the description says nothing of what was measured", run.stdout)

    def test_a_description_of_another_machine_drains_nobody(self):
        run = self.check(self.make("fine", "--nodes=10"), "--cluster", "hgx-h100", code=1)
        self.assertEqual(run.stdout.count("FAIL"), 1)
        self.assertIn("the description is of another machine: 80 of 80 GPUs", run.stdout)
        self.assertNotIn("scontrol", run.stdout)

    def test_failures_of_hosts_accuse_no_gpu(self):
        def change(document):
            document["cases"].append({**document["cases"][0], "name": "dataload/host", "workload": "dataload/read", "backend": "host",
                                      "status": "wrong", "launches": [], "ranks": [], "params": {}, "worlds": {"planned": 4, "ok": 3, "wrong": 1}})
            document["failures"] = [{"case": "dataload/host", "launch": 0, "node": "gpu0001", "rank": 0, "phase": "measure",
                                     "class": "wrong", "message": "record 3 differs"}]
        run = self.check(self.edit(self.make("host", "--nodes=4"), change), "--format", "json", code=1)
        [finding] = [f for f in json.loads(run.stdout)["findings"] if f["severity"] == "fail"]
        self.assertEqual(finding["subject"], {"kind": "node", "node": "gpu0001"})

    def test_speeds_of_ranks_that_share_gpus_are_not_judged(self):
        folder = self.edit(self.make("shared", "--nodes=10", "--slow", "3.5=0.2"), lambda document: document["run"].update(oversubscribed=True))
        self.assertIn("ranks shared GPUs", self.check(folder, code=3).stdout)

    def test_far_below_in_one_launch_is_no_pass(self):
        run = self.check(self.make("one", "--nodes=2", "--launches=1", "--slow", "1.5=0.6"), code=3)
        self.assertIn("not reproduced: measure again", run.stdout)

    def test_a_node_that_is_listed_twice_is_refused(self):
        folder = self.edit(self.make("twice", "--nodes=2"), lambda document: document["environment"]["nodes"].append(document["environment"]["nodes"][0]))
        self.assertIn("lists node gpu0000 twice", self.check(folder, code=2).stderr)

    def test_one_gpu_fewer_of_two_nodes_is_named(self):
        folder = self.edit(self.make("seven", "--nodes=2"), lambda document: document["environment"]["nodes"][1]["gpus"].pop())
        self.assertIn("7 GPUs, 1 of 2 nodes have 8", self.check(folder, code=1).stdout)

    def test_too_few_peers_and_no_floors_are_inconclusive(self):
        run = self.check(self.make("few", "--nodes=1", "--gpus=4"), code=3)
        self.assertIn("nothing could be judged", run.stdout)

    def test_what_was_not_tested_is_no_pass(self):
        folder = self.edit(self.make("part", "--nodes=10"), lambda document: document["run"].update(status="partial", exit_code=4))
        self.check(folder, code=4)
        self.check(folder, "--fail-on", "failed", code=0)

    def test_descriptions_come_along_and_unknown_ones_are_answered_with_those_there_are(self):
        table = self.check("--list", "--format", "csv").stdout
        names = {row["cluster"] for row in csv.DictReader(io.StringIO(table))}
        self.assertLessEqual({"dgx-a100-80gb", "a100-40gb", "nd-a100-v4", "p4d", "a100-pcie", "hgx-h100", "h200", "host", "tesla-2021",
                              "dgx-superpod-a100", "selene", "perlmutter", "leonardo", "dojo-2021", "example"}, names)
        self.assertNotIn("not usable", table)
        run = self.check(SOURCE / "results/h200/quick.json", "--cluster", "h2000", code=2)
        self.assertIn("h200", run.stderr)

    def test_our_own_measurement_meets_its_description(self):
        run = self.check(SOURCE / "results/h200/quick.json", "--cluster", "h200", "--format", "json")
        document = json.loads(run.stdout)
        self.assertEqual(document["verdict"], "pass")
        self.assertEqual(document["coverage"]["cases_expected"], 7)
        self.assertTrue(all(e["source"] for e in document["expectations"]))

    def test_descriptions_of_one_s_own_fail_what_is_below_them(self):
        file = self.folder / "mine.toml"
        file.write_text('[nodes]\ncount = 10\ngpus = 8\ngpu = "A100"\nsource = "offer"\n[[expect]]\nworkload = "gemm"\nof = "gpu"\n'
                        'params = {type = "bf16"}\nvalue = 1e15\nsource = "offer"\nmargin = 0.05\nmargin_source = "offer"\n')
        run = self.check(self.make("fine", "--nodes=10"), "--cluster", file, code=1)
        self.assertIn("80 of 80 GPUs are below it", run.stdout)


class Monitoring(CheckTest):
    def test_one_line_and_four_exit_codes(self):
        for name, options, code, word in (("ok", ["--nodes=10"], 0, "OK"), ("bad", ["--nodes=10", "--slow", "2.2=0.1"], 2, "CRITICAL"),
                                          ("few", ["--nodes=1", "--gpus=4"], 3, "UNKNOWN")):
            run = self.check(self.make(name, *options), "--nagios", code=code)
            self.assertEqual(run.stdout.count("\n"), 1)
            self.assertRegex(run.stdout, rf"^MUSTER {word} - [^|]+ \| failed=\d+;;0;0 ")
        for wrong in ([self.folder / "nowhere"], [], ["a", "b", "c"], [self.folder / "ok", "--bogus"]):
            self.assertTrue(self.check(*wrong, "--nagios", code=3).stdout.startswith("MUSTER UNKNOWN - "))


class Hostile(CheckTest):
    def hostile(self):
        folder = self.make("hostile", "--nodes=10", "--slow", "1.2=0.1")
        def rename(value):
            if isinstance(value, dict):
                return {key: rename(item) for key, item in value.items()}
            if isinstance(value, list):
                return [rename(item) for item in value]
            return HOSTILE if value == "gpu0001" else value
        return self.edit(folder, lambda document: document.update(rename(document)))

    def test_names_out_of_files_are_never_commands(self):
        run = self.check(self.hostile(), code=1)
        self.assertNotIn("\x1b", run.stdout)
        self.assertNotIn("scontrol update", run.stdout)
        self.assertIn("# a node to drain has a name that cannot stand in a command", run.stdout)

    def test_names_out_of_files_are_never_markup_or_formulas(self):
        folder = self.hostile()
        page = self.folder / "c.html"
        self.check(folder, "--certificate", page, code=1)
        tags = set()
        class Reader(html.parser.HTMLParser):
            def handle_starttag(self, tag, attributes):
                tags.add(tag)
        Reader().feed(page.read_text())
        self.assertLessEqual(tags, {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "section", "table", "thead", "tbody", "tr", "th", "td", "span", "wbr"})
        json.loads(self.check(folder, "--format", "json", code=1).stdout)
        for row in csv.reader(io.StringIO(self.check(folder, "--format", "csv", code=1).stdout)):
            self.assertFalse([cell for cell in row if cell[:1] in "=@" and cell])

    def test_a_side_file_that_is_gone_leaves_its_node_unjudged(self):
        folder = self.make("large", "--nodes=200")
        (folder / "ranks" / "gpu0009.ndjson").unlink()
        run = self.check(folder, code=4)
        self.assertIn("8 could not): gpu0009 GPU 0", run.stdout)
        self.assertIn("ranks/gpu0009.ndjson", run.stdout)

    def test_a_large_runs_sick_gpus_are_named_by_their_states(self):
        faults = {"3.2=remap": "remapped_rows", "4.1=pcie": "pcie", "5.0=nvlink": "nvlink", "6.7=ecc": "memory_errors"}
        folder = self.make("large", "--nodes=200", *(option for fault in faults for option in ("--fault", fault)))
        found = json.loads(self.check(folder, "--format", "json", code=1).stdout)
        self.assertEqual({(f["kind"], f["subject"]["node"], f["subject"]["device"]) for f in found["findings"]},
                         {(kind, f"gpu000{fault[0]}", int(fault[2])) for fault, kind in faults.items()})
        self.assertIn("devices/gpu0003.ndjson", [e["path"].split("/", 1)[1] for e in found["evidence"]])
        # As an older version left it, and as somebody did who took the fault away.
        (folder / "devices" / "gpu0004.ndjson").unlink()
        gone = json.loads(self.check(folder, "--format", "json", code=1).stdout)
        self.assertNotIn("pcie", [f["kind"] for f in gone["findings"]])
        self.assertIn("gpu0004 GPU 1 (GPU-0004-1)", gone["coverage"]["unjudged"])
        def without_devices(document):
            sides = document["integrity"]["sidecars"]
            document["integrity"]["sidecars"] = [side for side in sides if not side["path"].startswith("devices/")]
        old = self.check(self.edit(folder, without_devices), code=1)
        self.assertIn("only what tainted their figures is known", old.stdout)
        self.assertIn("waits to be remapped", old.stdout)
        self.assertNotIn("PCIe", old.stdout)

    def test_side_files_that_are_not_the_documents_are_refused(self):
        folder = self.make("large", "--nodes=200")
        file = folder / "ranks" / "gpu0009.ndjson"
        file.write_text(file.read_text().replace('"launch":0', '"launch":1', 1))
        run = self.check(folder, code=2)
        self.assertIn("gpu0009.ndjson", run.stderr)


class Certificate(CheckTest):
    def test_the_same_evidence_gives_the_same_bytes_wherever_it_lies(self):
        folder = self.make("slow", "--nodes=10", "--slow", "3.5=0.08")
        for suffix in ("html", "md"):
            first, second = self.folder / f"1.{suffix}", self.folder / f"2.{suffix}"
            self.check(folder, "--cluster", "tesla-2021", "--certificate", first, code=1)
            moved = self.folder / "elsewhere" / "slow"
            shutil.copytree(folder, moved, dirs_exist_ok=True)
            self.check(moved, "--cluster", "tesla-2021", "--certificate", second, code=1)
            self.assertEqual(first.read_bytes(), second.read_bytes())
            text = first.read_text()
            self.assertIn("FAIL", text)
            self.assertIn(hashlib.sha256((folder / "result.json").read_bytes()).hexdigest(), text)
            self.assertIn("10 planned, 10 tested, 0 left out", text)
            for words in ("80 x NVIDIA A100-SXM4-80GB", "GPU-0009-7", "muster 0.1.0, commit 0123456789ab"):
                self.assertIn(words, text)

    def test_margin_and_all_sources_are_there(self):
        page = self.folder / "c.md"
        self.check(self.make("one", "--nodes=1"), "--cluster", "nd-a100-v4", "--certificate", page)
        for words in ("| margin % |", "; margin: ", "He 2024"):
            self.assertIn(words, page.read_text())

    def test_other_endings_are_refused(self):
        self.check(SOURCE / "results/h200/quick.json", "--certificate", "c.pdf", code=2)


if __name__ == "__main__":
    unittest.main()
