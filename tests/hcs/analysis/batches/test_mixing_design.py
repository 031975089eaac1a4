"""What permutations of batches exchange: units and blocks of every design."""

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.batches.mixing_design import Exchange, batch_exchange, inseparable, label_exchange
from hcs.analysis.batches.well_features import Columns
from hcs.statistics.permutation import block_places


def wells(groups: str, batches: str, labels: str) -> pd.DataFrame:
    """One letter per well."""
    return pd.DataFrame({"group": list(groups), "batch": list(batches), "label": list(labels)})


def dealt(found: Exchange, seed: int = 0) -> list[int]:
    """Batches of wells after one exchange within blocks."""
    rng, values = np.random.default_rng(seed), found.values.copy()
    for places in block_places(len(values), found.blocks):
        values[places] = rng.permutation(values[places])
    return [int(one) for one in values[found.unit]]


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


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (wells("abcd", "xyxy", "sstt"), ""),
        (
            wells("abcd", "xxxx", "sstt"),
            "There is one batch only: whether batches are mixed cannot be asked.",
        ),
        (wells("abcd", "xxyy", "sstt"), "batch and label are the same thing in these wells"),
        (wells("aabb", "xxyy", "ssss"), "batch and clone are the same thing in these wells"),
        (wells("abcd", "xxyy", "stuu"), "Each label stands in one batch only"),
        (wells("", "", ""), "No well has features, batch and label"),
    ],
)
def test_designs_that_cannot_be_asked_are_told(table: pd.DataFrame, words: str) -> None:
    """And those that can are not."""
    said = inseparable(table, Columns("label", "clone", "plate", "well", "batch"))
    assert said.startswith(words)
    assert bool(said) == bool(words)
