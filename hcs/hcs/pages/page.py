"""One self-contained HTML page: templates with everything escaped, tables as CSV links, figures inlined.

The page asks for nothing and runs no script but one of ours, where its plates answer: its content security
policy forbids everything else, so that a name in a platemap can neither run nor call home. Tables are
downloaded through ``data:`` links.
"""

import base64
import gzip
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from hcs.figures.gallery import GalleryItem
from hcs.figures.theme import to_svg
from hcs.wording import spaced
from hcs_plates.csvcells import csv_text
from hcs_plates.errors import ArgumentError
from hcs_plates.files import write_file

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup
    from matplotlib.figure import Figure

PLAIN_CSV_BYTES = 200_000
"""Longer CSV is packed with gzip before it is inlined."""

LARGEST_CSV_BYTES = 4_000_000
"""A table that is larger than this when packed is named with its place in the results folder instead."""

SCRIPT = "plates.js"


@dataclass(frozen=True)
class Download:
    """A table as a link that saves it: a ``data:`` address, empty where it is too large to carry along."""

    filename: str
    address: str
    rows: int
    size: int


@dataclass(frozen=True)
class PageTable:
    """A table as the page shows it: cells as text, and for each column whether it is set flush right."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]
    download: Download | None = None
    kind = "table"


@dataclass(frozen=True)
class PageFigure:
    """A figure as the page shows it: the inlined element, what is seen, with n, and the numbers behind it."""

    svg: "Markup"
    caption: str
    download: Download | None = None
    kind = "figure"


@dataclass(frozen=True)
class PageGallery:
    """Pictures with their captions, under a heading that may be empty."""

    heading: str
    items: Sequence[GalleryItem]
    kind = "gallery"


class PagePart(Protocol):
    """Something that a section shows; the template knows it by its kind."""

    @property
    def kind(self) -> str:
        """``table``, ``figure``, ``gallery``, ``plates`` or ``finding``."""


@dataclass(frozen=True)
class Point:
    """A sentence of page one, with the title and place of what it rests on; these may be empty."""

    title: str
    anchor: str
    sentence: str


@dataclass(frozen=True)
class Why:
    """Reasons of one kind on page one: for the answer, or against it; and one figure that shows the first."""

    title: str
    points: Sequence[Point]
    figure: PageFigure | None = None


@dataclass(frozen=True)
class Section:
    """A part of the page under one heading: its anchor, its parts, and sentences on what is missing here."""

    ident: str
    title: str
    paragraphs: Sequence[str] = ()
    parts: Sequence[PagePart] = ()
    missing: Sequence[str] = ()

    @property
    def line(self) -> str:
        """Everything it says, where that is one or two sentences and nothing to show; empty otherwise."""
        said = [*self.paragraphs, *self.missing]
        return " ".join(said) if said and not self.parts and len(said) < 3 else ""


def csv_download(table: pd.DataFrame, name: str) -> Download:
    """Turn a table into a link that saves it as CSV (UTF-8), packed with gzip when it is long.

    Its index is not saved; `name` is the file's name without its ending.

    Examples
    --------
    >>> link = csv_download(pd.DataFrame({"a": [1]}), "few")
    >>> link.filename, link.address, link.rows
    ('few.csv', 'data:text/csv;charset=utf-8;base64,YQoxCg==', 1)
    """
    text, kind, file = csv_text(table).encode("utf-8"), "text/csv;charset=utf-8", f"{name}.csv"
    if len(text) > PLAIN_CSV_BYTES:
        text, kind, file = gzip.compress(text, mtime=0), "application/gzip", f"{file}.gz"
    address = f"data:{kind};base64,{_base64(text)}" if len(text) <= LARGEST_CSV_BYTES else ""
    return Download(file, address, len(table), len(text))


def _base64(held: bytes) -> str:
    return base64.b64encode(held).decode("ascii")


def page_table(
    table: pd.DataFrame,
    caption: str,
    *,
    name: str = "",
    formats: Mapping[str, Callable[[Any], str]] | None = None,
    headings: Mapping[str, str] | None = None,
    download: pd.DataFrame | None = None,
) -> PageTable:
    """Lay a table out as text.

    Parameters
    ----------
    table, caption
        What is shown, and what it holds.
    name
        File name of its CSV, without ending; without it there is no link.
    formats
        How to write a column's values; others by `cell`. With `str`, numbers are names and stand flush left.
    headings
        Headings of columns that are not well named by their own name.
    download
        What the link saves, where that is more than is shown.
    """
    writers = dict.fromkeys(table.columns, cell) | dict(formats or {})
    rows = [
        [
            cell(value) if pd.isna(value) else writers[column](value)
            for column, value in zip(table.columns, values, strict=True)
        ]
        for values in table.itertuples(index=False, name=None)
    ]
    numeric = [
        bool(pd.api.types.is_numeric_dtype(kind)) and writers[name] is not str
        for name, kind in table.dtypes.items()
    ]
    heads = {str(name): spaced(name) for name in table.columns} | dict(headings or {})
    heading = [heads[str(name)] for name in table.columns]
    saved = csv_download(table if download is None else download, name) if name else None
    return PageTable(caption, heading, rows, numeric, saved)


def cell(value: Any) -> str:
    """Write a table's value as text: two or three digits for fractions, a dash for what is missing.

    Examples
    --------
    >>> cell(0.9134), cell(float("nan")), cell(12500), cell("a_b"), cell(True), cell(999.7)
    ('0.913', '–', '12,500', 'a_b', 'yes', '1,000')
    """
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return "–"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}"
    if isinstance(value, float | np.floating):
        number = float(value)
        return f"{number:,.0f}" if 999.5 <= abs(number) < 1e12 else f"{number:.3g}"
    return str(value)


def page_figure(
    figure: "Figure", caption: str, *, name: str, alt: str, numbers: pd.DataFrame | None = None
) -> PageFigure:
    """Inline a figure of `hcs.figures`, with the numbers behind it to be downloaded.

    `name` is the prefix of its ids and the file name of its numbers; `alt` is for those who do not see it.
    """
    from markupsafe import Markup

    # Markup is right here and only here: matplotlib escapes the text it draws, and `to_svg` the rest.
    svg = Markup(to_svg(figure, name=name, alt=alt))
    return PageFigure(svg, caption, None if numbers is None else csv_download(numbers, name))


def kept_drawing(svg: str, alt: str) -> "Markup":
    """Show a drawing that was read from a folder: as an image, in which no markup of it is the page's own.

    `svg` is the element as it was kept, by whomever; `alt` is for those who do not see it.
    """
    from markupsafe import Markup

    packed = _base64(svg.encode("utf-8", "replace"))
    return Markup('<img alt="{}" src="data:image/svg+xml;base64,{}">').format(alt, packed)


def render(template: str, *, answering: bool = False, **values: Any) -> str:
    """Fill one of the templates beside this module; every value is escaped unless it is `Markup`.

    An `answering` page carries the script that makes its plates answer. The page's policy names the script
    by its digest, so that no other can run. A value that the template names and that is missing is an error.
    """
    from markupsafe import Markup

    script = files("hcs.pages").joinpath(SCRIPT).read_text(encoding="utf-8") if answering else ""
    digest = _base64(hashlib.sha256(script.encode("utf-8")).digest())
    return (
        _environment()
        .get_template(template)
        .render(script=Markup(script), script_digest=Markup(f"sha256-{digest}"), **values)
    )


@cache
def _environment() -> "Environment":
    """Give the templates, each read once."""
    import jinja2

    # `select_autoescape` looks at the last ending and would leave ``.html.j2`` unescaped.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hcs.pages", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["filesize"] = _filesize
    return environment


def _filesize(size: int) -> str:
    """Write a size in kB or MB."""
    return f"{max(1, size // 1000)} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def write_page(path: Path, text: str) -> Path:
    """Write a page so that a reader sees the old one or the new one, never half of it.

    Raises
    ------
    ArgumentError
        The path is a folder.
    """
    if path.is_dir():
        raise ArgumentError(f"{path} is a folder; give the report a file name such as 'report.html'.")
    return write_file(path, text.encode("utf-8"))
