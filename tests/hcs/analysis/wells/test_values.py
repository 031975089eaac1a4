"""Per-well statistics of a study: of score and measurements at once, controls of neither class too."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.evidence import Evidence, Plated
from hcs.analysis.question import Question
from hcs.analysis.registry import ANALYSES
from hcs.analysis.wells.normalisation import normalise_wells
from hcs.analysis.wells.values import OfValues
from hcs.tables.compared import Classes
from hcs_plates.errors import ArgumentError

WELLS = [f"{row}{column:02d}" for row in "ABCD" for column in range(1, 7)]


def asked(**more: Any) -> Question:
    """Two plates of 24 wells: six controls of each kind, of neither class, beside samples of two clones."""
    rng = np.random.default_rng(1)
    wells = pd.DataFrame({"plate": np.repeat(["P1", "P2"], 24), "well": WELLS * 2})
    role = (["negcon"] * 6 + ["trt"] * 12 + ["poscon"] * 6) * 2
    label = [{"trt": "ALS"}.get(one) for one in role]
    wells = wells.assign(role=role, label=label, group=[one and "C1" for one in label])
    parts = wells[["plate", "well"]].loc[wells.index.repeat(3)].assign(field=[1, 2, 3] * 48)
    level = wells["role"].map({"negcon": 0.2, "trt": 0.5, "poscon": 0.8}).loc[parts.index]
    scores = [
        parts.assign(model=model, tile=0, probability=level + rng.normal(0, 0.01, len(parts)))
        for model in ("cnn", "forest")
    ]
    fields = parts.assign(cell_count=rng.poisson(50, len(parts)).astype(float))
    wells = wells.assign(**more)
    plated = Plated(wells, pd.concat(scores), fields)
    empty = pd.DataFrame()
    own = wells[wells["label"].notna()]
    features = np.zeros((0, 1), np.float32)
    seen = Evidence(
        own, empty, empty, empty, empty, empty, features, empty, Classes("ALS", "control"), plated=plated
    )
    return Question(seen)


def found(name: str, question: Question) -> OfValues:
    """What one of the analyses found."""
    made = ANALYSES[name](question)
    assert isinstance(made, OfValues)
    return made


def test_both_values_are_described_from_their_parts() -> None:
    """Tiles of the asked model's score and fields of the measurement, as a plain grouping gives them."""
    question = asked()
    table = found("well_statistics", question).table
    for name, rows in (
        (
            "score",
            question.evidence.plated.scores.query("model == 'cnn'").rename(columns={"probability": "score"}),
        ),
        ("cell_count", question.evidence.plated.fields),
    ):
        own = table[table["measure"] == name].set_index(["plate", "well"])
        groups = rows.groupby(["plate", "well"])[name]
        assert (own["n"] == 3).all()
        np.testing.assert_allclose(own["mean"].sort_index(), groups.mean())
        np.testing.assert_allclose(own["sd"].sort_index(), groups.std())


def test_controls_of_neither_class_judge_the_assay() -> None:
    """Z′ from means of wells that no model was trained on; the count tells no kinds apart."""
    question = asked()
    table = found("assay_quality", question).table.set_index(["measure", "plate"])
    scores = question.evidence.plated.scores.query("model == 'cnn'")
    wells = scores.groupby(["plate", "well"])["probability"].mean()["P1"]
    low, high = wells[WELLS[:6]], wells[WELLS[18:]]
    expected = 1 - 3 * (low.std() + high.std()) / (high.mean() - low.mean())
    assert table.loc[("score", "P1"), "z_prime"] == pytest.approx(expected)
    assert table.loc[("cell_count", "P1"), "z_prime"] < 0


def test_wells_are_normalised_to_the_controls_there_are() -> None:
    """By negative controls where the platemaps name any, else by samples; numbers are the function's own."""
    question = asked()
    made = found("normalise_wells", question)
    wells = question.evidence.plated.wells
    scores = question.evidence.plated.scores.query("model == 'cnn'")
    means = scores.groupby(["plate", "well"], as_index=False)["probability"].mean()
    alone = normalise_wells(wells.merge(means, on=["plate", "well"]), "probability", fit="negative")
    own = made.table[made.table["measure"] == "score"]
    assert own["robust_z"].tolist() == alone.table["probability_robust_z"].tolist()
    assert made.plates["measure"].tolist() == ["score", "score", "cell_count", "cell_count"]
    assert "median negative control" in made.summary()
    bare = found("normalise_wells", asked(role=None))
    assert "median sample" in bare.summary()


