"""Hits of a screen: genes, compounds or clones that differ from the usual sample in every replicate."""

from collections.abc import Collection
from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.normalisation import FITS, METHODS, normalised
from hcs.analysis.wells.polish import b_score
from hcs.analysis.wells.roles import is_flat, judge_wells, mad, plate_sentences, robust_sd
from hcs.analysis.wells.values import OfValues, of_wells
from hcs.figures.hits import hits_figure
from hcs.figures.panels import Panels
from hcs.statistics.frames import require_columns
from hcs.statistics.levels import RATE
from hcs.statistics.outlying import TEST, outlying
from hcs.statistics.pvalues import NO_BOUND, PValue, adjust_pvalues
from hcs.tables.rolenames import SAMPLE
from hcs.wording import counted, have, listed, noted, percent, plural, sentence, spaced
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.names import as_names
from hcs_plates.wells import parse_well

LEAST = 10
"""Fewest things that tell what is usual."""
LEAST_SAMPLES = 3
"""Fewest sample wells of a replicate that give it a centre and a spread."""
HOLDS = 1.64
"""Robust SDs at which a hit must lie without the replicate that lies furthest out: 5 %, one-sided."""
TOXIC = -3.0
"""Robust SDs from the plate's samples at which a well has lost its cells."""
CROWDED = 1.5
"""Times the usual share of outer wells from which hits are said to crowd there."""
B_SCORE = "b_score"
SHOWN = 5
"""Most extreme scores that stand among the statistics; of hits, the sentence names three."""
NAMED = 3
COUNTS = "cell_count"
COLUMNS = [
    "name", "n_replicates", "n_wells", "z", "z_low", "z_high", "direction", "p", "smallest_p", "test",
    "p_adjusted", "hit", "z_of_counts", "cytotoxic",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class Hits(Shown):
    """Scores of a screen's samples, the most extreme first.

    Parameters
    ----------
    table
        One row per gene, compound or clone: name, n_replicates, n_wells, z (mean over replicates of the
        distance from the samples' median in robust SD), z_low and z_high (lowest and highest replicate),
        direction, p, smallest_p, test, p_adjusted (Benjamini–Hochberg over all), hit, z_of_counts (median
        of its wells, in robust SD of their plate's samples) and cytotoxic (half its wells or more have lost
        their cells; missing where cells were not counted).
    wells
        Behind it: plate, well, kind, name, replicate, z.
    value
        What was measured.
    noun
        What a row of the table is.
    caveats
        What the scores cannot say.
    edge
        Of them, that hits crowd at the edge of the plates; empty where they do not.
    """

    table: pd.DataFrame
    wells: pd.DataFrame
    value: str
    noun: str
    caveats: tuple[str, ...]
    edge: str = ""

    @property
    def called(self) -> pd.DataFrame:
        """The hits."""
        return self.table[self.table["hit"]]

    def headline(self) -> str:
        """Say how many hits there are, and to which side."""
        tested, hits = self.table[self.table["p"].notna()], self.called
        n, name = counted(len(self.table), self.noun), spaced(self.value)
        if tested.empty:
            return f"No hits of {name} can be called with {n}: {self._why()}."
        of = f"{counted(len(tested), self.noun)} at a false-discovery rate of {percent(RATE)}"
        if hits.empty:
            return f"No hit of {name} among {of}; the largest z is {tested['z'].abs().max():.1f}."
        sides = [f"{n:,} {side}" for side, n in hits["direction"].value_counts().items()]
        return f"{counted(len(hits), 'hit')} of {name} among {of}: {listed(sides)} than the usual sample."

    def _why(self) -> str:
        replicated = int((self.table["n_replicates"] > 1).sum())
        if replicated:
            had = f"{replicated} {have(replicated)} two"
            return f"at least {LEAST} with two replicates tell what is usual, and {had}"
        return "each has one replicate, which may be one bad well"

    def summary(self) -> str:
        """Say the hits that stand out most, and what the scores cannot say."""
        names = [f"{row.name} (z {row.z:.1f})" for row in self.called.head(NAMED).itertuples(index=False)]
        return sentence(self.headline(), f"Most extreme: {listed(names)}." if names else "", *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """The most extreme scores, each with its test."""
        tested = self.table[self.table["p"].notna()]
        correction = f"Benjamini–Hochberg over {counted(len(tested), self.noun)}"
        return statistics_table(
            Stated(
                f"{spaced(self.value)} of {row['name']}",
                f"z, mean of {counted(row['n_replicates'], 'replicate')}",
                row["z"],
                pvalue=PValue(row["p"], TEST, len(tested), row["smallest_p"], plural(self.noun)),
                corrected=row["p_adjusted"],
                correction=correction,
            )
            for row in tested.head(SHOWN).to_dict("records")
        )

    def plot(self) -> Panels:
        """Draw every score by its rank, and the controls beside the samples; its axes."""
        if self.table["z"].notna().sum() < 2:
            return Panels.none(self.headline(), self.table)
        return Panels.of(hits_figure(self.table, self.wells, noun=self.noun, value=self.value), self.table)


def call_hits(  # noqa: PLR0913 – public: columns, roles and options by keyword
    wells: pd.DataFrame,
    value: str,
    name: str,
    *,
    method: str | None = "robust_z",
    fit: str = "samples",
    replicate: str = "replicate",
    plate: str = "plate",
    well: str = "well",
    role: str = "role",
    positive: str | None = None,
    negative: str | None = None,
    samples: Collection[str] = (),
    count: str | None = None,
    noun: str = "",
) -> Hits:
    """Score genes, compounds or clones over their replicates, and call those that differ from most samples.

    Wells are normalised plate by plate and brought to robust z of the samples of their replicate (Boutros et
    al. 2006); a score is the mean over replicates. Its p is that of Student's t against the robust spread of
    all scores (`hcs.statistics.outlying`), corrected by Benjamini and Hochberg. A hit has a corrected p of
    0.05 or less, and without the replicate that lies furthest out it still lies 1.64 robust SD or more to
    the same side: one bad well makes none.

    Parameters
    ----------
    wells
        One row per well; wells whose ``included`` is False are left out.
    value
        Column of numbers.
    name
        Column of the gene, compound or clone in each well. Samples alone are scored, controls never.
    method, fit
        Of `normalise_wells`, or ``b_score``; None where values are on one scale already.
    replicate
        Column of replicates, each on plates of its own. Without it plates are replicates, and of a single
        plate its wells.
    plate, well, role, positive, negative, samples
        See `hcs.analysis.wells.columns.WellColumns`.
    count
        Column of the number of cells: a well that lies 3 robust SD or more below the samples of its plate has
        lost its cells.
    noun
        What is scored, in the singular; the column's name if empty.

    Raises
    ------
    ArgumentError
        A missing column, a value that is no number, a well that stands twice, an unknown method.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> genes = [f"g{n:02d}" for n in range(24)]
    >>> wells = pd.DataFrame({"plate": ["P1"] * 24 + ["P2"] * 24, "gene": genes * 2})
    >>> wells["well"] = [f"{row}{column:02d}" for row in "ABCD" for column in range(1, 7)] * 2
    >>> wells["light"] = rng.normal(100, 5, 48) - 60 * (wells["gene"] == "g07")
    >>> found = call_hits(wells, "light", "gene")
    >>> found.called["name"].tolist(), found.called["direction"].tolist()
    (['g07'], ['lower'])
    """
    require_columns(wells, [name], "The table of wells")
    if method not in (None, B_SCORE, *METHODS):
        raise ArgumentError(f"No normalisation {method!r}; {nearest(str(method), [*METHODS, B_SCORE])}")
    if fit not in FITS:
        raise ArgumentError(f"No fit on {fit!r}; give {' or '.join(FITS)}.")
    columns = WellColumns(plate, well, role, positive, negative, samples)
    noun = noun or spaced(name)
    judged = judge_wells(wells, value, columns)
    frame, said = judged.frame, list(judged.caveats)
    more: tuple[str, ...] = ()
    if method == B_SCORE:
        frame["value"], more = _polished(wells, value, columns)
    elif method is not None:
        scaled = normalised(wells, value, method, fit, columns)
        frame["value"], more = scaled.table[scaled.column].to_numpy(), scaled.caveats
    frame["name"] = as_names(wells[name]).astype(object).to_numpy()
    frame["replicate"] = _replicates(wells, frame, replicate)
    frame["z"], reasons = _standardised(frame)
    frame["count"] = _counts(wells, count, columns)
    scored = frame[(frame["kind"] == SAMPLE) & frame["name"].notna() & frame["z"].notna()]
    table = _scores(scored)
    unnamed = int(((frame["kind"] == SAMPLE) & frame["name"].isna() & frame["z"].notna()).sum())
    said += [
        *more,
        *reasons,
        *noted((unnamed, f"{counted(unnamed, 'sample well')} without {noun} {have(unnamed)} no score.")),
        *_caveats(table, noun, uncounted=count is None and value != COUNTS),
        edge := _edge(frame, scored, table, method),
    ]
    kept = frame[["plate", "well", "kind", "name", "replicate", "z"]]
    return Hits(table, kept, value, noun, tuple(filter(None, dict.fromkeys(said))), edge)


def _polished(wells: pd.DataFrame, value: str, columns: WellColumns) -> tuple[pd.Series, tuple[str, ...]]:
    """B-scores of wells."""
    found = b_score(
        wells, value, plate=columns.plate, well=columns.well, role=columns.role,
        positive=columns.positive, negative=columns.negative, samples=columns.samples,
    )  # fmt: skip
    return found.table["b_score"].reset_index(drop=True), found.caveats


def _replicates(wells: pd.DataFrame, frame: pd.DataFrame, replicate: str) -> pd.Series:
    """Name the replicate of each well: its run, else its plate, and of a single plate the well itself."""
    if replicate in wells and wells[replicate].nunique() > 1:
        return pd.Series(as_names(wells[replicate]).astype(object).to_numpy(), index=frame.index)
    if frame["plate"].nunique() > 1:
        return frame["plate"]
    return frame["well"]


def _standardised(frame: pd.DataFrame) -> tuple[pd.Series, tuple[str, ...]]:
    """Robust z of every well by the samples of its replicate over all plates; of a single plate, of that."""
    runs = frame["replicate"] if frame["plate"].nunique() > 1 else frame["plate"]
    made, reasons = pd.Series(np.nan, index=frame.index), []
    for name, own in frame.groupby(runs, sort=False):
        values = own.loc[own["kind"] == SAMPLE, "value"].dropna().to_numpy(dtype=float)
        if len(values) < LEAST_SAMPLES or is_flat(mad(values), values):
            reasons.append((str(name), "has too few or too equal samples ({}): no score there."))
            continue
        made[own.index] = (own["value"] - np.median(values)) / robust_sd(values)
    return made, plate_sentences(reasons)


def _counts(wells: pd.DataFrame, count: str | None, columns: WellColumns) -> pd.Series:
    """Cell counts in robust z of their plate's samples."""
    if count is None:
        return pd.Series(np.nan, index=range(len(wells)))
    found = normalised(wells, count, "robust_z", "samples", columns)
    return pd.Series(found.table[found.column].to_numpy())


def _scores(scored: pd.DataFrame) -> pd.DataFrame:
    """Score everything that has a name; the most extreme first."""
    runs = scored.groupby(["name", "replicate"], sort=False)["z"].mean().reset_index()
    held, wells = runs.groupby("name", sort=False)["z"], scored.groupby("name", sort=False)
    made = held.agg(n_replicates="count", z="mean", z_low="min", z_high="max")
    made["n_wells"] = wells.size()
    made["direction"] = np.where(made["z"] < 0, "lower", "higher")
    known, made["hit"] = made["n_replicates"] > 1, False
    made[["p", "smallest_p", "p_adjusted"]] = np.nan
    if known.sum() >= LEAST:
        count = held.transform("count")
        left = (runs["z"] - held.transform("mean")) * np.sqrt(count / (count - 1).where(count > 1))
        means, counts = (made.loc[known, column].to_numpy(float) for column in ("z", "n_replicates"))
        found = outlying(means, counts, left.dropna().to_numpy())
        made.loc[known, "p"] = found.p
        made.loc[known, "smallest_p"] = NO_BOUND
        made["p_adjusted"] = adjust_pvalues(made["p"].to_numpy(), "bh")
        furthest = np.where(
            means < 0, *(made.loc[known, side].to_numpy(float) for side in ("z_low", "z_high"))
        )
        rest = (counts * means - furthest) / (counts - 1) - found.centre
        holds = np.sign(means) * rest >= HOLDS * found.spread_of(counts - 1)
        made.loc[known, "hit"] = holds & (made.loc[known, "p_adjusted"] <= RATE)
    made["hit"] = made["hit"].astype(bool)
    made["test"] = np.where(made["p"].notna(), TEST, "")
    made["z_of_counts"] = wells["count"].median()
    lost = (scored["count"] <= TOXIC).groupby(scored["name"], sort=False).mean()
    made["cytotoxic"] = (lost >= 0.5).astype("boolean").where(made["z_of_counts"].notna())
    made["size"] = -made["z"].abs()
    return made.reset_index().sort_values(["p", "size"], kind="stable")[COLUMNS].reset_index(drop=True)


def _caveats(table: pd.DataFrame, noun: str, *, uncounted: bool) -> list[str]:
    single = int((table["n_replicates"] == 1).sum())
    split = int(((table["p_adjusted"] <= RATE) & ~table["hit"]).sum())
    toxic = int((table["cytotoxic"].fillna(False) & table["hit"]).sum())
    nouns = plural(noun)
    return noted(
        (toxic, f"{counted(toxic, 'hit')} {have(toxic)} lost cells and may be cytotoxic."),
        (uncounted, "Cells were not counted: cytotoxic wells are not marked."),
        (split, f"{counted(split, noun)} would be hits but for one replicate."),
        (
            0 < single < len(table),
            f"{counted(single, noun)} {have(single)} one replicate and cannot be hits.",
        ),
        (table["p"].notna().any(), f"Scores take most {nouns} for without effect."),
    )


def _edge(frame: pd.DataFrame, scored: pd.DataFrame, table: pd.DataFrame, method: str | None) -> str:
    """Say where hits crowd in the outer wells of their plates."""
    hits = scored["name"].isin(table.loc[table["hit"], "name"])
    if not hits.any():
        return ""
    places = frame.dropna(subset=["plate", "well"])
    spelt = {one: astuple(parse_well(one)) for one in places["well"].unique()}
    at = pd.DataFrame([spelt[one] for one in places["well"]], index=places.index)
    held = at.groupby(places["plate"])
    outer = ((at == held.transform("min")) | (at == held.transform("max"))).any(axis=1)[scored.index]
    share, usual = float(outer[hits].mean()), float(outer.mean())
    crowded = table["hit"].sum() >= LEAST and share >= CROWDED * usual
    remedy = "" if method == B_SCORE else f": method {B_SCORE} takes edge effects out"
    told = f"{percent(share)} of the hits' wells are outer wells ({percent(usual)} of the samples')"
    return f"{told}{remedy}." if crowded else ""


def _ask(asked: Question) -> OfValues:
    beside = ("gene", "treatment", "replicate", COUNTS)

    def make(wells: pd.DataFrame, value: str) -> Hits:
        known = [one for one in ("gene", "treatment") if one in wells and wells[one].nunique() > 1]
        name = known[0] if known else "group"
        if name not in wells:
            raise ArgumentError("The wells name no gene, treatment or clone to score.")
        count = COUNTS if COUNTS in wells and value != COUNTS else None
        return call_hits(wells, value, name, count=count, noun=name if known else asked.evidence.classes.noun)

    return of_wells(asked, make, beside)


ANALYSIS = Analysis("hits", "Hits: what differs from most samples", StudySection.WELLS, _ask)
