"""The same number of tiles from every clone, evenly over wells and fields."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcs_models.drawing import draw_images
from hcs_plates.errors import ArgumentError


def tiles(fields: dict[str, list[int]], per_field: int = 1, plates: int = 1) -> pd.DataFrame:
    """Make tiles of groups whose wells have so many fields."""
    rows = [
        (f"P{plate}/{group}{well}/{field}/{tile}", f"P{plate}", f"{group}{well}", field, group)
        for plate in range(plates)
        for group, counts in fields.items()
        for well, count in enumerate(counts)
        for field in range(count)
        for tile in range(per_field)
    ]
    return pd.DataFrame(rows, columns=["tile_id", "plate", "well", "field", "group"])


@settings(max_examples=40)
@given(st.integers(1, 24), st.integers(0, 5))
def test_even_over_wells_and_fields(wanted: int, seed: int) -> None:
    """Over wells with enough, and over the fields of a well, counts differ by at most one."""
    index = tiles({"a": [4, 4, 4], "b": [6, 6]}, per_field=2)
    drawn = draw_images(index, wanted, seed)
    assert drawn.groupby("group").size().to_dict() == {"a": wanted, "b": wanted}
    for _, group in drawn.groupby("group"):
        every = index[index["group"] == group["group"].iloc[0]]
        wells = group["well"].value_counts().reindex(every["well"].unique(), fill_value=0)
        assert wells.max() - wells.min() <= 1
        for well, part in group.groupby("well"):
            fields = (
                part["field"]
                .value_counts()
                .reindex(every.loc[every["well"] == well, "field"].unique(), fill_value=0)
            )
            assert fields.max() - fields.min() <= 1


def test_what_a_well_lacks_comes_from_the_others() -> None:
    """A well of one field gives its one, the other two the rest, evenly."""
    drawn = draw_images(tiles({"a": [1, 9, 9]}), 11)
    assert drawn["well"].value_counts().sort_index().tolist() == [1, 5, 5]


def test_order_of_rows_and_other_groups_do_not_matter() -> None:
    """A clone's tiles are a function of its name and the seed; the index keeps its order."""
    index = tiles({"a": [5, 5], "b": [7, 3]}, plates=2)
    drawn = draw_images(index, 8, seed=3)
    assert drawn.index.is_monotonic_increasing
    shuffled = draw_images(index.sample(frac=1, random_state=1), 8, seed=3)
    assert set(shuffled["tile_id"]) == set(drawn["tile_id"])
    alone = draw_images(index[index["group"] == "a"], 8, seed=3)
    assert set(alone["tile_id"]) == set(drawn.loc[drawn["group"] == "a", "tile_id"])
    assert set(draw_images(index, 8, seed=4)["tile_id"]) != set(drawn["tile_id"])


def test_every_tile_has_the_same_chance() -> None:
    """Over seeds no field is preferred: counts lie where a fair draw puts them."""
    index = tiles({"a": [6, 6]})
    seen = pd.concat(draw_images(index, 4, seed) for seed in range(150))["tile_id"].value_counts()
    assert len(seen) == 12
    expected, spread = 150 * 4 / 12, np.sqrt(150 * (1 / 3) * (2 / 3))
    assert (abs(seen - expected) < 4.5 * spread).all()


def test_wells_of_neither_class_keep_theirs() -> None:
    """Tiles without a class or a group are not drawn from."""
    index = tiles({"a": [4], "x": [9], "n": [5]}).assign(positive=pd.array([True] * 18, dtype="boolean"))
    index.loc[index["group"] == "x", "positive"] = pd.NA
    index.loc[index["group"] == "n", "positive"] = pd.NA
    index.loc[index["group"] == "n", "group"] = None
    assert draw_images(index, 2)["well"].value_counts().to_dict() == {"a0": 2, "x0": 9, "n0": 5}


def test_too_few_are_named() -> None:
    """Every group that has not enough, with its count, and what to do."""
    message = "5 tiles are to be drawn from each group, and a has 3, c has 4; lower images_per_clone to 3"
    with pytest.raises(ArgumentError, match=message):
        draw_images(tiles({"a": [3], "b": [9], "c": [2, 2]}), 5)
    with pytest.raises(ArgumentError, match="images_per_clone 0 must be at least 1"):
        draw_images(tiles({"a": [3]}), 0)
