"""Where what is printed cannot be kept: that is an error, not a success."""
from support import *

FLEET = BUILD / "bin" / "muster_fleet"


class LostOutput(MusterTest):
    def setUp(self):
        super().setUp()
        for name in ("a", "b"):
            subprocess.run([FLEET, self.folder / "runs" / name, "--nodes", "1", "--gpus", "2"], check=True, capture_output=True)

    def test_a_full_disk_behind_standard_output(self):
        base, new = (self.folder / "runs" / name for name in ("a", "b"))
        for arguments in (["compare", base, new], ["compare", base, new, "--format", "json"], ["check", base], ["list"],
                          ["history", self.folder / "runs"], ["baseline", "list"], ["--version"], ["run", "--help"]):
            with self.subTest(arguments), open("/dev/full", "w") as full:
                done = subprocess.run([PROGRAM, *map(str, arguments)], env=self.environment(), cwd=self.folder, stdout=full,
                                      stderr=subprocess.PIPE, text=True, timeout=60)
                self.assertEqual(done.returncode, 7, done.stderr)
                self.assertIn("cannot write to standard output (No space left on device) free some space", done.stderr)
                self.assertEqual(done.stderr.count("standard output"), 1)
                self.assertNotIn("internal error", done.stderr)

    def test_a_reader_that_has_seen_enough(self):
        process = self.start("list")
        process.stdout.close()
        self.assertEqual(process.stderr.read(), "")
        self.assertIn(process.wait(60), (0, -signal.SIGPIPE))
        process.stderr.close()


if __name__ == "__main__":
    unittest.main()
