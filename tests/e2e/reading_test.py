"""Data that fail, shrink or go away while they are being read: the case says which file and where, the others go on."""
from support import *

SUITE = """
name = "reading"
summary = "reads that a test spoils, and a case that has nothing to do with them"
launches = 1
sampling = "1s"

[[case]]
workload = "dataload/read"
params = {access = "records", engine = ["pread", "io_uring"], io = "IO", images = 0, storage = "any"}

[[case]]
workload = "memory"
params = {op = "copy", bytes = "1MiB"}
"""


class Reading(MusterTest):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"
        done = self.muster("dataset", "make", self.data, "--profile", "unet3d", "--records", 400, "--record-bytes", 20000,
                           "--shard-bytes", 2000000)
        self.assertEqual(done.returncode, 0, done.stderr)

    def start_run(self, io="buffered", **extra):
        return self.start("run", self.suite(SUITE.replace("IO", io)), "--backend", "host", "--data", self.data, "-o",
                          self.run_folder, **extra)

    def spoil_while_sampling(self, process, spoil):
        """In the first case; gives the messages of the cases that failed, by name."""
        self.wait_for(lambda: any(e["phase"] == "sample" for e in self.events("phase_started")), "sampling")
        spoil()
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 4, err)
        self.assertEqual(list(self.statuses().values())[-1], "ok")
        return {failure["case"]: (failure["class"], failure["message"]) for failure in self.document()["failures"]}

    def shards(self):
        return sorted(self.data.glob("shard-*.tar"))

    def test_a_read_error_names_file_and_offset_and_costs_one_case(self):
        library = os.environ["MUSTER_READ_FAULTS"]
        process = self.start_run(LD_PRELOAD=library, MUSTER_TEST_READ_FAULT="shard-000001 500 5")
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 4, err)
        pread, uring, memory = self.statuses().values()
        self.assertEqual((pread, memory), ("device_error", "ok"))
        (message,) = (f["message"] for f in self.document()["failures"] if "pread" in f["case"])
        self.assertRegex(message, r"cannot read \d+ bytes at offset \d+ of '.*shard-000001.tar' \(Input/output error\)")
        self.assertIn("Input/output error", out + err)

    def test_a_shard_that_shrinks_is_named(self):
        for io in ("buffered", "direct"):
            with self.subTest(io):
                shutil.rmtree(self.run_folder, ignore_errors=True)
                sizes = {shard: shard.stat().st_size for shard in self.shards()}
                process = self.start_run(io)
                failures = self.spoil_while_sampling(process, lambda: [os.truncate(shard, 512) for shard in self.shards()])
                (kind, message), *_ = failures.values()
                self.assertEqual(kind, "device_error")
                self.assertRegex(message, r"at offset \d+ of '.*shard-00000\d.tar' \(the file ends before it\)")
                # The next case opens the dataset anew and sees it at once.
                self.assertTrue(any("has 512 bytes" in message for _, message in failures.values()), failures)
                shutil.rmtree(self.data)
                self.muster("dataset", "make", self.data, "--profile", "unet3d", "--records", 400, "--record-bytes", 20000,
                            "--shard-bytes", 2000000)
                self.assertEqual({shard: shard.stat().st_size for shard in self.shards()}, sizes)

    def test_a_dataset_that_goes_away_is_read_to_its_end_and_missed_by_the_next_case(self):
        process = self.start_run()
        failures = self.spoil_while_sampling(process, lambda: [shard.unlink() for shard in self.shards()])
        ((kind, message),) = failures.values()  # open files stay readable
        self.assertEqual(kind, "bad_input")
        self.assertIn("shard-000000.tar is missing", message)

    def test_an_index_that_is_cut_is_refused_and_nothing_dies(self):
        process = self.start_run()
        failures = self.spoil_while_sampling(process, lambda: os.truncate(self.data / "dataset.index", 600))
        (kind, message), *_ = failures.values()
        self.assertEqual(kind, "bad_input")
        self.assertRegex(message, r"was cut while it was in use: it ends before byte \d+")


if __name__ == "__main__":
    unittest.main()
