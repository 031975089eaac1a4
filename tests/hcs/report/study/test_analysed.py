"""Kept findings as parts of a page: headline, picture, words and tables, and what was not made."""

import base64
import gzip
import io
from dataclasses import replace

import pandas as pd

from hcs.analysis.kept import KeptAnalyses, KeptFinding
from hcs.analysis.question import BatchSection
from hcs.analysis.registry import in_section, title_of
from hcs.answer.verdict import Verdict
from hcs.pages.page import Download, Point, Section, Why, render
from hcs.report.study.analysed import LONGEST, findings_of, page_finding

EVIL = '<b>x</b><script>alert("x")</script>'


def kept(name: str = "mixing", rows: int = 3, headline: str = "Batches mix.") -> KeptFinding:
    """A finding of two tables, the second of them empty."""
    table = pd.DataFrame({"batch": [f"P{k}" for k in range(rows)], "value": range(rows)})
    tables = {name: table, f"{name}_points": table.head(0)}
    svg = "<svg role='img'></svg>"
    return KeptFinding(name, headline, f"Batches mix. By {EVIL}.", (), tables, svg)


def saved(link: Download | None) -> pd.DataFrame:
    """The table that a link saves."""
    assert link is not None
    content = base64.b64decode(link.address.partition("base64,")[2])
    return pd.read_csv(io.BytesIO(gzip.decompress(content) if link.filename.endswith(".gz") else content))


def test_a_finding() -> None:
    """The headline is said once; empty tables are not shown, the others can be saved."""
    part = page_finding(kept())
    assert (part.ident, part.title) == ("analysis-mixing", title_of("mixing"))
    assert part.headline == "Batches mix."
    assert part.rest == f"By {EVIL}."
    assert len(part.tables) == 1
    pd.testing.assert_frame_equal(saved(part.tables[0].download), kept().table)


def test_a_headline_of_its_own() -> None:
    """Words that are not the summary's beginning leave the summary whole."""
    part = page_finding(kept(headline="4 of 4 say so."))
    assert part.rest == kept().summary


def test_a_long_table_is_cut_on_the_page_alone() -> None:
    """So many rows are shown, which is said; the link saves all."""
    part = page_finding(kept(rows=LONGEST + 7))
    (table,) = part.tables
    assert len(table.rows) == LONGEST
    assert f"the first {LONGEST} of {LONGEST + 7:,} rows" in table.caption
    assert len(saved(table.download)) == LONGEST + 7


def test_what_was_not_made_is_said() -> None:
    """With its reason, in the section's order; what another section asks is not said here."""
    analysed = KeptAnalyses({"mixing": kept()}, {"probes": f"No {EVIL}.", "drift": "No order."})
    parts, missing = findings_of(analysed, BatchSection.FEATURES)
    assert [part.ident for part in parts if part.svg] == ["analysis-mixing"]
    said = " ".join([*missing, *(f"{part.title} {part.headline}" for part in parts)])
    assert f"No {EVIL}." in said
    assert title_of("probes") in said
    assert "No order." not in said


def test_nothing_analysed() -> None:
    """No part, and one sentence that says how many questions there would be and how to ask them."""
    parts, missing = findings_of(None, BatchSection.FEATURES)
    assert parts == []
    (said,) = missing
    assert said == (
        f"Not analysed yet ({len(in_section(BatchSection.FEATURES))} questions): run `hcs study analyse`."
    )


def test_words_are_escaped() -> None:
    """A finding on a page: what it says is text."""
    section = Section("features", EVIL, [EVIL], [page_finding(kept(headline=EVIL))], [EVIL])
    page = render(
        "batch.html.j2",
        title=EVIL,
        question=EVIL,
        verdict=Verdict(EVIL, (EVIL,), (EVIL,)),
        figure=None,
        whys=[Why(EVIL, [Point(EVIL, "verdict", EVIL)])],
        sections=[section],
        downloads=[],
        version=EVIL,
    )
    assert "<script>alert" not in page
    assert "<b>x" not in page
    assert page.count("&lt;b&gt;x&lt;/b&gt;") >= 12


def test_a_drawing_from_a_folder_is_no_markup_of_the_page() -> None:
    """What stands in a kept drawing shows within its image: it cannot lead away, hide or restyle the page."""
    evil = '<svg><style>#verdict{display:none}</style></svg><meta http-equiv="refresh" content="0;url=//x">'
    part = page_finding(replace(kept(), svg=evil))
    shown = str(part.svg)
    assert shown.startswith('<img alt="Batches mix. By &lt;b&gt;')
    for word in ("<meta", "<style", "<script", "<b>", "refresh"):
        assert word not in shown
    assert base64.b64decode(shown.partition("base64,")[2].partition('"')[0]).decode() == evil
