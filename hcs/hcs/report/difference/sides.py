"""One side of a comparison: a finished study's facts, as its own report has them, under its letter."""

from dataclasses import dataclass, replace
from pathlib import Path

from hcs.answer.facts import TABLES, StudyFacts
from hcs.report.gather import table_facts
from hcs.study.folder import StudyResults
from hcs.wording import spaced

NEEDED = ("groups", "metrics", "splits", "scores", "wells", "left_out", "predictions")
"""Tables whose lack is told, whether or not the record knows of them."""


@dataclass(frozen=True)
class StudySide:
    """One of two studies.

    Parameters
    ----------
    letter
        ``A`` or ``B``.
    name
        Its results folder, with as much of the path as tells it from the other's.
    facts
        Its record, tables and analyses.
    missing
        Sentences on what cannot be read.
    """

    letter: str
    name: str
    facts: StudyFacts
    missing: tuple[str, ...] = ()


def read_sides(a: StudyResults, b: StudyResults) -> tuple[StudySide, StudySide]:
    """Read two studies; tables that are not there are told, and never stop the others."""
    name_a, name_b = folder_names(a.results, b.results)
    return _read(a, "A", name_a), _read(b, "B", name_b)


def _read(study: StudyResults, letter: str, name: str) -> StudySide:
    facts = table_facts(study)
    own = tuple(map(str, facts.record.get("notices", ())))
    written = dict.fromkeys((*NEEDED, *(table for table in study.table_names() if table in TABLES)))
    gone = [f"{letter} has no table of {spaced(table)}." for table in written if not study.has_table(table)]
    unread = [f"{letter}: {notice}" for notice in facts.notices if notice not in own]
    return StudySide(letter, name, replace(facts, notices=own), (*gone, *unread))


def folder_names(a: Path, b: Path) -> tuple[str, str]:
    """Name two folders by as few last parts of their paths as tell them apart.

    Examples
    --------
    >>> folder_names(Path("/x/one"), Path("/x/two")), folder_names(Path("/x/r"), Path("/y/r"))
    (('one', 'two'), ('x/r', 'y/r'))
    """
    parts_a, parts_b = a.resolve().parts, b.resolve().parts
    for n in range(1, max(len(parts_a), len(parts_b)) + 1):
        if parts_a[-n:] != parts_b[-n:]:
            return "/".join(parts_a[-n:]), "/".join(parts_b[-n:])
    return a.resolve().name, b.resolve().name


def other_questions(a: StudyFacts, b: StudyFacts) -> tuple[str, ...]:
    """Say why two studies' answers cannot be compared; nothing where they ask the same."""
    said = []
    both = [one.classes for one in (a, b)]
    asked = [f"{spaced(one.positive)} from {spaced(one.negative)} ({spaced(one.label)})" for one in both]
    if asked[0] != asked[1]:
        said.append(f"A tells {asked[0]}, B tells {asked[1]}.")
    if a.group != b.group:
        said.append(f"A counts {a.classes.nouns}, B counts {b.classes.nouns}.")
    elif a.nested != b.nested:
        held = [f"one {spaced(a.classes.label)}" if one.nested else "both" for one in (a, b)]
        said.append(f"A {a.classes.noun} has {held[0]} in A and {held[1]} in B.")
    return tuple(said)
