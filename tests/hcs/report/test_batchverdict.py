"""The verdict of a batch report: every branch of its headline, from tables made by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import pytest

from hcs.kept import KeptAnalyses, KeptFinding
from hcs.report.batchverdict import batch_verdict
from hcs.report.verdict import Verdict

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
    found = {one.name: one for one in others}
    if right is not None:
        found["batches"] = finding("batches", main=calls(right, areas), tests=homogeneity(*pairs))
    analysed = KeptAnalyses(found, left_out or {}, {})
    return batch_verdict(analysed, "differentiation_batch", "diagnosis", noun, n)


def design(tied: bool, column: str = "differentiation_batch") -> KeptFinding:
    """What goes with the label."""
    rows = pd.DataFrame({"column": ["plate", column], "tied": [False, tied]})
    return finding("design", "Diagnosis goes with something.", main=rows)


APART = {"B1": (8, 8), "B2": (3, 8)}
ENDS = "the CNN calls 3 of 8 clones right in B2 and 8 of 8 in B1"


@pytest.mark.parametrize(
    ("pairs", "headline"),
    [
        ([(0.001, 0.001), (0.4, 0.001)], f"The answer depends on the differentiation batch: {ENDS}."),
        ([(0.025, 0.001), (0.4, 0.001)], f"The answer depends on the differentiation batch: {ENDS}."),
        (
            [(0.03, 0.001), (0.04, 0.001)],
            f"No sign that the answer depends on the differentiation batch: {ENDS}.",
        ),
        ([(0.03, 0.001)], f"The answer depends on the differentiation batch: {ENDS}."),
        ([(0.9, 0.001)], f"No sign that the answer depends on the differentiation batch: {ENDS}."),
        (
            [(0.2, 0.1), (0.3, 0.03)],
            f"Undecided: {ENDS}; with so few clones no difference between differentiation batches could have "
            "had a p of 0.05 or less.",
        ),
        (
            [],
            f"Undecided: whether the answer depends on the differentiation batch cannot be tested; {ENDS}.",
        ),
        (
            [(float("nan"), float("nan"))],
            f"Undecided: whether the answer depends on the differentiation batch cannot be tested; {ENDS}.",
        ),
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
        "every differentiation batch, so there is no difference to test."
    )
    said = judged({"B1": (2, 4), "B2": (4, 8)}, [(0.8, 0.01)])
    assert "calls 50 % of clones right in every differentiation batch." in said.headline


def test_tied() -> None:
    """Label and batch are one: no verdict, whatever the tests say, and why."""
    said = judged(APART, [(0.001, 0.001)], design(tied=True))
    assert said.headline == "No verdict: diagnosis and differentiation batch are the same thing here."
    assert "no correction can keep one and take away the other" in said.cautions[0]
    other = judged(APART, [(0.001, 0.001)], design(tied=True, column="stain"))
    assert other.headline.startswith("The answer depends")
    assert other.cautions == ()


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
    assert said.points == ()
    assert said.sentences == (
        "The sample size is 16 clones; wells and images of one clone add no evidence beyond it.",
    )


def test_the_paragraph() -> None:
    """Every batch's clones with interval and area, then n; nothing of images, and of the first model only."""
    said = " ".join(judged(APART, areas={"B1": 1.0}).sentences)
    assert said.startswith(
        "Clones that the CNN called right, by differentiation batch: B1 8 of 8 (exact 95 % interval "
        "0.40–0.90; ROC AUC 1.00); B2 3 of 8 (exact 95 % interval 0.40–0.90)."
    )
    assert "The sample size is 16 clones" in said
    for other in ("0.12", "0.32", "0.23", "nan", "image 0"):
        assert other not in said
    wells = " ".join(judged(APART, noun="well").sentences)
    assert "nothing here speaks for lines that were not grown" in wells


