"""Right calls along the order: slopes by hand, the test over readers, and orders that say nothing."""

import numpy as np
import pandas as pd
import pytest
from tests.hcs.analysis.clones.reading import BOTH, drawn

from hcs.analysis.clones.reader_pace import reader_pace
from hcs.analysis.finding import Finding


def ordered(seed: int, start: float, end: float, readers: int = 8) -> pd.DataFrame:
    """Readers who judge 100 images, each in an order of his own, from one share right to another."""
    rng = np.random.default_rng(seed)
    table = drawn(seed, readers=readers, clones=10, per_clone=10)
    places = np.concatenate([rng.permutation(100) for _ in range(readers)])
    right = rng.random(len(table)) < start + (end - start) * places / 99
    other = table["label"].map({"ALS": "control", "control": "ALS"})
    return table.assign(call=table["label"].where(right, other), position=places + 1)


def test_slopes_are_least_squares() -> None:
    """Of each reader by numpy, of all weighted by how far positions reach, which is the same for all."""
    table = ordered(1, 0.8, 0.4)
    found = reader_pace(table, **BOTH)
    slopes = []
    for row in found.table.iloc[:-1].itertuples():
        mine = table[table["reader"] == row.reader]
        right = (mine["label"] == mine["call"]).astype(float)
        slopes.append(np.polyfit(mine["position"], right, 1)[0])
        assert row.change == pytest.approx(100 * slopes[-1])
        assert row.first_half == pytest.approx(right[mine["position"] <= 50].mean())
    last = found.table.iloc[-1]
    assert last["change"] == pytest.approx(100 * np.mean(slopes))
    half = 2.3646 * np.std(slopes, ddof=1) / np.sqrt(8) * 100
    assert (last["low"], last["high"]) == pytest.approx(
        (last["change"] - half, last["change"] + half), abs=1e-3
    )
    assert isinstance(found, Finding)


def test_tiring_and_learning_are_told_from_chance() -> None:
    """From 0.8 to 0.4, the other way, and not at all; the test is over readers with its smallest p."""
    tired, learnt, same = (
        reader_pace(ordered(2, *ends), **BOTH) for ends in ((0.8, 0.4), (0.4, 0.8), (0.6, 0.6))
    )
    assert tired.headline().endswith(": readers tire.")
    assert learnt.headline().endswith(": readers get better.")
    assert same.headline().endswith("readers are not shown to learn or to tire.")
    assert "would be seen with a power of 80 %" in same.summary()
    row = tired.statistics.iloc[0]
    assert (row["test"], row["n"], row["of"], row["smallest_p"]) == ("Sign-flip test", 8, "readers", 2 / 2**8)
    for one in (tired, learnt, same):
        assert len(one.headline().split()) <= 30
        assert len(one.summary().split()) <= 120


def test_few_readers_cannot_tell() -> None:
    """Of four readers the smallest p is 0.125."""
    found = reader_pace(ordered(3, 0.9, 0.2, readers=4), **BOTH)
    assert found.headline().endswith("; whether they learn or tire cannot be known with 4 readers.")
    one = reader_pace(ordered(3, 0.9, 0.2, readers=1), **BOTH)
    assert one.headline().endswith("cannot be known with 1 reader.")
    assert "nan" not in one.summary()


def test_no_change_beyond_the_images() -> None:
    """Of few images the change is told for these, and not drawn out to a hundred."""
    table = ordered(6, 1.0, 0.0)
    few = table[table["position"] <= 6]
    found = reader_pace(few, **BOTH)
    assert found.headline().startswith("Over 5 images")
    slopes = []
    for _, mine in few.groupby("reader"):
        right = (mine["label"] == mine["call"]).astype(float)
        slopes.append(np.polyfit(mine["position"], right, 1)[0])
    assert found.table["change"].iloc[:-1].tolist() == pytest.approx([5 * slope for slope in slopes])


def test_one_order_for_all_is_told() -> None:
    """Then position and image are one thing."""
    table = ordered(4, 0.6, 0.6)
    table["position"] = np.tile(np.arange(100) + 1, 8)
    assert "All readers had one order" in reader_pace(table, **BOTH).summary()
    assert "All readers had one order" not in reader_pace(ordered(4, 0.6, 0.6), **BOTH).summary()


def test_without_an_order_nothing_is_told() -> None:
    """No column, no calls, or one place for all."""
    table = ordered(5, 0.6, 0.6)
    for one in (table.drop(columns="position"), table.iloc[:0], table.assign(position=1).iloc[:1]):
        found = reader_pace(one, **BOTH)
        assert found.headline() == "Whether readers learn or tire cannot be told."
        assert found.plot().figure is not None
        assert "nan" not in found.summary()
