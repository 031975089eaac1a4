"""The section on people who judged the same pictures: their shares, tests and agreement."""

from hcs.analysis.clones.reader_counts import simulated_said
from hcs.answer.facts import StudyFacts
from hcs.findings.reader_calls import TITLES
from hcs.pages.page import Section
from hcs.report.study.analysed import page_finding
from hcs.study.places import READERS

TITLE = "Human readers"
NONE_KEPT = "None are kept (`hcs study report RESULTS --readers CALLS.csv`)."
ABOUT = (
    "Share of the {nouns} that each reader called right, by the majority of a reader's calls of a {noun}, "
    "with 95 % interval over {nouns}; of all readers over readers and {nouns} at once. Tests are against one "
    "half, two-sided."
)


def readers_section(facts: StudyFacts) -> Section:
    """Show how often people were right about the study's groups, the first model beside them."""
    if facts.readers is None:
        return Section("readers", TITLE, [NONE_KEPT])
    about = {READERS: ABOUT.format(noun=facts.classes.noun, nouns=facts.classes.nouns)}
    found = facts.readers.findings.values()
    parts = [page_finding(one, TITLES.get(one.name, ""), about=about.get(one.name, "")) for one in found]
    shares = facts.readers.findings.get(READERS)
    people = () if shares is None else shares.table.loc[shares.table["kind"] == "reader", "reader"]
    said = [one] if (one := simulated_said(people)) else []
    return Section("readers", TITLE, said, parts, [*facts.readers.left_out.values()])
