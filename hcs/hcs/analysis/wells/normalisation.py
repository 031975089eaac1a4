"""Wells brought to one scale, plate by plate: percent of controls, inhibition, z and robust z."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.roles import flagged_wells, is_flat, judge_wells, mad, plate_sentences
from hcs.analysis.wells.values import OfValues, of_wells
from hcs.figures.panels import Panels
from hcs.figures.strips import normalisation_figure
from hcs.statistics.frames import as_numbers, require_columns
from hcs.statistics.outlying import MAD_TO_SD
from hcs.tables.rolenames import NEGATIVE, POSITIVE, SAMPLE, role_kinds
from hcs.wording import capital, counted, percent_or_none, sentence, spaced
from hcs_plates.errors import ArgumentError, nearest

METHODS = {
    "percent_of_control": "percent of the plate's median negative control",
    "percent_of_samples": "percent of the plate's median sample",
    "normalised_percent_inhibition": "percent of the way from the plate's median negative control (0) to its "
    "median positive control (100)",
    "robust_z": "distance from the plate's median {of} in robust SD (1.4826 × MAD)",
    "z": "distance from the plate's mean {of} in SD",
}
"""Ways to normalise, in words."""
FITS = {"samples": SAMPLE, "negative": NEGATIVE}
"""Wells that give centre and spread for `robust_z` and `z`."""
LEAST_SPREAD = 3
"""Fewest wells that a plate's spread is taken from."""
NEAR = 3
"""Controls nearer to each other than this many robust SD of the samples give no scale."""
FEW = 10
"""Below this many wells a plate's centre and spread are called shaky."""


@dataclass(frozen=True, repr=False)
class NormalisedWells(Shown):
    """Wells brought to one scale plate by plate.

    Parameters
    ----------
    table
        The wells as given with one more column, `column`; NaN where a well is flagged or its plate has no
        fit.
    plates
        One row per plate: plate, n_fit (wells behind the fit), centre, scale, n_flagged, n_missing. A
        normalised value is (value − centre) / scale.
    value, column
        Names of the columns before and after.
    method, fit
        How it was done.
    kinds
        What each row counts as: positive, negative, sample, other.
    plate
        Column that names the plate.
    between
        Share of the samples' variance that lies between plates, before and after (η²; NaN for one plate).
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    plates: pd.DataFrame
    value: str
    column: str
    method: str
    fit: str
    kinds: tuple[str, ...]
    plate: str
    between: tuple[float, float]
    caveats: tuple[str, ...]

    @property
    def statistics(self) -> pd.DataFrame:
        """Share of the samples' variance between plates, before and after."""
        return statistics_table(
            Stated(f"samples' {spaced(self.value)} {when}", "share of variance between plates", share)
            for when, share in zip(("as measured", "normalised"), self.between, strict=True)
            if not np.isnan(share)
        )

    def headline(self) -> str:
        """Say how many wells are normalised, and what that did to differences between plates."""
        name, n = spaced(self.value), int(self.table[self.column].notna().sum())
        if not n:
            return f"No plate could be normalised for {name}."
        plates = counted(int(self.plates["scale"].notna().sum()), "plate")
        said = f"{capital(name)} of {counted(n, 'well')} on {plates} is normalised"
        if np.isnan(self.between).any():
            return f"{said}."
        before, after = (percent_or_none(share) for share in self.between)
        return f"{said}: of the samples' variance {before} lay between plates before, {after} after."

    def summary(self) -> str:
        """Say how wells were normalised and what that did, and every caveat."""
        fitted = self.plates[self.plates["scale"].notna()]
        if fitted.empty:
            return sentence(self.headline(), *self.caveats)
        low, high = int(fitted["n_fit"].min()), int(fitted["n_fit"].max())
        behind = counted(low, "well") if low == high else f"{low:,} to {high:,} wells"
        most = self.fit == "samples" and self.method in ("robust_z", "z", "percent_of_samples")
        return sentence(
            self.headline(),
            f"Values are {described(self.method, self.fit)}, from {behind} a plate.",
            "Most samples of a plate are taken as unaffected." if most else "",
            *self.caveats,
        )

    def plot(self) -> Panels:
        """Draw wells before and after, plate by plate; its axes."""
        if not self.table[self.column].notna().any():
            return Panels.none(self.summary(), self.table)
        drawn = self.table.assign(
            kind=list(self.kinds),
            before=as_numbers(self.table, self.value).where(~flagged_wells(self.table)),
            after=self.table[self.column],
        )
        figure = normalisation_figure(
            drawn.assign(plate=drawn[self.plate].astype(str)),
            before=spaced(self.value),
            after=described(self.method, self.fit),
        )
        return Panels.of(figure, drawn)


