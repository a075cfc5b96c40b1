"""The report as a file: what it may contain whatever a document says, how large it gets, and what it says of broken input."""
import html.parser
import subprocess
import unittest

from support import *

EVIL = "\"><img src=x onerror=alert(1)></style></title><script>alert(2)</script>'`&amp;\x1b[31m\x00\x9b\u202e\u2028<!--"
# What the page is made of; attributes of everything that is drawn are geometry, classes and words for readers.
DRAWN = {"class", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "d", "width", "height", "fill", "text-anchor"}
TEMPLATE = {
    "html": {"lang"}, "head": set(), "body": set(), "title": set(), "style": set(), "meta": {"charset", "http-equiv", "content", "name"},
    "header": set(), "main": {"id"}, "footer": set(), "nav": {"aria-label"}, "section": {"id"}, "div": {"class", "tabindex", "role", "aria-label", "aria-hidden"},
    "h1": set(), "h2": set(), "h3": set(), "h4": set(), "p": {"class"}, "span": {"class"}, "small": set(), "br": set(), "wbr": set(), "pre": set(),
    "ul": {"class"}, "li": set(), "a": {"href"}, "details": {"class"}, "summary": set(), "figure": set(), "figcaption": {"class"},
    "table": set(), "caption": set(), "thead": set(), "tbody": set(), "tr": {"class"}, "th": {"class", "scope", "colspan"}, "td": {"class"},
    "svg": {"role", "viewbox", "width", "height"}, "g": set(), "desc": set(), "defs": set(), "pattern": {"id", "width", "height", "patternunits"},
    "line": DRAWN, "path": DRAWN, "rect": DRAWN, "circle": DRAWN, "text": DRAWN,
}
# Words that a reader of documents insists on; everything else is anybody's text.
CLOSED = {"status", "better", "quantity", "class", "kind", "unit"}
# What decides which sections there are: the second document keeps them.
KEPT = CLOSED | {"workload", "started", "ended"}


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.strange, self.policies, self.drawings, self.text, self.ids = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        if tag not in TEMPLATE or set(names) - TEMPLATE[tag] or len(names) != len(set(names)):
            self.strange.append((tag, attributes))
        values = dict(attributes)
        if tag == "a" and not values["href"].startswith("#"):
            self.strange.append((tag, attributes))
        if tag == "meta" and values.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(values["content"])
        if "id" in values:
            self.ids.append(values["id"])
        if self.drawings and len(self.drawings[-1]) < 3:
            self.drawings[-1].append(tag)
        if tag == "svg":
            self.drawings.append(["svg"])

    def handle_comment(self, data):
        self.strange.append(("comment", data))

    def handle_data(self, data):
        self.text.append(data)


def planted(value, keep, key=None):
    """Every text, and every name that a document may choose, becomes hostile."""
    if isinstance(value, dict):
        free = key in ("facts", "software", "env", "params", "caches", "throttled_seconds")
        return {(part + EVIL if free and not (keep and key == "params") else part): planted(inner, keep, part)
                for part, inner in value.items()}
    if isinstance(value, list):
        return [planted(inner, keep, key) for inner in value]
    if not isinstance(value, str) or key in (KEPT if keep else CLOSED):
        return value
    return value + EVIL


