import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from lab.drivers.simulator import simulate
from lab.reports.drawing.configuration_graph import dot, mermaid
from lab.reports.drawing.diagram import svg
from lab.reports.explanation.conclusions import CURES
from lab.reports.run_reports import run_html
from lab.reports.scenario_runs import ScenarioRuns
from lab.reports.text.html import el, join
from lab.scenario.load import load
from tests.reports.runs import SCENARIOS, article, hostile

SVG = "svg"


@pytest.fixture(scope="module")
def page() -> str:
    return run_html.report([article(), hostile()])


@pytest.fixture(scope="module")
def tree(page):
    return ElementTree.fromstring(page.removeprefix("<!doctype html>\n"))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def test_a_page_loads_nothing_and_runs_nothing(page):
    tags = _Tags()
    tags.feed(page)
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    for tag, attributes in tags.seen:
        assert not any(name.startswith("on") or name in ("src", "srcset", "data") for name in attributes), tag
        assert (attributes.get("href") or "#").startswith("#")
    assert not re.search(r"url\(|@import", page)


def test_a_page_is_well_formed_and_its_ids_are_unique(tree):
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(ids) == len(set(ids))


def test_each_link_leads_somewhere(tree):
    ids = {each.get("id") for each in tree.iter()}
    links = {each.get("href") for each in tree.iter("a")}
    assert links
    assert {link.removeprefix("#") for link in links} <= ids


def test_variants_of_no_kind_are_neither_cured_nor_not():
    scenario = load(SCENARIOS / "hybrid-basics.yaml")
    variants = [variant for variant in scenario.variants.values() if not variant.kind][:1]
    page = run_html.report([ScenarioRuns(scenario, tuple(map(simulate, variants)))])
    assert "1 scenario, 1 variant, run by: simulator." in page
    assert not [word for word in CURES.values() if f">{word}<" in page]


def test_hostile_text_stays_text(page):
    assert "<script" not in page
    assert "onerror=alert" in page  # as text
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", page)


def test_a_drawing_has_words_for_those_who_cannot_see_it(tree):
    drawings = list(tree.iter(SVG))
    assert len(drawings) >= len(article().runs)
    for drawing in drawings:
        title, described = drawing.get("aria-labelledby").split()
        told = {each.get("id"): each.text for each in drawing}
        assert told[title]
        assert told[described]


def test_a_table_has_headers(tree):
    for table in tree.iter("table"):
        heads = table.findall("thead/tr/th")
        assert heads
        assert all(head.get("scope") == "col" for head in heads)
        for row in table.findall("tbody/tr"):
            assert len(row) == len(heads)


def test_a_page_shows_every_variant_and_every_administrator(page):
    for run in article().runs:
        assert f'id="wildcard-misrouting.{run.variant.name}"' in page
    assert "Cloud administrator of uclabor" in page
    assert "Get-MessageTraceV2 in uclabor: not a single row." in page


class TestDrawing:
    def arrows(self, variant, key="offer"):
        (run,) = article(variant).runs
        drawn = ElementTree.fromstring(svg(run.variant.topology, [run.trace(key)], id_="x"))
        return [g.get("class") for g in drawn.iter("g") if g.find("circle") is not None], drawn

    def test_the_wrong_leg_and_the_report_stand_out(self):
        kinds, drawn = self.arrows("shared-wildcard")
        assert kinds == ["way", "astray", "way refused", "report"]
        assert "2. gateway to tenant:msxfaq: meant for uclabor, taken for msxfaq by certificate." in "".join(
            drawn.itertext()
        )

    def test_a_cure_has_no_wrong_leg(self):
        kinds, _ = self.arrows("dedicated-certificate")
        assert kinds == ["way", "way"]

    def test_a_refused_message_ends_in_a_cross(self):
        _, drawn = self.arrows("other-region")
        assert len([path for path in drawn.iter("path") if path.get("class") == "cross"]) == 1

    def test_boxes_of_a_lane_do_not_overlap(self):
        _, drawn = self.arrows("other-region")
        boxes = [r for r in drawn.iter("rect") if (r.get("class") or "").startswith("box")]
        corners = [(float(r.get("x")), float(r.get("y"))) for r in boxes]
        for x, y in corners:
            assert not any(x == other_x and 0 < abs(y - other_y) < 98 for other_x, other_y in corners)

    def test_a_configuration_is_drawn_without_any_message(self):
        (run,) = article("shared-wildcard").runs
        drawn = svg(run.variant.topology, alone=True)
        assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"


class TestGraph:
    TOPOLOGY = property(lambda self: article("shared-wildcard").runs[0].variant.topology)

    def test_dot_marks_the_filter_that_would_be_mistaken_and_not_exchange(self):
        red = [line for line in dot(self.TOPOLOGY).splitlines() if "penwidth=2" in line]
        (line,) = red
        assert '"host:gateway" -> "tenant:msxfaq"' in line
        assert "shows *.msxfaq.example, connector wants *.msxfaq.example" in line

    def test_a_cured_configuration_has_no_mark(self):
        cured = article("dedicated-certificate").runs[0].variant.topology
        assert "penwidth=2" not in dot(cured)
        assert "linkStyle" not in mermaid(cured)

    def test_mermaid_names_hosts_tenants_and_certificates(self):
        text = mermaid(self.TOPOLOGY)
        assert text.startswith("flowchart LR\n")
        assert "certificate *.msxfaq.example" in text
        assert "tenant uclabor" in text
        assert "#quot;Only from msxfaq's filter#quot; Partner, 198.51.100.25\"]" in text


def test_markup_escapes_all_but_markup():
    inner = el("b", "<i>")
    assert inner == "<b>&lt;i&gt;</b>"
    assert join("&", inner) == "&amp;<b>&lt;i&gt;</b>"
    assert el("a", "x", href='"><script>') == '<a href="&quot;&gt;&lt;script&gt;">x</a>'
