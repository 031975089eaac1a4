"""Section on every group: its score, its wells, and what follows for the groups."""

from hcs.analysis.question import StudySection
from hcs.answer.facts import StudyFacts
from hcs.figures.theme import model_name
from hcs.pages.page import Section, page_table
from hcs.report.study.analysed import findings_of


def groups_section(facts: StudyFacts) -> Section:
    """Show every group's score, model by model."""
    title = f"Every {facts.classes.noun}"
    if not facts.models:
        return Section(
            "groups", title, missing=[f"The table of {facts.classes.noun}-level scores is missing or empty."]
        )
    result = facts.group_result(facts.models[0])
    wrong = facts.right_groups(result.model)
    wrong_names = [str(name) for name in wrong[~wrong].index]
    sentence = (
        f"The {model_name(result.model)} calls every {facts.classes.noun} right."
        if not wrong_names
        else f"Called wrong by the {model_name(result.model)}: {', '.join(wrong_names)}."
    )
    table = page_table(
        facts.groups,
        f"Scores of all {facts.classes.nouns}, and the share of their single test tiles on the right side of "
        "0.5.",
        name="groups",
        formats={"model": model_name, "probability": "{:.2f}".format, "sd": "{:.2f}".format},
        headings={
            "group": facts.classes.noun,
            "probability": "mean score",
            "sd": "SD over sets",
            "correct": "tiles right",
        },
    )
    found, missing = findings_of(facts.analysed, StudySection.GROUPS)
    return Section("groups", title, [sentence], [table, *found], missing)
