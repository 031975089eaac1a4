"""A value of every well of one plate or many, on one scale: the numbers, what they say, and the figure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.figures.fitted import SCALE, SMALLEST_PT, checked_width, fitted
from hcs.figures.heatmap import HeatmapSpec, plate_heatmap, robust_limits
from hcs.figures.panels import Panels
from hcs.figures.places import WIDTH
from hcs.figures.theme import score_map
from hcs.heatmaps.rows import PLACE, STATE, WellRows
from hcs.statistics.frames import takes_part
from hcs.statistics.means import well_means
from hcs.wording import are, counted, have, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.plate import Plate
from hcs_plates.wells import PlateFormat

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

    Colours = str | Colormap | Mapping[str, str]

View = Literal["value", "difference"]
ROUNDING = 1e-12
"""Part of a number below which a difference from it is rounding."""

_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")
"""What pandas calls columns of objects that are numbers."""


@dataclass(frozen=True, repr=False)
class WellValues(Shown):
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
        What one row is: field, tile, cell or row; empty where the value is no summary of rows.
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
        left_out = int((~takes_part(self.table) & self.table["value"].notna()).sum())
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

    def spec(self) -> HeatmapSpec:
        """How it is drawn: one hue rising for values, two from grey for differences, on even limits."""
        if not self.numeric:
            named = self.colours if isinstance(self.colours, Mapping) else {}
            return HeatmapSpec(self.label, categories=named)
        scale = None if isinstance(self.colours, Mapping) else self.colours
        low, high = self.limits or robust_limits(self.table["shown"])
        if self.view == "value":
            return HeatmapSpec(self.label, (low, high), scale or "cividis")
        reach = max(abs(low), abs(high))
        return HeatmapSpec(self.label, (-reach, reach), scale or score_map())

    def plot(self) -> Panels:
        """Draw all plates side by side on one scale; their axes."""
        return Panels.of(
            plate_heatmap(self.grids(), self.formats, self.spec()), self.table, drawn_at=self._drawn_at
        )

    def _drawn_at(self, width_mm: float) -> "Figure":
        """Lay the plates out anew for a width, so that they fill it and letters can be read."""
        inches = checked_width(width_mm)
        shrunk = SCALE if inches < WIDTH else 1.0
        drawn = plate_heatmap(
            self.grids(), self.formats, self.spec(), width=inches / shrunk, smallest=SMALLEST_PT / shrunk
        )
        return fitted(drawn, width_mm)


def shown_values(read: WellRows, value: str, view: View, numbers_for: str = "") -> pd.DataFrame:
    """Make the table of `WellValues`; `numbers_for` is what needs numbers, with its verb, empty for nothing.

    Raises
    ------
    ArgumentError
        A category where numbers are needed, or several categories in one well.
    """
    table = _valued(read, value)
    if numbers_for and not pd.api.types.is_numeric_dtype(table["value"]):
        raise ArgumentError(f"{value!r} is a category: {numbers_for} numbers.")
    shown = table["value"].where(takes_part(table) | (value == "included"))
    if view == "difference":
        shown = _differences(shown, table["plate"])
    known = [name for name in table if name not in (*PLACE, "value", "n")]
    return table[[*PLACE, "value", "n", *known]].assign(shown=shown)


def _valued(read: WellRows, value: str) -> pd.DataFrame:
    """Wells with their value and the number of rows behind it."""
    rows = read.rows
    left_out = pd.MultiIndex.from_frame(read.wells.loc[~takes_part(read.wells), PLACE])
    taken = takes_part(rows) | pd.MultiIndex.from_frame(rows[PLACE]).isin(left_out)
    if "value" in read.wells:
        n = rows[taken].groupby(PLACE, sort=False).size().rename("n")
        table = read.wells.assign(value=_plain(read.wells["value"])).merge(n, on=PLACE, how="left")
    else:
        used = rows if value in STATE else rows[taken & rows["value"].notna()]
        known = used.assign(value=_plain(used["value"]))
        known = known[known["value"].notna()]
        table = read.wells.merge(_of_wells(known, value), on=PLACE, how="left", validate="one_to_one")
        table["value"] = _plain(table["value"])
    return table.assign(n=table["n"].fillna(0).astype(int))


def _of_wells(known: pd.DataFrame, value: str) -> pd.DataFrame:
    """Mean of every well's numbers, or its category, and the number of its rows."""
    if pd.api.types.is_numeric_dtype(known["value"]):
        with np.errstate(invalid="ignore"):
            return well_means(known, "value", PLACE, n=("value", "size"))
    grouped = known.groupby(PLACE, sort=False)["value"]
    several = grouped.nunique()
    if len(several) and several.max() > 1:
        plate, well = several.idxmax()
        raise ArgumentError(
            f"Well {well} of plate {plate} has {several.max()} values of {value!r}, and categories have no "
            "mean; give one per well."
        )
    return grouped.agg(value="first", n="size").reset_index()


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
