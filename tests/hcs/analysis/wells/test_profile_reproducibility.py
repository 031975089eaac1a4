"""Replicates that find each other, plates that must not help, and designs that cannot tell."""

from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from hcs.analysis.wells.profile_reproducibility import (
    COLUMNS,
    ProfileReproducibility,
    profile_reproducibility,
)
from hcs_plates.errors import ArgumentError

Floats = npt.NDArray[np.float64]


def wells(groups: int = 8, plates: str = "PQR", per_plate: int = 1, *, fixed: bool = False) -> pd.DataFrame:
    """Wells of every group on every plate, in other places on each unless these are fixed."""
    rows = []
    for number, plate in enumerate(plates):
        places = product(range(groups), range(per_plate))
        for at, (group, _) in enumerate(places):
            place = at if fixed else (at + 3 * number) % (groups * per_plate)
            rows.append((f"g{group:02d}", plate, f"{'ABCDEFGH'[place // 12]}{place % 12 + 1:02d}"))
    return pd.DataFrame(rows, columns=["group", "plate", "well"])


def profiles(
    table: pd.DataFrame, *, own: float = 0.0, plate: float = 0.0, seed: int = 0, d: int = 10
) -> Floats:
    """Features with parts of the group's and of the plate's own."""
    rng = np.random.default_rng(seed)
    of = [
        rng.normal(scale=size, size=(99, d))[table[name].factorize()[0]]
        for name, size in (("group", own), ("plate", plate))
    ]
    return np.asarray(of[0] + of[1] + rng.normal(size=(len(table), d)))


def test_planted_groups_find_each_other_and_noise_does_not() -> None:
    """Each group is found; without groups there is about what chance gives; words within their limits."""
    table = wells(per_plate=2)
    found, none = (profile_reproducibility(profiles(table, own=own), table) for own in (3.0, 0.0))
    assert (found.table["p_adjusted"] <= 0.05).all()
    assert found.table["mean_average_precision"].min() > 0.8
    assert found.headline().startswith(
        "Profiles of wells are reproducible across plates for 8 of 8 clones (mean"
    )
    assert none.table["mean_average_precision"].mean() == pytest.approx(
        none.table["expected"].mean(), abs=0.06
    )
    assert none.headline().startswith(
        "Profiles of wells are not reproducible across plates for any of 8 clones"
    )
    for one in (found, none):
        assert one.summary().startswith(one.headline())
        assert (len(one.headline().split()) <= 30, len(one.summary().split()) <= 120) == (True, True)
    assert found.percent_replicating == 1.0
    assert found.statistics["p_corrected"].notna().all()
    assert len(found.plot())


def test_what_the_plate_does_makes_nobody_reproducible() -> None:
    """Plates far apart, each group mostly on one: wells of a plate are alike, and no group is found."""
    table = wells(per_plate=2)
    most = pd.concat(
        [
            table,
            table.assign(well="H" + table["well"].str[1:])[
                table["group"].str[-1].astype(int) % 3 == table["plate"].map({"P": 0, "Q": 1, "R": 2})
            ],
        ],
        ignore_index=True,
    )
    found = profile_reproducibility(profiles(most, plate=20.0), most)
    assert (found.table["p_adjusted"] > 0.05).all()


def test_small_designs_look_at_every_arrangement() -> None:
    """Five groups once on two plates: 25 ways to pick a well of each; p and its bound are shares of these."""
    table = wells(5, "PQ")
    features = profiles(table, own=2.0)
    found = profile_reproducibility(features, table)
    assert set((found.table["p"] * 25).round(9) % 1) == {0.0}
    assert (found.table["smallest_p"] >= 1 / 25).all()
    assert found.table["n_wells"].tolist() == [2] * 5
    few = profile_reproducibility(features[:8], wells(4, "PQ"))
    assert few.headline() == "Whether profiles of wells are reproducible cannot be known with 4 clones."


def test_groups_on_one_plate_are_compared_there() -> None:
    """Each group on one plate, several on each: pairs are within plates, which is said."""
    table = wells(4, "P", 3)
    other = wells(4, "Q", 3).assign(group=lambda rows: "h" + rows["group"])
    both = pd.concat([table, other], ignore_index=True)
    found = profile_reproducibility(profiles(both, own=3.0, plate=20.0), both)
    assert found.pairs == "within plates"
    assert len(found.table) == 8
    assert "No clone stands on several plates" in found.summary()
    lone = both[both["plate"] == "P"].assign(plate=lambda rows: rows["group"])
    none = profile_reproducibility(profiles(lone), lone)
    assert none.table.empty
    assert list(none.table.columns) == COLUMNS
    assert "cannot be known: no clone has replicates" in none.summary()
    assert len(none.plot())


def test_groups_without_replicates_and_fixed_places_are_said() -> None:
    """One group on one plate only; and the same wells on every plate."""
    table = wells(fixed=True)
    table = table[(table["group"] != "g03") | (table["plate"] == "Q")].reset_index(drop=True)
    found = profile_reproducibility(profiles(table, own=2.0), table)
    assert "g03" not in set(found.table["group"])
    assert "1 clone without replicates across plates left out." in found.summary()
    assert "the same wells of every plate" in found.summary()


def test_tiles_are_wells_and_units_of_features_do_not_matter() -> None:
    """Tiles of a well are averaged; a feature in other units, and a constant one, change nothing."""
    table = wells()
    features = profiles(table, own=1.0)
    one = profile_reproducibility(features, table)
    tiles = pd.concat([table, table], ignore_index=True)
    other = np.column_stack([features * [*[1e-9] * 5, *[1e9] * 5] + 7, np.full(len(table), 3.0)])
    shift = np.where(np.arange(11) < 10, np.abs(other).mean(axis=0) / 10, 0)
    two = profile_reproducibility(np.r_[other - shift, other + shift], tiles)
    assert isinstance(two, ProfileReproducibility)
    pd.testing.assert_frame_equal(one.table, two.table, rtol=1e-5)


def test_bad_arguments_are_refused() -> None:
    """Features of other rows, a column that is not there, no permutations."""
    table = wells()
    with pytest.raises(ArgumentError, match="cannot go with 24 rows"):
        profile_reproducibility(np.ones((3, 2)), table)
    with pytest.raises(ArgumentError, match="no column 'clone'"):
        profile_reproducibility(profiles(table), table, group="clone")
    with pytest.raises(ArgumentError, match="permutations is 0"):
        profile_reproducibility(profiles(table), table, permutations=0)
