"""The audit: what crosses a boundary is found and named, in every set and of every kind."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcs_models.boundaries import audit
from hcs_models.splits import Split, clone_splits
from hcs_plates.errors import LeakError

INDEX = pd.DataFrame(
    {
        "tile_id": ["P1/A01/1/0", "P1/A02/1/0", "P1/A03/1/0"],
        "plate": "P1",
        "well": ["A01", "A02", "A03"],
        "group": ["a", "b", "c"],
        "donor": ["d1", "d2", None],
        "digest": ["x", "y", "z"],
    }
)


@pytest.mark.parametrize(
    ("split", "change", "message"),
    [
        (Split(1, ("a",), ("b",), ("b", "c")), {}, "group 'b' is in validation and in test"),
        (
            Split(2, ("a",), (), ("b",)),
            {"tile_id": "x"},
            "Set 2: tile 'x' of group 'a' and 'b' is in train and in test",
        ),
        (Split(2, ("a",), (), ("b",)), {"well": "A01"}, "well 'P1/A01' of group 'a' and 'b'"),
        (Split(2, ("a",), (), ("b",)), {"donor": "d1"}, "donor 'd1' of group 'a' and 'b'"),
        (
            Split(2, ("c",), ("a",), ("b",)),
            {"digest": ["x", "x", "z"]},
            "Set 2: tile 'P1/A01/1/0' of group 'a' is in validation and tile 'P1/A02/1/0' of group 'b' in "
            "test, and they are the same image",
        ),
    ],
)
def test_a_leak_raises_and_is_named(split: Split, change: dict[str, str], message: str) -> None:
    """A group, tile, well, donor or image on both sides of a boundary stops the study, in whichever set."""
    clean = Split(1, ("a", "b", "c"), (), ())
    with pytest.raises(LeakError, match=message):
        audit([clean, split], INDEX.assign(**change))


def test_a_clean_plan_passes() -> None:
    """Disjoint parts pass, what a set leaves out cannot leak, and the table counts what was compared."""
    report = audit([Split(1, ("a",), ("b",), ("c",))], INDEX)
    assert report.table.set_index("kind").loc["well"].tolist() == [1, 1, 1, 1]
    assert report.table.set_index("kind").loc["donor"].tolist() == [1, 1, 1, 0]
    assert report.summary() == (
        "Audit: no group, donor, well, tile or image content stands in two parts of any of the 1 sets."
    )
    audit([Split(1, ("a",), (), ("c",))], INDEX.assign(well=["A01", "A01", "A03"]))


def test_what_is_not_known_is_said() -> None:
    """Without donors none can be compared, and the report does not pretend."""
    report = audit([Split(1, ("a",), (), ("c",))], INDEX[["group", "tile_id"]])
    assert "Not checked, since the tiles do not tell it: donor, well, image content." in report.summary()
    assert "no group or tile stands" in report.summary()


def test_blank_tiles_may_stand_anywhere() -> None:
    """Two black images are no copy of one another; they are counted."""
    report = audit([Split(1, ("a",), (), ("b",))], INDEX.assign(digest=["dark", "dark", "z"]), blank=["dark"])
    assert report.summary().endswith("2 blank tiles have no content to compare.")


def test_a_held_out_value_is_a_boundary() -> None:
    """The same clone in two batches is trained in one and tested in none: its tiles there are left out."""
    tiles = pd.DataFrame({"group": list("aabb"), "batch": list("1212"), "digest": list("wxyz")})
    split = Split(1, ("a",), (), ("b",), ("batch", "1"))
    counted = audit([split], tiles).table.set_index("kind").loc["image content"]
    assert counted[["n_train", "n_test"]].tolist() == [1, 1]


@settings(max_examples=40)
@given(st.integers(0, 59), st.integers(0, 59), st.integers(0, 10))
def test_any_copied_image_is_found(one: int, other: int, seed: int) -> None:
    """One tile's pixels under another's name: a leak exactly where some set holds the two apart."""
    groups = [f"{kind}{n}" for kind in "ac" for n in range(6)]
    tiles = pd.DataFrame({"group": [group for group in groups for _ in range(5)]})
    tiles["tile_id"] = [f"t{row}" for row in range(60)]
    tiles["digest"] = [f"d{row}" for row in range(60)]
    tiles.loc[one, "digest"] = tiles.loc[other, "digest"]
    labels = pd.Series({group: group[0] for group in groups})
    plan = clone_splits(labels, 4, {"train": 3, "validation": 1, "test": 1}, seed)
    pair = (tiles["group"][one], tiles["group"][other])
    apart = any(
        None not in (parts := {split.part_of(pair[0]), split.part_of(pair[1])}) and len(parts) == 2
        for split in plan.splits
    )
    if apart:
        with pytest.raises(LeakError, match="they are the same image"):
            audit(plan, tiles)
    else:
        audit(plan, tiles)
