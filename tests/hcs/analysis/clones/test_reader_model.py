"""A model on the images that readers judged: shares and differences by hand, and what has no score."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata
from tests.hcs.analysis.clones.reading import BOTH, drawn, read

from hcs.analysis.clones.reader_model import reader_model
from hcs.analysis.finding import Finding

PLACE = ["plate", "well", "field", "tile"]


def scores_of(calls: pd.DataFrame, probability: list[float]) -> pd.DataFrame:
    """Scores of the images of the first reader, and one of an image that nobody judged."""
    images = calls.drop_duplicates(PLACE)[[*PLACE, "group", "label"]].assign(
        model="cnn", probability=probability
    )
    extra = images.iloc[[0]].assign(well="H12", probability=0.99)
    return pd.concat([images, extra], ignore_index=True)


def test_both_are_counted_on_the_same_images() -> None:
    """Two readers of four images: the model right of three, readers of 4 and 2; differences by hand."""
    calls = read({"p": [0, 1, 0, 1], "q": [0, 0, 1, 1]})
    found = reader_model(calls, scores_of(calls, [0.2, 0.9, 0.4, 0.3]), **BOTH)
    images = found.table[found.table["level"] == "image"].set_index("reader")
    assert images.loc[["p", "q", "all readers", "cnn"], "value"].tolist() == [1.0, 0.5, 0.75, 0.75]
    assert found.differences.set_index("level").loc["image", "value"] == 0.0
    assert found.areas.set_index("level").loc["image", "auc"] == 0.75
    assert "whether they differ cannot be known with so few" in found.headline()
    assert "nan" not in found.summary()
    assert isinstance(found, Finding)


def test_readers_of_other_images_are_held_against_the_model_on_theirs() -> None:
    """Each reader judged one half of the images: the model's share is averaged over readers' halves."""
    calls = read({"p": [0, 1, 0, 1] * 3, "q": [1, 1, 0, 0] * 3}, 2)
    calls = calls[(calls["reader"] == "p") == calls["group"].isin(["C00", "C01", "C02", "C03"])]
    scores = scores_of(calls, [0.2, 0.2, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.2, 0.2, 0.9, 0.2])
    found = reader_model(calls, scores, **BOTH)
    right = (scores["probability"][:-1] >= 0.5) == (scores["label"][:-1] == "ALS")
    mine = right.to_numpy()
    model = (mine[:8].mean() + mine[8:].mean()) / 2
    images = found.table[found.table["level"] == "image"].set_index("kind")
    assert images.loc["model", "value"] == pytest.approx(model)
    judged = calls.assign(right=calls["call"] == calls["label"]).groupby("reader")["right"].mean()
    row = found.differences.set_index("level").loc["image"]
    assert row["value"] == pytest.approx(model - judged.mean())


def test_a_clone_is_called_by_the_images_that_were_judged() -> None:
    """Mean of 0.9 and 0.2 is above one half, whatever the model says of images that nobody saw."""
    calls = read({"p": [0, 0, 1, 1]}, 2)
    found = reader_model(calls, scores_of(calls, [0.2, 0.9, 0.6, 0.3]), **BOTH)
    clones = found.table[found.table["level"] == "clone"].set_index("kind")
    assert clones.loc["model", "value"] == 0.0
    assert clones.loc["reader", "value"] == 1.0


def test_a_better_model_is_said_to_be() -> None:
    """Right of all against 0.6 of six readers: the interval is above 0, n of the test are clones."""
    calls = drawn(1, share=0.6)
    truth = (calls.drop_duplicates(PLACE)["label"] == "ALS").to_numpy()
    found = reader_model(calls, scores_of(calls, np.where(truth, 0.9, 0.1).tolist()), **BOTH)
    row = found.differences.set_index("level").loc["image"]
    assert 0 < row["low"] < row["value"] < row["high"]
    assert (row["n"], row["test"]) == (12, "Sign-flip test")
    assert found.headline().endswith("the CNN is better.")
    assert (found.statistics["of"] != "").all()
    worse = reader_model(calls, scores_of(calls, np.where(truth, 0.1, 0.9).tolist()), **BOTH)
    assert worse.headline().endswith("the CNN is worse.")
    alike = reader_model(drawn(2, share=0.6), scores_of(calls, _like(calls, 0.6)), **BOTH)
    assert alike.headline().endswith("not shown to differ.")
    for one in (found, worse, alike):
        assert len(one.headline().split()) <= 30
        assert len(one.summary().split()) <= 120
        assert one.summary().startswith(one.headline())


def _like(calls: pd.DataFrame, share: float) -> list[float]:
    truth = (calls.drop_duplicates(PLACE)["label"] == "ALS").to_numpy()
    right = np.random.default_rng(9).random(len(truth)) < share
    return [0.8 if one else 0.2 for one in truth == right]


def test_the_area_is_over_the_images_and_clones_that_were_judged() -> None:
    """Mann and Whitney's count by hand; an image that two readers judged counts once."""
    calls = drawn(3, readers=2, per_clone=2)
    rng = np.random.default_rng(3)
    scores = scores_of(calls, rng.random(24).round(3).tolist())
    areas = reader_model(calls, scores, **BOTH).areas.set_index("level")
    for level, units in (
        ("image", scores.iloc[:-1]),
        ("clone", scores.iloc[:-1].groupby(["group", "label"])["probability"].mean().reset_index()),
    ):
        sick = (units["label"] == "ALS").to_numpy()
        ranks = rankdata(units["probability"])
        m, n = sick.sum(), (~sick).sum()
        assert areas.loc[level, "auc"] == pytest.approx((ranks[sick].sum() - m * (m + 1) / 2) / (m * n))
    assert np.isnan(areas.loc["image", "low"])
    assert areas.loc["clone", "low"] < areas.loc["clone", "auc"]


