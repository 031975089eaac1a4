"""Wells as pictures of plates: a value of every well, on one scale for all plates, as a figure or a page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from hcs.figures.panels import DPI, refuse_existing
from hcs.figures.stamp import FORMATS
from hcs.heatmaps.fields import field_pictures
from hcs.heatmaps.page import write_heatmap
from hcs.heatmaps.rows import Source, WellRows, read_rows
from hcs.heatmaps.values import View, WellValues, shown_values
from hcs.wording import listed
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.plate import Plate
from hcs_plates.wells import Formats

if TYPE_CHECKING:
    from hcs.heatmaps.values import Colours

VIEWS = get_args(View)
PAGE = ".html"
FIELDS_SHOWN = 4


@dataclass(frozen=True, repr=False)
class WellHeatmap(WellValues):
    """A value of every well, and the files it can be written to; see `hcs.heatmaps.values.WellValues`."""

    def save(  # noqa: PLR0913 – keywords of users
        self,
        path: Path | str,
        *,
        fields: int = FIELDS_SHOWN,
        channel: str | None = None,
        time: int | None = None,
        width_mm: float | None = None,
        dpi: int | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Write a figure with its numbers as CSV beside it, or a page.

        Parameters
        ----------
        path
            Ends in .png, .svg or .pdf (a figure), or .html: a page that opens with no network, on which wells
            can be pointed at and picked.
        fields
            Pictures of each well's fields on the page, where the source is a plate; 0 for none.
        channel
            Which one they show, by its name or a part of it; the first if None.
        time
            Time point of a film that they show, counted from 0; the first at which the channel was imaged if
            None.
        width_mm, dpi
            Of a figure, as `hcs.figures.panels.Panels.save` takes them; a page has neither.
        overwrite
            Replace what stands there.

        Raises
        ------
        ArgumentError, ExistsError
            Another ending, a folder, no such channel; a file that is there already.
        """
        path = Path(path)
        _refuse_place(path)
        if path.suffix.lower() == PAGE:
            if width_mm is not None or dpi is not None:
                raise ArgumentError(
                    f"A page fits its window: a width and a resolution are of figures, {listed(FORMATS)}."
                )
            refuse_existing([path], overwrite=overwrite)
            return write_heatmap(self, path, *field_pictures(self.plates, fields, channel, time))
        if path.suffix.lower() not in FORMATS:
            raise ArgumentError(
                f"{path.name} ends in no format of a heatmap; give {', '.join(FORMATS)} or {PAGE}."
            )
        return self.plot().save(path, width_mm=width_mm, dpi=dpi or DPI, overwrite=overwrite)[0]


def heatmap(
    source: Source,
    value: str,
    *,
    view: View = "value",
    limits: tuple[float, float] | None = None,
    colours: "Colours | None" = None,
    plate_format: Formats = None,
) -> WellHeatmap:
    """Lay a value out well by well, for one plate or many on one scale.

    Parameters
    ----------
    source
        A plate or several (their wells table, and what `hcs measure` left beside them), measurements, or any
        table with the column well, and plate if there are several. A well may have many rows (fields, cells).
    value
        The column. Numbers of a well are averaged over its included rows; a category must be one per well.
        A well none of whose rows is included is left out: it is hatched.
    view
        ``difference`` shows numbers less the median of their plate.
    limits
        Of the colour scale, the lower first; of numbers only.
    colours
        As in `WellHeatmap`.
    plate_format
        Of a table's plates, or how many wells they have; the smallest that holds their wells if None.

    Raises
    ------
    ArgumentError
        No such column, wells outside the format, several categories in one well, a view or limits that
        cannot be.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"well": ["A1", "A1", "B2"], "count": [10, 20, 40]})
    >>> found = heatmap(table, "count", view="difference")
    >>> found.table[["well", "value", "n", "shown"]].to_numpy().tolist()
    [['A01', 15.0, 2, -12.5], ['B02', 40.0, 1, 12.5]]
    """
    _refuse_view(view)
    limits = None if limits is None else _limits(limits)
    read = read_rows(source, value, plate_format)
    plates = (source,) if isinstance(source, Plate) else tuple(source) if isinstance(source, Sequence) else ()
    return replace(rows_heatmap(read, value, view, limits=limits, colours=colours), plates=plates)


def rows_heatmap(
    read: WellRows,
    value: str,
    view: View = "value",
    *,
    limits: tuple[float, float] | None = None,
    colours: "Colours | None" = None,
) -> WellHeatmap:
    """Lay out a value that was read already; `value` is what it is called. See `heatmap`."""
    _refuse_view(view)
    needing = {"difference": "a difference from the median needs"}.get(
        view, "limits are of" if limits else ""
    )
    table = shown_values(read, value, view, needing)
    return WellHeatmap(
        table, read.rows, value, read.unit, read.formats, view, limits, colours, (), read.notices
    )


def _refuse_view(view: str) -> None:
    """Refuse a view that there is none of."""
    if view not in VIEWS:
        raise ArgumentError(f"No view {view!r}; {nearest(view, VIEWS)}")


def _limits(limits: tuple[float, float]) -> tuple[float, float]:
    """Check that limits are a scale."""
    numbers = [one for one in limits if isinstance(one, Real)]
    if len(limits) != 2 or len(numbers) != 2 or not np.isfinite(np.asarray(numbers, dtype=float)).all():
        said = listed(limits)
        raise ArgumentError(f"Limits {said} are no scale; give two finite numbers, the lower one first.")
    if not limits[0] < limits[1]:
        raise ArgumentError(f"Limits {limits[0]:g} and {limits[1]:g} are no scale; give the lower one first.")
    return float(limits[0]), float(limits[1])


def _refuse_place(path: Path) -> None:
    """Refuse a path at which no file can be written."""
    if path.is_dir():
        raise ArgumentError(f"{path} is a folder; give a file name such as 'heatmap.html'.")
    stands = next(one for one in path.absolute().parents if one.exists())
    if not stands.is_dir():
        raise ArgumentError(f"{path} cannot be written: {stands} is a file, not a folder.")
