"""Wells as pictures of plates: a value of every well, on one scale for all plates, as a figure or a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.heatmaps.rows import STATE, Formats, Source, WellRows, read_rows
from hcs.wording import are, counted, have, listed, sentence, spaced
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.plate import Plate
from hcs_plates.wells import PlateFormat

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

    from hcs.figures.heatmap import HeatmapSpec
    from hcs.figures.panels import Panels

    Colours = str | Colormap | Mapping[str, str]

View = Literal["value", "difference"]
VIEWS = ("value", "difference")
PAGE = ".html"
FIELDS_SHOWN = 4
ROUNDING = 1e-12
"""Part of a number below which a difference from it is rounding."""

_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")
"""What pandas calls columns of objects that are numbers."""


@dataclass(frozen=True, repr=False)
class WellHeatmap(Shown):
    """A value of every well.

    Parameters
    ----------
    table
        One row per plate and well that the source knows: plate, well, value (mean over the well's included
        rows, or its category; over all its rows where the well is left out; missing where there is none), n
        (rows behind it), shown (what is coloured: the value, or its difference from the plate's median;
        missing in wells that are left out), and what else is known of the well (`hcs.heatmaps.rows.ABOUT`).
    rows
        The source's own rows: plate, well, value, and what tells the rows of a well apart.
    value
        Column of the source.
    unit
        What one row is: field, tile, cell or row.
    formats
        Of every plate, in the order they are drawn.
    view
        ``value``, or ``difference`` from the plate's median.
    limits
        Of the colour scale; robust ones (`hcs.figures.heatmap.robust_limits`) if None.
    colours
        A matplotlib colour map (or its name) for numbers, or the colours of categories.
    plates
        Plates whose fields can be shown.
    notices
        What of a table was not read as written.
    """

    table: pd.DataFrame
    rows: pd.DataFrame
    value: str
    unit: str
    formats: Mapping[str, PlateFormat]
    view: View = "value"
    limits: tuple[float, float] | None = None
    colours: "Colours | None" = None
    plates: tuple[Plate, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether the value is a number, not a category."""
        return bool(pd.api.types.is_numeric_dtype(self.table["shown"]))

    @property
    def label(self) -> str:
        """What the colours are."""
        name = spaced(self.value)
        return name if self.view == "value" else f"{name} − plate median"

    @property
    def caveats(self) -> tuple[str, ...]:
        """Sentences on what was read otherwise than written, and on wells that are not coloured."""
        left_out = int((~_included(self.table) & self.table["value"].notna()).sum())
        without = int(self.table["value"].isna().sum())
        absent = sum(shape.size for shape in self.formats.values()) - len(self.table)
        said = []
        if left_out:
            said.append(f"{counted(left_out, 'well')} {are(left_out)} left out (included is false).")
        if without:
            said.append(f"{counted(without, 'well')} {have(without)} no value.")
        if absent:
            said.append(f"{counted(absent, 'well')} of the plates {are(absent)} not in the table.")
        guesses = [plate.spec.guess for plate in self.plates]
        told = (*self.notices, *(guess for guess in guesses if guess is not None))
        return (*told, *said, *(["Such wells are hatched."] if said else []))

    def summary(self) -> str:
        """Say how many wells are shown, and their range."""
        known = self.table["shown"].dropna()
        of = f"{counted(len(self.table), 'well')} on {counted(len(self.formats), 'plate')}"
        said = f"{self.label[:1].upper()}{self.label[1:]}: {len(known):,} of {of} shown"
        endless = ""
        if self.numeric:
            finite = known[np.isfinite(known)]
            if len(finite):
                low, middle, high = finite.min(), finite.median(), finite.max()
                middle = 0.0 if abs(middle) < ROUNDING * (high - low) else middle
                said += f", {low:.4g} to {high:.4g}, median {middle:.4g}"
            beyond = len(known) - len(finite)
            endless = f"{counted(beyond, 'well')} {are(beyond)} infinite." if beyond else ""
        return sentence(f"{said}.", endless, *self.caveats)

    def grids(self) -> pd.DataFrame:
        """Shown values, one column per plate; index: well."""
        return self.table.pivot(index="well", columns="plate", values="shown")[list(self.formats)]

    def spec(self) -> "HeatmapSpec":
        """How it is drawn: one hue rising for values, two from grey for differences, on even limits."""
        from hcs.figures.heatmap import HeatmapSpec, robust_limits
        from hcs.figures.theme import score_map

        if not self.numeric:
            named = self.colours if isinstance(self.colours, Mapping) else {}
            return HeatmapSpec(self.label, categories=named)
        scale = None if isinstance(self.colours, Mapping) else self.colours
        low, high = self.limits or robust_limits(self.table["shown"])
        if self.view == "value":
            return HeatmapSpec(self.label, (low, high), scale or "cividis")
        reach = max(abs(low), abs(high))
        return HeatmapSpec(self.label, (-reach, reach), scale or score_map())

    def plot(self) -> "Panels":
        """Draw all plates side by side on one scale; their axes."""
        from hcs.figures.heatmap import plate_heatmap
        from hcs.figures.panels import Panels

        return Panels.of(plate_heatmap(self.grids(), self.formats, self.spec()), self.table)

    def save(
        self,
        path: Path | str,
        *,
        fields: int = FIELDS_SHOWN,
        channel: str | None = None,
        time: int | None = None,
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
        overwrite
            Replace what stands there.

        Raises
        ------
        ArgumentError, ExistsError
            Another ending, a folder, no such channel; a file that is there already.
        """
        from hcs.figures.stamp import FORMATS
        from hcs.heatmaps.page import write_heatmap

        path = Path(path)
        _refuse_place(path)
        if path.suffix.lower() == PAGE:
            return write_heatmap(self, path, fields=fields, channel=channel, time=time, overwrite=overwrite)
        if path.suffix.lower() not in FORMATS:
            raise ArgumentError(
                f"{path.name} ends in no format of a heatmap; give {', '.join(FORMATS)} or {PAGE}."
            )
        return self.plot().save(path, overwrite=overwrite)[0]


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
    >>> table = pd.DataFrame({"well": ["A1", "A1", "B2"], "count": [10, 20, 40]})
    >>> found = heatmap(table, "count", view="difference")
    >>> found.table[["well", "value", "n", "shown"]].to_numpy().tolist()
    [['A01', 15.0, 2, -12.5], ['B02', 40.0, 1, 12.5]]
    """
    if view not in VIEWS:
        raise ArgumentError(f"No view {view!r}; {nearest(view, VIEWS)}")
    limits = None if limits is None else _limits(limits)
    read = read_rows(source, value, plate_format)
    table = _valued(read, value)
    numeric = pd.api.types.is_numeric_dtype(table["value"])
    if not numeric and (view == "difference" or limits is not None):
        what = "a difference from the median needs" if view == "difference" else "limits are of"
        raise ArgumentError(f"{value!r} is a category: {what} numbers.")
    shown = table["value"].where(_included(table) | (value == "included"))
    if view == "difference":
        shown = _differences(shown, table["plate"])
    known = [name for name in table if name not in ("plate", "well", "value", "n")]
    table = table[["plate", "well", "value", "n", *known]].assign(shown=shown)
    plates = _plates(source)
    drawn = WellHeatmap(table, read.rows, value, read.unit, read.formats, view, limits, colours, plates)
    return replace(drawn, notices=read.notices)


def _valued(read: WellRows, value: str) -> pd.DataFrame:
    """Wells with their value and the number of rows behind it."""
    keys = ["plate", "well"]
    rows = read.rows
    left_out = pd.MultiIndex.from_frame(read.wells.loc[~_included(read.wells), keys])
    taken = _included(rows) | pd.MultiIndex.from_frame(rows[keys]).isin(left_out)
    if "value" in read.wells:
        n = rows[taken].groupby(keys, sort=False).size().rename("n")
        table = read.wells.assign(value=_plain(read.wells["value"])).merge(n, on=keys, how="left")
    else:
        used = rows if value in STATE else rows[taken & rows["value"].notna()]
        known = used.assign(value=_plain(used["value"]))
        known = known[known["value"].notna()]
        grouped = known.groupby(keys, sort=False)["value"]
        numeric = pd.api.types.is_numeric_dtype(known["value"])
        several = grouped.nunique()
        if not numeric and len(several) and several.max() > 1:
            plate, well = several.idxmax()
            raise ArgumentError(
                f"Well {well} of plate {plate} has {several.max()} values of {value!r}, and categories have "
                "no mean; give one per well."
            )
        with np.errstate(invalid="ignore"):
            found = grouped.agg(value="mean" if numeric else "first", n="size").reset_index()
        table = read.wells.merge(found, on=keys, how="left", validate="one_to_one")
        table["value"] = _plain(table["value"])
    table["n"] = table["n"].fillna(0).astype(int)
    return table


def _plates(source: Source) -> tuple[Plate, ...]:
    """Give the plates of a source, whose fields can be shown."""
    if isinstance(source, Plate):
        return (source,)
    return tuple(source) if isinstance(source, Sequence) else ()


def _plain(values: pd.Series) -> pd.Series:
    """Numbers as floats with NaN, anything else as text with None; blank text is missing."""
    kind = values.dtype
    numbers = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
    if pd.api.types.is_complex_dtype(kind):
        raise ArgumentError("Complex numbers have no order to be coloured by; give their size or a part.")
    if numbers or (
        pd.api.types.is_object_dtype(kind) and pd.api.types.infer_dtype(values, skipna=True) in _NUMBERS
    ):
        return values.astype(float)
    if values.isna().all():
        return pd.Series(float("nan"), index=values.index)
    if pd.api.types.infer_dtype(values, skipna=True) == "boolean" or pd.api.types.is_bool_dtype(kind):
        named = values.astype(object).map({True: "yes", False: "no"})
    elif (
        pd.api.types.is_datetime64_any_dtype(kind)
        and (values.dropna().dt.normalize() == values.dropna()).all()
    ):
        named = values.dt.strftime("%Y-%m-%d")
    else:
        named = values
    text = named.astype(object).map(str, na_action="ignore")
    return text.where(values.notna() & (text.str.strip() != ""), None)


def _differences(shown: pd.Series, plates: pd.Series) -> pd.Series:
    """Values less their plate's median, without the last digits that subtracting leaves of nothing."""
    middle = shown.where(np.isfinite(shown)).groupby(plates).transform("median")
    found = shown - middle
    return found.where(found.isna() | (found.abs() > ROUNDING * middle.abs()), 0.0)


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


def _included(table: pd.DataFrame) -> pd.Series:
    """Whether rows take part; those that do not say do."""
    return table["included"] if "included" in table else pd.Series(True, index=table.index)
