"""Who is independent of whom: donors of several clones, isogenic pairs, and what a study does with them."""

from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel
from tests.hcs.conftest import write_small_plate
from tests.inputs.smallplates import rewritten

from hcs.analysis.clones.clone_calls import clone_calls
from hcs.analysis.clones.groups import group_test
from hcs.study.new import write_study_file
from hcs.study.plan import checked_plan, fitting_splits
from hcs.study.settings import DataSettings, SplitSettings, read_config
from hcs.study.wells import select_wells
from hcs.tables.independence import shared_donors
from hcs_models.splits import clone_splits
from hcs_plates.errors import ArgumentError, ConfigError, LeakError

CLONES = [*(f"a{n}" for n in range(4)), *(f"c{n}" for n in range(4))]
DATA = {"label": "diagnosis", "positive": None, "negative": None, "group": None}


def wells(donors: Mapping[str, str | None], labels: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Two wells a clone."""
    rows = [
        (clone, donor, (labels or {}).get(clone, "ALS" if clone[0] == "a" else "control"))
        for clone, donor in donors.items()
        for _ in range(2)
    ]
    return pd.DataFrame(rows, columns=["group", "donor", "label"])


def own(**changes: str | None) -> dict[str, str | None]:
    """One donor a clone, but for some."""
    return {clone: f"d-{clone}" for clone in CLONES} | changes


@pytest.mark.parametrize(
    ("donors", "refused", "said"),
    [
        (own(), "", ""),
        (own(a1="d-a0"), "donor 'd-a0' gave 2 of the clones (a0 and a1)", ""),
        (own(a1="d-a0", c1="d-c0"), "and 1 other donor likewise", ""),
        (own(c0="d-a0"), "donor 'd-a0' gave 2 of the clones (a0 and c0)", ""),
        (own(a1="d-a0", c3=None), "donor 'd-a0'", "1 clone has no donor"),
        (own(c3=None), "", "1 clone has no donor and counts as independent (c3)"),
        (own(c2=None, c3=None), "", "2 clones have no donor and count as independent (c2 and c3)"),
        (dict.fromkeys(CLONES, None), "", ""),
        (dict.fromkeys(CLONES, "KOLF2"), "", "All clones come from one donor, 'KOLF2'"),
        (dict.fromkeys(CLONES, "KOLF2") | {"c3": None}, "donor 'KOLF2' gave 7", "1 clone has no donor"),
        (dict.fromkeys(CLONES[:4], "d1") | dict.fromkeys(CLONES[4:], "d2"), "1 other donor likewise", ""),
        (own(a1="1", a2="1.0"), "", ""),
    ],
)
def test_groups_that_share_donors(donors: dict[str, str | None], refused: str, said: str) -> None:
    """Two clones of one donor are no two witnesses; one donor of all is told; unknown ones are told."""
    refusal, notices = shared_donors(wells(donors), "clone")
    assert refused in refusal
    assert bool(refusal) == bool(refused)
    assert said in " ".join(notices)
    assert bool(notices) == bool(said)
    if refusal:
        assert refusal.endswith("clones of one donor are not independent")
        by_donor = wells(donors).dropna().assign(group=lambda table: table["donor"])
        assert shared_donors(by_donor, "donor")[0] == ""


@pytest.mark.parametrize("wanted", [1, 2, 4])
def test_isogenic_pairs_are_held_together(wanted: int) -> None:
    """A donor of both labels stands in one part of a set with both; it is told."""
    donors = {f"{kind}{n}": f"d{n}" for n in range(6) for kind in "ac"}
    by_donor = wells(donors).assign(group=lambda table: table["donor"])
    assert "6 donors of 6 have wells of both labels" in shared_donors(by_donor, "donor")[1][0]
    plan = clone_splits(by_donor, wanted, {"train": 3, "validation": 1, "test": 2}, seed=wanted)
    assert not plan.nested
    assert all(len({*split.train, *split.validation, *split.test}) == 6 for split in plan.splits)


def test_every_set_trains_on_both_labels() -> None:
    """Also where some donors have one label and some both."""
    donors = {f"a{n}": f"d{n}" for n in range(4)} | {f"c{n}": f"d{n}" for n in range(2, 6)}
    by_donor = wells(donors).assign(group=lambda table: table["donor"])
    held = by_donor.groupby("group")["label"].agg(set)
    plan = clone_splits(by_donor, 3, {"train": 3, "validation": 0, "test": 2}, seed=3)
    assert all(set().union(*held[list(split.train)]) == {"ALS", "control"} for split in plan.splits)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((15, 15), (55, 10, 3, 2)),
        ((30, 20), (55, 10, 3, 2)),
        ((6, 6), (12, 4, 1, 1)),
        ((3, 3), (6, 1, 1, 1)),
        ((2, 2), (4, 1, 0, 1)),
        ((2, 9), (18, 1, 0, 1)),
        ((4, 4), (8, 2, 1, 1)),
        ((8, 12), (24, 6, 1, 1)),
        ((14, 14), (28, 11, 2, 1)),
        ((60, 200), (100, 10, 3, 2)),
    ],
)
def test_counts_that_the_groups_can_fill(sizes: tuple[int, int], expected: tuple[int, ...]) -> None:
    """Whatever the numbers of clones, the sets written can be drawn, and test every clone."""
    labels = dict.fromkeys((f"a{n}" for n in range(sizes[0])), "ALS")
    labels |= dict.fromkeys((f"c{n}" for n in range(sizes[1])), "control")
    table = pd.DataFrame({"group": list(labels), "label": list(labels.values())})
    found = fitting_splits(table)
    assert tuple(found.values()) == (expected[0], min(expected[1], 10), *expected[2:])
    counts = {part: found[part] for part in ("train", "validation", "test")}
    plan = clone_splits(table, found["n_sets"], counts)
    assert {group for split in plan.splits for group in split.test} == set(labels)


def test_one_group_of_a_class_is_no_study() -> None:
    """Nothing can be tested on a group that was never trained on."""
    with pytest.raises(ArgumentError, match="one group of control only"):
        fitting_splits(pd.DataFrame({"group": ["a", "b", "c"], "label": ["ALS", "ALS", "control"]}))


def test_the_plan_itself_is_proved() -> None:
    """A donor on both sides is found on the list of tiles, before anything is cut, with the remedy."""
    tiles = wells(own(a1="d-a0")).assign(
        positive=lambda table: table["label"] == "ALS", plate="P", well="A01"
    )
    tiles["well"] = [f"A{place:02d}" for place in range(1, len(tiles) + 1)]
    settings = SplitSettings(n_sets=4, train=2, validation=1, test=1)
    with pytest.raises(LeakError, match="make the donor the group"):
        checked_plan(settings, tiles)
    assert len(checked_plan(settings, tiles.assign(donor=tiles["group"])).splits) == 4


@pytest.mark.parametrize(
    ("donors", "group", "splits"),
    [
        (own(), "clone", (8, 2, 1, 1)),
        (own(a1="d-a0"), "donor", (8, 1, 1, 1)),
        (own(a1="d-a0", c1="d-c0", c3="d-c2"), "donor", (6, 1, 0, 1)),
    ],
)
def test_a_study_file_is_by_donors_where_they_gave_several(
    tmp_path: Path,
    donors: dict[str, str | None],
    group: str,
    splits: tuple[int, ...],
) -> None:
    """The file that is written runs as it stands; by clones it is refused before anything is measured."""
    written = [write_small_plate(tmp_path, name) for name in ("P1", "P2")]
    plates = rewritten(written, lambda table, _: table.assign(donor=table["clone"].map(donors)))
    file = tmp_path / "s.toml"
    chosen, said = write_study_file([plate.path for plate in plates], file, DATA)
    config = read_config(file)
    assert chosen["group"] == config.data.group == group
    made = config.splits
    assert (made.n_sets, made.train, made.validation, made.test) == splits
    assert (config.tuning.sampler == "none") == (made.validation == 0)
    selection = select_wells(plates, config.data, file)
    assert selection.classed["group"].nunique() == len(set(donors.values()))
    if group == "donor":
        assert any("gave 2 of the clones" in one for one in said)
        by_clone = DataSettings.model_validate({"plates": ["P1"], "group": "clone"})
        with pytest.raises(ConfigError, match='write group = "donor"'):
            select_wells(plates, by_clone, file)


def measured(donors: Mapping[str, str | None], seed: int, wells_each: int = 3) -> pd.DataFrame:
    """Wells of clones whose donors differ, and clones of a donor hardly."""
    rng = np.random.default_rng(seed)
    of = {donor: rng.normal() for donor in dict.fromkeys(donors.values())}
    table = wells(donors).loc[lambda own: ~own["group"].duplicated()]
    table = table.loc[table.index.repeat(wells_each)].reset_index(drop=True)
    value = [
        of[donor] + (group[0] == "a") for donor, group in zip(table["donor"], table["group"], strict=True)
    ]
    return table.assign(count=np.array(value) + rng.normal(0, 0.2, len(table)))


@pytest.mark.parametrize("seed", range(3))
def test_clones_of_one_donor_are_averaged(seed: int) -> None:
    """Two classes are compared over donors: the numbers are those of a table of donors, and it is said."""
    donors = {f"{kind}{n}": f"d{kind}{n // 3}" for kind in "ac" for n in range(9)}
    table = measured(donors, seed)
    found = group_test(table, "count", seed=1)
    clones = table.groupby(["donor", "group", "label"], as_index=False)["count"].mean()
    means = clones.groupby(["donor", "label"], as_index=False)["count"].mean()
    expected = group_test(means.rename(columns={"donor": "group"}), "count", seed=1)
    pd.testing.assert_frame_equal(found.table, expected.table)
    assert found.table["n"].unique().tolist() == [6]
    assert "18 clones come from 6 donors" in found.summary()
    assert found.noun == "donor"
    assert group_test(table.drop(columns="donor"), "count").table["n"].unique().tolist() == [18]


@pytest.mark.parametrize("seed", range(4))
def test_pairs_are_compared_as_pairs(seed: int) -> None:
    """A mutant and its corrected line: scipy's paired t, and every exchange within pairs."""
    donors = {f"{kind}{n}": f"d{n}" for n in range(6) for kind in "ac"}
    table = measured(donors, seed)
    found = group_test(table, "count")
    wide = table.groupby(["donor", "label"])["count"].mean().unstack()
    tested = ttest_rel(wide["ALS"], wide["control"])
    paired = found.table.iloc[0]
    assert paired["p"] == pytest.approx(tested.pvalue)
    assert [paired["low"], paired["high"]] == pytest.approx(list(tested.confidence_interval()))
    difference = (wide["ALS"] - wide["control"]).to_numpy()
    signs = np.array(list(product((1, -1), repeat=6)))
    as_far = np.abs(signs @ difference) >= abs(difference.sum()) - 1e-9
    permuted = found.table.iloc[1]
    assert permuted["p"] == pytest.approx(as_far.mean())
    assert permuted["smallest_p"] == pytest.approx(2 / 64)
    assert "compared as pairs" in found.summary()
    assert found.plot().numbers["estimate"].notna().all()
    single = pd.concat([table, measured({"a9": "d9"}, seed)])
    assert "1 donor of one class only left out" in group_test(single, "count").summary()
    few = group_test(table[(table["label"] == "ALS") | (table["donor"] == "d0")], "count")
    assert "isogenic pairs stand apart" in few.summary()


@pytest.mark.parametrize(
    ("donors", "said"),
    [
        (own(), False),
        (own(a1="d-a0"), True),
        (own(c0="d-a0"), True),
        (dict.fromkeys(CLONES, "KOLF2"), True),
        (dict.fromkeys(CLONES, None), False),
    ],
)
def test_calls_say_that_clones_of_one_donor_count(donors: dict[str, str | None], said: bool) -> None:
    """Over clones the sentence says how many donors stand behind them."""
    table = wells(donors)
    groups = table.drop_duplicates("group").assign(model="cnn", probability=np.linspace(0.9, 0.1, 8))
    found = clone_calls(groups, "ALS", wells=table, clone="group")
    donor_word = f"8 clones come from {len(set(donors.values()))} donor"
    assert (donor_word in " ".join(found.caveats)) == said