def described(method: str, fit: str) -> str:
    """Say in words what a normalised value is.

    Examples
    --------
    >>> described("z", "negative")
    "distance from the plate's mean negative control in SD"
    """
    return METHODS[method].format(of="sample" if fit == "samples" else "negative control")


def normalise_wells(  # noqa: PLR0913 – public: columns, roles and options by keyword
    wells: pd.DataFrame,
    value: str,
    method: str = "robust_z",
    *,
    fit: str = "samples",
    plate: str = "plate",
    well: str = "well",
    role: str = "role",
    positive: str | None = None,
    negative: str | None = None,
    samples: Collection[str] = (),
) -> NormalisedWells:
    """Bring the wells of every plate to one scale.

    Percent of control and normalised percent inhibition as in Malo et al. (2006), with medians of the
    controls in place of means; percent of samples is the plate median normalisation of Boutros et al. (2006).

    Parameters
    ----------
    wells
        One row per well; wells whose ``included`` is False are kept without a normalised value.
    value
        Column of numbers.
    method
        One of `METHODS`.
    fit
        For ``robust_z`` and ``z``: ``samples`` or ``negative`` (controls). Where half the samples may differ,
        as on a plate of patients and healthy donors, fit on negative controls.
    plate, well, role, positive, negative, samples
        See `hcs.analysis.wells.columns.WellColumns`; a plate is one physical plate, so replicates are
        different plates.

    Raises
    ------
    ArgumentError
        An unknown method or fit, a missing column, a value that is no number, a well that stands twice.

    Examples
    --------
    >>> wells = pd.DataFrame({"plate": "P", "well": ["A01", "A02", "A03"], "count": [50.0, 100.0, 80.0]})
    >>> wells["role"] = ["sample", "negative_control", "sample"]
    >>> found = normalise_wells(wells, "count", "percent_of_control")
    >>> found.table["count_percent_of_control"].tolist()
    [50.0, 100.0, 80.0]
    >>> found.caveats
    ('1 plate rests on fewer than 3 negative controls (P): their error moves every value of the plate.',)
    >>> normalise_wells(wells, "count", "robust-z")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: No normalisation 'robust-z'; did you mean 'robust_z'?
    """
    if method not in METHODS:
        raise ArgumentError(f"No normalisation {method!r}; {nearest(method, METHODS)}")
    if fit not in FITS:
        raise ArgumentError(f"No fit on {fit!r}; give {' or '.join(FITS)}.")
    if method in ("percent_of_control", "normalised_percent_inhibition") or fit == "negative":
        require_columns(wells, [role], "The table of wells")
    return normalised(wells, value, method, fit, WellColumns(plate, well, role, positive, negative, samples))


def normalised(
    wells: pd.DataFrame, value: str, method: str, fit: str, columns: WellColumns
) -> NormalisedWells:
    """Bring the wells of every plate to one scale, by a method and a fit that are known."""
    judged = judge_wells(wells, value, columns)
    frame, column = judged.frame, f"{value}_{method}"
    made = pd.Series(np.nan, index=frame.index)
    rows, reasons = [], []
    for name, own in judged.plates():
        centre, scale, n, reason = _fit_plate(own, method, FITS[fit])
        made[own.index] = (own["value"] - centre) / scale
        flagged, missing = own["flagged"].sum(), (own["value"].isna() & ~own["flagged"]).sum()
        rows.append((name, n, centre, scale, int(flagged), int(missing)))
        reasons.append((name, reason))
    return NormalisedWells(
        wells.assign(**{column: made.to_numpy()}),
        pd.DataFrame(rows, columns=["plate", "n_fit", "centre", "scale", "n_flagged", "n_missing"]),
        value,
        column,
        method,
        fit,
        tuple(frame["kind"]),
        columns.plate,
        (plate_share(frame, frame["value"]), plate_share(frame, made)),
        (*judged.caveats, *plate_sentences(reasons)),
    )