class Report(MusterTest):
    def report(self, *arguments, code=0):
        done = self.muster("report", *arguments, "-o", self.folder / "page.html")
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def page(self):
        return (self.folder / "page.html").read_text()

    def fleet(self, name="fleet", *arguments):
        subprocess.run([BUILD / "bin/muster_fleet", self.folder / name, *arguments], check=True, timeout=120)
        return self.folder / name

    def check(self, text):
        page = Page(text)
        self.assertEqual(page.strange, [])
        self.assertEqual(page.policies, ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"])
        self.assertLess(text.index("Content-Security-Policy"), text.index("<title>"))
        self.assertEqual(len(page.ids), len(set(page.ids)))
        for drawing in page.drawings:
            self.assertEqual(drawing[:3], ["svg", "title", "desc"])
        self.assertEqual([c for c in text if (ord(c) < 32 and c != "\n") or c in "\x7f\x9b\u2028\u2029\u202e"], [])
        return page

    def plant(self, source, keep):
        document = json.loads(source.read_text())
        schema = document["schema"]
        document = planted(document, keep)
        document["schema"] = schema
        path = self.folder / "hostile.json"
        path.write_text(json.dumps(document))
        return path

    def test_no_text_of_a_document_becomes_markup(self):
        sources = [SOURCE / "results/h200/quick.json", SOURCE / "results/h200/ranks.json", SOURCE / "tests/golden/two_nodes/expected.json",
                   self.fleet("fleet", "--nodes", "2", "--launches", "3", "--slow", "1.2=0.2", "--samples") / "result.json"]
        for source in sources:
            for keep in (True, False):
                with self.subTest(source=source.name, keep=keep):
                    self.report(self.plant(source, keep))
                    page = self.check(self.page())
                    self.assertIn("onerror", "".join(page.text))  # it is there, as text

    def test_no_label_or_path_becomes_markup(self):
        source = self.plant(SOURCE / "results/h200/quick.json", True)
        label = "<script>alert(3)</script>"
        self.report(f"{label.replace('/', '')}={source}", f"b={SOURCE / 'results/h200/quick.json'}")
        self.check(self.page())

    def test_the_shipped_documents(self):
        for source in sorted((SOURCE / "results/h200").glob("*.json")):
            self.report(source)
            self.check(self.page())
        self.report(*sorted((SOURCE / "results/h200").glob("*.json")))
        page = self.check(self.page())
        self.assertIn("Verdicts", page.text)

    def test_the_sentence_of_the_best_product_is_computed(self):
        self.report(SOURCE / "results/h200/quick.json")
        self.assertIn("bf16 8192³ reaches 693.8 TFLOP/s, 65 % of tensor peak at max clock; 89 % at the clock that it ran at.",
                      "".join(Page(self.page()).text))

    def test_sensors_over_time_are_read_from_beside_the_document(self):
        folder = self.fleet("fleet", "--nodes", "2", "--launches", "2", "--samples")
        self.report(folder)
        self.assertIn("Over time", "".join(self.check(self.page()).text))
        file = next((folder / "samples").glob("*.ndjson"))
        file.write_text(file.read_text().replace("5", "6"))
        done = self.report(folder)
        self.assertIn(file.name, done.stderr)
        self.assertIn("could not be read", "".join(self.check(self.page()).text))

    def test_a_large_run_makes_a_small_page(self):
        folder = self.fleet("fleet", "--nodes", "90", "--gemm", "20", "--memory", "20", "--collectives", "19", "--slow", "3.5=0.06")
        self.report(folder)
        self.assertLess(len(self.page()), 2 << 20)
        self.assertIn("gpu0003 GPU 5", "".join(self.check(self.page()).text))
        (folder / "ranks" / "gpu0004.ndjson").unlink()  # a page without it is better than none
        self.assertIn("gpu0004.ndjson", self.report(folder).stderr)
        self.assertIn("could not be read", self.page())

    def test_the_same_input_gives_the_same_bytes(self):
        folder = self.fleet("fleet", "--nodes", "2", "--launches", "2")
        self.report(folder)
        first = self.page()
        self.report(folder)
        self.assertEqual(self.page(), first)

    def test_what_cannot_be_read_or_written_is_said(self):
        broken = self.folder / "broken.json"
        broken.write_text("{")
        self.assertIn("broken.json", self.report(broken, code=2).stderr)
        self.assertFalse((self.folder / "page.html").exists())
        done = self.muster("report", SOURCE / "results/h200/quick.json", "-o", broken / "page.html")
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertEqual(self.muster("report").returncode, 2)


if __name__ == "__main__":
    unittest.main()
