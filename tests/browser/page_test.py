"""Reports in a real browser: on a desk and on a phone, light and dark, with the keyboard, on paper.
MUSTER_SCREENSHOTS=FOLDER keeps the pictures and the PDF."""
import os
import re
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib
from pathlib import Path

from chromium import Browser

PROGRAM, SOURCE, BUILD = (Path(os.environ[f"MUSTER_{name}"]) for name in ("PROGRAM", "SOURCE", "BUILD"))
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}

# Elements that stick out of the window, but for those in a box that scrolls by itself.
WIDE = """[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, .patterns, pre') &&
  e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120))"""
# Texts of one drawing that lie on each other.
OVERLAPS = """[...document.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().width > 0).flatMap(s => {
  const texts = [...s.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
  const on = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 &&
                       Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  return texts.flatMap(([word, box], i) => texts.slice(i + 1).filter(([, other]) => on(box, other))
    .map(([second]) => s.querySelector('title').textContent + ': ' + word + ' | ' + second));
})"""
# Texts that leave their drawing.
OUTSIDE = """[...document.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().width > 0).flatMap(s => {
  const box = s.getBoundingClientRect();
  return [...s.querySelectorAll('text')].filter(t => { const r = t.getBoundingClientRect();
    return r.right > box.right + 3 || r.left < box.left - 3 || r.bottom > box.bottom + 3; }).map(t => t.textContent);
})"""


def pixels(file):
    """Rows of (r, g, b) of a PNG of 8 bits a channel, not interlaced (PNG specification, W3C, 2003)."""
    data = Path(file).read_bytes()
    width, height, _, kind = struct.unpack(">IIBB", data[16:26])
    step, at, packed = {2: 3, 6: 4}[kind], 8, b""
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    raw, above, rows = zlib.decompress(packed), bytearray(width * step), []
    for row in range(height):
        start = row * (width * step + 1)
        line, how = bytearray(raw[start + 1:start + 1 + width * step]), raw[start]
        for i in range(len(line)):
            left, up, corner = (line[i - step], above[i], above[i - step]) if i >= step else (0, above[i], 0)
            if how == 4:
                guess = left + up - corner
                left = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
            line[i] = line[i] + (0, left, up, (left + up) // 2, left)[how] & 255
        rows.append([tuple(line[i:i + 3]) for i in range(0, len(line), step)])
        above = line
    return rows


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="muster-pages-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.kept = os.environ.get("MUSTER_SCREENSHOTS")
        cls.pictures = Path(cls.kept) if cls.kept else cls.folder
        cls.pictures.mkdir(parents=True, exist_ok=True)
        fleet, other = cls.folder / "fleet", cls.folder / "other"
        for folder, more in ((fleet, ["--slow", "3.5=0.06", "--link", "3-9=0.4"]), (other, ["--change", "-0.04", "--seed", "2"])):
            cls.run_program(BUILD / "bin/muster_fleet", folder, "--nodes", "24", "--launches", "5", *more)
        few = cls.folder / "few"
        cls.run_program(BUILD / "bin/muster_fleet", few, "--nodes", "1", "--launches", "2", "--samples", "--slow", "0.3=0.2")
        cls.pages = {"quick": cls.page("quick", SOURCE / "results/h200/quick.json"), "fleet": cls.page("fleet", fleet),
                     "few": cls.page("few", few), "two": cls.page("two", f"before={fleet}", f"after={other}")}
        cls.browser = Browser(seconds=240)
        cls.addClassCleanup(cls.browser.__exit__)

    @staticmethod
    def run_program(*arguments):
        subprocess.run([str(argument) for argument in arguments], check=True, timeout=120, capture_output=True)

    @classmethod
    def page(cls, name, *results):
        file = cls.folder / f"{name}.html"
        cls.run_program(PROGRAM, "report", *results, "-o", file)
        return file

    def each(self, test):
        for name, file in self.pages.items():
            for size, (width, height) in SIZES.items():
                with self.subTest(page=name, size=size):
                    test(self.browser.open(file, width, height), width)

    def test_nothing_is_loaded_and_nobody_complains(self):
        self.each(lambda page, _: self.assertEqual((page.requests(), page.complaints()), ([], [])))

    def test_nothing_is_wider_than_the_window(self):
        def narrow(page, width):
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
            self.assertEqual(page.evaluate(WIDE), [])
        self.each(narrow)

    def test_labels_do_not_lie_on_each_other_and_stay_inside(self):
        self.each(lambda page, _: self.assertEqual((page.evaluate(OVERLAPS), page.evaluate(OUTSIDE)), ([], [])))

    def test_pictures_are_not_blank_and_follow_the_light(self):
        for name, file in self.pages.items():
            for size, (width, height) in SIZES.items():
                for dark, corner in ((False, (255, 255, 255)), (True, (20, 23, 26))):
                    with self.subTest(page=name, size=size, dark=dark):
                        page = self.browser.open(file, width, height, dark)
                        if self.kept:
                            page.screenshot(self.pictures / f"{name}_{size}_{'dark' if dark else 'light'}.png")
                        page.screenshot(self.folder / "small.png", scale=0.1, height=height)
                        rows = pixels(self.folder / "small.png")
                        self.assertEqual(rows[0][0], corner)
                        self.assertGreater(len({pixel for row in rows for pixel in row}), 50)

    def test_keys_reach_links_and_unfold_tables(self):
        page = self.browser.open(self.pages["quick"], *SIZES["desktop"])
        page.press("Tab")
        self.assertEqual(page.evaluate("document.activeElement.tagName"), "A")
        page.evaluate("document.querySelector('summary').focus()")
        page.press("Enter")
        self.assertTrue(page.evaluate("document.querySelector('details').open"))
        self.assertTrue(page.evaluate("[...document.querySelectorAll('.scroll')].every(e => e.tabIndex == 0)"))

    def test_paper_has_the_tables_and_loses_nothing_at_the_edge(self):
        for name, words in (("quick", ("Complete", "693.8", "launches differ by", "sw_power_cap", "How to do it again")),
                            ("fleet", ("gpu0003 GPU 5", "the worst pairs"))):
            with self.subTest(page=name):
                file = self.pictures / f"{name}.pdf"
                self.browser.open(self.pages[name], *SIZES["desktop"]).pdf(file)
                sheets = len(re.findall(rb"/Type\s*/Page\b", file.read_bytes()))
                self.assertTrue(3 <= sheets <= 16, sheets)
                text = subprocess.run(["pdftotext", file, "-"], capture_output=True, text=True, timeout=60).stdout
                for word in words:
                    self.assertIn(word, " ".join(text.split()))
                for number, sheet in enumerate(text.split("\f")[:-1]):
                    self.assertGreater(len(sheet.split()), 10, f"sheet {number + 1} is all but empty")


if __name__ == "__main__":
    unittest.main()
