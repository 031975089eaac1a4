"""Variance components: how much of a value's variance lies between clones, batches, plates, wells, images.

Random, crossed or nested factors by restricted maximum likelihood, on rows summed up by cell without loss:
see `hcs.statistics.reml`. Limits are generalised pivots: see `hcs.statistics.pivots`. Wells are counted
within their plate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from hcs.analysis.clones.variance_rows import as_columns, check_columns, image_rows, known_together
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.panels import Panels
from hcs.figures.shares import share_figure
from hcs.statistics.anova import RESIDUAL
from hcs.statistics.bootstrap import Interval
from hcs.statistics.frames import require_columns
from hcs.statistics.pivots import PIVOT
from hcs.statistics.variance import CONSTANT, split_variance
from hcs.wording import are, brackets, capital, counted, listed, percent_or_none, plural, sentence, spaced
from hcs_plates.errors import ArgumentError

FACTORS = ("clone", "differentiation_batch", "plate", "well")
MANY = 12
"""With more values than this, ``auto`` takes the analysis of variance, which fits all of them at once."""
FEW = 5
"""Of several values, whose limits are not quoted, a factor of fewer degrees of freedom gets a caveat."""
HALF = 0.5
"""Where rows count for less than this share of as many independent ones, more of them add little."""


@dataclass(frozen=True, repr=False)
class VarianceComponents(Shown):
    """Variance of values, split among factors.

    Parameters
    ----------
    table
        One row per value and factor, and one for the residual: value, factor, levels, df (degrees of freedom
        behind it), variance, share (of the sum of all) and the 95 % limits of both (variance_low …), icc
        (correlation of two rows that share this level and all that it lies within), method, n (rows), n_eff
        (independent rows that would know as much of the mean, or of the difference of two classes if those
        are the fixed effect; never above n; NaN where the variance of the first factor is estimated at 0,
        which is no evidence of independence), design_effect (n / n_eff), note. Factors that no analysis can
        tell apart have NaN and one row together (``a + b``).
    caveats
        What the numbers cannot say.
    factors
        As asked for.
    classes
        The two classes that n_eff compares; empty where it is about the mean.
    fixed
        Fixed effects: differences between their levels are no part of any variance.
    noun
        What a row is.
    """

    table: pd.DataFrame
    caveats: tuple[str, ...]
    factors: tuple[str, ...]
    classes: tuple[str, ...]
    fixed: tuple[str, ...]
    noun: str = "image"

    @property
    def values(self) -> tuple[str, ...]:
        """The values, in the order given."""
        return tuple(dict.fromkeys(self.table["value"]))

    def of(self, value: str) -> pd.DataFrame:
        """Rows of one value by factor.

        Raises
        ------
        ArgumentError
            No such value.
        """
        if value not in self.values:
            raise ArgumentError(f"No variance components of {value!r}; there are {listed(self.values)}.")
        return self.table[self.table["value"] == value].set_index("factor")

    @property
    def known(self) -> pd.DataFrame:
        """Rows with a share."""
        return self.table[self.table["share"].notna()]

    @property
    def statistics(self) -> pd.DataFrame:
        """Shares with their limits; of many values, the median share of each factor."""
        if len(self.values) > MANY:
            shares = self.known.groupby("factor", sort=False)["share"].median()
            over = f"median share over {len(self.values)} values"
            return statistics_table(
                Stated(f"variation between {self._levels(str(name))}", over, share)
                for name, share in shares.items()
            )
        return statistics_table(
            Stated(
                f"variation of {spaced(row['value'])} between {self._levels(row['factor'])}",
                f"share of variance, {row['method']}",
                row["share"],
                Interval(row["share_low"], row["share_high"]),
                PIVOT,
            )
            for _, row in self.known.iterrows()
        )

    def headline(self) -> str:
        """Say where most variation lies, and how much of it lies between levels of the first factor."""
        known = self.known
        if known.empty:
            return f"The variance of {listed(map(spaced, self.values))} cannot be split."
        several = known["value"].nunique() > 1
        shares = known.groupby("factor", sort=False)["share"].median()
        largest, share = str(shares.idxmax()), float(shares.max())
        of = counted(known["value"].nunique(), "value") if several else spaced(known["value"].iloc[0])
        low = known.loc[known["factor"] == largest, "share_low"].median()
        lies = "seems to lie" if low < HALF < share and not several else "lies"
        part = "most variation" if share > HALF else "the largest part of the variation"
        part = f"In the median of {of}, {part}" if several else f"{capital(part)} of {of}"
        unit = next((name for name in shares.index if self.factors[0] in name.split(" + ")), largest)
        numbers = [self._share(known[known["factor"] == name]) for name in dict.fromkeys((largest, unit))]
        said = f"; between {self._levels(unit)}: ".join(numbers)
        return f"{part} {lies} between {self._levels(largest)}: {said}."

    def summary(self) -> str:
        """Say the shares, how many independent rows count for as much, and every caveat."""
        return sentence(self.headline(), self._others(), self._effective(), *self.caveats)

    def _levels(self, factor: str) -> str:
        """Name what differs: the levels of a factor, or rows of one well."""
        if factor == RESIDUAL:
            return f"{plural(self.noun)} of a well" if "well" in self.factors else plural(self.noun)
        return " or ".join(plural(spaced(name)) for name in factor.split(" + "))

    def _share(self, rows: pd.DataFrame) -> str:
        """Write the share of one factor: with its interval, or over several values with its range."""
        if len(rows) == 1:
            row = rows.iloc[0]
            return percent_or_none(row["share"]) + brackets(row["share_low"], row["share_high"])
        middle, low, high = (percent_or_none(share) for share in rows["share"].quantile([0.5, 0.0, 1.0]))
        return f"{middle} ({low} to {high})"

    def _others(self) -> str:
        """Say the shares that the headline leaves out."""
        said = self.headline()
        shares = self.known.groupby("factor", sort=False)["share"].median()
        left = [(self._levels(str(name)), share) for name, share in shares.items()]
        parts = [f"{name} {percent_or_none(share)}" for name, share in left if f"between {name}" not in said]
        return f"Of the rest: {listed(parts)}." if parts else ""

    def _effective(self) -> str:
        """Say the effective sample size in the median of values, or that it cannot be told."""
        known = self.known
        if known.empty:
            return ""
        each = known.groupby("value")["n_eff"].first()
        sizes, n = each.dropna(), int(known["n"].median())
        lost = len(each) - len(sizes)
        of = f" of {counted(lost, 'value')}" if 0 < lost < len(each) else ""
        why = f"No effective sample size{of}: no variation between {plural(spaced(self.factors[0]))} is seen."
        if sizes.empty:
            return why
        about = f"{self.classes[0]} against {self.classes[1]}" if self.classes else "the mean"
        rows = counted(n, self.noun)
        said = f"For {about}, {rows} count as {counted(max(1, round(sizes.median())), 'independent one')}"
        more = f"more {plural(spaced(self.factors[0]))} help, more {plural(self.noun)} of the same hardly do"
        return sentence(f"{said}{f': {more}' if sizes.median() < HALF * n else ''}.", why if lost else "")

    def plot(self) -> Panels:
        """Draw the shares as stacked bars, one per value; its axes."""
        if not self.table["share"].notna().any():
            return Panels.none(self.summary(), self.table)
        return Panels.of(share_figure(self.table, noun=self.noun), self.table)


def variance_components(
    table: pd.DataFrame,
    values: str | Sequence[str],
    *,
    factors: Sequence[str] = FACTORS,
    fixed: str | Sequence[str] | None = None,
    method: str = "auto",
    noun: str = "image",
) -> VarianceComponents:
    """Split the variance of values among random factors and a residual.

    Parameters
    ----------
    table
        One row per image (or well), with the values and the factors. Rows of one image (same plate, well,
        field and tile, where the table has all four) are averaged.
    values
        Columns to look at.
    factors
        Columns whose levels count as drawn at random; ``well`` counts within ``plate`` where that is there.
    fixed
        Columns of categories, such as ``diagnosis``, whose differences are taken out first, so that the clone
        variance is that within a diagnosis. Without it, it contains the difference of diagnoses.
    method
        ``reml``; ``anova``, much faster with many values; ``auto``: REML for up to 12 values.
    noun
        What a row is.

    Raises
    ------
    ArgumentError
        A column is lacking, doubled or no numbers; scores of several models; an unknown method.

    Examples
    --------
    >>> images = pd.DataFrame({"clone": list("aabbcc"), "red": [1.0, 2, 5, 6, 9, 10]})
    >>> variance_components(images, "red", factors=["clone"]).of("red")["variance"].round(2).to_dict()
    {'clone': 15.75, 'residual': 0.5}
    """
    named, within = as_columns(values), as_columns(fixed)
    factors = tuple(factors)
    check_columns(method, named, factors, within)
    require_columns(table, [*factors, *within, *named], "The table")
    rows, said = image_rows(table, named, factors, within, noun)
    engine = method if method != "auto" else ("anova" if len(named) > MANY else "reml")
    parts = []
    for taken, columns in known_together(rows, named):
        if len(taken) < len(rows):
            missing = counted(len(rows) - len(taken), noun)
            said.append(f"{listed(map(spaced, columns))}: {missing} without a number left out.")
        parts.append(split_variance(taken, columns, factors, within, engine))
    made = pd.concat(parts, ignore_index=True)
    made = made.iloc[made["value"].map(named.index).argsort(kind="stable")].reset_index(drop=True)
    classes = tuple(sorted(rows[within[0]].astype(str).unique())) if within else ()
    classes = classes if len(classes) == 2 else ()
    return VarianceComponents(made, (*said, *_caveats(made)), factors, classes, within, noun)


def _caveats(table: pd.DataFrame) -> list[str]:
    """Sentences on factors that cannot be told apart, and on values that cannot be split."""
    every = table["value"].nunique()
    twins = [str(name).split(" + ") for name in table["factor"].unique() if " + " in str(name)]
    said = [
        f"{capital(listed(map(spaced, own)))} are confounded: their levels are the same." for own in twins
    ]
    noted = table[
        ~table["note"].isin(["", CONSTANT]) & ~table["factor"].isin([name for own in twins for name in own])
    ]
    for note, rows in noted.groupby("note", sort=False):
        names, values = [spaced(name) for name in rows["factor"].unique()], rows["value"].unique()
        of = "" if len(values) == every else f" ({listed(map(spaced, values), most=3)})"
        about = "" if RESIDUAL in names else f"{capital(listed(names))}: "
        said.append(f"{about}{note}{of}.")
    few = table[table["df"].lt(FEW) & table["share"].notna() & (table["factor"] != RESIDUAL)]
    if every > 1 and len(few):
        which = listed(dict.fromkeys(spaced(name).replace(" + ", " or ") for name in few["factor"]))
        said.append(f"With so few levels of {which}, that variance is hardly known.")
    flat = table.loc[table["note"] == CONSTANT, "value"].unique()
    if len(flat):
        said.append(f"No variance to split: {listed(map(spaced, flat))} {are(len(flat))} constant.")
    unsplit = table.groupby("value", sort=False)["share"].agg(lambda shares: shares.isna().all())
    left = [name for name in unsplit.index[unsplit] if name not in set(flat)]
    if left:
        said.append(f"Too few rows or levels to split the variance of {listed(map(spaced, left))}.")
    return said


def _factors(asked: Question) -> list[str]:
    """Columns that the variance is shared among, each once: a well may stand for its own group."""
    batch = [asked.batch] if asked.evidence.has(asked.batch) else []
    return list(dict.fromkeys([asked.evidence.classes.noun, *batch, "plate", "well"]))


def score_components(asked: Question) -> VarianceComponents:
    """Variance components of the model's scores of tiles."""
    seen = asked.evidence
    tiles = seen.predictions[seen.predictions["model"] == asked.model]
    keys = ["plate", "well", "field", "tile", "group", "label"]
    means = tiles.groupby(keys, as_index=False)["probability"].mean()
    rows = asked.with_batch(means.rename(columns={"probability": "score"}))
    named = asked.renamed(rows, "group", seen.classes.noun)
    return variance_components(named, "score", factors=_factors(asked), fixed="label")


def _ask_features(asked: Question) -> VarianceComponents:
    seen = asked.evidence
    names = list(seen.feature_names) or [f"feature {place}" for place in range(seen.features.shape[1])]
    batch = [asked.batch] if seen.has(asked.batch) else []
    columns = list(dict.fromkeys(["group", "label", "plate", "well", *batch]))
    rows = pd.concat(
        [asked.with_batch(seen.tiles)[columns], pd.DataFrame(seen.features, columns=names)], axis=1
    )
    named = asked.renamed(rows, "group", seen.classes.noun)
    return variance_components(named, names, factors=_factors(asked), fixed="label", method="anova")


ANALYSES = (
    Analysis(
        "variance",
        "Shares of the variance of the scores",
        StudySection.BATCHES,
        lambda asked: asked.once(score_components),
        BatchSection.VARIANCE,
    ),
    Analysis(
        "feature_variance",
        "Shares of the variance of the features",
        StudySection.BATCHES,
        _ask_features,
        BatchSection.VARIANCE,
    ),
)
