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
    verdicts = {
        (row.outcome, bool(row.association.words.within)): row.equivalence.verdict for row in found.relations
    }
    assert verdicts[("accuracy", False)] == verdicts[("accuracy", True)] == "related"
    odds = found.table.set_index("measure").loc["odds ratio per 5"]
    assert odds["effect"] == pytest.approx(np.exp(-0.6), abs=0.1)
    assert odds["high"] < 1
    assert isinstance(found, Finding)


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


def test_no_trend_is_a_finding_with_many_clones_and_undecided_with_few() -> None:
    """With 200 clones 'no relation of note'; with 30 what could have been seen is said."""
    large = passage_effect(*study(0.0, n=200))
    assert large.relations[0].equivalence.verdict == "no relation"
    small = passage_effect(*study(0.0, seed=3))
    assert "|rho| ≥ 0.50 could have been seen" in small.summary()


def test_passage_is_taken_from_wells() -> None:
    """Wells give the passage of their clone; wells that differ within a clone are averaged and named."""
    table, passage = study(0.0)
    wells = pd.DataFrame({"clone": [*passage.index, "c000"], "passage": [*passage, passage.iloc[0] + 2]})
    found = passage_effect(table, wells.astype({"passage": "Int64"}))
    assert found.relations[0].association.values.loc["c000", "x"] == passage.iloc[0] + 1
    assert "passage differs between the wells of 1 clone" in found.summary()


def test_diagnoses_of_other_passages_are_told() -> None:
    """Where diagnoses share no passage nothing separates the two; the test of the means sees it."""
    table, passage = study(0.0)
    apart = passage.where(np.array(LABELS) == "ALS", passage + 100)
    found = passage_effect(table, apart)
    assert found.imbalance.pvalue.value < 0.001
    assert "No passage is shared by the groups of diagnosis" in found.summary()
    assert np.isnan(found.overlap[0])


def test_models_are_told_apart() -> None:
    """Each model has its rows, panels and sentences."""
    table, passage = study(0.0)
    found = passage_effect(pd.concat([table, table.assign(model="forest")]), passage)
    assert found.table["model"].value_counts().to_dict() == {"cnn": 5, "forest": 5, "": 1}
    assert "Random forest: Accuracy: Spearman's rho" in found.summary()
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
        (_one_passage, "All 30 clones have the same passage (20)."),
        (_one_diagnosis, "All 30 clones have the same diagnosis (ALS)."),
        (_one_each, "Only 2 clones have both passage and accuracy"),
        (_two_each, "within diagnosis: Spearman's rho"),
        (_two_each, "no interval; Spearman permutation test within diagnosis over 4 clones"),
        (_gaps, "2 clones without calls are left out."),
        (_gaps, "3 clones without passage are left out."),
        (_all_right, "Every image of every clone was called right."),
        (_nobody, "30 clones without calls are left out."),
    ],
)
def test_poor_data_are_answered_in_words(change: object, words: str) -> None:
    """One passage, one diagnosis, one clone each, gaps, nothing wrong: words, never a crash."""
    found = passage_effect(*change(*study(0.0)))  # type: ignore[operator]
    assert words in found.summary()
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
