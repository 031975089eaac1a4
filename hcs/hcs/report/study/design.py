"""Section on the design as it was carried out: classes, sets, and whether any group stood on both sides."""

from hcs.analysis.question import StudySection
from hcs.answer.dealt_sets import Covering, class_table, covering, split_table
from hcs.answer.design_checks import leaking
from hcs.answer.facts import StudyFacts
from hcs.pages.page import PagePart, Section, page_table
from hcs.report.study.analysed import findings_of
from hcs.wording import capital, plural, spaced

DESIGN = "Design certificate"


def design_section(facts: StudyFacts) -> Section:
    """Count the groups of each class, show the sets, and whether any group stood on both sides."""
    parts: list[PagePart] = []
    found, missing = findings_of(facts.analysed, StudySection.DESIGN)
    counts = class_table(facts)
    if counts.empty:
        missing.append("The wells table is missing: labels and groups cannot be counted.")
    else:
        caption = f"Included wells by {spaced(facts.classes.label)}."
        parts.append(page_table(counts, caption, name="design"))
    if facts.splits.empty:
        missing.append(
            "The table of splits is missing: it cannot be checked that no group was on both sides."
        )
        return Section("design", DESIGN, [_nesting(facts)], [*parts, *found], missing)
    sets = split_table(facts)
    caption = f"Which {facts.classes.nouns} were trained on, validated on and tested, set by set."
    parts.append(page_table(sets, caption, name="splits", formats={"set": str}))
    cover = covering(facts)
    paragraphs = [_nesting(facts), _leak_sentence(facts)]
    if cover is not None:
        paragraphs += _covering_sentences(cover, facts)
    paragraphs += [str(facts.record["audit"])] if "audit" in facts.record else []
    paragraphs += [capital(line) for line in facts.record.get("confounding", [])]
    return Section("design", DESIGN, paragraphs, [*parts, *found], missing)


def _nesting(facts: StudyFacts) -> str:
    """Say which of the two kinds of design it is."""
    if facts.nested:
        return (
            f"Each {facts.classes.noun} has one {spaced(facts.classes.label)} and is kept together: all of "
            "its tiles are in training, in validation or in test."
        )
    return (
        f"Each {facts.classes.noun} holds both {spaced(facts.classes.positive)} and "
        f"{spaced(facts.classes.negative)} and is kept together: all of its tiles are in training, in "
        "validation or in test."
    )


def _leak_sentence(facts: StudyFacts) -> str:
    found = leaking(facts.splits)
    n = f"{facts.n_sets} {plural('set', facts.n_sets)}"
    if found.empty:
        return f"Leak check: in none of the {n} does a {facts.classes.noun} stand in more than one part."
    first = found.iloc[0]
    return (
        f"Leak check FAILED: {len(found)} times a {facts.classes.noun} stands in more than one part of a set "
        f"(first: {first['group']} in set {first['set']}, {first['parts']})."
    )


def _covering_sentences(cover: Covering, facts: StudyFacts) -> list[str]:
    """Compare the number of sets with the fewest that cover, and name what was never tested."""
    enough = f"{cover.needed} {plural('set', cover.needed)}"
    rule = f"for every {facts.classes.noun} to stand in test and in validation at least once"
    if cover.used < cover.needed:
        sentences = [f"{enough} would be needed {rule}; this study used {cover.used}."]
    else:
        sentences = [f"{enough} would be enough {rule}; this study used {cover.used}."]
    if cover.never_tested:
        sentences.append(f"Never tested: {', '.join(cover.never_tested)}.")
    else:
        sentences.append(f"Every {facts.classes.noun} was tested at least once.")
    if cover.never_validated:
        sentences.append(f"Never in validation: {', '.join(cover.never_validated)}.")
    return [" ".join(sentences)]
