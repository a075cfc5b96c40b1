"""Nothing that a user, a site's file or Slurm itself writes reaches a shell, adds a directive to a batch script, or commands a
terminal. Every payload goes to every place that takes text: it is refused with exit code 2, or it stands in the script as
the one value it was meant for, or only in the request, which no shell reads. Scripts that come of it are then really run."""
import re
import sys

from fake_slurm import FakeSlurm
from support import *

HARM = "touch pwned"  # what a payload tries, in the folder where the script is run
PAYLOADS = [
    # further directives and lines
    "a\n#SBATCH --uid=0", "a\r#SBATCH --uid=0", "a\r\n#SBATCH --wrap=x", "a\n\n#SBATCH --wrap=x", "\n#SBATCH --uid=0\n",
    "#SBATCH --uid=0", "a #SBATCH --uid=0", "\\\n#SBATCH --uid=0", f"a\n{HARM}\n", f"\n{HARM}", f"a\v{HARM}", f"a\f{HARM}",
    "a\tb", "a b", " ", "", "a\n", "\n", "a\x85#SBATCH --uid=0", "a\u2028#SBATCH --uid=0", "a\u2029#SBATCH --uid=0",
    # quotes
    f"'; {HARM}; '", f'"; {HARM}; "', f"a'$({HARM})'b", f"a\\';{HARM};\\'", "'", '"', "`", "\\", "a\\", "$'\\n'", '$"x"',
    # substitutions, operators, patterns
    f"$({HARM})", f"`{HARM}`", f"a$({HARM})", f"a`{HARM}`", f"${{IFS}}$({HARM})", "$PATH", "${PATH}", "$((1+1))", f"<({HARM})", f"a;{HARM}", f"a&&{HARM}",
    f"a||{HARM}", f"a|{HARM}", f"a&{HARM}&", ">pwned", "<pwned", "a{b,c}", "*", "?", "[a-z]", "~", "~root", "!!", "#", "a#b",
    f"gpu[1-$({HARM})]", f"gpu[1-3]$({HARM})", f"/a:/b:ro;{HARM}", f"nvcr.io#x;{HARM}", f"x=$({HARM})", "<<EOF", "EOF\n",
    # options
    "-x", "--", "--uid=0", f"--wrap={HARM}", "-o/tmp/x", "--request", "=x", "-",
    # formats, of Slurm and of this program
    "%j", "%x/%u", "%s%s%n", "{}", "{0}", "{local}", "%00", "\\x00", "\\0",
    # paths
    "..", "../..", "../../etc/passwd", "/etc/../etc/passwd", "/etc/passwd", "/a/../b", "./x", "/dev/stdin", "//x",
    # what a terminal obeys, and text that only looks like something else
    "a\x1b[2J", "a\x1b]0;x\x07", "\x07", "\x7f", "a\x9b31m", "a\u202eb", "a\u200bb", "\uff04(\uff54ouch)", "gr\u00fc\u00df", "\U0001f600",
    b"a\xff".decode(errors="surrogateescape"), b"\xc0\xaf".decode(errors="surrogateescape"),
    # sizes
    "a" * 300, "a" * 5000, "/" + "a" * 5000, "a," * 9000, "[" * 1000,
    # harmless ones, so that something is let through everywhere
    "abc", "/abc/def", "/abc:/def:ro", "a100&ib", "gpu[001-090]", "12G", "2h", "abc/1.2",
]
OPTIONS = ["--partition", "--account", "--qos", "--reservation", "--constraint", "--exclude", "--nodelist", "--time", "--job-name",
           "--output", "--filter", "--data", "--cache", "--time-budget", "--site", "--backend", "--nodes", "--versus",
           "--versus-env"]
KEYS = ["partition", "account", "qos", "reservation", "constraint", "exclude", "nodelist", "time", "gpu_type", "memory", "gpus",
        "launcher", "mpi", "modules", "program", "local_folder", "summary"]
# Places of texts that the script must not show in any form.
REQUEST_ONLY = {"--filter", "--data", "--cache", "--time-budget", "--output", "--versus", "--versus-env", "summary", "launcher", "mpi", "local_folder",
                "[environment] name", "[environment] value", "[container]"}


def toml_text(text):
    """In a basic string of TOML; bytes that are not UTF-8 as they are."""
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 0x20 or c in '"\\\x7f' else c for c in text)
    return f'"{escaped}"'


