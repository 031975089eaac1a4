"""How often populations have a variant, held against the limit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.design.eligibility.columns import FREQUENCY
from hcs.design.eligibility.headings import POPULATIONS, frequency_name
from hcs.design.eligibility.predictors import NO, NOT_KNOWN, YES, Readings
from hcs.design.eligibility.rule import FrequencySettings
from hcs.wording import listed


@dataclass(frozen=True)
class Rarity:
    """Frequencies of variants.

    Parameters
    ----------
    sources
        Names of the populations that count, without ``af_``; those that the table lacks too.
    rare
        Array of shape (n_variants, n_sources): `YES` up to the limit, `NO` above it, `NOT_KNOWN`.
    readings
        Array of shape (n_variants,): `YES` where every source says so, `NO` where one is above.
    lowest, highest
        Frequencies of each variant over its rows by column, NaN where none is known.
    notices
        Which sources counted, which are lacking.
    """

    sources: tuple[str, ...]
    rare: npt.NDArray[np.int8]
    readings: Readings
    lowest: pd.DataFrame
    highest: pd.DataFrame
    notices: tuple[str, ...]


def rarity(table: pd.DataFrame, codes: npt.NDArray[np.intp], n: int, rule: FrequencySettings) -> Rarity:
    """Judge the frequencies of n variants.

    Parameters
    ----------
    table
        Its columns of frequencies (``af_…``), one row or more a variant.
    codes
        Variant of each row.
    """
    given = [str(name) for name in table if str(name).startswith(FREQUENCY)]
    low, high = np.full((n, len(given)), np.nan), np.full((n, len(given)), np.nan)
    for place, name in enumerate(given):
        values = table[name].to_numpy(dtype=float, na_value=np.nan)
        np.fmin.at(low[:, place], codes, values)
        np.fmax.at(high[:, place], codes, values)
    sources, notices = counted_sources(given, rule.sources)
    rare = np.full((n, len(sources)), NOT_KNOWN, dtype=np.int8)
    for place, source in enumerate(sources):
        if FREQUENCY + source not in given:
            continue
        at = given.index(FREQUENCY + source)
        blank = NOT_KNOWN if rule.absent == "undetermined" else YES
        rare[:, place] = np.select(
            [np.isnan(low[:, at]), low[:, at] > rule.most, high[:, at] <= rule.most],
            [blank, NO, YES],
            NOT_KNOWN,
        )
    if sources:
        said = np.select([(rare == NO).any(axis=1), (rare == YES).all(axis=1)], [NO, YES], NOT_KNOWN)
    else:
        said = np.full(n, NOT_KNOWN)
    frames = [pd.DataFrame(values, columns=given) for values in (low, high)]
    return Rarity(sources, rare, said.astype(np.int8), frames[0], frames[1], tuple(notices))


def counted_sources(given: Sequence[str], asked: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Choose the populations that count: those asked for, or every source's own frequency.

    A part of a source (East Asians of gnomAD) counts where the source's own frequency is not given, or where
    it is asked for.

    Examples
    --------
    >>> counted_sources(["af_gnomad", "af_gnomad_eas", "af_exac_eas"], ())
    (('gnomad', 'exac_eas'), ["Shown and not counted, as the source's own frequency is given: gnomad_eas."])
    """
    names = [name.removeprefix(FREQUENCY) for name in given]
    if asked:
        spelt = [(frequency_name(one) or f"{FREQUENCY}{one}").removeprefix(FREQUENCY) for one in asked]
        lacking = [one for one in dict.fromkeys(spelt) if one not in names]
        said = [f"The table has no frequencies of {one}, which the rule asks for." for one in lacking]
        return tuple(dict.fromkeys(spelt)), said
    parts = [name for name in names if _whole(name) != name and _whole(name) in names]
    told = f"Shown and not counted, as the source's own frequency is given: {listed(parts)}."
    return tuple(name for name in names if name not in parts), [told] if parts else []


def _whole(name: str) -> str:
    """Name the source that a part of it belongs to; a source's own name is its own."""
    source, _, part = name.rpartition("_")
    return source if source and part in POPULATIONS.split("|") else name
