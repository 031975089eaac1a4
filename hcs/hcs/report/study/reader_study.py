"""The section on people who judged the same pictures: their shares, tests and agreement."""

from hcs.analysis.clones.reader_calls import ReaderCalls, reader_calls
from hcs.answer.facts import StudyFacts
from hcs.figures.theme import model_name
from hcs.pages.page import PageFigure, PagePart, PageTable, Section, page_figure, page_table
from hcs.statistics.pvalues import NO_BOUND
from hcs.wording import counted, sentence
from hcs_plates.errors import ArgumentError

TITLE = "Human readers"
NONE_KEPT = (
    "No readers' calls are kept with this study; `hcs study report RESULTS --readers CALLS.csv` adds them."
)


def readers_section(facts: StudyFacts) -> Section:
    """Say how often people were right about the study's groups, and set the first model beside them."""
    if facts.readers.empty:
        return Section("readers", TITLE, [NONE_KEPT])
    models = facts.class_groups
    try:
        found = reader_calls(
            facts.readers,
            positive=facts.classes.positive,
            negative=facts.classes.negative,
            noun=facts.classes.noun,
            models=models[models["model"] == facts.models[0]] if facts.models else None,
        )
    except ArgumentError as error:
        return Section("readers", TITLE, missing=[f"The readers' calls do not fit: {error.message}"])
    said = [found.headline(), sentence(*found.details()), sentence(*found.caveats)]
    parts: list[PagePart] = [_figure(found, facts), _shares(found, facts), _tests(found)]
    return Section("readers", TITLE, [text for text in said if text], parts)


def _figure(found: ReaderCalls, facts: StudyFacts) -> PageFigure:
    drawn = found.plot()
    n, judged = found.clones["reader"].nunique(), found.clones["group"].nunique()
    images = (
        " Small diamonds: single images, which have no interval."
        if "image" in set(found.table["level"])
        else ""
    )
    caption = (
        f"Share of the {facts.classes.nouns} that each reader called right, by the majority of a reader's "
        f"calls of a {facts.classes.noun}, with Wilson 95 % interval over {facts.classes.nouns}.{images} n = "
        f"{counted(n, 'reader')}, {counted(judged, facts.classes.noun)}."
    )
    return page_figure(drawn.figure, caption, name="readers", alt=found.headline(), numbers=drawn.numbers)


def _shares(found: ReaderCalls, facts: StudyFacts) -> PageTable:
    """Every share as it is drawn; models by their names."""
    table = found.table
    names = table["reader"].where(table["kind"] != "model", table["reader"].map(model_name))
    shown = table.assign(reader=names).drop(columns="kind")
    return page_table(
        shown,
        f"Shares called right; n counts what stands under unit. The SD is over readers, the interval over "
        f"{facts.classes.nouns}.",
        name="reader_shares",
        formats={
            "reader": str,
            "n_right": "{:g}".format,
            **dict.fromkeys(("value", "sd", "low", "high"), "{:.2f}".format),
        },
        headings={"n_right": "right", "value": "share right", "sd": "SD"},
        download=table,
    )


def _tests(found: ReaderCalls) -> PageTable:
    """Both tests at every level."""
    return page_table(
        found.tests,
        "Tests of the readers' shares against one half, n = readers, two-sided. A t-test has no smallest p.",
        name="reader_tests",
        formats={
            "t": "{:.2f}".format,
            "df": "{:.0f}".format,
            "p": "{:.2g}".format,
            "smallest_p": lambda bound: f"{bound:.2g}" if bound > NO_BOUND else "none",
        },
        headings={"smallest_p": "smallest p"},
    )
