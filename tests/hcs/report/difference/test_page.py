"""The page of two studies: the answer first, everything escaped, every number to be downloaded."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.hcs.report.chromium import Opened, chromium, open_offline
from tests.hcs.report.difference.fabricated import LABELS, SCORES, TABLES, write_results
from tests.hcs.report.reading import Page

from hcs.pages.page import PageFigure, PageTable
from hcs.report.difference.comparison import StudyComparison, compare_studies
from hcs.report.difference.page import clones_section, diff_page, diff_sections, numbers_section, write_diff
from hcs.report.difference.parts import PARTS
from hcs_plates.errors import ArgumentError

WORSE = SCORES | {"a2": 0.35, "a3": 0.3, "c3": 0.65}
EVIL = '<script>alert("x")</script>&{{ 7*7 }}'


def evil_studies(folder: Path) -> StudyComparison:
    """Two studies with something of every kind that differs, and names that hold markup."""
    labels = {EVIL: "ALS"} | {clone: label for clone, label in LABELS.items() if clone != "a0"}
    scores = {EVIL: 0.9} | {clone: score for clone, score in SCORES.items() if clone != "a0"}
    worse = scores | {EVIL: 0.2, "a3": 0.3, "c3": 0.7}
    said = {
        "findings": {
            "calls": {"summary": f"All right. {EVIL} is seen. As before."},
            "power": {"summary": "Same."},
            "drift": {"summary": "None."},
        },
        "left_out": {},
    }
    other = {
        "findings": {"calls": {"summary": "All right. As before."}, "power": {"summary": "Same."}},
        "left_out": {"drift": "One batch."},
    }
    one = write_results(folder / "x" / "r<i>", labels=labels, scores={"cnn": scores}, analyses=said)
    two = write_results(
        folder / "y" / "r<i>",
        labels=labels | {"a9": "ALS"},
        scores={"cnn": worse | {"a9": 0.8}},
        plates={"P1": "digest-of-p1", "P2": "changed", EVIL: "x"},
        config={"data": {"where": EVIL}},
        record={"hardware": {"cores": 8}, "features_digest": "features-1", "notices": [EVIL]},
        turned=2,
        analyses=other,
    )
    return compare_studies(one, two)


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> StudyComparison:
    """Studies that differ in everything."""
    return evil_studies(tmp_path_factory.mktemp("diff"))


@pytest.fixture(scope="module")
def written(comparison: StudyComparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their page."""
    return write_diff(comparison, tmp_path_factory.mktemp("page") / "new" / "diff.html")


@pytest.fixture(scope="module")
def page(written: Path) -> Page:
    """Their page, read."""
    return Page(written.read_text(encoding="utf-8"))


def test_the_order_of_the_page(page: Page) -> None:
    """The answer, numbers, clones, and then part by part what differs; tables last."""
    order = ["verdict", "numbers", "clones", *PARTS, "wells", "tables"]
    assert [name for name in page.ids if name in order] == order
    assert len(page.ids) == len(set(page.ids))


def test_names_are_text(page: Page) -> None:
    """What a platemap, a folder or a setting says is shown as it stands and never part of the page."""
    assert "script" not in page.names
    assert "i" not in page.names
    assert page.text.count(EVIL) > 5
    assert "&49" not in page.text


def test_the_page_stands_alone(page: Page, written: Path) -> None:
    """Every address is data or an anchor that is there."""
    for address in page.addresses:
        assert address.startswith(("data:", "#")), address[:60]
        if address.startswith("#") and len(address) > 1 and not address.startswith("#agreement"):
            assert address[1:] in page.ids, address
    assert "default-src 'none'" in written.read_text(encoding="utf-8")


def test_studies_are_told_apart(page: Page) -> None:
    """Folders of one name are named with their parents; A and B are explained once at the top."""
    assert "x/r<i> against y/r<i>" in page.text
    assert "A is x/r<i>" in page.text
    assert "B is y/r<i>" in page.text


def test_the_verdict_says_clones_first(page: Page, comparison: StudyComparison) -> None:
    """Headline, counts and tests stand before any number of tiles; each study's own answer is there."""
    assert comparison.headline() in page.text
    for said in (*comparison.answers(), *comparison.causes(), *comparison.caveats, *comparison.cautions()):
        assert said in page.text
    assert page.text.index("exact McNemar test over 8 clones") < page.text.index("tile accuracy by set")
    assert page.text.count("Its own report:") == 2


