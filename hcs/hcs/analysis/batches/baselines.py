"""Two baselines that need no pixels: diagnosis from where wells are, and from how many cells they hold."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.baseline_lead import (
    HALF,
    baseline_headline,
    baseline_statistics,
    best_baseline,
    described,
    further_models,
    lead_over,
)
from hcs.analysis.batches.held_out import blind_sets
from hcs.analysis.batches.well_features import encode
from hcs.analysis.factors import factor, factors
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.wells.layout import in_order, with_positions
from hcs.figures.intervals import Rows, interval_figure, key_words
from hcs.figures.panels import Panels
from hcs.figures.theme import NEGATIVE, POSITIVE, model_name
from hcs.statistics.folds import Set
from hcs.statistics.frames import as_numbers, require_columns
from hcs.statistics.group_discriminants import blind_scores
from hcs.statistics.permutation import TIE
from hcs.tables.compared import Classes
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names
from hcs_plates.wells import PlateFormat

Array = npt.NDArray[np.float64]

LAYOUT, COUNT = "plate metadata", "cell count"
PERMUTATIONS = 999
COLUMNS = (
    "model", "kind", "n_groups", "auc", "low", "high", "null_mean", "null_low", "null_high", "p",
    "smallest_p", "test", "set_auc", "accuracy", "accuracy_low", "accuracy_high", "lead", "lead_low",
    "lead_high", "lead_p", "lead_smallest_p",
)  # fmt: skip
SCORES = ["model", "group", "label", "probability"]


@dataclass(frozen=True, repr=False)
class PixelFreeBaselines(Shown):
    """What diagnosis can be told from without a look at the images.

    Parameters
    ----------
    table
        One row per baseline, and one per model that was given: model, kind (``baseline`` or ``model``),
        n_groups, auc with low and high (95 %, Newcombe's method 5), null_mean, null_low and null_high (of
        permutations), p (one-sided), smallest_p, test, set_auc (mean over sets of the area among the set's
        own test groups), accuracy with Wilson's limits. For models, against the best baseline, or chance
        where its AUC is below one half: lead (difference of AUCs), lead_low, lead_high, lead_p,
        lead_smallest_p.
    groups
        model, group, label, probability: one row per baseline or model and group.
    caveats
        What was left out and what the numbers cannot say.
    positive
        The class that probabilities speak of.
    noun
        What a group is called.
    """

    table: pd.DataFrame
    groups: pd.DataFrame
    caveats: tuple[str, ...]
    positive: str
    noun: str = "clone"

    def headline(self) -> str:
        """Say whether the best baseline predicts the label, and whether the first model does better."""
        return baseline_headline(self.table, self.positive, self.noun)

    def summary(self) -> str:
        """Say how far baselines come, whether the models do better, and what the numbers cannot say."""
        return sentence(self.headline(), *further_models(self.table), *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """Areas, accuracies and leads."""
        return baseline_statistics(self.table, self.positive, self.noun)

    def plot(self) -> Panels:
        """Draw baselines and models with intervals and what permutations give; its axes."""
        rows = self.table.dropna(subset=["auc"]).sort_values("auc", ascending=False)
        if rows.empty:
            return Panels.none(sentence("No baseline could be made.", *self.caveats), self.table)
        drawn = rows.rename(columns={"auc": "estimate"}).assign(
            label=[
                f"{model_name(model)}\n{counted(n, self.noun)}"
                for model, n in zip(rows["model"], rows["n_groups"], strict=True)
            ],
            group=np.where(rows["kind"] == "model", "a model that sees images", "baselines without pixels"),
        )
        panel = Rows(
            drawn,
            f"AUC over {plural(self.noun)}",
            "The class predicted without images, and with them",
            reference=HALF,
            looks={"a model that sees images": (POSITIVE, "D"), "baselines without pixels": (NEGATIVE, "o")},
        )
        return Panels.of(interval_figure(panel, words=key_words(self.noun)), self.table)


def pixel_free_baselines(  # noqa: PLR0913 – public: columns and options by keyword
    wells: pd.DataFrame,
    *,
    positive: str,
    columns: Sequence[str] | None = None,
    count: str | None = None,
    splits: pd.DataFrame | None = None,
    models: pd.DataFrame | None = None,
    group: str = "clone",
    label: str = "diagnosis",
    well: str = "well",
    numbers: Sequence[str] | None = None,
    plate_format: PlateFormat | None = None,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
    noun: str = "clone",
) -> PixelFreeBaselines:
    """Predict diagnosis of clones not trained on from plate metadata alone, and from cell count alone.

    Linear discriminants with equal priors and a ridge, on wells, every clone with the same weight. A clone's
    score is its mean over the sets that tested it. With balanced test sets the clones left out pull the
    trained means away from themselves, so chance gives an AUC below one half; the permutations, which deal
    clones anew to labels and sets, show how far, and the p-value is against them.

    Parameters
    ----------
    wells
        One row per well, or per tile: group, label, well, and metadata.
    positive
        The class that scores speak of; all others count as the other class.
    columns, numbers
        Metadata to use, and those of them whose order means something; without these, every column that the
        label may go with (`hcs.analysis.factors`), and those that hold numbers or dates and no names.
        Row, column and edge are read from the well's name.
    count
        Column of cell counts of each well; its logarithm is used. Without it there is no such baseline.
    splits
        The study's sets (set, part, group), of which train and test are used. Without it, one group of each
        class is left out at a time.
    models
        Groups' scores of models to hold against the baselines: model, group, label, probability.
    group, label, well, noun
        Names of columns of `wells`; what a group is called.
    plate_format
        For the edge; without it, the smallest standard plate that holds all wells.
    seed, permutations
        Of sets, permutations and resamples; how many permutations are drawn.

    Raises
    ------
    ArgumentError
        A lacking column, an unknown positive label, text where numbers must be, a negative count.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": list("abcdefgh"), "diagnosis": ["ALS"] * 4 + ["control"] * 4})
    >>> wells = wells.assign(well=["B02"] * 8, plate=["P1"] * 4 + ["P2"] * 4)
    >>> found = pixel_free_baselines(wells, positive="ALS", permutations=99)
    >>> found.table[["model", "auc", "p"]].values.tolist()
    [['plate metadata', 1.0, 0.05]]
    """
    asked = _Asked(Classes(str(positive), "", label, noun), group, seed, permutations)
    rows = with_positions(asked.labelled(wells), well=well, plate_format=plate_format)
    if columns is None:
        own = factors(rows, [count] if count else [], label=label, plate_format=plate_format)
        columns = [one.name for one in own if one.name in rows]
    require_columns(rows, columns, "The table of wells")
    numbers = [name for name in columns if factor(rows, name).ordered] if numbers is None else numbers
    for name in set(numbers) & set(columns):
        rows[name] = in_order(rows, name, "The table of wells")
    groups = _Groups.of(rows, asked)
    sets, said = blind_sets(groups.names, groups.positive, splits, seed=seed, noun=noun)
    asked.said.extend(said)
    names = listed(map(spaced, columns), 12)
    asked.said.append(f"The {LAYOUT} are {names}." if len(columns) else f"There is no {LAYOUT}.")
    made = [groups.baseline(LAYOUT, asked.encoded(rows, columns, numbers), sets, asked)]
    if count is None:
        asked.said.append("Without cell counts there is no baseline of density.")
    else:
        density = asked.encoded(_logarithms(rows, count), [count], [count])
        made.append(groups.baseline(COUNT, density, sets, asked))
    table = pd.DataFrame([row for row, _ in made], columns=list(COLUMNS))
    scores = pd.concat([score for _, score in made], ignore_index=True)
    if models is not None:
        table, scores = _beside(table, scores, models, asked)
    return PixelFreeBaselines(table, scores, tuple(dict.fromkeys(asked.said)), str(positive), noun)


@dataclass(frozen=True)
class _Asked:
    """What is asked of a table of wells, and what has been said of it so far."""

    classes: Classes
    group: str
    seed: int
    permutations: int
    said: list[str] = field(default_factory=list)

    def labelled(self, wells: pd.DataFrame) -> pd.DataFrame:
        """Rows with group and label, of groups with one label."""
        group, label, noun = self.group, self.classes.label, self.classes.noun
        require_columns(wells, [group, label], "The table of wells")
        wells = wells.assign(**{name: as_names(wells[name]) for name in (group, label)})
        if not (wells[label] == self.classes.positive).any():
            known = listed(sorted(wells[label].dropna().unique()))
            raise ArgumentError(f"No well has the {label} {self.classes.positive!r}; there are {known}.")
        keep = wells[[group, label]].notna().all(axis=1)
        if not keep.all():
            lost = counted(int((~keep).sum()), "row")
            self.said.append(f"{lost} without {noun} or {spaced(label)} left out.")
        rows = wells[keep]
        several = rows.groupby(group)[label].transform("nunique") > 1
        if several.any():
            lost = counted(rows.loc[several, group].nunique(), noun)
            self.said.append(f"{lost} with several labels left out.")
        return rows[~several].reset_index(drop=True)

    def encoded(self, rows: pd.DataFrame, columns: Sequence[str], numbers: Collection[str]) -> Array:
        """Columns of one baseline."""
        values, said = encode(rows, columns, numbers)
        self.said.extend(said)
        return values


def _logarithms(rows: pd.DataFrame, count: str) -> pd.DataFrame:
    """Rows with the logarithms of their cell counts."""
    held = as_numbers(rows, count, "The table of wells")
    if (held < 0).any():
        raise ArgumentError(
            f"The table of wells has a negative {count}, {held.min():g}; a cell count is 0 or more."
        )
    return rows.assign(**{count: np.log1p(held)})


@dataclass(frozen=True)
class _Groups:
    """Groups with their labels, and the group of each row: what all baselines have in common."""

    names: npt.NDArray[np.object_]
    labels: npt.NDArray[np.object_]
    positive: npt.NDArray[np.bool_]
    members: npt.NDArray[np.intp]

    @classmethod
    def of(cls, rows: pd.DataFrame, asked: _Asked) -> "_Groups":
        given = rows[asked.group].to_numpy(dtype=object)
        names, first, members = np.unique(given, return_index=True, return_inverse=True)
        labels = rows[asked.classes.label].to_numpy(dtype=object)[first]
        return cls(names, labels, np.asarray(labels == asked.classes.positive, dtype=bool), members)

    def baseline(
        self, name: str, values: Array, sets: list[Set], asked: _Asked
    ) -> tuple[dict[str, Any], pd.DataFrame]:
        """Row of the table, and the groups' scores."""
        row: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan)
        row |= {"model": name, "kind": "baseline", "test": "", "n_groups": len(self.names)}
        if not sets or values.shape[1] == 0:
            return row, pd.DataFrame(columns=SCORES)
        found = blind_scores(
            values, self.members, self.positive, sets, permutations=asked.permutations, seed=asked.seed
        )
        groups = pd.DataFrame({"model": name, "group": self.names, "label": self.labels})
        groups = groups.assign(probability=found.probability).dropna()
        row |= described(groups, self.positive[~np.isnan(found.probability)])
        row["set_auc"] = found.set_auc
        null = found.null[~np.isnan(found.null)]
        if len(null) and not np.isnan(found.auc):
            smallest = 1 / (1 + len(null))
            value = (1 + int((null >= found.auc - TIE).sum())) * smallest
            test = f"permutation test of {plural(asked.classes.noun)}"
            row |= {"p": value, "smallest_p": smallest, "test": test}
            low, high = np.quantile(null, [0.025, 0.975])
            row |= {"null_mean": float(null.mean()), "null_low": low, "null_high": high}
        return row, groups