def test_a_caveat_is_said_once_and_the_score_first() -> None:
    """However many values share it."""
    made = found("b_score", asked())
    assert len(set(made.caveats)) == len(made.caveats)
    for one in made.caveats:
        assert made.summary().count(one) == 1
    assert made.summary().index("core ") < made.summary().index("ell count")
    assert set(made.table["measure"]) == {"score", "cell_count"}


def test_many_values_are_summed_up_in_few_words() -> None:
    """All of the first, the main thing of as many as 120 words hold, and how many more there are."""
    wells = pd.DataFrame({"plate": "P", "well": WELLS, "role": "trt"})
    columns = {f"m{n}": np.arange(24.0) + n for n in range(20)}
    wells = wells.assign(**columns)
    made = OfValues({name: normalise_wells(wells, name) for name in columns})
    said = made.summary()
    assert said.startswith(made.findings["m0"].headline())
    assert len(said.split()) <= 120
    left = 20 - said.count("is normalised")
    assert f"{left} more values stand in the table." in said


def test_replicates_are_compared_by_layout() -> None:
    """Two plates that are replicates share their wells; controls, which lie far apart, are left out."""
    question = asked(replicate=np.repeat([1, 2], 24))
    table = found("replicate_correlation", question).table.set_index(["measure", "plate"])
    wells = question.evidence.plated.scores.query("model == 'cnn'").groupby(["plate", "well"])["probability"]
    means = wells.mean()
    expected = np.corrcoef(means["P1"][WELLS[6:18]], means["P2"][WELLS[6:18]])[0, 1]
    assert table.loc[("score", "all plates"), "pearson"] == pytest.approx(expected)
    assert table.loc[("score", "all plates"), "n"] == 12


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("assay_quality", {"role": None}, "No well is a positive control and no well a negative control"),
        ("assay_quality", {"role": ["negcon", "trt"] * 24}, "No well is a positive control by its role"),
        ("replicate_correlation", {}, "The platemaps know no replicate of the wells"),
        ("replicate_correlation", {"replicate": 1}, "A replicate stands on several plates"),
        (
            "replicate_correlation",
            {"replicate": [1, 2] * 24, "layout": "L1"},
            "Replicates stand in different wells of one plate",
        ),
    ],
)
def test_what_is_lacking_is_said(name: str, more: dict[str, Any], said: str) -> None:
    """Which controls, roles or replicates, and where they would stand."""
    with pytest.raises(ArgumentError, match=said):
        ANALYSES[name](asked(**more))


def test_without_any_value_there_is_nothing_to_ask() -> None:
    """Neither a score of this model nor a measurement."""
    question = asked()
    plated = replace(question.evidence.plated, fields=pd.DataFrame())
    bare = replace(question, model="none", evidence=replace(question.evidence, plated=plated))
    with pytest.raises(ArgumentError, match="No well has a score of the model or a measurement"):
        ANALYSES["b_score"](bare)


def test_hits_are_of_treatments_or_else_of_clones() -> None:
    """A treatment in one sample well of each plate is scored, of every value; without any, the clone is."""
    named = [f"t{place}" for place in range(24)] * 2
    treated = found("hits", asked(treatment=named))
    assert treated.table["measure"].unique().tolist() == ["score", "cell_count"]
    own = treated.table[treated.table["measure"] == "cell_count"]
    assert set(own["name"]) == {f"t{place}" for place in range(6, 18)}
    assert own["n_replicates"].eq(2).all()
    assert own["p"].notna().all()
    clones = found("hits", asked())
    assert clones.table["name"].tolist() == ["C1", "C1"]
    assert clones.headline().startswith("No hits of score can be called with 1 clone")
