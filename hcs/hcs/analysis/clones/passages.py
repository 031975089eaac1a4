"""Passage numbers: whether accuracy and score change with them, between clones and within each."""

from itertools import chain

import numpy as np
import pandas as pd

from hcs.analysis.clones.passage_effects import BETWEEN, BOTH, WITHIN, PassageEffect
from hcs.analysis.clones.passage_relations import (
    WithinClones,
    between_clones,
    passage_by_clone,
    passage_rows,
    within_clones,
)
from hcs.analysis.clones.units import DONOR, come_from, donors_of
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.statistics.contrast import Contrast, group_contrast
from hcs.statistics.equivalence import BOUND
from hcs.statistics.frames import one_row_per_clone
from hcs.statistics.gee import odds_trend
from hcs.statistics.pvalues import ALPHA
from hcs.statistics.words import Words
from hcs.wording import are, capital, counted, have, listed, plural, spaced


def passage_effect(  # noqa: PLR0913 – three tables' columns and their words, each by its own name
    groups: pd.DataFrame,
    wells: pd.DataFrame | pd.Series,
    *,
    predictions: pd.DataFrame | None = None,
    donors: pd.Series | None = None,
    batch: str | None = None,
    passage: str = "passage",
    unit: str = "clone",
    group: str = "group",
    label: str = "label",
    label_name: str = "diagnosis",
    positive: str = "",
    bound: float = BOUND,
    noun: str = "clone",
    seed: int = 0,
) -> PassageEffect:
    """Hold accuracy and score against passage number, between clones and within those of several passages.

    Between clones, accuracy is correlated over all and within diagnoses, the score (probability of the
    positive class) within diagnoses, since it differs between them by design. Within clones, the change for
    a passage is estimated with the clone as block (`hcs.statistics.trends`). What is called associated stands
    Holm's (1979) correction for the number of correlations, and of trends.

    Parameters
    ----------
    groups
        One row per clone (and model): group, label, correct (share of its test tiles called right),
        probability; n_tiles and model where there are.
    wells
        Passage of every clone: a table of wells with the columns `unit` and `passage`, or a Series by clone.
    predictions
        Test images (plate, well, group, label, probability; model and set), for what happens within clones;
        `wells` needs plate and well, and `positive` is whose probability it is.
    donors
        Donor of every clone (index: clone). Where one gave several clones, the donor is the unit.
    batch
        Column of `wells` with the batch. What a batch or plate does to all clones of it at one passage each
        cannot be told from the passage: there batches, or plates, are what n counts.
    passage, unit, group, label
        Names of columns.
    label_name, noun
        Words for the label and the clone.
    positive
        The label that has the positive class's colour in the picture.
    bound
        Correlations within ±bound count as none.
    seed
        Of permutations and resamples.

    Raises
    ------
    ArgumentError
        A column is missing or holds no numbers, a clone stands there twice, or a well has two passages.
    """
    table, caveats = one_row_per_clone(groups, group=group, label=label, noun=noun)
    by_clone, several = passage_by_clone(wells, passage, unit)
    several = tuple(name for name in several if name in set(table["group"]))
    table["passage"] = table["group"].map(by_clone).astype(float)
    clones, of, counts, said = _units(table, donors, noun)
    words = Words(f"mean {passage}" if several else passage, within=label_name, noun=counts)
    relations = between_clones(clones, words, bound, seed)
    trends = tuple(
        (str(model), odds_trend(part["passage"], part["correct"], part["n_tiles"], words))
        for model, part in clones.groupby("model", sort=False)
    )
    within: tuple[WithinClones, ...] = ()
    if several and predictions is not None:
        named = predictions.rename(columns={group: "group", label: "label"})
        cells = passage_rows(named, wells, passage, positive, batch)
        within = within_clones(cells[cells["group"].isin(several)], of, counts, (noun, passage), seed)
    once = clones.drop_duplicates("group").set_index("group")
    imbalance = group_contrast(
        once["label"], once["passage"], words=Words(label_name, words.x, noun=counts), seed=seed
    )
    overlap, told = _overlap(imbalance)
    known = once["passage"].dropna()
    # Clones of one (mean) passage leave nothing to compare between them, nor to say of it twice.
    flat = len(known) > 0 and np.ptp(known) <= 1e-9
    design = (WITHIN if flat else BOTH) if several else BETWEEN
    held = [] if within and flat else [one.association.caveats for one in relations]
    held += [] if flat else [imbalance.caveats]
    return PassageEffect(
        relations,
        within,
        trends,
        imbalance,
        overlap,
        once["label"],
        design,
        passage,
        counts,
        noun,
        tuple(
            dict.fromkeys(
                filter(None, (*told, _design_words(several, within, noun), *said, *caveats, *chain(*held)))
            )
        ),
        positive,
    )


