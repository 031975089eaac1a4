"""Section on what was settled before the experiment: who may be in it, where, under what name, how many."""

from collections.abc import Iterable

import pandas as pd

from hcs.answer.check import Check, Outcome
from hcs.pages.page import PageTable, Section, page_table
from hcs.report.facts import ReportFacts
from hcs.study.designrecord import DesignRecord
from hcs.wording import capital, listed, spaced

TITLE = "Design: before the experiment"
STEPS = {"eligibility": "eligibility", "layout": "layout", "blinding": "blinding", "power": "sample size"}
"""Kinds of records in the order in which they are told, and what each is about."""
CHECKS = {"eligibility": "eligible", "layout": "as_laid_out", "blinding": "blinding"}
"""What of a step the experiment itself can show."""
LONGEST = 40
"""Rows of a table that are shown; its link saves all."""


def before_section(facts: ReportFacts) -> Section:
    """Tell what was settled before the experiment, step by step, and whether the plates show it."""
    shown = {one.name: one for one in facts.settled}
    known = [
        step for step in STEPS if CHECKS.get(step) in shown or any(one.kind == step for one in facts.records)
    ]
    unknown = [STEPS[step] for step in STEPS if step not in known]
    missing = []
    if unknown:
        were = "it was" if len(unknown) == 1 else "they were"
        missing.append(
            f"No record of {listed(unknown)} was given: whether {were} settled beforehand is not known."
        )
    if not known:
        return Section("before", TITLE, missing=missing)
    answer = f"On record: {listed(STEPS[step] for step in known)}{_kept_to(facts.settled)}."
    paragraphs, parts = [answer], []
    for step in known:
        records = [one for one in facts.records if one.kind == step]
        told = [one for record in records for one in (record.headline, *record.sentences)]
        told += [shown[CHECKS[step]].sentence] if CHECKS.get(step) in shown else []
        if step == "power":
            told += _reached(facts)
        paragraphs.append(f"{capital(STEPS[step])}. {' '.join(told)}")
        parts += [part for record in records for part in _tables(record)]
    return Section("before", TITLE, paragraphs, [*parts, *_listed(facts.records)], missing)


def _kept_to(checks: Iterable[Check]) -> str:
    """Say whether the experiment agrees with its records, as far as it shows."""
    outcomes = [one.outcome for one in checks]
    if Outcome.FAILS in outcomes:
        return f"; but {'; '.join(one.brief for one in checks if one.outcome is Outcome.FAILS)}"
    return "; the plates agree with it" if outcomes and set(outcomes) == {Outcome.HOLDS} else ""


def _reached(facts: ReportFacts) -> list[str]:
    """Say how many the study has, beside what was planned."""
    groups = facts.class_groups
    if groups.empty:
        return []
    counts = groups.drop_duplicates("group")["label"].value_counts()
    held = listed(f"{counts.get(label, 0)} {spaced(label)}" for label in facts.classes.both)
    return [f"This study has {held} {facts.classes.nouns}."]


def _tables(record: DesignRecord) -> list[PageTable]:
    """Show the tables of a record, of long ones the first rows."""
    parts = []
    for name, rows in record.tables.items():
        table = pd.DataFrame(rows)
        if table.empty:
            continue
        caption = f"{capital(STEPS[record.kind])}: {spaced(name)}."
        if len(table) > LONGEST:
            caption += f" The first {LONGEST} of {len(table)} rows; the link saves all."
        parts.append(page_table(table.head(LONGEST), caption, name=f"{record.kind}_{name}", download=table))
    return parts


def _listed(records: Iterable[DesignRecord]) -> list[PageTable]:
    """List the records: when each was made, by which version, of which files."""
    rows = [
        {
            "step": STEPS[one.kind],
            "recorded (UTC)": f"{one.made:%Y-%m-%d %H:%M}",
            "hcs": one.hcs,
            "settings": ", ".join(f"{spaced(name)} {value}" for name, value in one.settings.items()),
            "files": ", ".join(f"{name} ({digest[:12]})" for name, digest in one.files.items()),
        }
        for one in records
    ]
    caption = "The records: when each was made, with what settings, of which files (SHA-256)."
    return [page_table(pd.DataFrame(rows), caption, name="design_records")] if rows else []
