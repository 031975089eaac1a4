"""One side of a comparison: a finished study's record, tables and analyses, without its pictures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pandas as pd

from hcs.answer.facts import StudyFacts
from hcs.report.gather import table_facts
from hcs.study.folder import StudyResults
from hcs.study.places import KEPT_ANALYSES
from hcs.wording import spaced
from hcs_plates.errors import NotThereError, StoreError

TABLES = ("groups", "metrics", "splits", "scores", "wells", "left_out", "predictions")
TILE = ["plate", "well", "field", "tile"]


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
        Its record and tables.
    analyses
        What ``summaries.json`` holds; empty where the study was not analysed.
    missing
        Sentences on what cannot be read.
    """

    letter: str
    name: str
    facts: StudyFacts
    analyses: Mapping[str, Mapping[str, Any]]
    missing: tuple[str, ...] = ()

    @property
    def tiles(self) -> pd.DataFrame:
        """Every tile once: plate, well, field, tile, group; empty where no tile is listed."""
        scores = self.facts.scores
        if scores.empty:
            return pd.DataFrame(columns=[*TILE, "group"])
        return scores[[*TILE, "group"]].drop_duplicates(TILE)

    @property
    def plates(self) -> Mapping[str, Mapping[str, Any]]:
        """The record's plates by name."""
        return dict(self.facts.record.get("plates", {}))


def read_sides(a: StudyResults, b: StudyResults) -> tuple[StudySide, StudySide]:
    """Read two studies; tables that are not there are told, and never stop the others."""
    name_a, name_b = folder_names(a.results, b.results)
    return _read(a, "A", name_a), _read(b, "B", name_b)


def _read(study: StudyResults, letter: str, name: str) -> StudySide:
    facts = table_facts(study)
    # What cannot be read is told of either side below; here only what the run itself noticed.
    facts = replace(facts, notices=tuple(map(str, facts.record.get("notices", ()))))
    lacking = dict.fromkeys(table for table in TABLES if getattr(facts, table).columns.empty)
    lacking |= dict.fromkeys(_unreadable(study))
    missing = [f"{letter} has no readable table of {spaced(table)}." for table in lacking]
    analyses, unread = _read_analyses(study, letter)
    return StudySide(letter, name, facts, analyses, (*missing, *unread))


def _unreadable(study: StudyResults) -> Iterator[str]:
    """Tables that the run wrote and that are gone or damaged now: whether they differ is not known."""
    for name in study.table_names():
        try:
            study.table(name)
        except (NotThereError, StoreError):
            yield name


def _read_analyses(
    study: StudyResults, letter: str
) -> tuple[Mapping[str, Mapping[str, Any]], tuple[str, ...]]:
    """Read the sentences of a study's analyses; none where there are none."""
    try:
        found = study.kept_analyses()
    except NotThereError:
        return {}, ()
    except StoreError as error:
        return {}, (f"{letter}'s {KEPT_ANALYSES} are left out: the folder {error.faults[0]}.",)
    said = {name: {"summary": one.summary} for name, one in found.findings.items()}
    return {"findings": said, "left_out": found.left_out}, ()


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
    asked = [
        f"{spaced(one.classes.positive)} from {spaced(one.classes.negative)} ({spaced(one.classes.label)})"
        for one in (a, b)
    ]
    if asked[0] != asked[1]:
        said.append(f"A tells {asked[0]}, B tells {asked[1]}.")
    if a.group != b.group:
        said.append(f"A counts {a.classes.nouns}, B counts {b.classes.nouns}.")
    elif a.nested != b.nested:
        held = [f"one {spaced(a.classes.label)}" if one.nested else "both" for one in (a, b)]
        said.append(f"A {a.classes.noun} has {held[0]} in A and {held[1]} in B.")
    return tuple(said)


def flat(values: Mapping[str, Any], part: str = "") -> dict[str, str]:
    """List a nested record as text by dotted name.

    Examples
    --------
    >>> flat({"data": {"plates": ["/x/P1.ome.zarr"], "where": None}, "engines": [{"device": "CPU"}]})
    {'data.plates': 'P1.ome.zarr', 'data.where': '–', 'engines.1.device': 'CPU'}
    """
    return dict(_entries(values, part))


def _entries(values: Mapping[str, Any], part: str) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{part}.{key}" if part else str(key)
        if isinstance(value, Mapping):
            yield from _entries(value, name)
        elif isinstance(value, list | tuple):
            if any(isinstance(one, Mapping) for one in value):
                yield from _entries({str(place): one for place, one in enumerate(value, 1)}, name)
            else:
                yield name, ", ".join(map(_text, value)) or "none"
        else:
            yield name, _text(value)


def _text(value: Any) -> str:
    """Write a value; of a path only its last name: a study that was moved is still the same."""
    text = "–" if value is None else str(value)
    if PureWindowsPath(text).drive and PureWindowsPath(text).is_absolute():
        return PureWindowsPath(text).name
    return PurePosixPath(text).name if PurePosixPath(text).is_absolute() and len(text) > 1 else text