def test_every_table_can_be_downloaded(page: Page, comparison: StudyComparison) -> None:
    """What is downloaded is what the comparison holds, number by number."""
    for name, table in comparison.tables.items():
        assert f"{name}.csv" in page.downloads, name
        saved = page.table(f"{name}.csv")
        assert list(saved.columns) == list(table.columns)
        assert len(saved) == len(table)
    assert page.table("clones.csv")["difference"].tolist() == pytest.approx(
        comparison.clones["difference"].astype(float).tolist(), nan_ok=True
    )
    assert page.table("settings_differing.csv")["setting"].tolist() == ["data.plates", "data.where"]
    assert page.table("clones_cnn.csv")["group"].tolist()[-1] == "a9"


def test_what_differs_is_shown(page: Page) -> None:
    """Plates, clones, settings and software that differ are on the page."""
    for said in ("not there", "hardware.cores", "hardware.machine", "not recorded", "data.where"):
        assert said in page.text
    assert "0 of 2 sets are the same in both" in page.text
    assert "1 of 3 plates are the same in both" in page.text


def test_sentences_that_differ(page: Page, comparison: StudyComparison) -> None:
    """Only what one study says alone is shown."""
    (section,) = [one for one in diff_sections(comparison) if one.ident == "analyses"]
    (table,) = section.parts
    assert isinstance(table, PageTable)
    assert table.rows == [["calls", f"{EVIL} is seen.", "–"], ["drift", "None.", "not made: One batch."]]
    assert section.paragraphs[0] == "1 of 3 analyses are the same in both."
    assert "As before." not in page.text


def test_the_same_page_again(comparison: StudyComparison, written: Path) -> None:
    """Character by character; a folder is no file to write to."""
    assert diff_page(comparison) == written.read_text(encoding="utf-8")
    with pytest.raises(ArgumentError, match="is a folder"):
        write_diff(comparison, written.parent)


@pytest.mark.usefixtures("undrawn")
def test_nothing_differs(tmp_path: Path) -> None:
    """A study against itself: that sentence, its digests, and no table of differences."""
    one = write_results(tmp_path / "one")
    page = Page(diff_page(compare_studies(one, one)))
    assert "Nothing differs." in page.text
    for digest in ("digest-of-p1", "features-0", "inputs-0"):
        assert digest in page.text
    assert "settings_differing.csv" not in page.downloads
    assert "Nothing differs: 2 sets." in page.text
    assert "Neither has any to compare (`hcs study analyse` makes them)" in page.text


@pytest.mark.usefixtures("undrawn")
def test_one_was_not_analysed(tmp_path: Path) -> None:
    """That is said, and no sentence of the other is shown as a difference."""
    said = {"findings": {"calls": {"summary": "Seen by A alone."}}, "left_out": {"drift": "No order."}}
    one = write_results(tmp_path / "one", analyses=said)
    page = Page(diff_page(compare_studies(one, write_results(tmp_path / "other"))))
    assert "B has none to compare (`hcs study analyse` makes them)." in page.text
    assert "Seen by A alone." not in page.text


def test_other_questions(tmp_path: Path) -> None:
    """The reason stands first and in place of what cannot be compared; settings are compared all the same."""
    one = write_results(tmp_path / "one")
    other = write_results(tmp_path / "other", config={"data": {"group": "donor"}})
    found = compare_studies(one, other)
    page = Page(diff_page(found))
    assert page.text.index("different questions") < page.text.index("A counts clones, B counts donors.")
    sections = {section.ident: section for section in diff_sections(found)}
    assert sections["clones"].missing == ["Left out: A counts clones, B counts donors."]
    assert sections["clones"].parts == ()
    assert "data.group" in page.text


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("names", [("scores",), TABLES], ids=["one", "all"])
def test_tables_that_are_missing(tmp_path: Path, names: Sequence[str]) -> None:
    """The page is whole without them, and names each."""
    one, other = write_results(tmp_path / "one"), write_results(tmp_path / "other")
    for name in names:
        (one.results / "tables" / f"{name}.parquet").unlink()
    page = Page(diff_page(compare_studies(one, other)))
    for name in names:
        assert f"A has no table of {name.replace('_', ' ')}." in page.text
    assert "tables" in page.ids


