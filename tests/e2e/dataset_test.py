"""muster dataset: made, imported, checked, measured with, and what it says when something is wrong."""
import csv
import io
import tarfile

from support import *


class DatasetTest(MusterTest):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"

    def dataset(self, *arguments, code=0, **options):
        done = self.muster("dataset", *arguments, **options)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done

    def make(self, *more, folder=None, code=0, records=60, **options):
        return self.dataset("make", folder or self.data, "--profile", "imagenet", "--records", records, "--shard-bytes", "2MiB",
                            *more, code=code, **options)

    def small(self, *more, folder=None, code=0):
        return self.dataset("make", folder or self.data, "--profile", "unet3d", "--records", 40, "--record-bytes", 20000,
                            "--shard-bytes", 200000, *more, code=code)

    def files(self, folder=None):
        return {file.name: file.read_bytes() for file in (folder or self.data).iterdir()}


class Made(DatasetTest):
    def test_a_dataset_is_measured_and_the_document_says_which(self):
        row = json.loads(self.make("--seed", 3, "--format", "json").stdout)[0]
        self.assertEqual(row["dataset"], "dataset imagenet, seed 3, tar")
        self.assertEqual(int(row["records"]), 60)
        done = self.muster("run", "smoke", "--backend", "host", "--filter", "dataload", "--launches", 1, "--data", self.data,
                           "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        cases = self.document()["cases"]
        self.assertEqual(len(cases), 8)
        for case in cases:
            self.assertEqual(case["status"], "ok", case["name"])
            self.assertEqual(case["facts"]["data"], "dataset imagenet, seed 3, tar, 60 records")

    def test_a_pack_is_measured_as_well(self):
        self.make("--pack")
        done = self.muster("run", "smoke", "--backend", "host", "--filter", "dataload/(read|pipeline)", "--launches", 1, "--data",
                           self.data, "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({case["status"] for case in self.document()["cases"]}, {"ok"})

    def test_other_records_are_read_and_the_cases_that_want_pictures_say_so(self):
        self.small()
        done = self.muster("run", "smoke", "--backend", "host", "--filter", "dataload", "--launches", 1, "--data", self.data,
                           "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        for case in self.document()["cases"]:
            needs_pictures = case["params"].get("decode") == "jpeg" or case["workload"].split("/")[1] in ("pipeline", "decode", "preprocess")
            self.assertEqual(case["status"], "unsupported" if needs_pictures else "ok", case["name"])
        self.assertIn("no pictures", done.stdout)

    def test_threads_change_nothing(self):
        self.small("--threads", 1)
        self.small("--threads", 5, folder=self.folder / "other")
        self.assertEqual(self.files(), self.files(self.folder / "other"))

    def test_a_killed_one_goes_on(self):
        arguments = ("dataset", "make", self.data, "--profile", "imagenet", "--records", 3000, "--shard-bytes", "2MiB", "--threads", 1)
        process = self.start(*arguments)
        self.wait_for(lambda: (self.data / "shard-000003.tar.index").exists(), "the fourth shard")
        process.kill()
        process.communicate(timeout=60)
        self.assertFalse((self.data / "dataset.index").exists())
        process = self.start(*arguments)
        self.wait_for(lambda: (self.data / "shard-000006.tar.index").exists(), "the seventh shard")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn("whole shards are kept", err)
        self.assertIn("unfinished", self.dataset("check", self.data, code=4).stdout)
        self.assertFalse([name for name in self.files() if name.endswith(".part")])

    def test_usage(self):
        self.assertIn("--records", self.dataset("make", self.data, "--profile", "imagenet", code=2).stderr)
        self.dataset("make", self.data, "--profile", "cifar", "--records", 5, code=2)
        self.make("--bytes", "1GB", code=2)
        self.assertIn("no size", self.dataset("make", self.data, "--profile", "unet3d", "--bytes", "much", code=2).stderr)
        self.dataset("check", self.folder / "nowhere", code=2)
        self.dataset(code=2)
        self.small()
        self.assertIn("other parameters", self.small("--seed", 5, code=2).stderr)


class Imported(DatasetTest):
    def test_a_users_files(self):
        self.make(folder=self.folder / "made")
        source = self.folder / "source"
        with tarfile.open(self.folder / "made/shard-000000.tar") as tar:
            tar.extractall(source / "n01440764")
        (source / "empty.jpg").touch()
        (source / "letter.jpg").write_text("Dear Sir, this is no picture.")
        done = self.dataset("import", source, self.data, "--format", "csv")
        self.assertEqual(int(list(csv.DictReader(io.StringIO(done.stdout)))[0]["records"]), len(list((source / "n01440764").iterdir())))
        self.assertIn("left out: empty.jpg (empty)", done.stderr)
        self.assertIn("left out: letter.jpg (not a JPEG)", done.stderr)
        self.dataset("check", self.data)
        with tarfile.open(self.data / "shard-000000.tar") as tar:
            for member in tar:
                self.assertEqual(tar.extractfile(member).read(), (source / member.name).read_bytes())

    def test_nothing_usable(self):
        source = self.folder / "source"
        source.mkdir()
        (source / "letter.jpg").write_text("Dear Sir, this is no picture.")
        self.assertIn("can be used", self.dataset("import", source, self.data, code=2).stderr)


class Wrong(DatasetTest):
    def test_planted_corruption_is_found_and_every_fault_listed(self):
        self.small()
        self.dataset("check", self.data)
        for shard, place in ((0, 5000), (0, 60000), (2, 70000)):
            with open(self.data / f"shard-{shard:06}.tar", "r+b") as file:
                file.seek(place)
                byte = file.read(1)
                file.seek(place)
                file.write(bytes([byte[0] ^ 1]))
        (self.data / "shard-000001.tar").unlink()
        rows = json.loads(self.dataset("check", self.data, "--format", "json", code=5).stdout)
        self.assertEqual(len(rows), 4, rows)
        self.assertEqual({row["kind"] for row in rows}, {"wrong"})
        self.assertIn("shard-000001.tar is missing", [row["fault"] for row in rows])
        self.assertEqual(self.muster("run", "smoke", "--backend", "host", "--filter", "dataload/read", "--launches", 1, "--data",
                                     self.data, "-o", self.run_folder).returncode, 6)
        self.assertIn("shard-000001.tar is missing", self.document()["failures"][0]["message"])
        before = self.files()
        self.small()
        self.dataset("check", self.data)
        self.assertEqual(self.files()["shard-000003.tar"], before["shard-000003.tar"])

    def test_an_index_that_points_outside_is_refused(self):
        self.small()
        index = bytearray((self.data / "dataset.index").read_bytes())
        index[-100] ^= 1
        (self.data / "dataset.index").write_bytes(index)
        self.assertIn("checksum", self.dataset("check", self.data, code=5).stdout)
        self.muster("run", "smoke", "--backend", "host", "--filter", "dataload/decode", "--launches", 1, "--data", self.data, "-o",
                    self.run_folder)
        self.assertIn("refused", self.document()["failures"][0]["message"])
        self.assertEqual(self.document()["failures"][0]["class"], "bad_input")

    def test_what_cannot_be_read_is_infrastructure(self):
        self.small()
        (self.data / "shard-000001.tar").unlink()
        (self.data / "shard-000001.tar").symlink_to("shard-000001.tar")
        self.assertIn("unreadable", self.dataset("check", self.data, code=6).stdout)


class NotSaved(DatasetTest):
    def mount(self, options):
        place = self.folder / "small"
        place.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True).returncode:
            self.skipTest("mounting a tmpfs is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(place)], capture_output=True)
        return place

    def test_too_little_space_is_said_before_anything_is_made(self):
        done = self.make(folder=self.mount("size=4m"), records=1000, code=7)
        self.assertRegex(done.stderr, r"\d+ MB needed, \d+ MB free")
        self.assertEqual(list((self.folder / "small").iterdir()), [])

    def test_a_disk_that_fills_meanwhile_leaves_whole_shards(self):
        place = self.mount("size=70m")
        arguments = ("dataset", "make", place / "d", "--profile", "imagenet", "--records", 500, "--shard-bytes", "1MiB", "--threads", 1)
        process = self.start(*arguments)
        self.wait_for(lambda: (place / "d/shard-000001.tar.index").exists(), "two shards", 60)
        with open(place / "ballast", "wb", buffering=0) as ballast, self.assertRaises(OSError):
            while True:
                ballast.write(bytes(65536))
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 7, err)
        self.assertIn("No space left", err)
        self.assertFalse(list((place / "d").glob("*.part")))
        self.dataset("check", place / "d", code=4)
        done = self.muster("run", "smoke", "--backend", "host", "--filter", "dataload/decode", "--launches", 1, "--data", place / "d",
                           "-o", self.run_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        (place / "ballast").unlink()
        self.assertNotEqual(json.loads(self.dataset(*arguments[1:], "--format", "json").stdout)[0]["of them kept"], "0")
        self.dataset("check", place / "d")

    def test_a_place_that_may_not_be_written(self):
        self.assertIn("Read-only file system", self.make(folder=self.mount("ro") / "d", code=7).stderr)

    def test_a_folder_that_cannot_be_made(self):
        (self.folder / "file").write_text("in the way")
        self.assertIn("cannot write", self.make(folder=self.folder / "file/data", code=7).stderr)


if __name__ == "__main__":
    unittest.main()
