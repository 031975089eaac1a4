"""How much of the saliency lies on somas, neurites and background, beyond their area and beyond controls."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.stated import Stated, statistics_table
from hcs.explain.clone import CEILING, PERMUTED, RANDOM, SHUFFLED, TRAINED
from hcs.explain.compartments import COMPARTMENTS
from hcs.figures.enrichment import enrichment_figure
from hcs.figures.panels import Panels, stacked
from hcs.statistics.bootstrap import Interval, mean_interval
from hcs.statistics.pvalues import ALPHA, PValue
from hcs.statistics.ranks import rank_pvalues
from hcs.wording import block_name, counted, listed, percent, plural, sentence, spaced

ALL = "all"
TESTED = {RANDOM: "random", PERMUTED: "permuted"}
"""Controls that are tested against, and how their columns begin."""
KEYS = ["block", "compartment"]
ENRICHMENT = "enrichment"
LEAST_AREA = 0.002
"""Share of the area below which a clone has no enrichment: a handful of pixels would decide the mean."""
FEW_DEALS = 200
"""Fewer ways to deal labels than this are told: a permuted head may have learnt the true ones."""


@dataclass(frozen=True, repr=False)
class CompartmentShares(Shown):
    """Where the saliency of a study's heads lies.

    Parameters
    ----------
    table
        One row per label (and ``all``), block and compartment: n (clones), area and share (means over clones
        of the share of the area and of the saliency), enrichment (mean over clones of share over area) with
        low and high (bootstrap over clones), ceiling (of a map that is the compartment itself, at the block's
        resolution), ``random_…`` and ``permuted_…`` (mean, low, high over replicates, p, p_adjusted),
        smallest_p, ``shuffled_…`` (mean, low, high over networks).
    clones
        block, compartment, group, label, enrichment, share, area: means over the sets that tested the clone.
    controls
        block, compartment, label, control, replicate, enrichment (mean over clones).
    silent
        Share of the maps in which nothing spoke for the class; they are left out.
    blocks
        Those that the sentences and the figure are about.
    positive, negative, noun
        Words.
    deals
        Ways to deal the labels of training clones, where heads on permuted labels were held against.
    """

    table: pd.DataFrame
    clones: pd.DataFrame
    controls: pd.DataFrame
    silent: float
    blocks: tuple[str, ...]
    positive: str
    negative: str
    noun: str = "clone"
    deals: int | None = None

    @property
    def caveats(self) -> tuple[str, ...]:
        """Sentences on what the numbers cannot say."""
        said = ["A map is as coarse as its block and spreads beside thin neurites."]
        if self.silent > 0:
            said.append(f"{percent(self.silent)} of the maps are empty (nothing speaks for the class).")
        scarce = self.clones[(self.clones["area"] < LEAST_AREA) & (self.clones["block"] == self.blocks[0])]
        if len(scarce):
            said.append(
                f"Left out: {counted(scarce['group'].nunique(), self.noun)} with a compartment below "
                f"{100 * LEAST_AREA:.1f} % of the area."
            )
        if self.deals is not None and self.deals < FEW_DEALS:
            said.append(
                f"With {self.deals} ways to deal the training labels, one permuted head in {self.deals} has "
                "learnt the true ones."
            )
        said += [
            f"Nothing was compared with {name}."
            for name in TESTED
            if not (self.controls["control"] == name).any()
        ]
        return tuple(said)

    def rows(self, label: str, block: str, compartments: Sequence[str]) -> list[Mapping[str, Any]]:
        """Give rows of the table that have an enrichment."""
        found = self.table[(self.table["label"] == label) & (self.table["block"] == block)]
        wanted = found[found["compartment"].isin(compartments) & found["enrichment"].notna()]
        rows: list[Mapping[str, Any]] = wanted.sort_values("compartment").to_dict("records")
        return rows

    @property
    def statistics(self) -> pd.DataFrame:
        """Enrichment on somas and neurites of the positive class, and that of the control heads."""
        return statistics_table(
            one
            for block in self.blocks
            for row in self.rows(self.positive, block, ("neurite", "soma"))
            for one in self._stated(row)
        )

    def _stated(self, row: Mapping[str, Any]) -> Iterator[Stated]:
        """Give the trained heads' enrichment with its interval, then each control's with the test."""
        where = f"{block_name(row['block'])}, {plural(row['compartment'])} of {spaced(self.positive)}"
        limits = Interval(row["low"], row["high"])
        yield Stated(where, ENRICHMENT, row["enrichment"], limits, f"bootstrap over {plural(self.noun)}")
        for control, name in TESTED.items():
            p, smallest = row[f"p_{name}"], row["smallest_p"]
            if not np.isnan(p):
                test = PValue(
                    p, "rank among control heads", round(1 / smallest) - 1, smallest, "control heads"
                )
                mean, corrected = row[f"{name}_mean"], row[f"p_adjusted_{name}"]
                yield Stated(
                    f"{where}: {control}", ENRICHMENT, mean, pvalue=test, corrected=corrected,
                    correction="Westfall–Young over all blocks, compartments and classes",
                )  # fmt: skip

    def headline(self) -> str:
        """Say which compartments trained heads look at more, or less, than both kinds of control."""
        rows = self.table[self.table["label"] == self.positive]
        tested = [f"p_adjusted_{name}" for name in TESTED.values()]
        known = rows[tested].notna().all(axis=1)
        tiles = f"{spaced(self.positive)} tiles"
        if rows.empty:
            return f"No {self.noun} of {spaced(self.positive)} was tested."
        if not known.any():
            return (
                "Whether training decides where the network looks was not tested: control heads are lacking."
            )
        least = rows["smallest_p"].min()
        if least > ALPHA:
            return (
                f"Cannot be known with {counted(round(1 / least) - 1, 'control head')} whether training "
                "decides where the network looks; 19 are needed."
            )
        above = rows["held"] > rows["permuted_mean"]
        agreed = above == (rows["held"] > rows["random_mean"])
        beyond = rows[known & agreed & (rows[tested] <= ALPHA).all(axis=1)]
        if beyond.empty:
            return f"No: in {tiles} trained heads look nowhere more, or less, than control heads do."
        more = np.where(above[beyond.index], "more", "less")
        named = [
            f"{way} at {one.compartment} in {block_name(one.block)}"
            for one, way in zip(beyond.itertuples(index=False), more, strict=True)
        ]
        return f"Yes: in {tiles} trained heads look {listed(named, most=3)} than control heads do."

    def summary(self) -> str:
        """Add how much of the saliency lies on neurites and somas, and the caveats."""
        rows = [
            row for block in self.blocks[:1] for row in self.rows(self.positive, block, ("neurite", "soma"))
        ]
        said = [
            f"{plural(row['compartment']).capitalize()} of {spaced(self.positive)} "
            f"({block_name(row['block'])}): {percent(row['share'])} of the saliency on "
            f"{percent(row['area'])} of the area ({row['enrichment']:.2f}-fold; at most "
            f"{row['ceiling']:.1f}-fold possible)."
            for row in rows
        ]
        return sentence(self.headline(), *said, *self.caveats)

    def plot(self) -> Panels:
        """Draw every clone's enrichment in these blocks, class by class, and the controls'; its axes."""
        held = {plural(self.noun): self.clones, "controls": self.controls}
        drawn = {
            name: table[
                table["block"].isin(self.blocks) & table["label"].isin([self.positive, self.negative])
            ]
            for name, table in held.items()
        }
        clones, controls = map(self._by_class, drawn.values())
        figure = enrichment_figure(
            clones, controls, positive=self.positive, negative=self.negative, noun=self.noun
        )
        return Panels.of(figure, stacked(drawn))

    def _by_class(self, table: pd.DataFrame) -> pd.DataFrame:
        """Give the rows of these blocks, each class in a column of its own."""
        classes = (self.positive, self.negative)
        parts = [
            table[(table["block"] == block) & (table["label"] == label)].assign(
                block=f"{block_name(block)}\n{spaced(label)}"
            )
            for block in self.blocks
            for label in classes
        ]
        return pd.concat(parts, ignore_index=True)


def share_saliency(  # noqa: PLR0913 – two tables, and who is told from whom
    shares: pd.DataFrame,
    areas: pd.DataFrame,
    control_sets: Mapping[str, int],
    *,
    blocks: tuple[str, ...],
    positive: str,
    negative: str,
    noun: str = "clone",
    deals: int | None = None,
    seed: int = 0,
) -> CompartmentShares:
    """Sum the shares of tiles up over clones, and hold them against controls.

    A clone's enrichment is its tiles' mean share of saliency over their mean share of area. Held against
    controls are the heads of one set per clone; the mean over clones is ranked among the controls' by its
    distance from the mean of all, adjusted by the greatest distance in any row (Westfall & Young 1993), in
    SDs over trained and control heads.

    Parameters
    ----------
    shares, areas
        As `hcs.explain.sheet.COLUMNS` has them.
    control_sets
        By clone, the set held against controls.
    blocks
        Blocks that the sentences are about.
    positive, negative, noun
        Words.
    deals
        As `CompartmentShares` has it.
    seed
        Of resamples.
    """
    keys = [name for name in shares if name not in COMPARTMENTS]
    long = shares.melt(keys, list(COMPARTMENTS), var_name="compartment", value_name="share")
    silent = float(shares.loc[shares["source"] == TRAINED, COMPARTMENTS[0]].isna().mean())
    # A compartment that a tile has nothing of is no map, and the most that any map could have there is 0.
    long["share"] = long["share"].fillna(long["source"].map({CEILING: 0.0}))
    covered = areas.melt(["tile_id"], list(COMPARTMENTS), var_name="compartment", value_name="area")
    long = long.merge(covered, on=["tile_id", "compartment"], how="left", validate="many_to_one")
    # A tile without a map takes its area out with it.
    long["area"] = long["area"].where(long["share"].notna())
    by = ["source", "replicate", "group", "label", *KEYS]
    per_clone = long.groupby(by, as_index=False)[["share", "area"]].mean()
    per_clone["enrichment"] = per_clone["share"] / per_clone["area"].where(per_clone["area"] >= LEAST_AREA)
    trained = per_clone[per_clone["source"] == TRAINED]
    numbers = ["share", "area", "enrichment"]
    clones = trained.groupby([*KEYS, "group", "label"], as_index=False)[numbers].mean()
    held = trained[trained["replicate"] == trained["group"].map(dict(control_sets))]
    chosen = per_clone["source"].isin([*TESTED, SHUFFLED])
    controls = _over_clones(per_clone[chosen].rename(columns={"source": "control"}), ["control", "replicate"])
    tested = _ranks(_over_clones(held, []), controls)
    own = per_clone["compartment"].map({name: place for place, name in enumerate(COMPARTMENTS)})
    ceiling = _over_clones(per_clone[(per_clone["source"] == CEILING) & (per_clone["replicate"] == own)], [])
    ceiling = ceiling.rename(columns={"enrichment": "ceiling"})
    table = _summed(clones, seed).merge(ceiling, on=["label", *KEYS], how="left")
    table = table.merge(tested, on=["label", *KEYS], how="left")
    return CompartmentShares(table, clones, controls, silent, blocks, positive, negative, noun, deals)


def _over_clones(per_clone: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Mean enrichment over clones: of each label, and of all."""
    every = pd.concat([per_clone, per_clone.assign(label=ALL)])
    return every.groupby([*by, "label", *KEYS], as_index=False)["enrichment"].mean()


