"""Tests of passage effects: a planted one found, none called none, imbalance, and words for poor data."""

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.clones.passages import passage_effect
from hcs.analysis.finding import Finding
from hcs_plates.errors import ArgumentError

N = 30
NAMES = [f"c{place:02d}" for place in range(N)]
LABELS = ["ALS"] * 15 + ["control"] * 15


def study(planted: float, seed: int = 0, n: int = N) -> tuple[pd.DataFrame, pd.Series]:
    """Clones whose log odds of a right call fall by `planted` per passage, with their passages."""
    rng = np.random.default_rng(seed)
    passage = rng.integers(12, 45, n)
    log_odds = 1.8 - planted * (passage - 28) + rng.normal(0, 0.5, n)
    correct = rng.binomial(225, 1 / (1 + np.exp(-log_odds))) / 225
    labels = np.where(np.arange(n) < n // 2, "ALS", "control")
    names = [f"c{place:03d}" for place in range(n)]
    score = np.where(labels == "ALS", correct, 1 - correct)
    table = pd.DataFrame({"group": names, "label": labels, "correct": correct, "probability": score})
    return table.assign(model="cnn", n_tiles=225), pd.Series(passage, index=names)


def test_a_planted_trend_is_found_by_rank_and_by_odds() -> None:
    """Accuracy that falls with passage is related, overall and within diagnoses, with odds below 1."""
    table, passage = study(0.12)
    found = passage_effect(table, passage)
    verdicts = {(row.outcome, bool(row.association.words.within)): row.verdict for row in found.relations}
    assert verdicts[("accuracy", False)] == verdicts[("accuracy", True)] == "related"
    odds = found.table.set_index("measure").loc["odds ratio per 5"]
    assert odds["effect"] == pytest.approx(np.exp(-0.6), abs=0.1)
    assert odds["high"] < 1
    assert isinstance(found, Finding)
    assert found.headline().startswith(
        "Accuracy is associated with passage over 30 clones: Spearman's rho -0.97"
    )


def test_the_numbers_of_the_figure_are_its_dots() -> None:
    """One row per dot, by clone, panel after panel."""
    table, passage = study(0.12)
    drawn = passage_effect(table, passage).plot()
    assert len(drawn) == 2
    numbers = drawn.numbers.set_index(["outcome", "clone"])
    for axis, outcome, column in zip(drawn, ("accuracy", "score"), ("correct", "probability"), strict=True):
        own = numbers.loc[outcome]
        assert own["passage"].to_dict() == passage.to_dict()
        assert own["value"].to_dict() == table.set_index("group")[column].to_dict()
        dots = [part.get_offsets() for part in axis.collections if part.get_gid() == "clones"]
        assert sorted(np.concatenate(dots).tolist()) == sorted(own[["passage", "value"]].to_numpy().tolist())


def test_no_trend_is_a_finding_with_many_clones_and_not_known_with_few() -> None:
    """With 200 clones there is no association of note; with 30 what could have been missed is said."""
    large = passage_effect(*study(0.0, n=200))
    assert {one.verdict for one in large.relations} == {"no relation"}
    assert large.headline() == (
        "Accuracy and score are not associated with passage over 200 clones: correlations beyond ±0.3 are "
        "excluded."
    )
    small = passage_effect(*study(0.0, seed=3))
    assert small.headline() == (
        "Whether accuracy or score depend on passage cannot be known with 30 clones: a correlation weaker "
        "than 0.51 could have been missed."
    )


def test_passage_is_taken_from_wells() -> None:
    """Wells give the passage of their clone; the mean where they differ, which is no passage of the clone."""
    table, passage = study(0.0)
    wells = pd.DataFrame({"clone": [*passage.index, "c000"], "passage": [*passage, passage.iloc[0] + 2]})
    found = passage_effect(table, wells.astype({"passage": "Int64"}))
    assert found.relations[0].association.values.loc["c000", "x"] == passage.iloc[0] + 1
    assert found.relations[0].association.words.x == "mean passage"
    assert "1 clone has several passages: give predictions" in found.summary()


def imaged(place: object, slope: float, seed: int = 0, n: int = 12) -> tuple[pd.DataFrame, ...]:
    """Clones imaged at passages 10, 20 and 30: groups, wells, and 50 test images of each passage.

    `place` names the plate of a clone (by its number) at a passage; right calls change by `slope` a passage.
    """
    rng = np.random.default_rng(seed)
    rows = [(f"c{one:02d}", passage, place(one, passage)) for one in range(n) for passage in (10, 20, 30)]  # type: ignore[operator]
    wells = pd.DataFrame(rows, columns=["clone", "passage", "plate"])
    wells["well"] = [
        f"{'ABC'[row.passage // 10 - 1]}{int(row.clone[1:]) + 1:02d}" for row in wells.itertuples()
    ]
    images = wells.loc[wells.index.repeat(50)].rename(columns={"clone": "group"}).drop(columns="passage")
    images["label"] = np.where(images["group"].str[1:].astype(int) % 2, "control", "ALS")
    share = 0.75 + slope * (wells["passage"] - 20) + rng.normal(0, 0.02, len(wells))
    right = np.concatenate([np.arange(50) < round(50 * one) for one in share])
    images["probability"] = np.where(right == (images["label"] == "ALS"), 0.9, 0.1)
    groups = images.assign(correct=right).groupby(["group", "label"])[["correct", "probability"]].mean()
    return groups.reset_index(), wells, images


def own(clone: int, passage: int) -> str:
    """A plate for each clone and passage."""
    return f"{clone}-{passage}"


def shared(clone: int, passage: int) -> str:
    """A plate for each passage, with all clones."""
    return f"P{passage}"


def side_by_side(clone: int, passage: int) -> str:
    """All passages of four clones on one plate."""
    return f"P{clone % 3}"


@pytest.mark.parametrize("place", [own, side_by_side])
def test_a_trend_within_clones_is_found_though_their_means_are_alike(place: object) -> None:
    """Twelve clones that get worse with each passage: the slope is that of the images, n is clones."""
    groups, wells, images = imaged(place, -0.02)
    found = passage_effect(groups, wells, predictions=images, positive="ALS")
    share = images.assign(right=(images["probability"] > 0.5) == (images["label"] == "ALS"))
    share = share.merge(wells, on=["plate", "well"]).groupby("passage")["right"].mean()
    row = found.table.set_index("outcome").loc["accuracy"].query("within == 'clone'").iloc[0]
    assert row["effect"] == pytest.approx(5 * np.polyfit(share.index, share, 1)[0])
    assert (row["p"], row["n"]) == (2 / 2**12, 12)
    assert row["low"] < -0.1 < row["high"] < 0
    assert found.headline().startswith(
        "Accuracy falls with passage within clones: −10 percentage points per 5"
    )
    assert "same" not in found.summary()


def test_plates_that_hold_all_clones_at_one_passage_are_the_unit() -> None:
    """Three plates, one a passage: what a plate does and what a passage does cannot be separated."""
    groups, wells, images = imaged(shared, -0.02)
    found = passage_effect(groups, wells, predictions=images, positive="ALS")
    assert found.headline().endswith(
        "within clones; whether by passage or plate cannot be known with 3 plates."
    )
    assert found.within[0].trend.pvalue.smallest == pytest.approx(1 / 3)
    assert np.isnan(found.within[0].trend.interval.low)


def test_batches_that_hold_all_clones_at_one_passage_are_the_unit() -> None:
    """Plates of their own do not help where each passage of all clones is one batch."""
    groups, wells, images = imaged(own, -0.02)
    wells["run"] = "run " + wells["passage"].astype(str)
    found = passage_effect(groups, wells, predictions=images, positive="ALS", batch="run")
    assert found.headline().endswith("; whether by passage or batch cannot be known with 3 batches.")
    side, wells, images = imaged(side_by_side, -0.02)
    wells["run"] = "run " + wells["passage"].astype(str)
    found = passage_effect(side, wells, predictions=images, positive="ALS", batch="run")
    assert "passage cannot be separated from plate and batch" in found.summary()


def test_no_trend_within_clones_says_what_is_left() -> None:
    """Without a trend the interval says how large it may be."""
    groups, wells, images = imaged(own, 0.0, seed=4)
    found = passage_effect(groups, wells, predictions=images, positive="ALS")
    assert found.headline().startswith("No change of accuracy with passage is shown within clones: ")
    assert found.statistics["n"].dropna().eq(12).all()


def test_clones_of_a_donor_count_once() -> None:
    """Two clones a donor: 15 donors are correlated, and a donor's trend is one."""
    table, passage = study(0.12)
    donors = pd.Series([f"d{one // 2}" for one in range(N)], index=passage.index)
    found = passage_effect(table, passage, donors=donors)
    # The donor in the middle gave a clone of each diagnosis, and counts in both.
    assert found.relations[0].association.n == 16
    assert found.noun == "donor"
    groups, wells, images = imaged(own, 0.0)
    pairs = pd.Series({name: f"d{int(name[1:]) // 4}" for name in groups["group"]})
    within = passage_effect(groups, wells, predictions=images, donors=pairs, positive="ALS").within[0]
    assert (within.trend.pvalue.n, within.noun) == (3, "donor")


def test_diagnoses_of_other_passages_are_told() -> None:
    """Where diagnoses share no passage nothing separates the two; the test of the means sees it."""
    table, passage = study(0.0)
    apart = passage.where(np.array(LABELS) == "ALS", passage + 100)
    found = passage_effect(table, apart)
    assert found.imbalance.pvalue.value < 0.001
    said = (
        "Passages of ALS (12–44) and control (112–142) do not overlap: passage and diagnosis are confounded."
    )
    assert said in found.summary()
    assert np.isnan(found.overlap[0])


def test_models_are_told_apart() -> None:
    """Each model has its rows and panels, and its name in the headline."""
    table, passage = study(0.0)
    found = passage_effect(pd.concat([table, table.assign(model="forest")]), passage)
    assert found.table["model"].value_counts().to_dict() == {"cnn": 5, "forest": 5, "": 1}
    planted = pd.concat([table, study(0.12)[0].assign(model="forest")])
    assert "Accuracy of the random forest is associated" in passage_effect(planted, passage).headline()
    assert [axis.get_title(loc="left").split("\n")[0] for axis in found.plot()][::2] == [
        "CNN",
        "Random forest",
    ]


def _one_passage(table: pd.DataFrame, passage: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    return table, passage * 0 + 20


def _one_diagnosis(table: pd.DataFrame, passage: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    return table.assign(label="ALS"), passage


def _one_each(table: pd.DataFrame, passage: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    return table.iloc[[0, 29]], passage


def _two_each(table: pd.DataFrame, passage: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    return table.iloc[[0, 1, 28, 29]], passage


def _gaps(table: pd.DataFrame, passage: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    held = table.assign(correct=table["correct"].where(table.index > 1))
    return held, passage.astype(float).where(np.arange(N) < 27)


def _all_right(table: pd.DataFrame, passage: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    return table.assign(correct=1.0), passage


def _nobody(table: pd.DataFrame, passage: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    return table.assign(correct=np.nan), passage


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_one_passage, "all 30 clones have the same passage (20)."),
        (_one_diagnosis, "All 30 clones have the same diagnosis (ALS)."),
        (_one_each, "only 2 clones have both passage and accuracy"),
        (_two_each, "even a strong correlation could have been missed"),
        (_two_each, "With 4 clones so arranged no p below 0.05 can be reached."),
        (_gaps, "2 clones without calls are left out."),
        (_gaps, "3 clones without passage are left out."),
        (_all_right, "All 30 clones have the same accuracy (1)."),
        (_nobody, "30 clones without calls are left out."),
    ],
)
def test_poor_data_are_answered_in_words(change: object, words: str) -> None:
    """One passage, one diagnosis, one clone each, gaps, nothing wrong: words, never a crash."""
    found = passage_effect(*change(*study(0.0)))  # type: ignore[operator]
    assert words in found.summary()
    assert "nan" not in found.summary()
    assert len(found.table) >= 1
    assert found.plot()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"correct": "lot"}, "'lot' as correct"),
        ({"group": "c000"}, "'c000' twice"),
    ],
)
def test_wrong_tables_are_refused(change: dict[str, str], words: str) -> None:
    """Text for numbers and clones that stand twice are refused."""
    table, passage = study(0.0)
    with pytest.raises(ArgumentError, match=words):
        passage_effect(table.assign(**change), passage)
    with pytest.raises(ArgumentError, match="no column 'passage'"):
        passage_effect(table, pd.DataFrame({"clone": NAMES}))
    groups, wells, images = imaged(own, 0.0)
    with pytest.raises(ArgumentError, match="and the positive class"):
        passage_effect(groups, wells, predictions=images)
    twice = pd.concat([wells, wells.assign(passage=11)])
    with pytest.raises(ArgumentError, match="two passages or batches of well 0-10/A01"):
        passage_effect(groups, twice, predictions=images, positive="ALS")


@pytest.mark.parametrize("share", [0.5, 0.75, 0.8, 0.9])
def test_one_accuracy_of_all_clones_has_no_odds_ratio(share: float) -> None:
    """Where all clones have the same share of right calls nothing varies: said, and no number is given."""
    table, passage = study(0.0)
    found = passage_effect(table.assign(correct=share), passage)
    assert f"All 30 clones have the same accuracy ({share:g})." in found.summary()
    assert found.table.loc[found.table["measure"].str.startswith("odds"), "effect"].isna().all()
