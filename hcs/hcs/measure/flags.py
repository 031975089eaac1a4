"""Flags: which fields count, judged by their quality; nothing is dropped, and every reason is said."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np
import pandas as pd

from hcs.measure.limits import ABOVE_0, FINITE, SHARE, Limit
from hcs.measure.quality import MEASURES
from hcs.statistics.frames import require_columns


@dataclass(frozen=True)
class QualitySpec:
    """Limits that a field is judged by.

    Parameters
    ----------
    min_focus
        Least focus (log10, see `measure_quality`). In-focus neurites have about −0.35, large soft nuclei down
        to −0.7; a blur of SD 4 pixels leaves −0.9 or less of either.
    max_focus_z
        How many robust SD a field's focus may lie below the median of its plate and channel.
    min_focus_sd
        Least SD taken for that: fields of an even plate are not judged by hairs.
    min_fields
        Fewest fields with a focus of a plate and channel that are compared with each other.
    min_foreground
        Least share of pixels that show anything.
    max_saturated
        Largest share of pixels at the ceiling.
    max_debris
        Largest share of pixels in debris.

    Raises
    ------
    ArgumentError
        Limits that mean nothing.

    Examples
    --------
    >>> QualitySpec(max_saturated=1.5)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: QualitySpec.max_saturated is 1.5; give a share between 0 and 1.
    """

    min_focus: float = -0.8
    max_focus_z: float = 4.0
    min_focus_sd: float = 0.02
    min_fields: int = 12
    min_foreground: float = 0.002
    max_saturated: float = 0.01
    max_debris: float = 0.0

    def __post_init__(self) -> None:
        FINITE.check(self, "min_focus")
        SHARE.check(self, "min_foreground", "max_saturated", "max_debris")
        ABOVE_0.check(self, "max_focus_z", "min_focus_sd")
        # True is an int, and below 3.
        Limit("a whole number from 3", lambda n: isinstance(n, int) and n >= 3).check(self, "min_fields")


def flag_field(measures: Mapping[str, float], spec: QualitySpec) -> tuple[str, ...]:
    """Give reasons against a field by what `measure_quality` found; an empty one is not out of focus too.

    Examples
    --------
    >>> good = dict.fromkeys(MEASURES, 0.0) | {"focus": -0.4, "foreground_share": 0.2}
    >>> flag_field(good, QualitySpec())
    ()
    >>> flag_field(good | {"foreground_share": 0.001}, QualitySpec())
    ('empty: 0.10% of the field is foreground, 0.20% is the least',)
    """
    focus, foreground = measures["focus"], measures["foreground_share"]
    saturated, debris = measures["saturated_share"], measures["debris_share"]
    reasons = []
    if not foreground >= spec.min_foreground:
        share, least = _apart(foreground, spec.min_foreground)
        reasons.append(f"empty: {share} of the field is foreground, {least} is the least")
    elif not isfinite(focus):
        reasons.append("out of focus: no fine structure stands clear of the noise")
    elif focus < spec.min_focus:
        reasons.append(f"out of focus: focus {focus:.2f}, {spec.min_focus:.2f} is the least")
    if saturated > spec.max_saturated:
        share, most = _apart(saturated, spec.max_saturated)
        reasons.append(f"saturated: {share} of the field is at the ceiling, {most} is the most")
    if debris > spec.max_debris:
        share, most = _apart(debris, spec.max_debris)
        reasons.append(f"debris: {share} of the field, {most} is the most")
    return tuple(reasons)


def flag_fields(table: pd.DataFrame, spec: QualitySpec) -> pd.DataFrame:
    """Judge fields, each by itself and by its focus beside the others of its plate and channel.

    A field is out of focus beside the others when its focus lies more than `max_focus_z` robust SD (1.4826 ×
    the median absolute deviation) below the median of the fields that nothing else speaks against. With
    fewer than `min_fields` of those, each is judged by itself only. Where most of a plate is out of focus the
    median is too: then only the absolute limit helps.

    Parameters
    ----------
    table
        One row per field, with `MEASURES` as columns; ``plate`` and ``channel``, where they are columns, tell
        which fields are compared.
    spec
        The limits.

    Returns
    -------
    DataFrame
        The table with columns ``included`` (bool), ``reason`` (text, reasons joined by "; ", empty where
        included) and ``focus_z`` (NaN where it was not compared). No row is dropped.

    Raises
    ------
    ArgumentError
        A measure that is missing.

    Examples
    --------
    >>> row = dict.fromkeys(MEASURES, 0.0) | {"foreground_share": 0.2}
    >>> table = pd.DataFrame([row | {"focus": -0.4} for _ in range(12)] + [row | {"focus": -0.7}])
    >>> flag_fields(table, QualitySpec())["reason"].iloc[-1]
    "out of focus: focus -0.70, 15.0 SD below the median -0.40 of its plate's fields"
    """
    require_columns(table, MEASURES, "The table of fields")
    rows = table[list(MEASURES)].astype(float)
    reasons = [list(flag_field(row, spec)) for row in rows.to_dict("records")]
    sound = np.array([not reason for reason in reasons], dtype=bool)
    z_scores = np.full(len(table), nan)
    keys = [name for name in ("plate", "channel") if name in table.columns]
    groups = (
        table.groupby(keys, dropna=False, observed=True).indices.values() if keys else [np.arange(len(table))]
    )
    for places in groups:
        focus = rows["focus"].to_numpy()[places]
        others = focus[sound[places]]
        if len(others) < spec.min_fields:
            continue
        median = float(np.median(others))
        spread = max(spec.min_focus_sd, 1.4826 * float(np.median(np.abs(others - median))))
        z_scores[places] = (focus - median) / spread
        for place in places[sound[places] & (z_scores[places] < -spec.max_focus_z)]:
            reasons[place].append(
                f"out of focus: focus {rows['focus'].iloc[place]:.2f}, {-z_scores[place]:.1f} SD below the "
                f"median {median:.2f} of its plate's fields"
            )
    words = ["; ".join(reason) for reason in reasons]
    return table.assign(included=[not word for word in words], reason=words, focus_z=z_scores)


def _apart(share: float, limit: float) -> tuple[str, str]:
    """Write two shares with as many digits as they need to differ, two at least."""
    for digits in range(2, 9):
        words = f"{share:.{digits}%}", f"{limit:.{digits}%}"
        if words[0] != words[1]:
            break
    return words
