"""Analyses as they are kept in a folder: numbers, sentences and figures, written whole and read again."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.statistics.finding import Finding, headline
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.staging import Kind, Place

FOLDER = "analyses"
SUMMARIES = "summaries.json"
ANALYSED = Kind("analyses", SUMMARIES, ("findings",), r".*\.(parquet|json|svg|pdf|png)|\..*")


@dataclass(frozen=True)
class KeptFinding:
    """One finding as it was kept.

    Parameters
    ----------
    name
        Of its analysis.
    headline, summary, caveats
        The main thing, everything, and what of it are caveats, in words.
    tables
        Every table behind it by its file's name, the main one first.
    svg
        Its figure, an ``<svg>`` element.
    """

    name: str
    headline: str
    summary: str
    caveats: tuple[str, ...]
    tables: Mapping[str, pd.DataFrame]
    svg: str

    @property
    def table(self) -> pd.DataFrame:
        """The main table."""
        return self.tables[self.name]


@dataclass(frozen=True)
class KeptAnalyses:
    """All findings that were kept.

    Parameters
    ----------
    findings
        By name, in the order they were made.
    left_out
        Analyses that could not be made, and why.
    asked
        How they were asked for: model, batch, seed, clinical; and what they were made from.
    """

    findings: Mapping[str, KeptFinding] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)


def keep_analyses(
    findings: Mapping[str, Finding], left_out: Mapping[str, str], asked: Mapping[str, Any], folder: Path
) -> Path:
    """Write findings; a folder of an earlier run is replaced when all is whole.

    Returns
    -------
    Path
        The folder: of every analysis NAME.parquet, further tables as NAME_TABLE.parquet, NAME.svg, NAME.pdf
        and NAME.png; and ``summaries.json``.
    """
    from hcs.figures.panels import figure_bytes
    from hcs.figures.theme import to_svg

    place = Place(folder, ANALYSED, overwrite=True)
    with place.claim():
        staged = place.start(uuid.uuid4().hex)
        told = {}
        for name, found in findings.items():
            tables = tables_of(name, found)
            for file, table in tables.items():
                table.to_parquet(staged / f"{file}.parquet", index=False)
            figure, said = found.plot().figure, sentences_of(found)
            drawn = to_svg(figure, name=name.replace("_", "-"), alt=said["summary"])
            (staged / f"{name}.svg").write_text(drawn, encoding="utf-8")
            for ending in (".pdf", ".png"):
                (staged / f"{name}{ending}").write_bytes(figure_bytes(figure, ending))
            told[name] = said | {"tables": list(tables)}
        document = {"asked": dict(asked), "findings": told, "left_out": dict(left_out)}
        (staged / SUMMARIES).write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
        place.publish()
    return folder


def sentences_of(found: Finding) -> dict[str, Any]:
    """Headline, summary and caveats of a finding."""
    return {"headline": headline(found), "summary": found.summary(), "caveats": list(found.caveats)}


def tables_of(name: str, found: Finding) -> dict[str, pd.DataFrame]:
    """Every table of a finding: the main one under the analysis's name, others under theirs behind it."""
    tables = {name: found.table}
    for one in fields(found) if hasattr(found, "__dataclass_fields__") else ():  # type: ignore[arg-type]
        held = getattr(found, one.name)
        if one.name != "table" and isinstance(held, pd.DataFrame) and len(held.columns):
            tables[f"{name}_{one.name}"] = held
    return tables


def read_analyses(folder: Path) -> KeptAnalyses:
    """Read what `keep_analyses` wrote.

    Raises
    ------
    NotThereError, StoreError
        No such folder; a file of it is gone or damaged.
    """
    if not folder.is_dir():
        raise NotThereError(f"{folder} does not exist; `hcs study analyse` makes it.")
    try:
        document = json.loads((folder / SUMMARIES).read_text(encoding="utf-8"))
        found = {}
        for name, told in document["findings"].items():
            tables = {
                file: pd.read_parquet(folder / f"{file}.parquet") for file in told.get("tables", [name])
            }
            svg = (folder / f"{name}.svg").read_text(encoding="utf-8")
            caveats = tuple(told["caveats"])
            if name not in tables:
                raise KeyError(name)
            found[name] = KeptFinding(name, told["headline"], told["summary"], caveats, tables, svg)
        return KeptAnalyses(found, document["left_out"], document["asked"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(folder, "is damaged; make it again with `hcs study analyse`") from error