def _summed(clones: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Means over clones with an interval, of each label and of all."""
    rows = []
    every = pd.concat([clones, clones.assign(label=ALL)])
    for (label, block, compartment), part in every.groupby(["label", *KEYS], sort=True):
        values = part["enrichment"].dropna().to_numpy()
        mean, interval = mean_interval(values, seed=seed)
        means = part[["area", "share"]].mean()
        rows.append((label, block, compartment, len(values), *means, mean, *interval))
    columns = ["label", *KEYS, "n", "area", "share", "enrichment", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _ranks(held: pd.DataFrame, controls: pd.DataFrame) -> pd.DataFrame:
    """Rank the trained heads among the controls, and give the controls' means and ranges, row by row."""
    index = ["label", *KEYS]
    made = held.set_index(index)[["enrichment"]].rename(columns={"enrichment": "held"})
    made["smallest_p"] = np.nan
    for control, name in [*TESTED.items(), (SHUFFLED, "shuffled")]:
        part = controls[controls["control"] == control]
        wide = part.pivot_table(index=index, columns="replicate", values="enrichment").reindex(made.index)
        made[f"{name}_mean"] = wide.mean(axis=1)
        made[f"{name}_low"], made[f"{name}_high"] = wide.min(axis=1), wide.max(axis=1)
        if control in TESTED:
            pooled = np.column_stack([made["held"].to_numpy(), wide.to_numpy(dtype=float)])
            made[f"p_{name}"], made[f"p_adjusted_{name}"] = rank_pvalues(pooled)
            if wide.shape[1]:
                made["smallest_p"] = 1 / (wide.shape[1] + 1)
    return made.reset_index()
