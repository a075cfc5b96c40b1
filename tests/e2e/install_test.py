"""What `cmake --install` and the Debian package put in place runs from there: program, plug-ins, configs find each other."""
import tempfile

from support import *

SUITE = ('name = "s"\nlaunches = 1\nsampling = "50ms"\n'
         '[[case]]\nworkload = "memory"\nparams = {op = "copy", bytes = "1MiB"}\n'
         '[[case]]\nworkload = "gemm"\nparams = {type = "fp32", m = 64, n = 64, k = 64}\n')


class Installed(MusterTest):
    def call(self, *words, code=0, **extra):
        environment = self.environment(**extra)
        for name in ("MUSTER_CONFIGS", "MUSTER_PLUGIN_DIR"):
            environment.pop(name, None)
        done = subprocess.run(list(map(str, words)), env=environment, cwd=self.folder, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def require_working(self, program):
        self.assertIn("smoke", self.call(program, "list"))
        self.assertIn("collective/all_reduce", self.call(program, "run", "smoke", "--dry-run", "--backend", "host"))
        self.call(program, "run", self.suite(SUITE), "--backend", "host", "-o", self.run_folder)
        self.assertEqual(set(self.statuses().values()), {"ok"})
        shutil.rmtree(self.run_folder)

    def files(self, top):
        return {file.relative_to(top).as_posix() for file in top.rglob("*") if not file.is_dir()}


class Prefix(Installed):
    def setUp(self):
        super().setUp()
        self.prefix = self.folder / "a prefix"
        self.call("cmake", "--install", BUILD, "--prefix", self.prefix)

    def test_everything_is_where_linux_programs_have_it(self):
        files = self.files(self.prefix)
        self.assertEqual({file.split("/")[0] for file in files}, {"bin", "lib", "share"})
        self.assertEqual({file for file in files if file.startswith("bin/")}, {"bin/muster"})
        self.assertTrue(all(file.startswith(("lib/muster/", "share/muster/", "share/doc/muster/")) for file in files - {"bin/muster"}))
        self.assertIn("lib/muster/libmuster_host.so", files)
        for config in (SOURCE / "configs").rglob("*.toml"):
            self.assertIn(f"share/muster/configs/{config.relative_to(SOURCE / 'configs').as_posix()}", files)
        self.assertIn("share/muster/results/schema/muster.result.schema.json", files)

    def test_it_runs_from_there(self):
        self.require_working(self.prefix / "bin" / "muster")

    def test_it_runs_after_a_move_and_through_a_link(self):
        moved = self.folder / "elsewhere"
        self.prefix.rename(moved)
        link = self.folder / "link-to-it"
        link.symlink_to(moved / "bin" / "muster")
        self.require_working(link)

    def test_without_its_parts_it_says_which_are_missing(self):
        shutil.rmtree(self.prefix / "lib")
        done = self.call(self.prefix / "bin" / "muster", "run", self.suite(SUITE), "--backend", "host", "-o", self.run_folder, code=6)
        self.assertNotIn("ok", done)
        shutil.rmtree(self.prefix / "share")
        self.call(self.prefix / "bin" / "muster", "run", "smoke", "--dry-run", code=2)


@unittest.skipUnless(shutil.which("dpkg-shlibdeps") and shutil.which("dpkg-deb"), "this is no Debian with dpkg-dev")
class DebianPackage(Installed):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.out = Path(tempfile.mkdtemp(prefix="muster-deb-"))
        done = subprocess.run(["cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB", "-B", cls.out, "-D",
                               "CPACK_PACKAGE_VERSION=0.0.1+test"], capture_output=True, text=True, timeout=300, cwd=cls.out)
        assert done.returncode == 0, done.stdout + done.stderr
        (cls.package,) = cls.out.glob("*.deb")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.out)

    def field(self, name):
        return self.call("dpkg-deb", "--field", self.package, name).strip()

    def packages(self, name):
        return {entry.split()[0] for entry in self.field(name).split(",")}

    def test_says_what_it_is_and_needs(self):
        self.assertRegex(self.package.name, r"^muster_0\.0\.1\+test_[a-z0-9]+\.deb$")
        self.assertEqual((self.field("Package"), self.field("Version")), ("muster", "0.0.1+test"))
        self.assertRegex(self.field("Maintainer"), r"^\S.* <\S+@\S+>$")
        self.assertIn("NVIDIA", self.field("Description"))
        needs, likes = self.packages("Depends"), self.packages("Recommends")
        self.assertIn("libc6", needs)
        self.assertTrue(any(package.startswith("libopenblas") for package in needs), needs)
        self.assertFalse([package for package in needs if "mpi" in package or "nvidia" in package], needs)
        if (BUILD / "lib" / "libmuster_mpi.so").exists():
            self.assertTrue({"openmpi-bin", "mpich"} & likes, likes)

    def test_holds_what_the_installation_has_under_usr(self):
        prefix = self.folder / "prefix"
        self.call("cmake", "--install", BUILD, "--prefix", prefix)
        listing = self.call("dpkg-deb", "--contents", self.package).splitlines()
        self.assertEqual({line.split()[1] for line in listing}, {"root/root"})
        self.call("dpkg-deb", "-x", self.package, self.folder / "root")
        self.assertEqual(self.files(self.folder / "root" / "usr"), self.files(prefix))
        self.assertEqual([entry.name for entry in (self.folder / "root").iterdir()], ["usr"])

    def test_runs_unpacked(self):
        self.call("dpkg-deb", "-x", self.package, self.folder / "root")
        self.require_working(self.folder / "root" / "usr" / "bin" / "muster")


if __name__ == "__main__":
    unittest.main()
