"""Verdicts come from facts: sets of tables, each with the one kind of answer that it allows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import pytest

from hcs.analysis.kept import KeptAnalyses, KeptFinding
from hcs.answer.answer import Kind
from hcs.answer.basis import Basis
from hcs.answer.facts import StudyFacts
from hcs.answer.verdict import verdict
from hcs.report.batches.verdict import batch_verdict
from hcs.tables.compared import Classes

NAN = float("nan")
CLONES = [f"C{number:02d}" for number in range(12)]
LABELS = dict(zip(CLONES, ["ALS", "control"] * 6, strict=True))
COLUMNS = ("differentiation_batch", "plate", "row", "passage")
NULL = {"score": "group_auc", "observed": 0.95, "n_permutations": 99, "null_mean": 0.5, "null_high": 0.9}


def finding(name: str, main: pd.DataFrame, **others: pd.DataFrame) -> KeptFinding:
    """A finding that says nothing of use."""
    tables = {name: main} | {f"{name}_{part}": table for part, table in others.items()}
    return KeptFinding(name, f"{name} said.", f"{name} said. And more.", ("A caveat.",), tables, "<svg/>")


def design(**changes: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of a design check of clean columns; changes by column."""
    clean = {"cramers_v": 0.3, "chance_v": 0.6, "p": 0.5, "smallest_p": 0.002, "p_holm": 1.0}
    clean |= {"tied": False, "nested": False, "balanced": False}
    names = dict.fromkeys((*COLUMNS, *changes))
    return pd.DataFrame([{"column": name} | clean | dict(changes.get(name, {})) for name in names])


def baselines(count: float, model: float, p: float = 0.5, lead_p: float = 0.001) -> dict[str, KeptFinding]:
    """Areas of cell count with its p, and of the model with the p of its lead; metadata tell nothing."""
    layout = 0.5
    low = model - 0.3
    rows = [
        ("plate metadata", "baseline", layout, 0.1, 0.6, 0.001, NAN, NAN),
        ("cell count", "baseline", count, 0.2, p, 0.001, NAN, NAN),
        ("cnn", "model", model, low, NAN, NAN, 0.1 if lead_p < 0.05 else -0.1, lead_p),
    ]
    names = ["model", "kind", "auc", "low", "p", "smallest_p", "lead_low", "lead_p"]
    table = pd.DataFrame(rows, columns=names).assign(lead=model - max(layout, count))
    return {"baselines": finding("baselines", table)}


def batches(right: Mapping[str, int], *tests: tuple[str, float, float], areas: float = 0.9) -> KeptFinding:
    """Clones of six called right in every batch, and tests: measure, p, smallest p."""
    rows: list[tuple[object, ...]] = []
    for place, (name, n_right) in enumerate(right.items()):
        rows.append((name, "accuracy", "exact", 6, n_right, n_right / 6, 0.55 if n_right == 6 else 0.3))
        rows.append((name, "auc", "newcombe", 6, NAN, areas + 0.01 * place, 0.4))
    names = ["batch", "measure", "method", "n", "n_right", "value", "low"]
    table = pd.DataFrame(rows, columns=names).assign(model="cnn", level="clone", high=1.0)
    made = pd.DataFrame(tests, columns=["measure", "p", "smallest_p"])
    return finding("batches", table, tests=made.assign(model="cnn", test="Permutation test", n=12))


def permuted(p: float, smallest: float) -> KeptFinding:
    """What permuted labels found."""
    tests = pd.DataFrame([NULL | {"p": p, "smallest_p": smallest, "test": "permutation test", "n": 12}])
    return finding("permutations", pd.DataFrame({"permutation": [0, 1]}), tests=tests)


