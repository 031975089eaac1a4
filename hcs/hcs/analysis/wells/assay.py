"""How well an assay tells its controls apart: Z′, SSMD, signal window and their robust forms."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.normalisation import normalised
from hcs.analysis.wells.roles import is_flat, judge_wells, mad, plate_sentences
from hcs.analysis.wells.separation import LEAST_PLATES, LEAST_WELLS, control_statistics, separation_limits
from hcs.analysis.wells.values import OfValues, of_wells, study_wells
from hcs.figures.panels import Panels, stacked
from hcs.figures.strips import assay_figure
from hcs.statistics.bootstrap import Interval
from hcs.statistics.frames import require_columns
from hcs.statistics.outlying import MAD_TO_SD
from hcs.tables.rolenames import KIND_NAMES, NEGATIVE, POSITIVE, role_kinds
from hcs.wording import counted, listed, noted, sentence, spaced
from hcs_plates.errors import ArgumentError

POOLS = {
    "raw": "as they are",
    "percent_of_samples": "in percent of their plate's median sample",
    "robust_z": "as robust z of their plate's samples",
    "z": "as z of their plate's samples",
}
"""How wells of plates are brought together. Never by the controls: that would take their spread away."""
ALL = "all plates"
FEW = 4
"""Below this many wells of a control a spread is called shaky."""
EXCELLENT = 0.5
"""From this Z′ on an assay is excellent (Zhang et al. 1999)."""
LOWEST = -1
"""A lower limit of Z′ below this tells nothing more."""
NAMES = {
    "z_prime": "Z′",
    "robust_z_prime": "robust Z′",
    "ssmd": "SSMD",
    "robust_ssmd": "robust SSMD",
    "signal_window": "signal window",
    "signal_to_background": "signal to background",
}
PLATES_COUNT = (
    "Differences between plates count as spread of the controls; pooling in percent of each plate's samples "
    "takes them out."
)
SAMPLES_COUNT = (
    "A z is in units of the samples' spread: where that differs between plates, controls spread too."
)
LEAST_JUDGED = 8
"""With fewer wells of a kind none is called far."""
FAR = 6
"""Robust SD from the median of its kind beyond which a control well is named."""
COLUMNS = [
    "plate", "n_positive", "n_negative", "mean_positive", "mean_negative", "sd_positive", "sd_negative",
    "z_prime", "z_prime_low", "z_prime_high", "robust_z_prime", "ssmd", "ssmd_low", "ssmd_high",
    "robust_ssmd", "signal_window", "signal_to_background",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class AssayQuality(Shown):
    """Separation of the controls, plate by plate and over all.

    Parameters
    ----------
    table
        One row per plate and one of all (``all plates``): plate, n_positive, n_negative, mean_positive,
        mean_negative, sd_positive, sd_negative, z_prime, z_prime_low, z_prime_high, robust_z_prime, ssmd,
        ssmd_low, ssmd_high, robust_ssmd, signal_window, signal_to_background. Limits are 95 %: generalised
        pivots of one plate's wells from 3 of a kind on, a jackknife over plates from 8 on. No robust form
        where half of the wells of a kind are alike.
    controls
        The controls behind it: plate, well, kind, value as given, pooled (as it stands in the row of all).
    value
        What was measured.
    pool
        How plates were brought together.
    interval
        How the intervals of the row of all were made.
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    controls: pd.DataFrame
    value: str
    pool: str
    interval: str
    caveats: tuple[str, ...]

    @property
    def statistics(self) -> pd.DataFrame:
        """Each statistic over all plates, with its interval where it has one."""
        whole = self.table.iloc[-1]
        return statistics_table(
            Stated(
                f"controls of {spaced(self.value)} over {counted(len(self.table) - 1, 'plate')}",
                name,
                float(whole[column]),
                Interval(whole.get(f"{column}_low", np.nan), whole.get(f"{column}_high", np.nan)),
                self.interval if f"{column}_low" in whole else "",
            )
            for column, name in NAMES.items()
            if pd.notna(whole[column])
        )

    def headline(self) -> str:
        """Say how far the controls lie apart, and which are higher."""
        whole, name = self.table.iloc[-1], spaced(self.value)
        if np.isnan(whole["z_prime"]):
            return f"How far the controls lie apart in {name} cannot be told."
        limits = ""
        if not np.isnan(whole["z_prime_low"]):
            low = f"{whole['z_prime_low']:.2f}" if whole["z_prime_low"] > LOWEST else "up"
            limits = f" (95 % interval {low} to {whole['z_prime_high']:.2f})"
        higher = "higher" if whole["mean_positive"] > whole["mean_negative"] else "lower"
        size = "" if np.isnan(whole["ssmd"]) else f", SSMD {whole['ssmd']:.1f}"
        return (
            f"{_verdict(float(whole['z_prime']))}: Z′ of {name} is {whole['z_prime']:.2f}{limits}; positive "
            f"controls are {higher}{size}."
        )

    def summary(self) -> str:
        """Say how far the controls lie apart, from what, and every caveat."""
        whole, plates = self.table.iloc[-1], self.table.iloc[:-1]
        counts = (
            f"These are {int(whole['n_positive']):,} positive and {int(whole['n_negative']):,} negative "
            f"controls on {counted(len(plates), 'plate')}, {POOLS[self.pool]}."
        )
        known, per_plate = plates["z_prime"].dropna(), ""
        if len(plates) > 1 and len(known):
            per_plate = f"Z′ by plate: {known.min():.2f} to {known.max():.2f}, median {known.median():.2f}."
        return sentence(self.headline(), counts, per_plate, *self.caveats)

    def plot(self) -> Panels:
        """Draw the controls and the Z′ of each plate; its axes."""
        if self.controls["kind"].nunique() < 2:
            return Panels.none(self.summary(), self.table)
        pooled = POOLS[self.pool]
        figure = assay_figure(self.controls, self.table, label=spaced(self.value), pooled=pooled)
        return Panels.of(figure, stacked({"controls": self.controls, "plates": self.table}))