def test_a_bare_record(tmp_path: Path) -> None:
    """Studies without tables and with hardly a record give a page."""
    made = []
    for name in ("one", "other"):
        study = write_results(
            tmp_path / name, record={"plates": {}, "weights": None, "versions": {}, "seeds": {}}
        )
        for table in TABLES:
            (study.results / "tables" / f"{table}.parquet").unlink()
        made.append(study)
    page = Page(diff_page(compare_studies(*made)))
    assert "A has no table of groups." in page.text
    assert "Neither study has a clone-level score" in page.text


def compared(folder: Path, **change: object) -> StudyComparison:
    """A study against one with other CNN scores."""
    scores = {"cnn": WORSE, "forest": SCORES}
    other = write_results(folder / "other", scores=scores, **change)  # type: ignore[arg-type]
    return compare_studies(write_results(folder / "one"), other)


def test_numbers_in_words(tmp_path: Path) -> None:
    """Clones with their interval first, differences with their sign, none at all as 0."""
    section = numbers_section(compared(tmp_path))
    (table,) = section.parts
    assert isinstance(table, PageTable)
    assert table.columns == ["model", "number", "A", "B", "B − A"]
    assert table.rows[0] == [
        "CNN", "clones right", "8 of 8 (1.00; 0.68–1.00)", "5 of 8 (0.62; 0.31–0.86)", "-0.375",
    ]  # fmt: skip
    assert table.rows[4][:2] == ["CNN", "tile accuracy by set"]
    assert table.rows[6][-1] == "0"
    assert table.download is not None
    assert table.download.rows == 12


def test_clones_by_what_changed_most(tmp_path: Path) -> None:
    """The figure, then a table a model; a model that changed nothing has a sentence and no table."""
    section = clones_section(compared(tmp_path))
    figure, table = section.parts
    assert isinstance(figure, PageFigure)
    assert isinstance(table, PageTable)
    assert table.columns[:6] == ["clone", "label", "score in A", "score in B", "B − A", "call in A"]
    assert [row[:5] for row in table.rows[:3]] == [
        ["a2", "ALS", "0.700", "0.350", "-0.350"],
        ["a3", "ALS", "0.600", "0.300", "-0.300"],
        ["c3", "control", "0.400", "0.650", "+0.250"],
    ]
    assert [row[5:9] for row in table.rows if row[0] == "c3"] == [["control", "ALS", "yes", "no"]]
    assert section.paragraphs == [
        "Called otherwise by the CNN: a2, a3 and c3.",
        "The random forest gives every clone the same score in A and B.",
    ]


def test_another_label_is_shown(tmp_path: Path) -> None:
    """A clone whose label changed has both in its row, and no difference."""
    labels = {"a0": "control", "a1": "ALS", "a2": "ALS", "a3": "ALS"} | {f"c{i}": "control" for i in range(4)}
    section = clones_section(compared(tmp_path, labels=labels))
    table = section.parts[1]
    assert isinstance(table, PageTable)
    (row,) = [row for row in table.rows if row[0] == "a0"]
    assert row[1] == "ALS in A, control in B"
    assert row[4] == "–"


def test_no_scores(tmp_path: Path) -> None:
    """Studies without a score say so in both sections."""
    one, other = write_results(tmp_path / "one"), write_results(tmp_path / "other")
    for study in (one, other):
        (study.results / "tables" / "groups.parquet").unlink()
    found = compare_studies(one, other)
    assert numbers_section(found).missing == ["Neither study has a clone-level score: there are no numbers."]
    assert clones_section(found).missing == ["Neither study has a clone-level score."]


@pytest.fixture(scope="module")
def opened(written: Path) -> Iterator[Opened]:
    """The page in headless Chromium with the network off: page, console errors, requests."""
    with chromium() as browser:
        yield open_offline(browser, written)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1200, 390])
def test_browser_shows_the_page(opened: Opened, width: int) -> None:
    """On a desk and on a telephone: nothing is asked for, nothing fails, nothing sticks out."""
    one, errors, requests = opened
    one.set_viewport_size({"width": width, "height": 800})
    assert errors == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert one.evaluate("document.documentElement.scrollWidth") <= width
