"""How well an assay tells its controls apart: Z′, SSMD, signal window and their robust forms."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.normalisation import normalised
from hcs.analysis.wells.roles import MAD_TO_SD, is_flat, judge_wells, mad, plate_sentences
from hcs.analysis.wells.separation import (
    LEAST_RESAMPLED,
    control_statistics,
    separation_limits,
)
from hcs.analysis.wells.values import OfValues, of_wells, study_wells
from hcs.figures.panels import Panels, stacked
from hcs.figures.strips import assay_figure
from hcs.statistics.bootstrap import DRAWS, Interval
from hcs.statistics.frames import require_columns
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
PLATES_COUNT = (
    "Over all plates, differences between plates count as spread of the controls; pool='percent_of_samples' "
    "takes out those of level, pool='robust_z' those of spread too."
)
SAMPLES_COUNT = (
    "A z is in units of the samples' spread on the plate: where that differs between plates, the controls "
    "spread with it; pool='percent_of_samples' leaves it out."
)
WELLS_COUNT = (
    f"Intervals over all are of resampled wells (fewer than {LEAST_RESAMPLED} plates), as if these shared "
    "nothing: they are too narrow."
)
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
        ssmd_low, ssmd_high, robust_ssmd, signal_window, signal_to_background. Limits are 95 % bootstrap
        intervals over wells, or over plates in the row of all where there are enough.
    controls
        The controls behind it: plate, well, kind, value as given, pooled (as it stands in the row of all).
    value
        What was measured.
    pool
        How plates were brought together.
    interval
        What the intervals of the row of all were made from, in words.
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    controls: pd.DataFrame
    value: str
    pool: str
    interval: str
    caveats: tuple[str, ...]

    def summary(self) -> str:
        """Say how far the controls lie apart."""
        whole, plates = self.table.iloc[-1], self.table.iloc[:-1]
        counts = (
            f"{int(whole['n_positive']):,} positive and {int(whole['n_negative']):,} negative controls of "
            f"{spaced(self.value)} on {counted(len(plates), 'plate')}"
        )
        if np.isnan(whole["z_prime"]):
            return sentence(f"No Z′ from {counts}.", *self.caveats)
        known, per_plate = plates["z_prime"].dropna(), ""
        if len(plates) > 1 and len(known):
            per_plate = f" Z′ by plate: {known.min():.2f} to {known.max():.2f}, median {known.median():.2f}."
        z_prime = Interval(whole["z_prime_low"], whole["z_prime_high"])
        ssmd = Interval(whole["ssmd_low"], whole["ssmd_high"])
        resampled = not np.isnan(z_prime.low)
        limits = f", {z_prime.sentence(self.interval)}" if resampled else ""
        return sentence(
            f"{counts}, {POOLS[self.pool]}: Z′ {whole['z_prime']:.2f}{limits}, "
            f"{_verdict(float(whole['z_prime']))}; robust Z′ {whole['robust_z_prime']:.2f}; SSMD "
            f"{whole['ssmd']:.1f}{f' ({ssmd.low:.1f} to {ssmd.high:.1f})' if resampled else ''}, robust "
            f"{whole['robust_ssmd']:.1f}; signal window {whole['signal_window']:.1f}.{per_plate}",
            *self.caveats,
        )

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
    seed: int = 0,
    draws: int = DRAWS,
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
    seed, draws
        Of the bootstrap.

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
        rows.append({"plate": name, **row, **separation_limits(own, "value", seed=seed, draws=draws)[0]})
        reasons.append((str(name), reason))
    said.extend(plate_sentences(reasons))
    whole, _ = _judge(controls, "pooled")
    if pool in ("robust_z", "z"):
        whole["signal_to_background"] = np.nan
    limits, method = separation_limits(controls, "pooled", seed=seed, draws=draws)
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
    several, counts, far = (
        controls["plate"].nunique() > 1,
        controls["kind"].value_counts(),
        _far_controls(controls),
    )
    enough = counts.min() >= 2 and len(counts) == 2
    return noted(
        (several and pool == "raw", PLATES_COUNT),
        (several and pool in ("z", "robust_z"), SAMPLES_COUNT),
        (enough and several and method.endswith("wells"), WELLS_COUNT),
        (
            enough and not method.startswith("bootstrap"),
            f"Fewer than {LEAST_RESAMPLED} wells of a control: no interval.",
        ),
        (
            far,
            f"{counted(len(far), 'control well')} more than {FAR} robust SD from the median of their kind "
            f"({listed(far)}): Z′ and SSMD count them in full, the robust forms hardly.",
        ),
    )


def _far_controls(controls: pd.DataFrame) -> list[str]:
    """Name the control wells far from the others of their kind."""
    far = []
    for kind, own in controls.dropna(subset=["pooled"]).groupby("kind", sort=False):
        values = own["pooled"].to_numpy(dtype=float)
        spread = MAD_TO_SD * mad(values)
        if len(values) >= LEAST_RESAMPLED and not is_flat(spread, values):
            away = np.abs(values - np.median(values)) > FAR * spread
            far += [f"{kind} {row.plate} {row.well}" for row in own[away].itertuples()]
    return far


def _verdict(z_prime: float) -> str:
    """Call a Z′ as Zhang et al. (1999) do."""
    if z_prime >= 0.5:
        return "an excellent assay (Zhang et al. 1999: 0.5 or more)"
    if z_prime > 0:
        return "a marginal assay (Zhang et al. 1999: 0 to 0.5)"
    return "3 SD around the controls overlap (Zhang et al. 1999: 0 or less)"


def _ask(asked: Question) -> OfValues:
    wells = asked.once(study_wells)
    kinds = set(role_kinds(wells["role"]).kinds) if "role" in wells else set()
    if lacking := [KIND_NAMES[kind] for kind in (POSITIVE, NEGATIVE) if kind not in kinds]:
        raise ArgumentError(
            f"No well is a {' and no well a '.join(lacking)} by its role: an assay is judged by both; name "
            "them in the platemaps' column role to ask this."
        )
    return of_wells(asked, partial(assay_quality, seed=asked.seed))


ANALYSIS = Analysis("assay_quality", "How far the controls lie apart", StudySection.WELLS, _ask)
