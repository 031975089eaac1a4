"""The verdict of a batch report: every branch of its headline, from tables made by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import pytest

from hcs.analysis.kept import KeptAnalyses, KeptFinding
from hcs.answer.answer import Kind
from hcs.answer.basis import Basis
from hcs.answer.verdict import Verdict
from hcs.report.batches.verdict import batch_verdict
from hcs.tables.compared import Classes

NAN = float("nan")
TEST = "Permutation test of homogeneity within each class"


def finding(name: str, headline: str = "Said.", **tables: pd.DataFrame) -> KeptFinding:
    """A finding with these tables, the main one called ``main``."""
    named = {name if key == "main" else f"{name}_{key}": table for key, table in tables.items()}
    return KeptFinding(name, headline, headline, (), named, "<svg/>")


def calls(right: Mapping[str, tuple[int, int]], areas: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Rows of `BatchTest`: clones called right of how many; beside them rows that must not be taken."""
    rows = []
    for batch, (n_right, n) in right.items():
        for model, level, method, share in (
            ("cnn", "clone", "exact", n_right / n),
            ("cnn", "clone", "bootstrap", 0.123),
            ("cnn", "image", "none", 0.321),
            ("forest", "clone", "exact", 0.231),
        ):
            rows.append((model, batch, level, "accuracy", method, n, share * n, share, 0.4, 0.9))
        area = (areas or {}).get(batch, float("nan"))
        rows.append(("cnn", batch, "clone", "auc", "newcombe", n, float("nan"), area, 0.5, 1.0))
    columns = ["model", "batch", "level", "measure", "method", "n", "n_right", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def homogeneity(*pairs: tuple[float, float], model: str = "cnn") -> pd.DataFrame:
    """Rows of the tests of homogeneity: p and the smallest there can be, of accuracy and area."""
    measures = ("accuracy", "auc")
    rows = [
        (model, measure, 1.0, p, least, TEST, 16)
        for measure, (p, least) in zip(measures, pairs, strict=False)
    ]
    return pd.DataFrame(rows, columns=["model", "measure", "statistic", "p", "smallest_p", "test", "n"])


def judged(
    right: Mapping[str, tuple[int, int]] | None = None,
    pairs: Sequence[tuple[float, float]] = (),
    *others: KeptFinding,
    left_out: Mapping[str, str] | None = None,
    noun: str = "clone",
    areas: Mapping[str, float] | None = None,
    n: int = 16,
) -> Verdict:
    """Word a verdict from calls and tests."""
    found = {"design": design(tied=False)} | {one.name: one for one in others}
    if right is not None:
        found["batches"] = finding("batches", main=calls(right, areas), tests=homogeneity(*pairs))
    return batch_verdict(basis(KeptAnalyses(found, left_out or {}, {}), noun), n)


def basis(analysed: KeptAnalyses, noun: str = "clone", n_right: int = 15) -> Basis:
    """Sixteen groups, nearly all of them called right, of two sets."""
    names = [f"c{number:02d}" for number in range(16)]
    scores = pd.DataFrame({"model": "cnn", "group": names, "label": ["ALS", "control"] * 8})
    scores["probability"] = [
        0.9 if (label == "ALS") == (place < n_right) else 0.1 for place, label in enumerate(scores["label"])
    ]
    splits = pd.DataFrame({"set": 1, "group": names, "part": ["train"] * 8 + ["test"] * 8})
    return Basis(
        Classes("ALS", "control", noun=noun), models=("cnn",), scores=scores, analysed=analysed,
        splits=splits.assign(held_out="differentiation_batch=B1"), wells=scores[["group", "label"]],
    )  # fmt: skip


def design(tied: bool, column: str = "differentiation_batch") -> KeptFinding:
    """What goes with the label."""
    rows = pd.DataFrame({"column": ["plate", column], "tied": [False, tied]})
    return finding("design", "Diagnosis goes with something.", main=rows)


APART = {"B1": (8, 8), "B2": (3, 8)}
CALLS = " in its calls alone"
CANNOT = "Cannot be known with 8 clones whether the answer depends on the differentiation batch: "
ENDS = "the CNN calls 3 of 8 clones right in B2 and 8 of 8 in B1"


@pytest.mark.parametrize(
    ("pairs", "headline"),
    [
        ([(0.001, 0.001), (0.4, 0.001)], f"The answer depends on the differentiation batch{CALLS}: {ENDS}."),
        ([(0.025, 0.001), (0.4, 0.001)], f"The answer depends on the differentiation batch{CALLS}: {ENDS}."),
        ([(0.01, 0.001), (0.01, 0.001)], f"The answer depends on the differentiation batch: {ENDS}."),
        (
            [(0.062, 0.062), (0.3, 0.001)],
            f"{CANNOT}{ENDS}; its ranking shows no sign of it.",
        ),
        (
            [(0.03, 0.001), (0.04, 0.001)],
            f"No sign that the answer depends on the differentiation batch: {ENDS}.",
        ),
        ([(0.03, 0.001)], f"The answer depends on the differentiation batch: {ENDS}."),
        ([(0.9, 0.001)], f"No sign that the answer depends on the differentiation batch: {ENDS}."),
        (
            [(0.2, 0.1), (0.3, 0.03)],
            f"{CANNOT}{ENDS}; its ranking shows no sign of it.",
        ),
        ([], f"{CANNOT}{ENDS}."),
        ([(float("nan"), float("nan"))], f"{CANNOT}{ENDS}."),
    ],
)
def test_batches_that_differ_or_not(pairs: list[tuple[float, float]], headline: str) -> None:
    """Differs, no sign, cannot with so few, no test: the smaller of two p-values counts twice (Holm)."""
    assert judged(APART, pairs).headline == headline


def test_all_alike() -> None:
    """Where every batch has the same share there are no two ends to name."""
    said = judged({"B1": (8, 8), "B2": (8, 8)})
    assert said.headline == (
        "No sign that the answer depends on the differentiation batch: the CNN calls all clones right in "
        "every differentiation batch."
    )
    said = judged({"B1": (2, 4), "B2": (4, 8)}, [(0.8, 0.01)])
    assert "calls 50 % of clones right in every differentiation batch." in said.headline


def test_tied() -> None:
    """The label is one with the batch, or with any column: no verdict, whatever the tests say, and why."""
    said = judged(APART, [(0.001, 0.001)], design(tied=True))
    assert said.headline.startswith("No verdict: diagnosis is fully confounded with differentiation batch")
    assert "no correction can separate them" in said.cautions[0]
    other = judged(APART, [(0.001, 0.001)], design(tied=True, column="stain"))
    assert other.headline.startswith("No verdict: diagnosis is fully confounded with stain")


def test_one_batch_or_none() -> None:
    """Nothing to compare: no verdict, with the reason that the analysis gave."""
    assert judged({"B1": (5, 8)}).headline == (
        "No verdict: there are not two differentiation batches with scores."
    )
    why = "The platemaps know no differentiation_batch of the wells; add it to ask this."
    said = judged(left_out={"batches": why})
    assert said.headline == (
        "No verdict: the platemaps know no differentiation_batch of the wells; add it to ask this."
    )
    assert said.sentences[-1] == "The sample size is 16 clones, not wells or images."


def test_the_paragraph() -> None:
    """In how many batches calls beat a coin, what the models had seen, and n; of the first model only."""
    said = judged(APART, areas={"B1": 1.0}).sentences
    assert said[0].startswith(
        "The 95 % interval of the share called right is above one half in 0 of 2 differentiation batches."
    )
    assert said[1].startswith("Every differentiation batch was held out")
    assert "The sample size is 16 clones" in said[2]
    wells = " ".join(judged(APART, noun="well").sentences)
    assert "nothing here speaks for other lines" in wells


def test_shifted_scores_are_told_from_lost_ones() -> None:
    """A batch ranked well whose calls are no better than a coin's."""
    said = " ".join(judged(APART, areas={"B1": 1.0, "B2": 0.94}).sentences)
    assert "In B1 and B2 clones are ranked well and called badly" in said
    assert "ranked well" not in " ".join(judged(APART, areas={"B1": 0.7, "B2": 0.6}).sentences)


SEEN = [("differentiation_batch=B1", "neither"), ("", "were trained on other clones of it")]


@pytest.mark.parametrize(("held_out", "words"), SEEN)
def test_what_the_models_had_seen(held_out: str, words: str) -> None:
    """Whether sets left the batch out, from the table of sets."""
    one = finding("batches", main=calls(APART), tests=homogeneity((0.5, 0.1)))
    told = basis(KeptAnalyses({"batches": one, "design": design(tied=False)}))
    told = replace(told, splits=told.splits.assign(held_out=held_out))
    assert words in batch_verdict(told, 16).sentences[1]


def test_nothing_learnt_is_no_sign_of_nothing() -> None:
    """Where calls and ranks are a coin's, there is no answer that could depend on a batch."""
    alike = calls({"B1": (4, 8), "B2": (4, 8)}).assign(low=0.2)
    found = {"batches": finding("batches", main=alike, tests=homogeneity()), "design": design(tied=False)}
    said = batch_verdict(basis(KeptAnalyses(found), n_right=8), 16)
    assert said.kind == Kind.NOT_SHOWN
    assert said.headline == (
        "Not shown that the CNN tells ALS from control at all (8 of 16 clones right): there is no answer "
        "that could depend on the differentiation batch."
    )


def test_what_else_is_said() -> None:
    """The label's associations and what the layout tells are checks; one that fails is a caution."""
    rows = pd.DataFrame(
        {
            "model": ["plate metadata", "cnn"], "kind": ["baseline", "model"], "auc": [0.6, 0.9],
            "low": [0.3, 0.7], "p": [0.3, NAN], "smallest_p": [0.001, NAN], "lead": [NAN, 0.3],
            "lead_low": [NAN, 0.1], "lead_p": [NAN, 0.01],
        }
    )  # fmt: skip
    said = judged(APART, [], design(tied=False), finding("baselines", "Nothing.", main=rows))
    found = {one.name: one.sentence for one in said.checks}
    assert found["baselines"] == (
        "Plate metadata alone does not clearly tell ALS (AUC at most 0.60); the CNN (AUC 0.90) does better."
    )
    assert said.cautions == ()
    same = finding("baselines", "Nothing.", main=rows.assign(p=[0.01, NAN], lead_p=[NAN, 0.4]))
    alike = {"B1": (7, 8), "B2": (7, 8)}
    (caution,) = judged(alike, [], same).cautions
    assert caution == (
        "Plate metadata alone tells ALS (AUC 0.60); the CNN (AUC 0.90) is not shown to do better."
    )
    assert judged(alike, [], same).kind == Kind.NO_SIGN_RESERVED
