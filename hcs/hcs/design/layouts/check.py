"""An existing layout judged as one of ours is: what goes with position, before anything is pipetted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.design.layouts.factors import OVERALL, Factors, counts, factors
from hcs.design.layouts.imbalance import (
    CONFOUNDED,
    confounded_sentence,
    imbalance_statistics,
    imbalances,
    lacking_sentence,
)
from hcs.design.layouts.maps import position_sentences, read_maps
from hcs.design.layouts.place import groupings
from hcs.statistics.arrays import Codes, Floats
from hcs.statistics.concordance import CELLS
from hcs.statistics.contingency import cramers_v, joint_weights
from hcs.statistics.permutation import DRAWS, permutation_test
from hcs.statistics.pvalues import ALPHA, PValue, brief
from hcs.wording import capital, listed, sentence
from hcs_plates.wells import Formats, parse_well, row_name

TEST, TEST_OF_LINES = "permutation test of diagnoses", "permutation test of wells"
NO_DIAGNOSIS = "No diagnosis is known: whether it goes with position cannot be said."
ROUNDING = 1e-9
DRAWS_OF_LINES = 999
"""Layouts drawn for the test of lines: enough to tell one that was never randomised."""


@dataclass(frozen=True, repr=False)
class LayoutCheck(Shown):
    """How an existing layout stands.

    Parameters
    ----------
    wells
        The wells that hold a line: plate, well, clone, donor, diagnosis, batch, pair, as far as known.
    imbalances
        `hcs.design.layouts.imbalance.COLUMNS`, as of a layout that was made here.
    tests
        p of diagnosis and of clone with every factor, by the two names. Of diagnosis: diagnoses moved among
        clones; of clone: clones moved among all wells, since a randomised layout is one of these.
    caveats
        What is confounded with what, and what else a reader would change.
    """

    wells: pd.DataFrame
    imbalances: pd.DataFrame
    tests: Mapping[tuple[str, str], PValue]
    caveats: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """The table of imbalances."""
        return self.imbalances

    @property
    def statistics(self) -> pd.DataFrame:
        """Cramér's V of diagnosis, clone and donor with every factor, with its test."""
        return imbalance_statistics(self.imbalances, self.tests)

    @property
    def sound(self) -> bool:
        """Whether diagnosis goes with no factor of position, and nothing else was found."""
        return not self.caveats and not self._going("diagnosis")

    @property
    def _known(self) -> bool:
        """Whether diagnoses are known."""
        return bool((self.imbalances["of"] == "diagnosis").any())

    def headline(self) -> str:
        """Say what the diagnosis goes with; where with nothing, over what it is balanced."""
        of = "diagnosis" if self._known else "clone"
        own, what = self._overall(of), capital(of)
        tied = own["factor"][own["note"] == CONFOUNDED]
        if own.empty:
            return f"{what} cannot be held against position: there is one, or no factor of position varies."
        if len(tied):
            return f"{what} is confounded with {listed(tied)}; no analysis can separate them."
        going = self._going(of)
        if going:
            worst = own.set_index("factor").loc[going[0]]
            test = brief(self.tests[of, going[0]].value, self.tests[of, going[0]].smallest)
            size = f"V = {worst['value']:.2f}, least {worst['least']:.2f}; {test}"
            also = f", also with {listed(going[1:])}" if going[1:] else ""
            return f"{what} is associated with {going[0]} ({size}){also}."
        loose = own[~own["reached"]]
        known = [self.tests[of, name].smallest <= ALPHA for name in loose["factor"]]
        names = {
            flag: [name for name, own in zip(loose["factor"], known, strict=True) if own == flag]
            for flag in (True, False)
        }
        parts = [
            *([f"balanced over {listed(own['factor'][own['reached']])}"] if own["reached"].any() else []),
            *([f"no more associated with {listed(names[True])} than by chance"] if names[True] else []),
            *([f"not balanced over {listed(names[False])}, too few to test"] if names[False] else []),
        ]
        return f"{what} is {listed(parts)}."

    def summary(self) -> str:
        """Say what position goes with, each V with its least and its test, and what else to change."""
        return sentence(self.headline(), self._values("diagnosis"), *self.caveats, self._clones())

    def _clones(self) -> str:
        """Say what clones go with, or that they are spread as chance would."""
        own = self._overall("clone")
        going, loose = self._going("clone"), own["factor"][~own["reached"]]
        if going:
            return self._values("clone")
        # Where diagnoses are not known, the headline is of clones.
        said = self._known and len(loose)
        return f"Clones are spread over {listed(loose)} no worse than by chance." if said else ""

    def _overall(self, of: str) -> pd.DataFrame:
        """Rows of one label over all plates."""
        rows = self.imbalances
        return rows[(rows["of"] == of) & rows["factor"].isin(OVERALL)]

    def _going(self, of: str) -> list[str]:
        """Factors that a label is associated with, the closest first."""
        own = self._overall(of)
        own = own[~own["reached"] & own["factor"].map(lambda name: self._p(of, name) <= ALPHA)]
        return [str(name) for name in own.sort_values("value", ascending=False)["factor"]]

    def _p(self, of: str, factor: str) -> float:
        """Take p of a test; 1 where there is none."""
        found = self.tests.get((of, factor))
        return 1.0 if found is None or np.isnan(found.value) else found.value

    def _values(self, of: str) -> str:
        """Say every V that is above its least."""
        own = self._overall(of)
        own = own[~own["reached"]]
        if own.empty:
            return ""
        said = [
            f"{name} V = {value:.2f} (least {least:.2f}, p = {self._p(of, name):.2g})"
            for name, value, least in zip(own["factor"], own["value"], own["least"], strict=True)
        ]
        first = self.tests[of, str(own["factor"].iloc[0])]
        test = f"{first.test} over {first.n} {first.noun}, smallest p {first.smallest:.2g}"
        return f"{capital(of)} and {listed(said)}; {test}."


