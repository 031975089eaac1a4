"""All that a rule is applied to, read from files and tables: variants, lines, repeats."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from hcs.design.eligibility import columns as c
from hcs.design.eligibility.carriers import KnownLines
from hcs.design.eligibility.repeats import read_repeats
from hcs.design.eligibility.rule import Rule
from hcs.design.eligibility.tablefile import read_variant_table, spelt_build
from hcs.design.lines import read_lines
from hcs.wording import counted, listed
from hcs_plates.columns import FALSE_WORDS, TRUE_WORDS
from hcs_plates.errors import ArgumentError
from hcs_plates.spelling import alike

Table: TypeAlias = Path | str | pd.DataFrame
SEQUENCED = "sequenced"
_VCF = re.compile(r".*\.vcf(\.gz|\.bgz)?", re.IGNORECASE)


@dataclass(frozen=True)
class Sources:
    """What is asked to be read.

    Parameters
    ----------
    variants
        Tables, VCF files or data frames of annotated variants.
    lines
        Table of lines; None where the variants alone name them.
    repeats
        Table of the repeats of lines, where they do not stand in the table of lines.
    build
        Genome build of the positions, where a source does not say it.
    line
        Whose variants a source lists that names no line.
    sheet
        Sheet of a workbook of variants.
    """

    variants: Sequence[Table]
    lines: Table | None = None
    repeats: Table | None = None
    build: str | None = None
    line: str | None = None
    sheet: str | None = None


@dataclass
class Gathered:
    """Variants and lines.

    Parameters
    ----------
    table
        Variant table of all sources together.
    lines
        Lines and what is known of them.
    build
        The one genome build; None where none is known.
    notices
        Sentences on what was guessed, or not used.
    """

    table: pd.DataFrame
    lines: KnownLines
    build: str | None
    notices: list[str] = field(default_factory=list)


def gather(sources: Sources, rule: Rule) -> Gathered:
    """Read all sources.

    Raises
    ------
    HcsError
        A file that cannot be read, two genome builds, names of lines that look alike, a line that was not
        sequenced and has variants, repeats that contradict each other.
    """
    if not sources.variants:
        raise ArgumentError("No variants were given; give one or more tables or VCF files.")
    read = [_read(source, sources, rule) for source in sources.variants]
    notices = [note for table in read for note in _named_notices(table, len(read) > 1)]
    build = _one_build(read)
    frequencies = dict.fromkeys(str(name) for one in read for name in one if name not in c.COLUMNS)
    table = pd.concat(read, ignore_index=True).reindex(columns=[*c.COLUMNS, *frequencies])
    for name in c.TEXT:
        table[name] = table[name].astype(object).where(table[name].notna(), None)
    named = list(dict.fromkeys(table[c.LINE].dropna()))
    samples = [str(name) for one in read for name in one.attrs.get("samples") or ()]
    known = None if sources.lines is None else read_lines(sources.lines)
    counts = None if sources.repeats is None else read_lines(sources.repeats)
    for told in (known, counts):
        notices += [] if told is None else told.attrs["notices"]
    names = list(dict.fromkeys([*([] if known is None else known["clone"]), *samples, *named]))
    _check_names([*names, *([] if counts is None else counts["clone"])])
    if known is not None:
        notices += _held_against(known, read, [*samples, *named])
    repeats = read_repeats(known, counts, rule.repeats.threshold)
    notices += repeats.notices
    sequenced = _sequenced(known, named) | dict.fromkeys([*named, *samples], True)
    # A VCF names all who were sequenced; a table of variants leaves out who has none.
    listing = all(one.attrs.get("samples") for one in read)
    absent = {name for name, said in sequenced.items() if said} - {*named, *samples} if listing else set()
    own = KnownLines(tuple(names), sequenced, repeats, frozenset(absent), _kin(known))
    return Gathered(table, own, build, notices)


def _read(source: Table, sources: Sources, rule: Rule) -> pd.DataFrame:
    """Read one source of variants."""
    if not isinstance(source, pd.DataFrame) and _VCF.fullmatch(Path(source).name):
        # Heavy, and of no use to tables.
        from hcs.design.eligibility.vcf import read_vcf

        table = read_vcf(source, genes=rule.genes.listed, line=sources.line)
        if sources.build is not None:
            asked = spelt_build(sources.build)
            if table.attrs["build"] not in (None, asked):
                said = table.attrs["build"]
                raise ArgumentError(f"{source} has positions of {said}, not of {asked} as was said.")
            attrs = table.attrs
            table = table.assign(**{c.BUILD: asked})
            table.attrs = attrs | {"build": asked}
        return table
    table = read_variant_table(source, sheet=sources.sheet, build=sources.build)
    said = list(dict.fromkeys(table[c.BUILD].dropna()))
    table.attrs |= {"build": said[0] if said else None, "name": _name(source)}
    if sources.line is not None:
        if table[c.LINE].notna().any():
            raise ArgumentError(f"{_name(source)} names lines itself; leave out the line {sources.line!r}.")
        attrs = table.attrs
        table[c.LINE] = pd.Series([sources.line] * len(table), dtype=object)
        table.attrs = attrs
    return table


def _name(source: Table) -> str:
    return "The table of variants" if isinstance(source, pd.DataFrame) else str(source)


def _named_notices(table: pd.DataFrame, several: bool) -> list[str]:
    """Give the notices of a source, with its name where there are several."""
    name = table.attrs.get("name")
    return [f"{name}: {note}" if several and name else str(note) for note in table.attrs.get("notices", ())]


def _one_build(tables: Sequence[pd.DataFrame]) -> str | None:
    """Give the one build of all positions; two, or a known one beside an unknown, cannot be held together."""
    placed = [table for table in tables if table[c.POS].notna().any()]
    builds = {table.attrs["build"] for table in placed}
    if len(builds) > 1 and None in builds:
        raise ArgumentError(
            f"Some positions are of {listed(sorted(filter(None, builds)))}, of others the genome build is "
            "not known, and builds are never mixed; say it (--build)."
        )
    if len(builds) > 1:
        raise ArgumentError(
            f"The positions are of two genome builds ({listed(sorted(map(str, builds)))}), which are never "
            "mixed; give variants of one build."
        )
    return next(iter(builds), None)


def _check_names(names: Sequence[str]) -> None:
    """Refuse names of lines that look alike: one would be judged without the other's variants."""
    for same in alike(names):
        raise ArgumentError(
            f"Lines {listed(map(repr, same))} look alike; spell them the same if they are one, name them "
            "apart if not."
        )


