"""Section on what took no part, and why."""

from hcs.answer.facts import StudyFacts
from hcs.pages.page import Section, page_table
from hcs.wording import plural


def left_out_section(facts: StudyFacts) -> Section:
    """Say what took no part, and why."""
    title = "What was left out"
    if facts.left_out.columns.empty:
        return Section("left-out", title, missing=["The list of what was left out is missing."])
    if facts.left_out.empty:
        return Section("left-out", title, ["Nothing was left out."])
    counts = facts.left_out.groupby(["what", "reason"], sort=True).size().rename("number").reset_index()
    named = (
        f"{row.number} {plural(str(row.what), int(row.number))}: {row.reason}" for row in counts.itertuples()
    )
    sentence = "; ".join(named).rstrip(".") + "."
    table = page_table(facts.left_out, "Everything that was left out, and why.", name="left_out")
    return Section("left-out", title, [sentence], [table])