def _units(
    table: pd.DataFrame, donors: pd.Series | None, noun: str
) -> tuple[pd.DataFrame, dict[str, str], str, tuple[str, ...]]:
    """Average clones to their donors where one gave several; a donor of two diagnoses counts once in each."""
    clones = table["group"].drop_duplicates()
    of, said = donors_of(clones, pd.DataFrame(), donors, noun)
    if len(set(of.values())) == len(clones):
        return table, {clone: clone for clone in clones}, noun, ()
    units = table.assign(group=table["group"].map(of))
    both = units.groupby("group")["label"].transform("nunique") > 1
    units["group"] = units["group"].where(~both, units["group"] + " (" + units["label"] + ")")
    held = units.groupby(["model", "group", "label"], sort=False)
    made = held.agg({"correct": "mean", "probability": "mean", "passage": "mean", "n_tiles": "sum"})
    come = come_from(len(clones), units["group"].nunique(), noun)
    return made.reset_index(), of, DONOR, (come, *said)


def _overlap(imbalance: Contrast) -> tuple[tuple[float, float], tuple[str, ...]]:
    """Find the passages that every diagnosis has, and say where diagnoses differ in theirs."""
    values, name = imbalance.values, plural(spaced(imbalance.words.y))
    if len(imbalance.levels) < 2:
        return (np.nan, np.nan), ()
    ranges = values.groupby("x")["y"].agg(["min", "max"])
    low, high = float(ranges["min"].max()), float(ranges["max"].min())
    if low > high:
        held = [f"{spaced(level)} ({one['min']:g}–{one['max']:g})" for level, one in ranges.iterrows()]
        of = f"{capital(name)} of {listed(held)} do not overlap"
        return (np.nan, np.nan), (f"{of}: passage and {spaced(imbalance.words.x)} are confounded.",)
    if low == high:
        return (low, high), ()
    outside = int((~values["y"].between(low, high)).sum())
    said = f"{listed(map(spaced, imbalance.levels))} share {name} {low:g} to {high:g}"
    said += f"; {counted(outside, imbalance.words.noun)} {are(outside)} outside." if outside else "."
    if imbalance.pvalue.value <= ALPHA:
        said += f" Their {name} differ (p = {imbalance.pvalue.value:.2g})."
    return (low, high), (capital(said),)


def _design_words(several: tuple[str, ...], within: tuple[WithinClones, ...], noun: str) -> str:
    """Say what stands in the way of a trend within clones, or limits it."""
    if not several:
        return ""
    n = counted(len(several), noun)
    if not within:
        return f"{n} {have(len(several))} several passages: give predictions to see what happens within each."
    if not any(one.trend.known for one in within):
        return f"Within {plural(noun)}, passage cannot be separated from plate and batch, or nothing varies."
    if counts := [one.noun for one in within if one.noun not in (noun, DONOR)]:
        plates = plural(counts[0])
        return f"{capital(plates)} hold several {plural(noun)} at one passage each: n counts {plates}."
    return ""


def _ask(asked: Question) -> PassageEffect:
    seen, noun = asked.evidence, asked.evidence.classes.noun
    batch = [asked.batch] if seen.has(asked.batch) and asked.batch not in (noun, "passage", "plate") else []
    wells = seen.wells[["plate", "well", "group", "passage", *batch]].rename(columns={"group": noun})
    return passage_effect(
        seen.groups,
        wells,
        predictions=seen.predictions,
        donors=seen.donors if seen.has(DONOR) and noun != DONOR else None,
        batch=batch[0] if batch else None,
        unit=noun,
        label_name=seen.classes.label,
        positive=seen.classes.positive,
        **asked.common,
    )


ANALYSIS = Analysis("passages", "Passage", StudySection.COVARIATES, _ask, checked=True, needs=("passage",))