def test_many_batches_are_not_all_named() -> None:
    """Of twenty, the four lowest and the four highest; what all of them say is counted."""
    right = {f"B{number:02d}": (number, 20) for number in range(1, 21)}
    (said, _) = judged(right, n=20).sentences
    assert (
        "by differentiation batch, the lowest and the highest of 20 differentiation batches: B01 1 of 20"
        in said
    )
    assert [name for name in right if f"{name} " in said] == [
        "B01", "B02", "B03", "B04", "B17", "B18", "B19", "B20",
    ]  # fmt: skip
    assert "The interval lies above one half in 0 of 20 differentiation batches." in said


def test_shifted_scores_are_told_from_lost_ones() -> None:
    """A batch ranked well whose calls are no better than a coin's."""
    said = " ".join(judged(APART, areas={"B1": 1.0, "B2": 0.94}).sentences)
    assert "In B1 and B2 clones are ranked well and called badly" in said
    assert "ranked well" not in " ".join(judged(APART, areas={"B1": 0.7, "B2": 0.6}).sentences)


def test_every_p_has_its_test_and_bound() -> None:
    """Both tests by name, n, p and smallest p; where there are two, how they are held together."""
    point = judged(APART, [(0.011, 0.001), (0.4, 0.002)]).points[0]
    assert f"{TEST} over 16 clones, one-sided p = 0.011, smallest possible 0.001." in point
    assert f"{TEST} over 16 clones, one-sided p = 0.4, smallest possible 0.002." in point
    assert "the smaller p counts twice (Holm)" in point
    assert "Holm" not in judged(APART, [(0.011, 0.001)]).points[0]


def test_caveats_are_of_the_first_model() -> None:
    """What was said of the forest's tests stands in its section, not in the verdict."""
    one = finding("batches", main=calls(APART), tests=homogeneity((0.5, 0.1)))
    said = ("CNN: no test of accuracy.", "random forest: no test of accuracy.", "Models had seen the batch.")
    told = KeptAnalyses({"batches": replace(one, caveats=said)})
    (point,) = batch_verdict(told, "plate", "diagnosis", "clone", 16).points
    assert point.endswith("CNN: no test of accuracy. Models had seen the batch.")
    assert "forest" not in point


@pytest.mark.parametrize(("p", "words"), [(0.005, "features tell the"), (0.2, "do not clearly tell the")])
def test_the_probe(p: float, words: str) -> None:
    """Whether features tell the batch, with its interval where there is one."""
    rows = pd.DataFrame(
        {
            "target": ["diagnosis", "differentiation_batch"],
            "p": [0.5, p],
            "smallest_p": 0.005,
            "test": "permutation test of clones within folds",
            "n_groups": 16,
            "score": [0.6, 0.97],
            "low": [0.5, float("nan")],
            "high": [0.7, float("nan")],
        }
    )
    mixing = finding("mixing", "Batches lie apart.", main=rows)
    said = judged(APART, [], finding("probes", main=rows), mixing).points
    assert any(words in point and "(AUC 0.97; permutation test of clones" in point for point in said)
    assert ("could lean on" in " ".join(said)) == (p < 0.05)
    assert "Batches lie apart." not in said
    assert "Batches lie apart." in judged(APART, [], mixing).points


def test_what_else_is_said() -> None:
    """What goes with the label; the layout where it tells the label; how the variance is shared."""
    rows = pd.DataFrame({"kind": ["baseline", "model"], "p": [0.3, 0.001]})
    shares = pd.DataFrame(
        {"factor": ["clone", "differentiation_batch", "residual"], "share": [0.5, 0.13, 0.37]}
    )
    others = (design(tied=False), finding("variance", main=shares))
    said = judged(APART, [], *others, finding("baselines", "The layout tells.", main=rows)).points
    assert said == (
        "Diagnosis goes with something.",
        "Shares of the variance of the scores: differentiation batch 13 % and clone 50 %.",
    )
    told = rows.assign(p=[0.05, 0.9])
    assert (
        "The layout tells." in judged(APART, [], finding("baselines", "The layout tells.", main=told)).points
    )
