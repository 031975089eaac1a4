"""Features of a study: measurements first, then a table's columns, then components of the embedding."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.evidence import Evidence
from hcs.analysis.question import Question
from hcs.analysis.wells.features import compared_columns, study_features
from hcs.tables.compared import Classes

KEYS = ["plate", "well", "group", "label"]
NOTHING = pd.DataFrame()


def question(**held: Any) -> Question:
    """Eight wells of two tiles each, with six features."""
    wells = pd.DataFrame(
        [("P", f"A{at:02d}", f"c{at // 2}", "xy"[at % 2]) for at in range(1, 9)], columns=KEYS
    )
    wells = wells.assign(donor=wells["group"].str.replace("c", "d"), differentiation_batch=list("aabbaabb"))
    tiles = pd.concat([wells[KEYS]] * 2, ignore_index=True)
    features = np.random.default_rng(0).normal(size=(16, 6)).astype(np.float32)
    parts = {
        "measured": pd.DataFrame(columns=KEYS),
        "classes": Classes("x", "y", "diagnosis", "clone"),
    } | held
    return Question(
        Evidence(
            wells=wells, groups=NOTHING, predictions=NOTHING, well_scores=NOTHING, splits=NOTHING,
            tiles=tiles, features=features, **parts,
        )
    )  # fmt: skip


def test_measurements_come_first() -> None:
    """With the batch and donor of their well."""
    own = question().evidence.wells[KEYS].assign(area=range(8))
    wells, names, said = study_features(question(measured=own))
    assert said == ()
    assert names == ["area"]
    assert wells["area"].tolist() == list(range(8))
    assert {"donor", "differentiation_batch"} <= set(wells)


def test_a_tables_columns_keep_their_names() -> None:
    """Means over the tiles of each well."""
    asked = question(feature_names=tuple("abcdef"))
    wells, names, _ = study_features(asked)
    assert names == list("abcdef")
    features = asked.evidence.features
    np.testing.assert_allclose(wells.sort_values("well")[names], (features[:8] + features[8:]) / 2, rtol=1e-6)


@pytest.mark.parametrize("measured", [False, True])
def test_an_embedding_gives_components(measured: bool) -> None:
    """Where no measurement varies: uncorrelated over wells, the largest variance first."""
    constant = {"measured": question().evidence.wells[KEYS].assign(area=2.0)} if measured else {}
    wells, names, said = study_features(question(**constant))
    assert said[0].startswith("Features are principal components")
    assert names == [f"component {at}" for at in range(1, 7)]
    spread = np.cov(wells[names].T)
    assert np.abs(spread - np.diag(np.diag(spread))).max() < 1e-9
    assert (np.diff(np.diag(spread)) <= 0).all()


@pytest.mark.parametrize("asked", [None, ["a", "b"]])
def test_infinite_and_text_numbers_are_read(asked: list[str] | None) -> None:
    """Infinite ones are missing; numbers as text are numbers where they are asked for by name."""
    table = pd.DataFrame({"plate": "P", "well": [f"A{at:02d}" for at in range(1, 13)]})
    values = np.random.default_rng(1).normal(size=(12, 2)).round(3)
    table = table.assign(a=values[:, 0], b=values[:, 1])
    table.loc[0, "a"] = np.inf
    table["b"] = table["b"].astype(str) if asked else table["b"]
    assert compared_columns(table, asked, ["plate", "well"], "clone").names == ("a", "b")