@dataclass
class Given:
    """Facts of a study: twelve clones, eleven called right, and everything clean unless changed."""

    right: int = 11
    design: pd.DataFrame = field(default_factory=design)
    donors: list[str] | None = None
    trained: tuple[str, ...] = ()
    found: dict[str, KeptFinding] = field(default_factory=dict)
    permuted: KeptFinding | None = None
    without: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=lambda: dict(LABELS))

    def facts(self) -> StudyFacts:
        """Tables as a study has them."""
        held = [
            0.9 if (label == "ALS") == (n < self.right) else 0.1
            for n, label in enumerate(self.labels.values())
        ]
        groups = pd.DataFrame({"group": CLONES, "label": list(self.labels.values()), "probability": held})
        splits = pd.DataFrame(
            [
                (number, "test" if place // 4 == number else "train", clone)
                for number in range(3)
                for place, clone in enumerate(CLONES)
            ]
            + [(0, "train", clone) for clone in self.trained],
            columns=["set", "part", "group"],
        )
        wells = groups[["group", "label"]].assign(
            clone=CLONES, diagnosis=groups["label"], plate="P1", included=True
        )
        if self.donors is not None:
            wells["donor"] = self.donors
        tables: dict[str, pd.DataFrame] = {
            "groups": groups.assign(model="cnn"),
            "splits": splits.assign(label=splits["group"].map(self.labels)),
            "wells": wells,
            "design": self.design,
        }
        kept = {name: table for name, table in tables.items() if name not in self.without}
        analysed = KeptAnalyses(self.found, {}, {"batch": "differentiation_batch"}) if self.found else None
        return StudyFacts(
            "t",
            Classes("ALS", "control"),
            "clone",
            True,
            analysed=analysed,
            permuted=self.permuted,
            **kept,
        )


CALLS = ("accuracy", 0.01, 0.001)
"""A clear test of calls."""
TIE = {"cramers_v": 1.0, "p": 0.002, "p_holm": 0.01, "tied": True}
STRONG = {"cramers_v": 0.9, "p": 0.003, "p_holm": 0.01}
WEAK = {"cramers_v": 0.6, "p": 0.03, "p_holm": 0.2}
EVEN = {"cramers_v": 0.0, "chance_v": 0.0, "p": 1.0, "smallest_p": 1.0, "balanced": True}
OWN = {"cramers_v": 1.0, "p": 0.002, "p_holm": 0.01, "nested": True}
PAIRS = [f"d{number // 2}" for number in range(12)]
"""Donors of two neighbouring clones each, which stand on one side of every set."""
SPREAD = [f"d{number % 6}" for number in range(12)]
"""Donors whose two clones stand in different sets."""

STUDIES: dict[str, tuple[Given, Kind, str]] = {
    "clean": (Given(), Kind.YES, "Yes"),
    "tied to its batch": (Given(design=design(differentiation_batch=TIE)), Kind.NONE, "batch"),
    "tied to the plate": (Given(design=design(plate=TIE)), Kind.NONE, "plate"),
    "tied to any column": (Given(design=design(operator_initials=TIE)), Kind.NONE, "operator initials"),
    "tied to two": (Given(design=design(plate=TIE, lot=TIE)), Kind.NONE, "plate and lot"),
    "tied to a position": (Given(design=design(row=TIE)), Kind.NONE, "row"),
    "tied to passage": (Given(design=design(passage=TIE)), Kind.NONE, "passage"),
    "tied, told by the analysis": (
        Given(found={"design": finding("design", design(day=TIE))}), Kind.NONE, "day",
    ),
    "an older table without nested": (
        Given(design=design(plate=TIE).drop(columns=["nested", "balanced"])), Kind.NONE, "plate",
    ),
    "nested is no tie": (Given(design=design(plate=OWN)), Kind.YES, "Yes"),
    "nested and tied at once": (Given(design=design(plate=OWN | {"tied": True})), Kind.YES, "Yes"),
    "balanced": (Given(design=design(plate=EVEN, differentiation_batch=EVEN)), Kind.YES, "Yes"),
    "goes with a column": (Given(design=design(lot=STRONG)), Kind.RESERVED, "associated with lot"),
    "by chance among many": (Given(design=design(lot=WEAK)), Kind.YES, "Yes"),
    "a clone on both sides": (Given(trained=("C00",)), Kind.NONE, "more than one part"),
    "a donor on both sides": (Given(donors=SPREAD), Kind.NONE, "one donor"),
    "donors kept apart": (Given(donors=PAIRS), Kind.YES, "Yes"),
    "no donor named": (Given(donors=[None] * 12), Kind.YES, "Yes"),  # type: ignore[list-item]
    "nothing learnt": (Given(right=7), Kind.NOT_SHOWN, "no better than chance"),
    "worse than chance": (Given(right=1), Kind.NO, "worse than chance"),
    "one class": (Given(labels=dict.fromkeys(CLONES, "ALS")), Kind.NONE, "every scored clone is ALS"),
    "no scores": (Given(without=("groups",)), Kind.NONE, "No verdict."),
    "no splits": (Given(without=("splits",)), Kind.NONE, "not known"),
    "no design table": (Given(without=("design",)), Kind.NONE, "not known"),
    "no wells": (Given(without=("wells",)), Kind.NONE, "not known"),
    "a design table of another kind": (Given(design=pd.DataFrame({"a": [1]})), Kind.NONE, "not known"),
    "count not shown to be worse": (
        Given(found=baselines(0.92, 1.0, 0.01, 0.7)), Kind.RESERVED, "cell count",
    ),
    "count as good": (
        Given(found=baselines(0.97, 0.95, 0.01, 0.7)), Kind.NOT_SHOWN, "cell count",
    ),
    "count beaten": (Given(found=baselines(0.8, 1.0, 0.01)), Kind.YES, "Yes"),
    "count tells nothing": (Given(found=baselines(0.6, 1.0, lead_p=0.2)), Kind.YES, "Yes"),
    "permuted labels do as well": (Given(permuted=permuted(0.3, 0.01)), Kind.NOT_SHOWN, "labels permuted"),
    "permuted labels beaten": (Given(permuted=permuted(0.01, 0.01)), Kind.YES, "Yes"),
    "too few permutations": (Given(permuted=permuted(1 / 6, 1 / 6)), Kind.YES, "Yes"),
    "few permutations, one as good": (Given(permuted=permuted(2 / 6, 1 / 6)), Kind.NOT_SHOWN, "permuted"),
    "depends on the batch": (
        Given(found={"batches": batches({"B1": 6, "B2": 2}, CALLS)}), Kind.RESERVED, "batch",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STUDIES)
def test_the_kind_of_answer_follows_from_the_tables(name: str) -> None:
    """One kind for each set of facts; what forbids or qualifies a yes is named in the headline."""
    given, kind, words = STUDIES[name]
    said = verdict(given.facts())
    assert said.kind == kind
    assert words in said.headline
    if kind in (Kind.RESERVED, Kind.NONE) and name not in ("one class", "no scores"):
        assert said.cautions


def reworded(found: KeptFinding) -> KeptFinding:
    """The same numbers in words that once decided."""
    trap = "Diagnosis and plate are the same thing: no analysis can separate them. Leak."
    return replace(found, headline=trap, summary=trap, caveats=(trap,))


@pytest.mark.parametrize("name", STUDIES)
def test_no_sentence_decides(name: str) -> None:
    """Every sentence of the record and of the analyses in other words: the answer is the same."""
    given, kind, _ = STUDIES[name]
    trap = ["diagnosis and differentiation batch are the same thing: no analysis of these wells can."]
    facts = given.facts()
    analysed = facts.analysed and replace(
        facts.analysed, findings={one: reworded(held) for one, held in facts.analysed.findings.items()}
    )
    other = replace(
        facts,
        record={"confounding": trap, "audit": "Leak in all sets.", "notices": ["Tied."]},
        analysed=analysed,
        permuted=facts.permuted and reworded(facts.permuted),
        looks="It looks at the plate and batch, which are the same thing.",
        notices=("The label is tied to the plate; no verdict.",),
    )
    said = verdict(other)
    assert said.kind == kind
    assert said.headline == verdict(facts).headline


RANKS = ("auc", 0.6, 0.001)


def alike(n_right: int = 6) -> KeptFinding:
    """Both batches called alike."""
    return batches({"B1": n_right, "B2": n_right}, RANKS)


def of_batch(given: Given, found: KeptFinding | None) -> Basis:
    """Basis of a batch report."""
    facts = given.facts()
    named = {"design": finding("design", given.design)} if "design" not in given.without else {}
    named |= given.found | ({} if found is None else {"batches": found})
    return Basis(
        Classes("ALS", "control"), models=facts.models, scores=facts.class_groups,
        splits=facts.splits, wells=facts.wells, analysed=KeptAnalyses(named), permuted=given.permuted,
    )  # fmt: skip


APART = {"B1": 6, "B2": 3}
BATCHES: dict[str, tuple[Given, Callable[[], KeptFinding | None], Kind, str]] = {
    "alike": (Given(), alike, Kind.NO_SIGN, "No sign"),
    "differ": (Given(), lambda: batches(APART, CALLS), Kind.DEPENDS, "depends"),
    "calls differ, ranks do not": (
        Given(), lambda: batches(APART, CALLS, RANKS), Kind.DEPENDS,
        "in its calls alone",
    ),
    "no sign with Holm": (
        Given(), lambda: batches(APART, ("accuracy", 0.03, 0.001), RANKS), Kind.NO_SIGN, "No sign",
    ),
    "the smallest p there is": (
        Given(), lambda: batches(APART, ("accuracy", 0.062, 0.062), RANKS), Kind.UNDECIDED,
        "its ranking shows no sign",
    ),
    "a test that cannot": (
        Given(), lambda: batches(APART, ("accuracy", 0.5, 0.25), RANKS), Kind.UNDECIDED,
        "Cannot be known with 6",
    ),
    "no test": (Given(), lambda: batches(APART), Kind.UNDECIDED,
        "Cannot be known with 6"),
    "one batch": (Given(), lambda: batches({"B1": 6}), Kind.NONE, "not two differentiation batches"),
    "not asked": (Given(), lambda: None, Kind.NONE, "No verdict"),
    "nothing learnt": (Given(right=6), lambda: alike(3), Kind.NOT_SHOWN, "no answer that could depend"),
    "learnt in one batch": (Given(right=7), lambda: batches(APART, CALLS), Kind.DEPENDS, "depends"),
    "tied to another column": (Given(design=design(run=TIE)), alike, Kind.NONE, "run"),
    "a donor on both sides": (Given(donors=SPREAD), alike, Kind.NONE, "one donor"),
    "a clone on both sides": (Given(trained=("C00",)), alike, Kind.NONE, "more than one part"),
    "goes with a column": (Given(design=design(lot=STRONG)), alike, Kind.NO_SIGN_RESERVED, "lot"),
    "nested": (Given(design=design(plate=OWN)), alike, Kind.NO_SIGN, "No sign"),
    "metadata as good": (
        Given(found=baselines(1.0, 0.95, 0.01, 0.7)), alike, Kind.NOT_SHOWN, "cell",
    ),
    "permuted as good": (Given(permuted=permuted(0.4, 0.01)), alike, Kind.NOT_SHOWN, "permuted"),
    "no design check": (Given(without=("design",)), alike, Kind.NONE, "not known"),
    "no splits": (Given(without=("splits",)), alike, Kind.NONE, "not known"),
}  # fmt: skip


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_report_answers_from_the_same_checks(name: str) -> None:
    """One kind for each set of facts, with and without words that once decided."""
    given, found, kind, words = BATCHES[name]
    basis = of_batch(given, found())
    said = batch_verdict(basis, 12)
    assert said.kind == kind
    assert words in said.headline
    assert basis.analysed is not None
    other = KeptAnalyses({one: reworded(held) for one, held in basis.analysed.findings.items()})
    again = batch_verdict(replace(basis, analysed=other), 12)
    assert (again.kind, again.headline) == (kind, said.headline)


def test_both_reports_share_their_checks() -> None:
    """A check has one outcome, sentence and numbers for study and batch."""
    given = replace(STUDIES["count not shown to be worse"][0], donors=PAIRS)
    of_study = {one.name: one for one in verdict(given.facts()).checks}
    basis = of_batch(given, None)
    for one in batch_verdict(basis, 12).checks:
        assert one == of_study[one.name]
