"""Variance components: how much of a value's variance lies between clones, batches, plates, wells, images.

Random, crossed or nested factors by restricted maximum likelihood (statsmodels' MixedLM), on rows summed up
by cell without loss: see `hcs.statistics.anova.Cells`. Wells are counted within their plate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from scipy.stats import chi2

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.figures.panels import Panels
from hcs.figures.shares import share_figure
from hcs.statistics.anova import RESIDUAL
from hcs.statistics.frames import as_numbers, require_columns, well_names
from hcs.statistics.variance import CONSTANT, split_variance
from hcs.wording import counted, listed, percent, plural, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names

FACTORS = ("clone", "differentiation_batch", "plate", "well")
METHODS = ("auto", "reml", "anova")
MANY = 12
"""With more values than this, ``auto`` takes the analysis of variance, which fits all of them at once."""
FEW = 5
"""A variance from fewer degrees of freedom than this gets a caveat."""
IMAGE = ("plate", "well", "field", "tile")
LARGE = 5_000
"""Scores beyond which restricted maximum likelihood takes many minutes."""


@dataclass(frozen=True, repr=False)
class VarianceComponents(Shown):
    """Variance of values, split among factors.

    Parameters
    ----------
    table
        One row per value and factor, and one for the residual: value, factor, levels, df (degrees of freedom
        behind it), variance, share (of the sum of all), icc (correlation of two rows that share this level
        and all that it lies within), method, n (rows), n_eff (independent rows that would know as much of the
        mean, or of the difference of two classes if those are the fixed effect; never above n; NaN where the
        variance of the first factor is estimated at 0, which is no evidence of independence), design_effect
        (n / n_eff), note. Factors that no analysis can tell apart have NaN and one row together (``a + b``).
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

    def summary(self) -> str:
        """Say the shares, what the images are worth, and every caveat."""
        if len(self.values) <= 3:
            return sentence(*(self._said(value) for value in self.values), *self.caveats)
        known = self.table[self.table["share"].notna()]
        parts = []
        for factor, shares in known.groupby("factor", sort=False)["share"]:
            parts.append(
                f"{spaced(factor)} {_percent(shares.median())} "
                f"({_percent(shares.min())} to {_percent(shares.max())})"
            )
        if not parts:
            return sentence(f"No variance of {len(self.values)} values could be split.", *self.caveats)
        return sentence(
            f"Median share of the variance of {counted(known['value'].nunique(), 'value')} "
            f"(lowest to highest): {', '.join(parts)}.",
            self._worth(known),
            *self.caveats,
        )

    def _worth(self, known: pd.DataFrame) -> str:
        """Say what the rows are worth in the median of values, and of how many values that cannot be told."""
        each = known.groupby("value")["n_eff"].first()
        worth, rows = each.dropna(), counted(int(known["n"].median()), self.noun)
        lost = f"of {len(each) - len(worth)} of {len(each)} values it cannot be told ({self._why_not()})"
        if worth.empty:
            return f"How many independent ones {rows} are worth cannot be told ({self._why_not()})."
        said = f"In the median, {rows} are worth {worth.median():,.0f} independent ones"
        return f"{said} {self._purpose()}" + (f"; {lost}." if len(worth) < len(each) else ".")

    def _why_not(self) -> str:
        return f"the variance between {plural(spaced(self.factors[0]))} is estimated at 0"

    def plot(self) -> Panels:
        """Draw the shares as stacked bars, one per value; its axes."""
        if not self.table["share"].notna().any():
            return Panels.none(self.summary(), self.table)
        return Panels.of(share_figure(self.table, noun=self.noun), self.table)

    def _purpose(self) -> str:
        return f"for {self.classes[0]} against {self.classes[1]}" if self.classes else "for the mean"

    def _said(self, value: str) -> str:
        rows = self.of(value)
        shares = rows["share"].dropna()
        if shares.empty:
            return f"{spaced(value)}: its variance could not be split."
        parts = ", ".join(f"{spaced(factor)} {_percent(share)}" for factor, share in shares.items())
        first = rows.iloc[0]
        split = f"{spaced(value)}: {parts} of the variance ({first['method']})"
        images = counted(int(first["n"]), self.noun)
        if pd.isna(first["n_eff"]):
            return (
                f"{split}; how many independent ones {images} are worth cannot be told: {self._why_not()}, "
                "which does not show that there is none."
            )
        return (
            f"{split}; {images} are worth {first['n_eff']:,.1f} independent ones "
            f"{self._purpose()} (design effect {first['design_effect']:,.1f})."
        )


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
        ``reml``; ``anova``, much faster with many values; ``auto``: REML for up to 12 values. Where REML does
        not converge, or puts a component at 0, the analysis of variance stands in and the table says so.
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
    named, within = _names(values), _names(fixed)
    factors = tuple(factors)
    _checked(method, named, factors, within)
    require_columns(table, [*factors, *within, *named], "The table")
    rows, said = _rows(table, named, factors, within, noun)
    engine = method if method != "auto" else ("anova" if len(named) > MANY else "reml")
    parts = []
    for taken, columns in _known_together(rows, named):
        if len(taken) < len(rows):
            missing = counted(len(rows) - len(taken), noun)
            said.append(f"{listed(map(spaced, columns))}: {missing} without a number left out.")
        parts.append(split_variance(taken, columns, factors, within, engine))
    made = pd.concat(parts, ignore_index=True)
    made = made.iloc[made["value"].map(named.index).argsort(kind="stable")].reset_index(drop=True)
    if method == "auto" and engine == "anova":
        said.append(f"With more than {MANY} values the analysis of variance stands in for REML.")
    classes = tuple(sorted(rows[within[0]].astype(str).unique())) if within else ()
    classes = classes if len(classes) == 2 else ()
    return VarianceComponents(made, (*said, *_caveats(made)), factors, classes, within, noun)