def check_layout(
    maps: pd.DataFrame | Path | str | Sequence[Path | str],
    *,
    wells: Formats = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> LayoutCheck:
    """Judge a layout that exists: the imbalances that `layout_plates` gives, and what else is unwise in it.

    Parameters
    ----------
    maps
        Platemaps, a file each (or one that names plates), or a table: well, clone, and as far as known plate,
        donor, diagnosis, pair, differentiation_batch, role, included.
    wells
        How many wells plates have, one number or one by plate; None for the smallest format that holds them.
    seed, draws
        Of the permutations, where there are too many to look at all.

    Raises
    ------
    HcsError
        No table of wells, a well twice, a clone of two diagnoses.

    Examples
    --------
    >>> wells = pd.DataFrame({"well": ["A01", "B01", "A02", "B02"], "clone": list("abcd")})
    >>> check = check_layout(wells.assign(diagnosis=["ALS", "ALS", "control", "control"]), wells=6)
    >>> print(check.headline())
    Diagnosis is confounded with column; no analysis can separate them.
    """
    read = read_maps(maps, wells)
    own = read.wells
    found = factors(own, read.formats)
    coded = pd.DataFrame(
        {
            name: pd.factorize(own[name].where(own[name].notna(), "\0" + own["clone"]))[0]
            for name in ("clone", "donor", "pair")
        }
    )
    of_clone = coded.drop_duplicates("clone").sort_values("clone").rename(columns={"pair": "unit"})
    labels: dict[str, Codes] = {}
    if own["diagnosis"].notna().any():
        labels["diagnosis"] = pd.factorize(own["diagnosis"].fillna("\0"))[0]
    labels |= {name: codes[coded["clone"].to_numpy()] for name, codes in groupings(of_clone).items()}
    tests = _tests(labels, found, seed, draws)
    measured = imbalances(labels, found)
    said = _uneven(own, measured) if own["diagnosis"].notna().any() else [NO_DIAGNOSIS]
    caveats = (*said, *position_sentences(read), *read.notices)
    return LayoutCheck(own, measured, tests, caveats)


def _uneven(wells: pd.DataFrame, measured: pd.DataFrame) -> list[str]:
    """Say where each diagnosis stands that position tells, and which plates and batches lack one."""
    tied = measured["factor"][(measured["of"] == "diagnosis") & (measured["note"] == CONFOUNDED)].tolist()
    at = [parse_well(well) for well in wells["well"]]
    names = wells[["plate", "batch"]].assign(
        row=[row_name(one.row) for one in at], column=[one.column + 1 for one in at]
    )
    known = wells["diagnosis"].notna()
    said = [
        confounded_sentence(wells["diagnosis"][known], names[name][known]) for name in names if name in tied
    ]
    return said + [
        lacking
        for name in ("plate", "batch")
        if name not in tied and (lacking := lacking_sentence(wells["diagnosis"][known], names[name][known]))
    ]


def _tests(
    labels: Mapping[str, Codes], found: Factors, seed: int, draws: int
) -> dict[tuple[str, str], PValue]:
    """Test diagnosis and clone against every factor."""
    tests = {}
    clone = labels["clone"]
    moved = np.tile(clone, (DRAWS_OF_LINES, 1))
    np.random.default_rng(seed).permuted(moved, axis=1, out=moved)
    for name in found.names:
        levels = found.of(name)
        if "diagnosis" in labels and labels["diagnosis"].max() > 0:
            tests["diagnosis", name] = _test_of_diagnosis(labels["diagnosis"], clone, levels, seed, draws)
        if clone.max() > 0:
            tests["clone", name] = _test_of_lines(clone, levels, moved)
    return tests


def _test_of_diagnosis(diagnosis: Codes, clone: Codes, levels: Codes, seed: int, draws: int) -> PValue:
    """Move diagnoses among clones; a clone's wells stay where they are."""
    shares = counts(clone, levels)
    of_clone = diagnosis[np.unique(clone, return_index=True)[1]].astype(float)
    number = int(diagnosis.max()) + 1

    def strength(rows: Floats) -> Floats:
        return cramers_v(joint_weights(rows, number, shares))

    test = permutation_test(strength, of_clone, sided="greater", draws=draws, seed=seed)
    return PValue(test.p, TEST, len(of_clone), test.smallest_p, "clones", "one-sided")


def _test_of_lines(clone: Codes, levels: Codes, moved: Codes) -> PValue:
    """Hold clones where they are against clones moved among all wells, one row each."""
    seen = counts(clone, levels)
    step = max(1, CELLS // seen.size)
    drawn = np.concatenate(
        [
            cramers_v(_counts_of_rows(moved[at : at + step], levels, seen.shape))
            for at in range(0, len(moved), step)
        ]
    )
    total = 1 + len(moved)
    p = (1 + int((drawn >= float(cramers_v(seen[None])[0]) - ROUNDING).sum())) / total
    return PValue(p, TEST_OF_LINES, len(clone), 1 / total, "wells", "one-sided")


def _counts_of_rows(clones: Codes, levels: Codes, shape: tuple[int, ...]) -> Floats:
    """Cross each row of clones with the levels; array of shape (n_rows, n_clones, n_levels)."""
    n_rows, cells = len(clones), shape[0] * shape[1]
    at = np.arange(n_rows)[:, None] * cells + clones * shape[1] + levels
    return np.bincount(at.ravel(), minlength=n_rows * cells).reshape(n_rows, *shape).astype(float)