def assay_quality(  # noqa: PLR0913 – public: columns, roles and options by keyword
    wells: pd.DataFrame,
    value: str,
    *,
    pool: str = "raw",
    plate: str = "plate",
    well: str = "well",
    role: str = "role",
    positive: str | None = None,
    negative: str | None = None,
    samples: Collection[str] = (),
) -> AssayQuality:
    """Measure how well positive and negative control wells are told apart, per plate and over all plates.

    Z′ = 1 − 3 (σ₊ + σ₋) / |μ₊ − μ₋| (Zhang et al. 1999). SSMD = (μ₊ − μ₋) / √(σ₊² + σ₋²), by moments (Zhang
    2007); its sign says where the positive controls lie. Their robust forms take the median for μ and 1.4826
    × MAD for σ. Signal window = (μ_high − μ_low − 3 (σ_high + σ_low)) / σ_high (Sittampalam et al. 1997) and
    signal to background = μ_high / μ_low, of the controls with the higher and the lower mean. σ have n − 1.

    Parameters
    ----------
    wells
        One row per well; wells whose ``included`` is False are left out. n is wells: control wells of one
        culture say how steady the assay is, nothing about clones.
    value
        Column of numbers.
    pool
        How plates are brought together in the row of all; one of `POOLS`. Normalisation is by the plate's
        samples.
    plate, well, role, positive, negative, samples
        See `hcs.analysis.wells.columns.WellColumns`.

    Raises
    ------
    ArgumentError
        An unknown pool, a missing column, a value that is no number, a well that stands twice.

    Examples
    --------
    >>> wells = pd.DataFrame({"plate": "P", "well": [f"A{n:02d}" for n in range(1, 9)]})
    >>> wells["role"] = ["negative_control"] * 4 + ["positive_control"] * 4
    >>> found = assay_quality(wells.assign(ratio=[10, 11, 9, 10, 20, 21, 19, 20]), "ratio")
    >>> found.table.loc[0, ["z_prime", "ssmd", "signal_window"]].astype(float).round(2).tolist()
    [0.51, 8.66, 6.25]
    """
    if pool not in POOLS:
        raise ArgumentError(f"Plates cannot be pooled {pool!r}; give {', '.join(POOLS)}.")
    require_columns(wells, [role], "The table of wells")
    columns = WellColumns(plate, well, role, positive, negative, samples)
    judged = judge_wells(wells, value, columns)
    frame, said = judged.frame, list(judged.caveats)
    frame["pooled"] = frame["value"]
    if pool != "raw":
        pooled = normalised(wells, value, pool, "samples", columns)
        frame["pooled"] = pooled.table[pooled.column].to_numpy()
        said.extend(pooled.caveats)
    controls = frame[frame["kind"].isin([POSITIVE, NEGATIVE]) & frame["value"].notna()]
    rows, reasons = [], []
    for name in dict.fromkeys(frame["plate"].dropna()):
        own = controls[controls["plate"] == name]
        row, reason = _judge(own, "value")
        rows.append({"plate": name, **row, **separation_limits(own, "value")[0]})
        reasons.append((str(name), reason))
    said.extend(plate_sentences(reasons))
    whole, _ = _judge(controls, "pooled")
    if pool in ("robust_z", "z"):
        whole["signal_to_background"] = np.nan
    limits, method = separation_limits(controls, "pooled")
    said.extend(_overall_caveats(controls, pool, method))
    table = pd.DataFrame([*rows, {"plate": ALL, **whole, **limits}], columns=COLUMNS)
    kept = controls[["plate", "well", "kind", "value", "pooled"]].reset_index(drop=True)
    return AssayQuality(table, kept, value, pool, method, tuple(dict.fromkeys(said)))