def _checked(method: str, values: tuple[str, ...], factors: tuple[str, ...], fixed: tuple[str, ...]) -> None:
    """Refuse an unknown method, and columns that are named twice or not at all."""
    if method not in METHODS:
        raise ArgumentError(f"No method {method!r} for variance components; give {', '.join(METHODS)}.")
    every = [*factors, *fixed, *values]
    doubled = [name for name in every if every.count(name) > 1]
    if doubled or RESIDUAL in factors or not values or not factors:
        wrong = repr(doubled[0]) if doubled else "a name"
        raise ArgumentError(f"Values, factors and fixed effects need one column each; {wrong} does not fit.")


def _known_together(rows: pd.DataFrame, values: Sequence[str]) -> Iterator[tuple[pd.DataFrame, list[str]]]:
    """Rows and the values that are known for just these, which are split together."""
    together: dict[bytes, list[str]] = {}
    for name in values:
        together.setdefault(rows[name].notna().to_numpy().tobytes(), []).append(name)
    for columns in together.values():
        yield rows[rows[columns[0]].notna()], columns


def _names(columns: str | Sequence[str] | None) -> tuple[str, ...]:
    return (columns,) if isinstance(columns, str) else tuple(columns or ())


def _percent(share: float) -> str:
    return "under 1 %" if 0 < share < 0.005 else percent(share)


def _rows(
    table: pd.DataFrame, values: Sequence[str], factors: Sequence[str], fixed: Sequence[str], noun: str
) -> tuple[pd.DataFrame, list[str]]:
    """Rows with every factor known, one per image, values as numbers."""
    made = table.assign(**{name: as_numbers(table, name) for name in values})
    known = made[[*factors, *fixed]].notna().all(axis=1)
    said = []
    if not known.all():
        left = counted(int((~known).sum()), noun)
        said.append(f"{left} without {listed(map(spaced, [*factors, *fixed]))} left out.")
    made = made[known]
    if "well" in factors and "plate" in made:
        made = made.assign(well=as_names(made["plate"]) + "\t" + well_names(made["well"]))
    if set(IMAGE) <= set(made) and made.duplicated([*IMAGE, *factors, *fixed]).any():
        if "model" in made and made["model"].nunique() > 1:
            models = listed(sorted(made["model"].astype(str).unique()))
            raise ArgumentError(f"The table holds the same images for several models ({models}); give one's.")
        keys = list(dict.fromkeys([*IMAGE, *factors, *fixed]))
        before = len(made)
        made = made.groupby(keys, sort=False, dropna=False, observed=True)[list(values)].mean().reset_index()
        said.append(f"{before:,} rows are {counted(len(made), noun)}: the rows of each are averaged.")
    return made, said


def _caveats(table: pd.DataFrame) -> list[str]:
    """Sentences on factors not told apart, estimates at 0, stand-ins and few degrees of freedom."""
    said = []
    noted = table[table["note"].fillna("") != ""]
    for (factor, note), rows in noted.groupby(["factor", "note"], sort=False):
        if note == CONSTANT:
            continue
        of = "" if table["value"].nunique() == 1 else f" ({listed(map(spaced, rows['value']))})"
        if factor == RESIDUAL:
            said.append(f"{note}: the analysis of variance stands in{of}.")
        else:
            said.append(f"{spaced(factor)}: {note}{of}.")
    flat = table.loc[table["note"] == CONSTANT, "value"].unique()
    if len(flat):
        said.append(
            f"No variance to split: {listed(map(spaced, flat))} {'is' if len(flat) == 1 else 'are'} constant."
        )
    few = table[(table["factor"] != RESIDUAL) & table["share"].notna() & (table["df"] < FEW)]
    for factor, rows in few.groupby("factor", sort=False):
        df = int(rows["df"].min())
        low, high = df / chi2.ppf(0.975, df), df / chi2.ppf(0.025, df)
        said.append(
            f"The variance of {spaced(factor)} rests on {counted(df, 'degree')} of freedom: "
            f"it may be {low:.1f} to {high:,.0f} times the estimate."
        )
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
    rows = asked.with_batch(tiles.groupby(keys, as_index=False)["probability"].mean())
    named = asked.renamed(rows, "group", seen.classes.noun)
    method = "anova" if len(named) > LARGE else "auto"
    return variance_components(named, "probability", factors=_factors(asked), fixed="label", method=method)


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
