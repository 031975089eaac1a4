"""What permutations of batches exchange: units and blocks of every design."""

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.batches.exchange import Exchange, batch_exchange, label_exchange, plate_sets, value_exchange
from hcs.statistics.folds import disjoint_folds
from hcs.statistics.permutation import block_places, count_arrangements


def wells(groups: str, batches: str, labels: str, plates: str = "") -> pd.DataFrame:
    """One letter per well; all on one plate where none are given."""
    made = pd.DataFrame({"group": list(groups), "batch": list(batches), "label": list(labels)})
    return made.assign(plate=list(plates) if plates else "P")


def dealt(found: Exchange, seed: int = 0) -> list[int]:
    """Batches of wells after one exchange within blocks."""
    rng, values = np.random.default_rng(seed), found.values.copy()
    for places in block_places(len(values), found.blocks):
        values[places] = rng.permutation(values[places])
    return [int(one) for one in values[found.unit]]


def ways(found: Exchange) -> int:
    """Different arrangements of the batches over units."""
    return count_arrangements(found.values.astype(float), block_places(len(found.values), found.blocks))


EVERY = wells("abcd" * 4, "xxxxxxxxyyyyyyyy", "sstt" * 4, "1111222233334444")


def test_plates_that_lie_in_batches_move_whole() -> None:
    """Four plates of all clones in two batches: 6 ways to deal them, whatever the number of wells."""
    many = pd.concat([EVERY] * 3, ignore_index=True)
    for table in (EVERY, many, many.drop([3, 20, 21])):
        found = batch_exchange(table, "clone")
        assert (found.design, found.words, found.noun, found.n_moved) == (
            "crossed",
            "whole plates",
            "plate",
            4,
        )
        assert ways(found) == 6
        for seed in range(5):
            deal = pd.Series(dealt(found, seed)).groupby(table["plate"].to_numpy())
            assert (deal.nunique() == 1).all()


def test_one_plate_a_batch_is_the_batch() -> None:
    """Plates that are the batches are no units within them: wells move within their clone."""
    found = batch_exchange(EVERY.assign(plate=EVERY["batch"]), "clone")
    assert (found.words, found.noun, found.n_moved) == ("wells within clones", "clone", 4)


@pytest.mark.parametrize(
    ("groups", "plates", "words", "noun", "number"),
    [
        ("abababababababab", "1111222233334444", "whole plates", "plate", 6),
        ("ababababcdcdcdcd", "1111222233334444", "whole plate sets", "plate set", 2),
        ("ababcdcdefefghgh", "1111222233334444", "whole plates", "plate", 6),
        ("aaaabbbbccccdddd", "1111222233334444", "whole clones within labels", "clone", 6),
        (
            "abababababababab",
            "1111222233343434",
            "whole plates, elsewhere wells within clones",
            "unit",
            None,
        ),
    ],
)
def test_units_grow_with_what_plates_share(
    groups: str, plates: str, words: str, noun: str, number: int | None
) -> None:
    """Plates with clones of one batch are one unit; a plate of one clone is that clone; others stay wells."""
    batches = "xxxxxxxxyyyyyyyy" if "3434" not in plates else "xxxxxxxxyyxyyyxy"
    table = wells(groups, batches, "s" * 16, plates)
    found = batch_exchange(table, "clone")
    assert (found.words, found.noun) == (words, noun)
    assert number is None or ways(found) == number


def test_a_clone_with_plates_of_its_own_in_every_batch_moves_these() -> None:
    """Plates of one clone each move within it, beside those of others."""
    table = wells("aabbaabb", "xxxxyyyy", "ssssssss", "11223344")
    assert (plate_sets(table, "batch") < 0).all()
    shared = pd.concat([table, wells("cd" * 2, "xyxy", "ssss", "5656")], ignore_index=True)
    shared.loc[8:, "plate"] = ["5", "6", "5", "6"]
    found = batch_exchange(pd.concat([shared, wells("d", "x", "s", "5")], ignore_index=True), "clone")
    assert len(set(found.blocks)) > 1


def test_a_target_of_plates_moves_with_them() -> None:
    """Categories where a value has several plates, numbers always; positions within a plate stay wells."""
    table = EVERY.rename(columns={"batch": "value"})
    folds = disjoint_folds(table["group"], table["value"], n_folds=2)
    assert ways(value_exchange(table, folds, "clone", ordered=False)) == 6
    days = table.assign(value=table["plate"].astype(float))
    names = table.assign(value=table["plate"])
    rows = table.assign(value=table["group"])
    assert ways(value_exchange(days, folds, "clone", ordered=True)) == 24
    assert value_exchange(names, folds, "clone", ordered=False).noun == "well"
    clonal = disjoint_folds(rows["group"], rows["label"], n_folds=2)
    assert value_exchange(rows.assign(value=rows["label"]), clonal, "clone", ordered=False).noun == "clone"


def test_wells_of_crossed_groups_move_within_their_group() -> None:
    """A group keeps how many wells it has in each batch."""
    table = wells("aaaabbbb", "xxxyxyyy", "ssssssss")
    found = batch_exchange(table, "clone")
    assert (found.design, found.n_moved, found.words) == ("crossed", 2, "wells within clones")
    deals = [dealt(found, seed) for seed in range(30)]
    assert {(sum(deal[:4]), sum(deal[4:])) for deal in deals} == {(1, 3)}
    assert len({tuple(deal) for deal in deals}) > 5


def test_nested_groups_move_whole_within_their_label() -> None:
    """All wells of a group go together, and each label keeps how many of its groups each batch has."""
    table = wells("aabbccddee", "xxxxyyyyxx", "ssssssttuu")
    found = batch_exchange(table, "clone")
    assert (found.design, found.n_moved) == ("nested", 3)
    deals = {tuple(dealt(found, seed)) for seed in range(30)}
    assert deals == {
        (0, 0, 0, 0, 1, 1, 1, 1, 0, 0),
        (0, 0, 1, 1, 0, 0, 1, 1, 0, 0),
        (1, 1, 0, 0, 0, 0, 1, 1, 0, 0),
    }


def test_labels_move_among_groups_of_the_same_batches() -> None:
    """A group in other batches keeps its label."""
    found = label_exchange(wells("aabbcc", "xyxyxx", "ssttss"), "clone")
    assert found is not None
    assert found.n_moved == 2
    assert {tuple(dealt(found, seed)) for seed in range(20)} == {(0, 0, 1, 1, 0, 0), (1, 1, 0, 0, 0, 0)}