class Injection(MusterTest):
    def setUp(self):
        super().setUp()
        self.slurm = FakeSlurm(self.folder / "slurm")
        self.slurm.program("module", "#!/bin/sh\nexit 0\n")
        self.fake = self.slurm.program("muster", f'#!/bin/sh\nprintf "%s\\n" "$@" >"{self.folder}/started"\n')
        self.canary = self.folder / "canary"
        self.canary.mkdir()
        self.count = self.refused = self.accepted = 0
        self.without = ""
        self.run_already = set()

    def submit(self, site_text, *arguments):
        site = self.folder / "site.toml"
        site.write_bytes(site_text.encode(errors="surrogateescape"))
        command = [PROGRAM, "submit", "quick", "--nodes", "2", "--site", str(site), *arguments]
        done = subprocess.run([os.fsencode(word) for word in command], cwd=self.folder, capture_output=True,
                              env=self.environment(PATH=self.slurm.path()), timeout=60)
        text = (done.stdout + done.stderr).decode(errors="replace")
        self.assertNotRegex(text, r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "a terminal would obey this")
        return done.returncode, text

    def attempt(self, place, payload, site_text, *arguments):
        """One payload in one place; what comes of it."""
        self.count += 1
        shutil.rmtree(self.run_folder, ignore_errors=True)
        (self.slurm.folder / "script").unlink(missing_ok=True)
        if place != "--output":
            arguments += ("--output", str(self.run_folder))
        if place not in ("--time", "time"):
            arguments += ("--time=1h",)
        code, text = self.submit(site_text, *arguments)
        script = self.slurm.script()
        if code != 0:
            self.assertEqual(code, 2, f"{place} {payload!r}: {text}")
            self.assertEqual(script, "", f"{place} {payload!r}: submitted, and refused")
            self.refused += 1
            return
        self.accepted += 1
        self.judge(place, payload, script)
        self.run_script(place, payload)

    def judge(self, place, payload, script):
        """It is what it is without the payload, but for the one value that the payload is meant for."""
        folder = os.path.normpath(payload) if place == "--output" else str(self.run_folder)
        lines = script.replace(folder, "FOLDER").splitlines()
        baseline = self.baseline().replace(str(self.run_folder), "FOLDER").splitlines()
        directive = {"memory": "mem", "gpu_type": "gpus-per-node"}.get(place, place.lstrip("-"))
        value = {"time": r"(\d+-)?\d\d:\d\d:00", "gpu_type": re.escape(payload) + ":8"}.get(place.lstrip("-"), re.escape(payload))
        meant = {"program": f"exec {re.escape(payload)} run --request FOLDER/request.json",
                 "modules": rf"|# The site's modules\.|type module .*/etc/profile|module load {re.escape(payload)} \|\| exit 6",
                 }.get(place, rf"#SBATCH --{directive}={value}|#SBATCH --signal=B:TERM@\d+")
        for line in lines:
            self.assertTrue(line in baseline or (place not in REQUEST_ONLY and re.fullmatch(meant, line)),
                            f"{place} {payload!r} made the line {line!r}")
            if line.startswith("#SBATCH"):  # where a blank would begin another option
                self.assertRegex(line, r"^#SBATCH --[a-z-]+(=[A-Za-z0-9_.+,&|()\[\]*:/@=%-]+)?$", f"{place} {payload!r}")
        gone = [line for line in baseline if line not in lines]
        self.assertLessEqual(len(gone), 2, f"{place} {payload!r} took away {gone}")
        names = [line.split("=")[0] for line in lines if line.startswith("#SBATCH")]
        self.assertEqual(len(names), len(set(names)), f"{place} {payload!r}: a directive twice")

    def baseline(self):
        """The script without any payload."""
        if not self.without:
            shutil.rmtree(self.run_folder, ignore_errors=True)
            code, text = self.submit(f'program = "{self.fake}"\n', "--output", str(self.run_folder), "--time=1h")
            self.assertEqual(code, 0, text)
            self.without = self.slurm.script()
            shutil.rmtree(self.run_folder)
        return self.without

    def run_script(self, place, payload):
        """For real, with stand-ins for what it starts; each text once."""
        file = self.slurm.folder / "script"
        if file.read_text() in self.run_already:
            return
        self.run_already.add(file.read_text())
        checked = subprocess.run(["bash", "-n", file], capture_output=True)
        self.assertEqual((checked.returncode, checked.stderr), (0, b""), f"{place} {payload!r}")
        started = self.folder / "started"
        started.unlink(missing_ok=True)
        done = subprocess.run(["bash", file], cwd=self.canary, capture_output=True, timeout=60,
                              env=self.environment(PATH=self.slurm.path(), SLURM_JOB_ID="1", SLURM_JOB_NUM_NODES="2"))
        self.assertEqual(sorted(self.canary.iterdir()), [], f"{place} {payload!r} was carried out")
        if place != "program":  # there is no such program
            self.assertEqual(done.returncode, 0, f"{place} {payload!r}: {done.stderr}")
            self.assertRegex(started.read_text(), r"^run\n--request\n/\S+/request\.json\n$", f"{place} {payload!r}")

    def finish(self):
        print(f"{self.count} attempts: {self.refused} refused, {self.accepted} without effect, {len(self.run_already)} scripts run",
              file=sys.stderr)
        self.assertGreater(self.refused, 0)
        self.assertGreater(self.accepted, 0)
        self.assertEqual(list(self.folder.rglob("pwned")), [])

    def test_enough_payloads(self):
        self.assertGreaterEqual(len(set(PAYLOADS)), 60)

    def test_options(self):
        for option in OPTIONS:
            for payload in PAYLOADS:
                text = f'program = "{self.fake}"\n'
                if option == "--output":
                    payload = f"{self.folder}/runs/first/out-{payload}"  # a folder of this test, whatever it is called
                self.attempt(option, payload, text, f"{option}={payload}" if payload else option, *([""] if not payload else []))
        self.finish()

    def test_keys_of_a_site(self):
        for key in KEYS:
            for payload in PAYLOADS:
                value = f"[{toml_text(payload)}]" if key == "modules" else toml_text(payload)
                program = "" if key == "program" else f'program = "{self.fake}"\n'
                self.attempt(key, payload, f"{program}{key} = {value}\n")
        self.finish()

    def test_the_spread_of_the_program(self):
        good = {"broadcast": "/good/archive.tar.gz", "local_folder": "/good/local"}
        for key in good:
            _, plain = self.dry_run({**good, key: "/another"})
            for payload in PAYLOADS:
                self.count += 1
                code, script = self.dry_run({**good, key: payload})
                if code == 0:
                    self.accepted += 1
                    self.assertEqual(script, plain.replace("/another", payload), f"{key} {payload!r}")
                    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
                else:
                    self.assertEqual(code, 2, f"{key} {payload!r}")
                    self.refused += 1
        self.finish()

    def dry_run(self, settings):
        """The exit code, and the script."""
        code, text = self.submit("".join(f"{key} = {toml_text(value)}\n" for key, value in settings.items()), "--dry-run",
                                 "--time=1h", "--output", str(self.run_folder))
        return code, text[:text.find("nodes    2")]

    def test_names_and_values_of_the_environment(self):
        for payload in PAYLOADS:
            start = f'program = "{self.fake}"\n[environment]\n'
            self.attempt("[environment] name", payload, f"{start}{toml_text(payload)} = \"x\"\n")
            self.attempt("[environment] value", payload, f"{start}NAME = {toml_text(payload)}\n")
        self.finish()

    def test_containers(self):
        for payload in PAYLOADS:
            for key, value in {"image": toml_text(payload), "mounts": f"[{toml_text(payload)}]", "runtime": toml_text(payload)}.items():
                settings = {"runtime": '"pyxis"', "image": '"/a.sqsh"', key: value}
                lines = "".join(f"{name} = {text}\n" for name, text in settings.items())
                self.attempt("[container]", payload, f'program = "{self.fake}"\n[container]\n{lines}')
        self.finish()

    def test_a_zero_byte_of_a_site(self):
        for key in (*KEYS[:15], "environment.A"):
            code, text = self.submit(f'{key} = "a\\u0000b"\n', "--dry-run")
            self.assertEqual(code, 2, f"{key}: {text}")

    def test_free_text_arrives_as_it_was_written(self):
        """In the request, byte for byte."""
        for payload in PAYLOADS:
            shutil.rmtree(self.run_folder, ignore_errors=True)
            code, _ = self.submit(f'program = "{self.fake}"\n[environment]\nNAME = {toml_text(payload)}\n', "--output",
                                  str(self.run_folder))
            if code == 0:
                request = json.loads((self.run_folder / "request.json").read_text())
                self.assertEqual(request["environment"], {"NAME": payload})
            else:
                self.assertTrue(any(0xdc80 <= ord(c) < 0xdd00 for c in payload) or len(payload) > 16384, repr(payload))

    def test_what_slurm_says(self):
        """Names of partitions and sbatch's words are shown, never obeyed."""
        for payload in PAYLOADS:
            text = payload.encode(errors="surrogateescape")
            (self.slurm.folder / "sinfo.output").write_bytes(b"gpu-" + text + b"*|up|1:00:00|1|idle|gpu:8\n")
            (self.slurm.folder / "sbatch.output").write_bytes(text)
            (self.slurm.folder / "sbatch.errors").write_bytes(text)
            shutil.rmtree(self.run_folder, ignore_errors=True)
            code, _ = self.submit(f'program = "{self.fake}"\ngpus = "none"\n', "--output", str(self.run_folder), "--spares", "9")
            self.assertEqual(code, 2)
            (self.slurm.folder / "sinfo.output").write_text("gpu*|up|1:00:00|9|idle|gpu:8\n")
            (self.slurm.folder / "sbatch.code").write_text("1")
            code, _ = self.submit(f'program = "{self.fake}"\n', "--output", str(self.run_folder))
            self.assertEqual(code, 6)
        self.assertEqual(list(self.folder.rglob("pwned")), [])


if __name__ == "__main__":
    unittest.main()