def _beside(
    table: pd.DataFrame, scores: pd.DataFrame, models: pd.DataFrame, asked: _Asked
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add the models' rows, each held against the best baseline over the groups that both scored."""
    require_columns(models, SCORES, "The table of the models' groups")
    models = models.assign(group=as_names(models["group"]), label=as_names(models["label"]))
    best, noun, rows, parts = best_baseline(table), asked.classes.noun, [], [scores]
    for name, part in models[SCORES].groupby("model", sort=False):
        own = part.dropna(subset=["probability"])
        row: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan) | {"model": name, "kind": "model", "test": ""}
        row["n_groups"] = len(own)
        rows.append(row)
        parts.append(own)
        if own.empty:
            asked.said.append(f"{spaced(name)} scored no {noun}.")
            continue
        row |= described(own, (own["label"] == asked.classes.positive).to_numpy())
        if np.isnan(row["auc"]):
            asked.said.append(f"{spaced(name)} scored {plural(noun)} of one class only: it has no AUC.")
        if best is not None:
            base = scores[scores["model"] == best["model"]]
            # One worse than a coin is no rival: then chance is.
            rival = base if best["auc"] >= HALF else base.assign(probability=HALF)
            row |= lead_over(own, rival, asked.classes.positive, asked.seed)
            missed = len(set(own["group"]) ^ set(base["group"]))
            if missed:
                both = f"{name} and {best['model']} are compared"
                asked.said.append(f"{both} without {counted(missed, noun)} that one alone scored.")
    table = pd.concat([table, pd.DataFrame(rows, columns=list(COLUMNS))], ignore_index=True)
    return table, pd.concat(parts, ignore_index=True)


def _ask(asked: Question) -> PixelFreeBaselines:
    seen, wells = asked.evidence, asked.evidence.wells
    count = "cell_count" if "cell_count" in seen.measured else None
    if count:
        wells = wells.merge(seen.measured[["plate", "well", count]], on=["plate", "well"], how="left")
    return pixel_free_baselines(
        wells,
        positive=seen.classes.positive,
        columns=seen.suspects(asked.batch),
        numbers=seen.ordered(asked.batch),
        count=count,
        splits=seen.splits,
        models=seen.groups,
        group="group",
        label="label",
        plate_format=seen.plate_format,
        **asked.common,
    )


ANALYSIS = Analysis(
    "baselines",
    "What plate metadata or cell count alone predict",
    StudySection.DESIGN,
    _ask,
    BatchSection.DESIGN,
    checked=True,
)
