"""Analyses as they are kept in a folder: numbers, sentences and figures, written whole and read again."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from defusedxml.ElementTree import ParseError, fromstring
from pydantic import BaseModel, StringConstraints

from hcs.analysis.finding import Finding
from hcs.analysis.stated import statistics_table
from hcs.display import preview
from hcs.tables.stored import load_table, save_table
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.staging import Kind, Place
from hcs_plates.units import file_digest

ANALYSE, PERMUTE = "`hcs study analyse`", "`hcs study permute`"
EXPLAIN, READ = "`hcs explain`", "`hcs study report --readers`"
SUMMARIES = "summaries.json"
STATISTICS = "statistics"
"""Ending of the table of what a summary quotes."""
ANALYSED = Kind("analyses", SUMMARIES, ("findings",), r".*\.(parquet|json|svg|pdf|png|xlsx)|\..*")


Name = Annotated[str, StringConstraints(pattern=r"^\w+$")]
"""Of an analysis or a table; part of a file's name."""
DRAWN = {"svg", "g", "path", "text", "tspan", "defs", "use", "clipPath", "rect", "image", "pattern"}
"""Elements that a figure is drawn with."""


class _Told(BaseModel):
    """What is said of one finding."""

    headline: str
    summary: str
    caveats: tuple[str, ...]
    tables: tuple[Name, ...] | None = None


class _Document(BaseModel):
    """Shape of ``summaries.json``."""

    asked: dict[str, Any]
    findings: dict[Name, _Told]
    left_out: dict[str, str]
    files: dict[str, str] = {}


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {self.headline}>"

    def _repr_html_(self) -> str:
        return preview(self.headline, self.table)

    @property
    def table(self) -> pd.DataFrame:
        """The main table."""
        return self.tables[self.name]

    @property
    def statistics(self) -> pd.DataFrame:
        """What the summary quotes; empty where nothing was kept of it."""
        return self.tables.get(f"{self.name}_{STATISTICS}", statistics_table(()))


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
        told, files = {}, {}
        for name, found in findings.items():
            tables = tables_of(name, found)
            for file, table in tables.items():
                files[f"{file}.parquet"] = save_table(table, staged / f"{file}.parquet")
            figure, said = found.plot().figure, sentences_of(found)
            drawn = to_svg(figure, name=name.replace("_", "-"), alt=said["summary"])
            (staged / f"{name}.svg").write_text(drawn, encoding="utf-8")
            files[f"{name}.svg"] = file_digest(staged / f"{name}.svg")
            for ending in (".pdf", ".png"):
                (staged / f"{name}{ending}").write_bytes(figure_bytes(figure, ending))
            told[name] = said | {"tables": list(tables)}
        document = {
            "hcs": version("hcs"),
            "asked": dict(asked),
            "findings": told,
            "left_out": dict(left_out),
            "files": files,
        }
        (staged / SUMMARIES).write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
        place.publish()
    return folder


def sentences_of(found: Finding) -> dict[str, Any]:
    """Headline, summary and caveats of a finding."""
    return {"headline": found.headline(), "summary": found.summary(), "caveats": list(found.caveats)}


def tables_of(name: str, found: Finding) -> dict[str, pd.DataFrame]:
    """Every table of a finding: the main one under the analysis's name, others under theirs behind it."""
    tables = {name: found.table}
    for one in fields(found) if hasattr(found, "__dataclass_fields__") else ():  # type: ignore[arg-type]
        held = getattr(found, one.name)
        if one.name != "table" and isinstance(held, pd.DataFrame) and len(held.columns):
            tables[f"{name}_{one.name}"] = held
    if len(found.statistics):
        tables[f"{name}_{STATISTICS}"] = found.statistics
    return tables


def read_analyses(folder: Path, maker: str = ANALYSE) -> KeptAnalyses:
    """Read what `keep_analyses` wrote.

    Parameters
    ----------
    folder
        The folder.
    maker
        The command that makes it.

    Raises
    ------
    NotThereError, StoreError
        No such folder; a file of it is gone, damaged, or not the one that was written.
    """
    if not folder.is_dir():
        raise NotThereError(f"{folder} does not exist; {maker} makes it.")
    try:
        told = _Document.model_validate_json((folder / SUMMARIES).read_bytes())
        found = {name: _finding(folder, name, one, told.files) for name, one in told.findings.items()}
    except (FileNotFoundError, NotADirectoryError, ValueError, NotThereError) as error:
        raise StoreError(folder, f"is damaged; make it again with {maker}") from error
    return KeptAnalyses(found, told.left_out, told.asked)


def _finding(folder: Path, name: str, told: _Told, files: Mapping[str, str]) -> KeptFinding:
    names = [name] if told.tables is None else told.tables
    if name not in names:
        raise ValueError(f"{name} has no main table")
    tables = {
        file: load_table(folder / f"{file}.parquet", files.get(f"{file}.parquet"), "make it again")
        for file in names
    }
    svg = (folder / f"{name}.svg").read_bytes()
    if files.get(f"{name}.svg") not in (None, hashlib.sha256(svg).hexdigest()):
        raise ValueError(f"{name}.svg is another drawing")
    return KeptFinding(name, told.headline, told.summary, told.caveats, tables, _drawing(svg))


def _drawing(svg: bytes) -> str:
    """Text of a figure as `to_svg` draws it; anything else in it could act on the page it is put into."""
    try:
        drawn = fromstring(svg)
    except ParseError as error:
        raise ValueError(f"no figure: {error}") from error
    for element in drawn.iter():
        namespace, _, tag = str(element.tag).rpartition("}")
        links = [value for name, value in element.attrib.items() if name.rpartition("}")[2] == "href"]
        if (
            namespace != "{http://www.w3.org/2000/svg"
            or tag not in DRAWN
            or any(name.lower().startswith("on") for name in element.attrib)
            or not all(link.startswith(("#", "data:image/png;")) for link in links)
        ):
            raise ValueError(f"{tag} is no part of a figure")
    return svg.decode("utf-8")