def plate_share(frame: pd.DataFrame, values: pd.Series) -> float:
    """Share of the samples' variance that lies between plates (η²); NaN for one plate or no variance."""
    used = values[(frame["kind"] == SAMPLE) & values.notna()]
    plates = frame.loc[used.index, "plate"]
    if plates.nunique() < 2 or is_flat(float(used.std()), used.to_numpy()):
        return np.nan
    means = used.groupby(plates).transform("mean")
    return float(((means - used.mean()) ** 2).sum() / ((used - used.mean()) ** 2).sum())


def _fit_plate(own: pd.DataFrame, method: str, fit: str) -> tuple[float, float, int, str]:
    """Centre and scale of a plate, the wells behind them, and what there is to say (`{}` are the plates)."""
    held = {
        kind: own.loc[(own["kind"] == kind) & own["value"].notna(), "value"].to_numpy(dtype=float)
        for kind in (POSITIVE, NEGATIVE, SAMPLE)
    }
    if method == "normalised_percent_inhibition":
        return _fit_inhibition(held[NEGATIVE], held[POSITIVE], held[SAMPLE])
    kind = {"percent_of_control": NEGATIVE, "percent_of_samples": SAMPLE}.get(method, fit)
    words = {NEGATIVE: "negative controls", SAMPLE: "samples"}[kind]
    values, n = held[kind], len(held[kind])
    if method.startswith("percent"):
        if n == 0:
            return np.nan, np.nan, n, f"has no usable {words} ({{}}): no normalised value there."
        centre = float(np.median(values))
        if centre <= 0:
            return 0.0, np.nan, n, f"has {words} with a median not above 0 ({{}}): no percent of it."
        return 0.0, centre / 100, n, _shaky(n, LEAST_SPREAD, words)
    if n < LEAST_SPREAD:
        return np.nan, np.nan, n, f"has fewer than {LEAST_SPREAD} usable {words} ({{}}): no z there."
    robust = method == "robust_z"
    centre = float(np.median(values) if robust else values.mean())
    scale = MAD_TO_SD * mad(values) if robust else float(values.std(ddof=1))
    if is_flat(scale, values):
        return centre, np.nan, n, f"has {words} without any spread ({{}}): no z there."
    return centre, scale, n, _shaky(n, FEW, words)


def _fit_inhibition(
    negative: npt.NDArray[np.float64], positive: npt.NDArray[np.float64], samples: npt.NDArray[np.float64]
) -> tuple[float, float, int, str]:
    """From the median negative control, 0 %, to the median positive one, 100 %."""
    n = len(negative) + len(positive)
    if not (len(negative) and len(positive)):
        return np.nan, np.nan, n, "lacks usable controls of one kind or both ({}): no normalised value there."
    low, high = float(np.median(negative)), float(np.median(positive))
    if is_flat(high - low, np.array([low, high])):
        return low, np.nan, n, "has controls of equal median ({}): no way between them to measure by."
    if len(samples) >= FEW and abs(high - low) < NEAR * MAD_TO_SD * mad(samples):
        near = f"has controls less than {NEAR} robust SD of the samples apart ({{}}): percents are noise."
        return low, (high - low) / 100, n, near
    fewest = min(len(negative), len(positive))
    return low, (high - low) / 100, n, _shaky(fewest, LEAST_SPREAD, "controls of a kind")


def _shaky(n: int, least: int, words: str) -> str:
    if n >= least:
        return ""
    return f"rests on fewer than {least} {words} ({{}}): their error moves every value of the plate."


def _ask(asked: Question) -> OfValues:
    def make(wells: pd.DataFrame, value: str) -> NormalisedWells:
        controls = "role" in wells and (role_kinds(wells["role"]).kinds == NEGATIVE).any()
        return normalise_wells(wells, value, fit="negative" if controls else "samples")

    return of_wells(asked, make)


ANALYSIS = Analysis("normalise_wells", "Wells on one scale", StudySection.WELLS, _ask)