def _held_against(lines: pd.DataFrame, tables: Sequence[pd.DataFrame], named: Sequence[str]) -> list[str]:
    """Hold the names of the variants against the table of lines, and tell of lines that it lacks.

    A line whose variants stand under another name would pass for one without any: that is refused.
    """
    if any(table[c.LINE].isna().all() and len(table) for table in tables):
        raise ArgumentError(
            "Variants name no line, and there is a table of lines: whose they are is not known. Add a column "
            "'line' to the variants, or say it (--line)."
        )
    own = set(lines["clone"])
    others = list(dict.fromkeys(name for name in named if name not in own))
    if not others:
        return []
    said = _sequenced(lines, ())
    silent = [name for name in lines["clone"] if name not in set(named) and said.get(name)]
    if silent:
        raise ArgumentError(
            f"No variant names {listed(map(repr, silent))}, said to be sequenced, and the table of lines "
            f"lacks {listed(map(repr, others))} of the variants; spell them alike, or add the latter to it."
        )
    return [f"{counted(len(others), 'line')} of the variants not in the table of lines: {listed(others)}."]


def _kin(lines: pd.DataFrame | None) -> dict[str, str]:
    """Give the donor of each line outside isogenic pairs, of which one was changed."""
    if lines is None or "donor" not in lines:
        return {}
    own = lines[lines["donor"].notna()]
    own = own[own["pair"].isna()] if "pair" in own else own
    return dict(zip(own["clone"], own["donor"].astype(str), strict=True))


def _sequenced(lines: pd.DataFrame | None, named: Sequence[str]) -> dict[str, bool]:
    """Read who was sequenced from the table of lines; blank is not told."""
    if lines is None or SEQUENCED not in lines:
        return {}
    found: dict[str, bool] = {}
    for clone, value in zip(lines["clone"], lines[SEQUENCED], strict=True):
        word = "" if pd.isna(value) else str(value).strip().casefold()
        if word and word not in TRUE_WORDS | FALSE_WORDS:
            raise ArgumentError(f"Line {clone!r}: sequenced {value!r} is not yes or no.")
        if word:
            found[clone] = word in TRUE_WORDS
    wrong = [name for name in named if found.get(name) is False]
    if wrong:
        raise ArgumentError(
            f"{counted(len(wrong), 'line')} said not to be sequenced and listed with variants: "
            f"{listed(map(repr, wrong))}; correct one of the two."
        )
    return found