def test_images_are_found_in_any_spelling_and_fields_by_their_tiles() -> None:
    """Wells a1 and A01 are one; a call of a whole field is held against the mean of its tiles."""
    calls = read({"p": [0, 1, 0, 1]})
    scores = scores_of(calls, [0.2, 0.9, 0.4, 0.8]).astype({"field": str})
    spelt = calls.assign(well=calls["well"].str.lower().str.replace("a0", "a"))
    assert len(reader_model(spelt, scores, **BOTH).differences) == 2
    tiles = pd.concat([scores, scores.assign(tile=1, probability=0.0)])
    fields = reader_model(calls.drop(columns="tile"), tiles, **BOTH).table.set_index(["kind", "level"])
    assert fields.loc[("model", "image"), "value"] == 0.5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"well": "G07"}, "no held-out score of an image that readers judged"),
        ({}, "do not name plate and well"),
    ],
)
def test_what_cannot_be_matched_is_said(change: dict[str, str], said: str) -> None:
    """Scores of other wells, calls of clones alone."""
    calls = read({"p": [0, 1, 0, 1]}, images=bool(change))
    scores = scores_of(read({"p": [0, 1, 0, 1]}), [0.2, 0.9, 0.4, 0.8])
    found = reader_model(calls.assign(**change), scores, **BOTH)
    assert said in found.headline()
    assert found.table.empty
    assert found.statistics.empty
    assert found.plot().figure is not None


def test_calls_without_a_score_are_counted() -> None:
    """Two of eight calls are of an image that has none."""
    calls = read({"p": [0, 1, 0, 1], "q": [1, 1, 0, 0]})
    scores = scores_of(calls, [0.2, 0.9, 0.4, 0.8]).iloc[1:]
    assert (
        "2 of 8 calls are of images without a held-out score."
        in reader_model(calls, scores, **BOTH).summary()
    )


def test_where_interval_and_test_differ_the_test_is_named() -> None:
    """Of readers who nearly always say ALS the interval leaves out 0, and the test over clones does not."""
    rng = np.random.default_rng(4)
    calls = read({f"r{one}": (rng.random(48) < 0.95).astype(int).tolist() for one in range(6)}, 4)
    truth = (calls.drop_duplicates(PLACE)["label"] == "ALS").to_numpy()
    wrong = np.arange(48) % 4 == 0
    found = reader_model(calls, scores_of(calls, (truth ^ wrong).astype(float).tolist()), **BOTH)
    row = found.differences.set_index("level").loc["image"]
    assert row["low"] > 0
    assert row["p"] > 0.05
    assert found.headline().endswith(": not shown to differ by the test.")
    assert len(found.headline().split()) <= 30
