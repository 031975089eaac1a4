"""Section on what was settled before the experiment: who may be in it, where, under what name, how many."""

from collections.abc import Iterable, Iterator

import pandas as pd

from hcs.answer.check import Check, Outcome
from hcs.pages.page import PageTable, Section, page_table
from hcs.report.facts import ReportFacts
from hcs.report.record import flat
from hcs.report.study.analysed import LONGEST, PageFinding
from hcs.study.designrecord import DesignRecord
from hcs.study.unblinded import unblinded
from hcs.wording import capital, listed, spaced

TITLE = "Design: before the experiment"
STEPS = {"eligibility": "eligibility", "layout": "layout", "blinding": "blinding", "power": "sample size"}
"""Kinds of records in the order in which they are told, and what each is about."""
YES_NO = {"True": "yes", "False": "no"}
CHECKS = {"eligibility": "eligible", "layout": "as_laid_out", "blinding": "blinding"}
"""What of a step the experiment itself can show."""


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
    parts = [part for step in known for part in _step(step, facts, shown.get(CHECKS.get(step, "")))]
    return Section("before", TITLE, [answer], [*parts, *_listed(facts.records)], missing)


def _step(step: str, facts: ReportFacts, check: Check | None) -> list[PageFinding]:
    """Tell one step by its records, and after the last what the experiment shows of it."""
    records = [one for one in facts.records if one.kind == step]
    found = unblinded(facts.record) if step == "blinding" else None
    title, after = capital(STEPS[step]), _reached(facts, records) if step == "power" else []
    after += [check.sentence] if check is not None else []
    tables = []
    if found is not None:
        after += found.sentences
        tables.append(
            page_table(
                found.table,
                "What had been made at unblinding, and what stands now, by its digest",
                name="before-blinding_made",
                formats=dict.fromkeys(("before", "now"), _short),
            )
        )
    if not records:
        return [PageFinding(f"before-{step}", title, after[0], " ".join(after[1:]), tables=tables)]
    parts = []
    for number, record in enumerate(records, start=1):
        ident = f"before-{step}" if number == 1 else f"before-{step}-{number}"
        # What had been made before stands in the table of what stands now too.
        own = _tables(record, ident) if found is None else []
        rest = " ".join([*record.sentences, *(after if number == len(records) else [])])
        own += tables if number == len(records) else []
        parts.append(PageFinding(ident, title, record.headline, rest, tables=own))
    return parts


def _kept_to(checks: Iterable[Check]) -> str:
    """Say whether the experiment agrees with its records, as far as it shows."""
    outcomes = [one.outcome for one in checks]
    if Outcome.FAILS in outcomes:
        return f"; but {'; '.join(one.brief for one in checks if one.outcome is Outcome.FAILS)}"
    return "; the study kept to its design" if outcomes and set(outcomes) == {Outcome.HOLDS} else ""


def _reached(facts: ReportFacts, records: Iterable[DesignRecord]) -> list[str]:
    """Say of how many the answer is, and whether that is fewer than was planned."""
    groups = facts.class_groups
    if groups.empty:
        return []
    counts = groups.drop_duplicates("group")["label"].value_counts()
    own = [int(counts.get(label, 0)) for label in facts.classes.both]
    held = listed(f"{n} {spaced(label)}" for n, label in zip(own, facts.classes.both, strict=True))
    planned = [wanted for record in records for wanted in _planned(record)]
    fewer = any(n < wanted for both in planned for n, wanted in zip(own, both, strict=True))
    compared = ", fewer than planned" if fewer else ", as many as planned" if planned else ""
    return [f"The answer rests on {held} {facts.classes.nouns}{compared}."]


def _planned(record: DesignRecord) -> Iterator[tuple[int, int]]:
    """Read how many clones of the positive and of the other class a plan takes for its goal."""
    for row in record.tables.get("needed", []):
        first, other = row.get("n_per_class"), row.get("n_other")
        if row.get("quantity") != record.settings.get("goal"):
            continue
        if isinstance(first, int | float) and isinstance(other, int | float):
            yield int(first), int(other)


def _tables(record: DesignRecord, prefix: str) -> list[PageTable]:
    """Show the tables of a record, of long ones the first rows."""
    parts = []
    for name, rows in record.tables.items():
        table = pd.DataFrame(rows)
        if table.empty:
            continue
        some = f" (the first {LONGEST} of {len(table):,} rows)" if len(table) > LONGEST else ""
        shown = table.head(LONGEST)
        parts.append(
            page_table(shown, f"{capital(spaced(name))}{some}", name=f"{prefix}_{name}", download=table)
        )
    return parts


def _short(digest: str) -> str:
    return f"{digest[:12]}…" if len(digest) > 12 else digest


def _listed(records: Iterable[DesignRecord]) -> list[PageTable]:
    """List the records: when each was made, by which version, of which files."""
    rows = [
        {
            "step": STEPS[one.kind],
            "recorded (UTC)": f"{one.made:%Y-%m-%d %H:%M}",
            "hcs": one.hcs,
            "settings": "; ".join(
                f"{spaced(name.replace('.', ' '))}: {YES_NO.get(value, value)}"
                for name, value in flat(one.settings).items()
                if value not in ("none", "–")
            ),
            "files": "; ".join(f"{name} {_short(digest)}" for name, digest in one.files.items()),
        }
        for one in records
    ]
    caption = "The records: when each was made, with what settings, of which files (SHA-256)."
    return [page_table(pd.DataFrame(rows), caption, name="design_records")] if rows else []