def _judge(controls: pd.DataFrame, column: str) -> tuple[dict[str, float], str]:
    """Numbers of one row of the table, and what there is to say of it."""
    known = controls[controls[column].notna()].groupby("kind")[column]
    values = {kind: own.to_numpy(dtype=float) for kind, own in known}
    positive, negative = (values.get(kind, np.empty(0)) for kind in (POSITIVE, NEGATIVE))
    row = {"n_positive": len(positive), "n_negative": len(negative), **control_statistics(positive, negative)}
    fewest = min(len(positive), len(negative))
    if fewest == 0:
        return row, "lacks usable controls of one kind or both ({}): nothing to tell apart."
    if fewest == 1:
        return row, "has only one well of a control ({}): no SD, hence no Z′ nor SSMD."
    if np.isnan(row["z_prime"]):
        return row, "has controls of the same mean ({}): no Z′."
    if np.isnan(row["ssmd"]):
        return row, "has controls without any spread ({}): no SSMD."
    if fewest < FEW:
        return row, f"has fewer than {FEW} wells of a control ({{}}): Z′ and SSMD there are shaky."
    return row, ""


def _overall_caveats(controls: pd.DataFrame, pool: str, method: str) -> list[str]:
    """Say what the row of all plates cannot."""
    plates, counts, far = (
        controls["plate"].nunique(),
        controls["kind"].value_counts(),
        _far_controls(controls),
    )
    enough = counts.min() >= LEAST_WELLS and len(counts) == 2
    return noted(
        (plates > 1 and pool == "raw", PLATES_COUNT),
        (plates > 1 and pool in ("z", "robust_z"), SAMPLES_COUNT),
        (enough and plates > 1 and not method, f"Fewer than {LEAST_PLATES} plates: intervals by plate only."),
        (
            len(counts) == 2 and 2 <= counts.min() < LEAST_WELLS,
            f"Fewer than {LEAST_WELLS} wells of a control: no interval.",
        ),
        (
            far,
            f"{counted(len(far), 'control well')} more than {FAR} robust SD from the median of their kind "
            f"({listed(far, most=3)}): Z′ and SSMD count them in full, the robust forms hardly.",
        ),
    )


def _far_controls(controls: pd.DataFrame) -> list[str]:
    """Name the control wells far from the others of their kind."""
    far = []
    for kind, own in controls.dropna(subset=["pooled"]).groupby("kind", sort=False):
        values = own["pooled"].to_numpy(dtype=float)
        spread = MAD_TO_SD * mad(values)
        if len(values) >= LEAST_JUDGED and not is_flat(spread, values):
            away = np.abs(values - np.median(values)) > FAR * spread
            far += [f"{kind} {row.plate} {row.well}" for row in own[away].itertuples()]
    return far


def _verdict(z_prime: float) -> str:
    """Call a Z′ as Zhang et al. (1999) do."""
    if z_prime > 0:
        return f"{'An excellent' if z_prime >= EXCELLENT else 'A marginal'} assay"
    return "Controls overlap within 3 SD"


def _ask(asked: Question) -> OfValues:
    wells = asked.once(study_wells)
    kinds = set(role_kinds(wells["role"]).kinds) if "role" in wells else set()
    if lacking := [KIND_NAMES[kind] for kind in (POSITIVE, NEGATIVE) if kind not in kinds]:
        raise ArgumentError(
            f"No well is a {' and no well a '.join(lacking)} by its role: an assay is judged by both; name "
            "them in the platemaps' column role to ask this."
        )
    return of_wells(asked, assay_quality)


ANALYSIS = Analysis("assay_quality", "How far the controls lie apart", StudySection.WELLS, _ask)
