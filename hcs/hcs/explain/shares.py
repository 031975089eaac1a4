"""How much of the saliency lies on somas, neurites and background, beyond their area and beyond controls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.explain.clone import CEILING, PERMUTED, RANDOM, SHUFFLED, TRAINED
from hcs.explain.compartments import COMPARTMENTS
from hcs.figures.enrichment import enrichment_figure
from hcs.figures.panels import Panels, stacked
from hcs.statistics.bootstrap import Interval, mean_interval
from hcs.statistics.ranks import rank_pvalues
from hcs.wording import block_name, counted, plural, sentence, spaced

ALL = "all"
TESTED = {RANDOM: "random", PERMUTED: "permuted"}
"""Controls that are tested against, and how their columns begin."""
KEYS = ["block", "compartment"]
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
        said = [
            "A map is as coarse as its block: on thin neurites even a map that is the neurites themselves "
            "spreads beside them, which its ceiling tells."
        ]
        if self.silent > 0:
            said.append(f"{_percent(self.silent)} of the maps are empty (nothing speaks for the class).")
        scarce = self.clones[(self.clones["area"] < LEAST_AREA) & (self.clones["block"] == self.blocks[0])]
        if len(scarce):
            said.append(
                f"{counted(scarce['group'].nunique(), self.noun)} with less than {100 * LEAST_AREA:.1f} % of "
                "the area in a compartment left out there."
            )
        if self.deals is not None and self.deals < FEW_DEALS:
            said.append(
                f"There are only {self.deals} ways to deal the labels of the training {plural(self.noun)}: "
                "one permuted head in so many has learnt the true ones."
            )
        named = {name for name in TESTED if (self.controls["control"] == name).any()}
        said += [
            f"Nothing was held against {name}: whether the heads' learning matters is open."
            for name in TESTED
            if name not in named
        ]
        return tuple(said)

    def rows(self, label: str, block: str, compartments: Sequence[str]) -> list[Mapping[str, Any]]:
        """Give rows of the table that have an enrichment."""
        found = self.table[(self.table["label"] == label) & (self.table["block"] == block)]
        wanted = found[found["compartment"].isin(compartments) & found["enrichment"].notna()]
        wanted = wanted.sort_values("compartment")
        return [{str(name): value for name, value in row.items()} for row in wanted.to_dict("records")]

    def test(self) -> str:
        """Say what the p-values of the sentences are."""
        smallest = self.table["smallest_p"].min()
        if np.isnan(smallest):
            return ""
        replicates = round(1 / smallest) - 1
        return (
            f"Each p is two-sided, the rank of the mean over {plural(self.noun)} among {replicates} control "
            f"heads, adjusted for all blocks, compartments and classes (Westfall–Young); smallest possible "
            f"{smallest:.2g}."
        )

    def summary(self) -> str:
        """Give enrichments on neurites and somas, what stands beside them, and whether it is the learning."""
        said = [self.verdict()]
        said += [
            self._sentence(row)
            for block in self.blocks
            for row in self.rows(self.positive, block, ("neurite", "soma"))
        ]
        return sentence(*said, self.test(), *self.caveats)

    def headline(self) -> str:
        """Say which compartments stand out, by which test, and all enrichments in short."""
        return sentence(self.verdict(), self.test(), *(self._short(one) for one in ("neurite", "soma")))

    def _short(self, compartment: str) -> str:
        """List one compartment's enrichments, block by block."""
        rows = [row for block in self.blocks for row in self.rows(self.positive, block, (compartment,))]
        if not rows:
            return ""
        listed = ", ".join(f"{block_name(row['block'])} {row['enrichment']:.2f}" for row in rows)
        n = counted(max(int(row["n"]) for row in rows), self.noun)
        return (
            f"Share of saliency over share of area on {plural(compartment)} of {spaced(self.positive)} "
            f"(mean over {n}): {listed}."
        )

    def verdict(self) -> str:
        """Say which compartments stand out of both controls."""
        rows = self.table[self.table["label"] == self.positive]
        tested = [f"p_adjusted_{name}" for name in TESTED.values()]
        known = rows[tested].notna().all(axis=1)
        if rows.empty:
            return f"No {self.noun} of {spaced(self.positive)} was tested."
        if not known.any():
            return "Whether the heads look where heads that learnt nothing do not was not tested."
        if rows["smallest_p"].min() > 0.05:
            return (
                f"With so few control heads no p can be 0.05 or less (smallest possible "
                f"{rows['smallest_p'].min():.2g}): whether the heads' learning shows is open; 19 are enough."
            )
        above = rows["held"] > rows["permuted_mean"]
        agreed = above == (rows["held"] > rows["random_mean"])
        beyond = rows[known & agreed & (rows[tested] <= 0.05).all(axis=1)]
        where = "on test tiles of " + spaced(self.positive)
        if beyond.empty:
            return (
                f"Nowhere {where} does the share of saliency on a compartment stand out of both random heads "
                "and heads on permuted labels: these maps are no evidence of what was learnt."
            )
        more = np.where(above[beyond.index], "more", "less")
        named = [
            f"{one.compartment} in {block_name(one.block)} ({way})"
            for one, way in zip(beyond.itertuples(index=False), more, strict=True)
        ]
        return f"Beyond what heads that learnt nothing show, {where}: {', '.join(named)}."

    def _sentence(self, row: Mapping[str, Any]) -> str:
        interval = Interval(row["low"], row["high"]).sentence(f"bootstrap over {plural(self.noun)}")
        said = (
            f"{block_name(row['block']).capitalize()}, {plural(row['compartment'])} "
            f"({spaced(self.positive)}, n = {counted(int(row['n']), self.noun)}): "
            f"{_percent(row['share'])} of the saliency on "
            f"{_percent(row['area'])} of the area, enrichment {row['enrichment']:.2f} "
            f"({interval}; ceiling {row['ceiling']:.1f})"
        )
        for control, name in TESTED.items():
            if not np.isnan(row[f"p_adjusted_{name}"]):
                said += (
                    f"; {control} {row[f'{name}_mean']:.2f} ({row[f'{name}_low']:.2f} to "
                    f"{row[f'{name}_high']:.2f}, p = {row[f'p_adjusted_{name}']:.2g})"
                )
        if not np.isnan(row["shuffled_mean"]):
            said += f"; shuffled weights {row['shuffled_mean']:.2f}"
        return said + "."

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

    A clone's enrichment is its tiles' mean share of saliency over their mean share of area. The heads held
    against controls are those of one set per clone, so that trained and control heads are as many; the mean
    over clones is ranked among the controls' by its distance from the mean of all. Many rows are adjusted for
    by the greatest distance in any row (Westfall & Young 1993), in SDs over trained and control heads.

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
    long = shares.melt(
        [name for name in shares if name not in COMPARTMENTS],
        list(COMPARTMENTS),
        var_name="compartment",
        value_name="share",
    )
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
        rows.append((label, block, compartment, len(values), *means, mean, interval.low, interval.high))
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


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
