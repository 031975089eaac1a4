"""What a plot gives back: its axes, and with them the figure, its numbers, and a way to keep both."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from hcs.figures.fitted import checked_width, fitted
from hcs.figures.stamp import FORMATS, holds, is_own_table, stamped
from hcs.figures.theme import empty_figure, theme
from hcs.wording import exist, listed
from hcs_plates.csvcells import csv_text
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.files import write_files
from hcs_plates.paths import local_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI, LEAST_DPI, MOST_DPI = 150, 50, 1200
_METADATA: Mapping[str, dict[str, Any]] = {
    ".svg": dict.fromkeys(("Date", "Creator", "Format", "Type")),
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""Nothing of when and by what a file was made: the same drawing gives the same bytes."""


class Panels(tuple["Axes", ...]):
    """The axes of one figure, in reading order; never empty.

    Parameters
    ----------
    figure
        Drawn with `hcs.figures`.
    numbers
        What is drawn, as a table.

    Examples
    --------
    >>> drawn = Panels.none("Nothing to draw.", pd.DataFrame({"a": [1]}))
    >>> len(drawn), drawn.figure is drawn[0].figure, list(drawn.numbers)
    (1, True, ['a'])
    """

    figure: "Figure"
    numbers: pd.DataFrame
    drawn_at: "Callable[[float], Figure]"

    @classmethod
    def of(
        cls, figure: "Figure", numbers: pd.DataFrame, drawn_at: "Callable[[float], Figure] | None" = None
    ) -> Self:
        """Gather the axes of a figure; `drawn_at` draws it at a width, mm, if it is not simply fitted."""
        drawn = cls(figure.axes)
        drawn.figure, drawn.numbers = figure, numbers
        drawn.drawn_at = drawn_at or partial(fitted, figure)
        return drawn

    @classmethod
    def none(cls, why: str, numbers: pd.DataFrame) -> Self:
        """Say in place of a drawing why there is none."""
        return cls.of(empty_figure(why), numbers, lambda mm: empty_figure(why, checked_width(mm)))

    def save(
        self, path: Path | str, *, width_mm: float | None = None, dpi: int = DPI, overwrite: bool = False
    ) -> tuple[Path, Path]:
        """Write the figure, and its numbers as CSV (UTF-8) beside it.

        Parameters
        ----------
        path
            Ends in .svg, .png or .pdf; the numbers take the same name with .csv.
        width_mm
            Of the figure, such as 85 or 174, the columns of a journal; as it was drawn if None.
        dpi
            Pixels per inch of a .png, and of pictures within the others.
        overwrite
            Replace a figure that is there, and its numbers; a CSV of another origin never.

        Returns
        -------
        tuple of Path
            The figure and its numbers.

        Raises
        ------
        ArgumentError, ExistsError
            Another ending, width or resolution; a file that is there already.
        """
        check_dpi(dpi)
        figure = self.figure if width_mm is None else self.drawn_at(width_mm)
        return write_figure(
            path, lambda ending: figure_bytes(figure, ending, dpi), self.numbers, overwrite=overwrite
        )

    def _repr_png_(self) -> bytes:
        """Show the figure in a notebook."""
        return figure_bytes(self.figure, ".png")


def check_dpi(dpi: int) -> None:
    """Refuse (ArgumentError) a resolution that no figure is printed at."""
    if not LEAST_DPI <= dpi <= MOST_DPI:
        raise ArgumentError(f"--dpi {dpi} is no resolution of a figure; give {LEAST_DPI} to {MOST_DPI}.")


def figure_bytes(figure: "Figure", ending: str, dpi: int = DPI) -> bytes:
    """Draw a figure as the bytes of a file; the same drawing gives the same bytes.

    Parameters
    ----------
    figure
        Any matplotlib figure.
    ending
        One of `FORMATS`.
    dpi
        Pixels per inch.
    """
    stream = io.BytesIO()
    with theme(), _layout_kept(figure):
        figure.savefig(stream, format=ending[1:], metadata=_METADATA[ending], dpi=dpi)
    return stream.getvalue()


@contextmanager
def _layout_kept(figure: "Figure") -> Iterator[None]:
    """Put axes back to where they stood: a layout starts from the one before, and is never quite the same."""
    stood = [
        (axis, axis.get_position(original=True), axis.get_position(), axis.get_in_layout())
        for axis in figure.axes
    ]
    try:
        yield
    finally:
        for axis, original, active, laid_out in stood:
            axis.set_position(original, "original")
            axis.set_position(active, "active")
            axis.set_in_layout(laid_out)


def stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the tables of unlike panels one below the other; the column ``panel`` names each.

    Examples
    --------
    >>> wells, plates = pd.DataFrame({"well": ["A01"], "n": [3]}), pd.DataFrame({"z_prime": [0.5]})
    >>> print(stacked({"wells": wells, "plates": plates}).to_csv(index=False), end="")
    panel,well,n,z_prime
    wells,A01,3,
    plates,,,0.5
    """
    # As objects, counts stay whole numbers beside rows that have none.
    parts = [table.astype(object).assign(panel=name) for name, table in tables.items()]
    whole = pd.concat(parts, ignore_index=True)
    return whole[["panel", *whole.columns.drop("panel")]]


def write_figure(
    path: Path | str, drawn: Callable[[str], bytes], numbers: pd.DataFrame, *, overwrite: bool = False
) -> tuple[Path, Path]:
    """Write a figure, and its numbers as CSV (UTF-8) beside it: both whole, or neither.

    A figure carries the digest of its numbers, which tells its CSV from any other: a CSV that no figure of
    that name carries was not written by hcs, and is never replaced. Files that hold the same already stay.

    Parameters
    ----------
    path
        Ends in .svg, .png or .pdf; the numbers take the same name with .csv.
    drawn
        Gives the figure's bytes for such an ending.
    numbers
        The table.
    overwrite
        Replace the figure that is there, and its numbers.

    Raises
    ------
    ArgumentError, ExistsError
        Another ending; a file that is there already.
    """
    figure = local_path(path)
    ending = figure.suffix.lower()
    if ending not in FORMATS:
        raise ArgumentError(f"{figure.name} ends in no format of a figure; give {listed(FORMATS)}.")
    table = figure.with_suffix(".csv")
    written = csv_text(numbers).encode()
    if not holds(table, written) and table.exists() and not is_own_table(table):
        raise ExistsError(
            f"{table} exists already and was not written by hcs with a figure of that name, so it is not "
            "replaced; choose another name."
        )
    made = {figure: stamped(drawn(ending), ending, written), table: written}
    other = {file: content for file, content in made.items() if not holds(file, content)}
    refuse_existing(other, overwrite=overwrite)
    write_files(other)
    return figure, table


def refuse_existing(paths: Iterable[Path], *, overwrite: bool) -> None:
    """Refuse to replace files unless that was asked for.

    Raises
    ------
    ExistsError
        One of them is there.
    """
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        raise ExistsError(f"{listed(there)} {exist(len(there))} already; choose another name, or replace it.")
