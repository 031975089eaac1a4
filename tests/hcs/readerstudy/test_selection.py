"""Which images readers judge."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from hcs.readerstudy.images import Images
from hcs.readerstudy.selection import LEVELS, Selection, deal, held_out, most, select
from hcs_plates.errors import ArgumentError


def images_of(
    clones: dict[str, int], *, per_class: bool = True, plates: int = 3, wells: int = 2, fields: int = 2
) -> Images:
    """Clones of both classes on every plate; `clones` is how many of each class."""
    rows = [
        (
            f"P{plate}",
            f"{label[0]}{number}{well}",
            field,
            0,
            f"{label}-{number}",
            label,
            f"d{label}{number}",
            "",
        )
        for label, n in clones.items()
        for number, plate, well, field in product(range(n), range(plates), range(wells), range(fields))
    ]
    table = pd.DataFrame(rows, columns=["plate", "well", "field", "tile", "group", "label", "unit", "batch"])
    return Images(table.assign(row=range(len(table))), lambda _: np.zeros((1, 1, 1)), "clone", None, ())


def chosen(images: Images, seed: int, **asked: int | bool | None) -> Selection:
    """Select with a seed."""
    wanted = {"readers": 3, "per_reader": 30, "training": 8} | asked
    return select(images, rng=np.random.default_rng(seed), **wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize("per_reader", [24, 37])
@pytest.mark.parametrize("same", [True, False])
def test_balance(per_reader: int, same: bool) -> None:
    """Classes, clones of a class, and plates of a clone differ by one image at most; none comes twice."""
    images = images_of({"ALS": 7, "control": 5})
    for seed in range(4):
        found = chosen(images, seed, per_reader=per_reader, same=same)
        for drawn in found.tested:
            assert len(drawn) == per_reader
            assert drawn.index.is_unique
            counts = [drawn["label"].value_counts()]
            counts += [own["group"].value_counts() for _, own in drawn.groupby("label")]
            counts += [
                own["plate"].value_counts().reindex(["P0", "P1", "P2"], fill_value=0)
                for _, own in drawn.groupby("group")
            ]
            assert all(count.max() - count.min() <= 1 for count in counts)


def test_plates_even_over_clones() -> None:
    """A plate has as many images of one class as another (± 1), though no clone has one of every plate."""
    images = images_of({"ALS": 6, "control": 6})
    for seed in range(6):
        (drawn, *_) = chosen(images, seed, per_reader=20).tested
        count = drawn.groupby(["label", "plate"]).size().unstack(fill_value=0)
        assert ((count.max(axis=1) - count.min(axis=1)) <= 1).all()


@pytest.mark.slow
def test_every_image_can_be_drawn() -> None:
    """Chance decides what evenness leaves open: over draws each image is taken, and none much more often."""
    images = images_of({"ALS": 2, "control": 2}, plates=2)
    taken = np.zeros(len(images.table))
    for seed in range(120):
        (drawn, *_) = chosen(images, seed, per_reader=8, training=0).tested
        taken[drawn.index] += 1
    # 8 of 32 in each of 120 draws: 30 ± 4.7 each.
    assert 15 <= taken.min() <= taken.max() <= 45


def test_own_images_cover_more() -> None:
    """Readers with images of their own judge every image before one is judged twice, and clones as often."""
    images = images_of({"ALS": 2, "control": 2}, plates=2)
    found = chosen(images, 0, readers=4, per_reader=8, training=0, same=False)
    rows = [row for drawn in found.tested for row in drawn.index]
    assert sorted(rows) == list(range(32))
    same = chosen(images, 0, readers=4, per_reader=8, training=0)
    assert all(drawn.equals(same.tested[0]) for drawn in same.tested)


@pytest.mark.parametrize(("n", "kept"), [(8, 2), (7, 1), (4, 1), (3, 0)])
def test_training_of_others(n: int, kept: int) -> None:
    """Where clones are many enough, training shows donors that are never tested, as many of either class."""
    assert held_out(n) == kept
    images = images_of({"ALS": n, "control": n})
    for seed in range(5):
        found = chosen(images, seed, per_reader=12, training=8)
        trained, tested = found.training, found.tested[0]
        assert trained["label"].value_counts().to_dict() == {"ALS": 4, "control": 4}
        shared = set(trained["unit"]) & set(tested["unit"])
        assert not shared if kept else shared
        if kept:
            assert trained.groupby("label")["unit"].nunique().to_dict() == {"ALS": kept, "control": kept}
            assert not found.cautions
        else:
            assert not set(trained["place"]) & set(tested["place"])
            assert "from wells that are not" in found.cautions[0]


def test_training_of_other_fields() -> None:
    """Where wells do not suffice either, no field is shown in training and tested."""
    images = images_of({"ALS": 2, "control": 2}, plates=1, wells=1, fields=4)
    found = chosen(images, 1, per_reader=12, training=4)
    assert not set(found.training["site"]) & set(found.tested[0]["site"])
    assert "from fields that are not" in found.cautions[0]


def test_clones_of_one_donor_are_held_out_together() -> None:
    """A clone of a donor that training shows is not tested."""
    images = images_of({"ALS": 8, "control": 8})
    table = images.table.assign(unit=images.table["unit"].str.replace(r"[1357]$", "0", regex=True))
    for seed in range(5):
        found = chosen(
            Images(table, images.read, "clone", None, ()), seed, per_reader=12, training=4, training_groups=1
        )
        assert not set(found.training["unit"]) & set(found.tested[0]["unit"])


@pytest.mark.parametrize(
    ("clones", "wells", "numbers"), [(8, 12, (20, 100)), (6, 2, (8, 40)), (3, 4, (8, 28)), (3, 2, (4, 14))]
)
def test_numbers_nobody_asked_for(clones: int, wells: int, numbers: tuple[int, int]) -> None:
    """Where no number is asked for and there are not as many as usual, there are as many as are even."""
    images = images_of({"ALS": clones, "control": clones}, plates=1, wells=wells)
    found = chosen(images, 0, per_reader=None, training=None)
    assert (len(found.training), len(found.tested[0])) == numbers
    assert found.tested[0]["group"].nunique() == 2 * (clones - held_out(clones))


REFUSED = [
    ({"per_reader": 130, "training": 0}, r"--per-reader 130: .* at most 120 .*ALS has 84 images of 7 clones"),
    ({"training": 40}, r"--training 40: .* at most 24 .*--training-clones"),
    ({"training_groups": 5}, r"--training-clones 5: .* there are 5"),
]


@pytest.mark.parametrize(("asked", "said"), REFUSED)
def test_too_few(asked: dict[str, int], said: str) -> None:
    """More than there is, is refused with the numbers; the number named works."""
    images = images_of({"ALS": 7, "control": 5})
    with pytest.raises(ArgumentError, match=said):
        chosen(images, 0, **asked)


@pytest.mark.parametrize("seed", range(5))
def test_most(seed: int) -> None:
    """As many as `most` says are even, whatever clones have; one more of each class is not."""
    rng = np.random.default_rng(seed)
    table = images_of({"ALS": 3, "control": 4}).table.assign(place="p", site="s")
    table = table.iloc[np.sort(rng.choice(len(table), 40, replace=False))].reset_index(drop=True)
    fits = most(table)
    for n, even in ((fits, True), (fits - 1, True), (fits + 2, False)):
        drawn = deal(table, n, rng)
        counts = [own["group"].value_counts() for _, own in drawn.groupby("label")]
        counts.append(drawn["label"].value_counts())
        assert all(count.max() - count.min() <= 1 for count in counts) == even


@pytest.mark.parametrize(("moved", "share"), [((), ""), ((0, 1), "0.75"), ((0, 1, 2, 3), "1.00")])
def test_plates_that_tell_classes_are_told(moved: tuple[int, ...], share: str) -> None:
    """Where plates tell classes, all or some of them, the choice says how many images they would tell."""
    images = images_of({"ALS": 4, "control": 4}, plates=2)
    table = images.table
    own = table["group"].str[-1].astype(int).isin(moved)
    table.loc[own, "plate"] = table["label"].map({"ALS": "P0", "control": "P1"})
    found = chosen(Images(table, images.read, "clone", None, ()), 0, per_reader=32, training=0)
    assert [f" {share} of the images" in caution for caution in found.cautions] == [True] * bool(share)


def test_levels_are_columns() -> None:
    """What is shared out over stands in what is chosen."""
    assert set(LEVELS) <= set(chosen(images_of({"ALS": 4, "control": 4}), 0).tested[0].columns)
