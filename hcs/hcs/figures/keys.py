"""Entries of a figure's key, by what they look like, and where the key stands."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hcs.figures.theme import NEGATIVE, OTHER, POSITIVE
from hcs.wording import spaced

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def line(label: str, colour: str, dash: Any = "-", width: float = 2.0, marker: str = "") -> "Artist":
    """Make the entry of a line, with marks on it where there is a marker."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, ls=dash, lw=width, marker=marker, ms=6, label=label)


def mark(label: str, colour: str, marker: str = "o", size: float = 7.0, face: str = "") -> "Artist":
    """Make the entry of a mark, edged in white; with a face of another colour, in its own."""
    from matplotlib.lines import Line2D

    look: dict[str, Any] = {"mfc": face} if face else {} if marker in "|x" else {"mec": "white", "mew": 0.6}
    return Line2D([], [], color=colour, marker=marker, ls="", ms=size, label=label, **look)


def patch(label: str, colour: str, **look: Any) -> "Artist":
    """Make the entry of a filled area."""
    from matplotlib.patches import Patch

    return Patch(color=colour, lw=0, label=label, **look)


def class_looks(positive: str, negative: str) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    """Name, colour and marker of the negative class and of the positive one, alike in all figures."""
    return (negative, NEGATIVE, "o"), (positive, POSITIVE, "D")


def class_marks(positive: str, negative: str, others: str = "") -> "list[Artist]":
    """Entries of the two classes, and of wells or clones outside both where these have a name."""
    marks = [mark(spaced(name), colour, shape) for name, colour, shape in class_looks(positive, negative)]
    return [*marks, mark(others, OTHER, "s")] if others else marks


def key(figure: "Figure", entries: "Iterable[Artist]", columns: int = 4, **words: Any) -> None:
    """Put the key under the drawing; none where there is nothing to tell.

    Parameters
    ----------
    figure
        In the theme's layout.
    entries
        Of `line`, `mark` and `patch`.
    columns
        Most entries side by side.
    words
        What matplotlib's legend takes besides.
    """
    handles = list(entries)
    if handles:
        across = min(columns, len(handles))
        figure.legend(handles=handles, loc="outside lower center", ncols=across, **words)


def beside(axis: "Axes", place: float, text: str, **look: Any) -> None:
    """Write at the right of a row."""
    axis.annotate(
        text, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8,
        annotation_clip=False, **look,
    )  # fmt: skip
