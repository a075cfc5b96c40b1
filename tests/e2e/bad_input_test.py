"""Everything a user can get wrong: a clear message with the remedy, the documented exit code, nothing left behind."""
from support import *


class BadInput(MusterTest):
    def refuse(self, code, *words, arguments, **extra):
        done = self.muster("run", *arguments, **extra)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        for word in words:
            self.assertIn(word, done.stderr)
        return done

    def test_unknown_suite_names_those_there_are(self):
        self.refuse(2, "nosuch", "quick", "smoke", arguments=["nosuch"])

    def test_unknown_workload_suggests_the_nearest(self):
        path = self.suite('name = "x"\n[[case]]\nworkload = "gem"\n')
        self.refuse(2, f"{path}:", "gem", "gemm", arguments=[path])

    def test_every_fault_of_a_config_is_reported_with_its_line(self):
        path = self.suite('name = "x"\nlaunches = 0\n[[case]]\nworkload = "gemm"\nparams.type = "fp31"\n[[case]]\n'
                          'workload = "gemm"\nparams.m = -5\n[[case]]\nworkload = "memory"\nparams.colour = "red"\n')
        done = self.refuse(2, "launches", "fp31", "colour", "-5", arguments=[path])
        for line in (2, 5, 8, 11):
            self.assertIn(f"{path}:{line}:", done.stderr)

    def test_broken_toml_is_named_with_its_line(self):
        path = self.suite('name = "x"\n[[case\n')
        self.refuse(2, f"{path}:2", arguments=[path])

    def test_an_empty_data_folder(self):
        (self.folder / "data").mkdir()
        self.refuse(2, "empty", "--data", arguments=["smoke", "--data", self.folder / "data"])

    def test_a_data_folder_that_is_not_there(self):
        self.refuse(2, "data", "No such file", arguments=["smoke", "--data", self.folder / "data"])

    def test_an_unknown_option(self):
        self.assertEqual(self.muster("run", "--nosuch").returncode, 2)

    def test_no_command(self):
        self.assertEqual(self.muster().returncode, 2)

    def test_a_filter_that_leaves_nothing(self):
        self.refuse(2, "filter", arguments=["smoke", "--filter", "nothing-is-called-so"])

    def test_a_filter_that_is_no_regular_expression(self):
        self.refuse(2, "filter", arguments=["smoke", "--filter", "("])

    def test_a_folder_that_holds_a_run_already(self):
        self.run_folder.mkdir()
        (self.run_folder / "plan.json").write_text("{}")
        self.refuse(2, "already holds a run", arguments=["smoke", "-o", self.run_folder])

    def test_collect_of_something_else(self):
        done = self.muster("collect", self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no run folder", done.stderr)


class BadPictures(MusterTest):
    """A truncated file and one that is no JPEG among good ones: skipped, counted, named."""

    def setUp(self):
        super().setUp()
        self.cache = self.folder / "cache"  # the only shards there are those of this test

    def pictures(self):
        self.assertEqual(self.muster("run", "smoke", "--backend", "host", "--filter", "dataload", "--launches", 1,
                                     "-o", self.folder / "first").returncode, 0)
        import tarfile
        shard = sorted(self.cache.rglob("*.tar"))[0]
        data = self.folder / "data"
        data.mkdir()
        with tarfile.open(shard) as tar:
            for number, member in enumerate(m for m in tar.getmembers() if m.name.endswith((".jpg", ".jpeg"))):
                (data / f"good{number}.jpg").write_bytes(tar.extractfile(member).read())
        whole = (data / "good0.jpg").read_bytes()
        (data / "a-half.jpg").write_bytes(whole[: len(whole) // 2])
        (data / "a-letter.jpg").write_text("Dear Sir, this is no picture.")
        return data

    def test_bad_files_among_good_ones(self):
        data = self.pictures()
        done = self.muster("run", "smoke", "--backend", "host", "--filter", "dataload", "--launches", 1, "--data", data,
                           "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        statuses = self.statuses()
        self.assertEqual(set(statuses.values()), {"ok", "unsupported"})  # small files cannot be read in blocks of 64 KiB
        self.assertEqual([s for name, s in statuses.items() if "pipeline" in name], ["ok"])
        for case in self.document()["cases"]:
            if case["status"] == "unsupported":
                self.assertIn("records", case["message"])
                continue
            text = json.dumps(case)
            self.assertIn("a-half.jpg", text)
            self.assertIn("a-letter.jpg", text)
            if case["workload"] == "dataload/preprocess":
                continue  # what it times are pictures in memory; the warning above names the files
            skipped = [f["value"] for f in case["figures"] if f["name"] == "skipped_files"]
            self.assertEqual(skipped, [2.0], case["name"])
        self.assertIn("a-half.jpg", done.stdout)


if __name__ == "__main__":
    unittest.main()
