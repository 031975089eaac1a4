"""Two studies side by side: the answer first, clones before tiles, and what cannot be compared left out."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.hcs.report.difference.fabricated import DESIGN, LABELS, SCORES, TABLES, write_results

from hcs.figures.panels import Panels
from hcs.report.difference.comparison import compare_studies
from hcs.study.folder import StudyResults

WORSE = SCORES | {"a2": 0.4, "a3": 0.3, "c3": 0.7}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_copy_does_not_differ(tmp_path: Path) -> None:
    """The same results at another place: nothing differs, with the digests; and nothing was written."""
    one = write_results(tmp_path / "one", analyses={"findings": {"calls": {"summary": "x"}}, "left_out": {}})
    shutil.copytree(one.results, tmp_path / "copy")
    before = contents(one.results)
    found = compare_studies(one, StudyResults.open(tmp_path / "copy"))
    assert found.identical
    assert found.headline() == "Nothing differs."
    for digest in ("digest-of-p1", "digest-of-p2", "features-0", "inputs-0"):
        assert digest in found.summary()
    assert found.causes() == ()
    assert compare_studies(one, one).identical
    assert contents(one.results) == before


@pytest.mark.parametrize(
    "change",
    [
        {"scores": {"cnn": SCORES | {"a0": 0.91}, "forest": SCORES}},
        {"config": {"train": {"epochs": 7}}},
        {"record": {"features_digest": "features-1"}},
        {"record": {"hardware": {"cores": 8, "machine": "x86_64"}}},
        {"plates": {"P1": "digest-of-p1", "P2": "other"}},
        {"turned": 1},
        {"labels": LABELS | {"a9": "ALS"}},
        {"analyses": {"findings": {}, "left_out": {"calls": "No."}}},
    ],
)
def test_one_change_is_seen(tmp_path: Path, change: dict[str, object]) -> None:
    """Whatever part it is in, two studies that differ are never called the same."""
    one = write_results(tmp_path / "one")
    other = write_results(tmp_path / "other", **change)  # type: ignore[arg-type]
    found = compare_studies(one, other)
    assert not found.identical
    assert "Nothing differs" not in found.headline()


def test_the_answer_comes_first(tmp_path: Path) -> None:
    """Clones, the test, the other model, then what differs."""
    one = write_results(tmp_path / "one")
    other = write_results(
        tmp_path / "other",
        scores={"cnn": WORSE, "forest": SCORES},
        config={"model": {"features_at": ["block2"]}},
    )
    found = compare_studies(one, other)
    assert found.headline() == (
        "8 of 8 clones are called right by the CNN in A and 5 in B, a difference that chance alone can give."
    )
    said = found.summary()
    marks = [
        "8 of 8 clones",
        "3 clones are called right by A alone, 0 by B alone (exact McNemar test over 8 clones",
        "The random forest gives every clone the same score",
        "1 setting (model.features_at)",
    ]
    places = [said.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "several things" not in said


def test_more_than_chance(tmp_path: Path) -> None:
    """With 6 of 12 clones right in one alone p is 2/64, and the sentence says so."""
    labels = {f"a{i}": "ALS" for i in range(6)} | {f"c{i}": "control" for i in range(6)}
    good = {clone: 0.9 if label == "ALS" else 0.1 for clone, label in labels.items()}
    bad = {
        clone: 1 - score if clone in ("a0", "a1", "a2", "c0", "c1", "c2") else score
        for clone, score in good.items()
    }
    made = [
        write_results(tmp_path / name, labels=labels, scores={"cnn": scores})
        for name, scores in (("bad", bad), ("good", good))
    ]
    found = compare_studies(*made)
    assert found.pairs[0].calls.value == pytest.approx(2 / 64)
    assert found.headline().endswith("more of a difference than chance alone gives.")


def test_other_clones_right(tmp_path: Path) -> None:
    """As many right but not the same ones is no agreement."""
    one = write_results(tmp_path / "one", scores={"cnn": SCORES | {"a0": 0.2}})
    other = write_results(tmp_path / "other", scores={"cnn": SCORES | {"c0": 0.8}})
    said = compare_studies(one, other).headline()
    assert said == "7 of 8 clones are called right by the CNN in A and in B, not the same ones."


@pytest.mark.parametrize(
    ("data", "labels", "reason"),
    [
        (
            {"label": "genotype"},
            LABELS,
            "A tells ALS from control (diagnosis), B tells ALS from control (genotype)",
        ),
        (
            {"positive": "FTD"},
            {clone: label.replace("ALS", "FTD") for clone, label in LABELS.items()},
            "B tells FTD from control",
        ),
        ({"group": "donor"}, LABELS, "A counts clones, B counts donors."),
    ],
)
def test_other_questions(tmp_path: Path, data: dict[str, str], labels: dict[str, str], reason: str) -> None:
    """Said first with the reason; no pairs, no differences, and the rest is compared all the same."""
    one = write_results(tmp_path / "one")
    other = write_results(tmp_path / "other", config={"data": data, "train": {"epochs": 7}}, labels=labels)
    found = compare_studies(one, other)
    assert found.headline() == "A and B ask different questions: their answers cannot be compared."
    assert reason in found.answers()[0]
    assert found.pairs == ()
    assert found.clones.empty
    assert found.numbers["difference"].isna().all()
    assert found.numbers["a"].notna().any()
    assert "train.epochs" in found.differing["settings"]


def test_nested_against_both_labels(tmp_path: Path) -> None:
    """Groups of one label and groups that hold both are not the same kind of observation."""
    one = write_results(tmp_path / "one")
    other = write_results(tmp_path / "other", record={"nested": False})
    assert compare_studies(one, other).reasons == ("A clone has one diagnosis in A and both in B.",)


def test_strangers_of_one_name(tmp_path: Path) -> None:
    """Clones of plates that share no pixels are matched by name, which is said; too few are no comparison."""
    one = write_results(tmp_path / "one")
    turned = {clone: "control" if label == "ALS" else "ALS" for clone, label in LABELS.items()} | {
        "a0": "ALS"
    }
    other = write_results(tmp_path / "other", plates={"Q1": "x"}, labels=turned)
    found = compare_studies(one, other)
    assert found.headline() == (
        "Only 1 clone stood in both under one diagnosis: the answers can hardly be paired."
    )
    assert any("matched by their names alone" in text for text in found.caveats)
    assert "Over all clones of A: the CNN 8 of 8 right" in found.summary()


def test_no_clone_in_common(tmp_path: Path) -> None:
    """The answers stand side by side, each with its interval, and are not paired."""
    names = {clone: f"x{clone}" for clone in LABELS}
    one = write_results(tmp_path / "one")
    other = write_results(
        tmp_path / "other",
        labels={names[clone]: label for clone, label in LABELS.items()},
        scores={"cnn": {names[clone]: score for clone, score in SCORES.items()}},
    )
    found = compare_studies(one, other)
    assert found.headline() == "No clone was scored in both A and B: the answers cannot be paired."
    assert "Over all clones of B: the CNN 8 of 8 right (95 % interval 0.68–1.00)." in found.answers()


def test_numbers_that_differ_for_no_recorded_reason(tmp_path: Path) -> None:
    """The reader is told that nothing recorded explains them."""
    one = write_results(tmp_path / "one")
    other = write_results(tmp_path / "other", scores={"cnn": WORSE, "forest": SCORES})
    (said,) = compare_studies(one, other).causes()
    assert said.startswith("Nothing that was recorded differs")


@pytest.mark.parametrize(("name", "letters"), [*((name, "A") for name in TABLES), ("scores", "AB")])
def test_a_table_that_is_missing(tmp_path: Path, name: str, letters: str) -> None:
    """In A, or in both: a sentence, never a traceback, and never "nothing differs"."""
    one, other = write_results(tmp_path / "one"), write_results(tmp_path / "other")
    for letter, study in (("A", one), ("B", other)):
        if letter in letters:
            (study.results / "tables" / f"{name}.parquet").unlink()
    found = compare_studies(one, other)
    said = found.summary()
    for letter in letters:
        assert f"{letter} has no table of {name.replace('_', ' ')}." in said
    assert found.headline() != "Nothing differs."
    assert all(table is not None for table in found.tables.values())


def test_other_verdicts(tmp_path: Path) -> None:
    """Where the studies' own reports answer otherwise, both answers are repeated, and else neither."""
    tied = DESIGN.assign(tied=[True, False], balanced=False)
    one = write_results(tmp_path / "one")
    other = write_results(tmp_path / "other", tables={"design": tied})
    said = compare_studies(one, other).summary()
    assert "A's own report says: Yes, in these plates:" in said
    assert "B's says: No verdict: diagnosis is fully confounded with plate" in said
    assert "own report says" not in compare_studies(other, other).summary()


def test_warnings_of_the_studies(tmp_path: Path) -> None:
    """What a study's own report warns of is repeated, with its letter."""
    one = write_results(tmp_path / "one", record={"notices": ["All is dark.", "Half is gone."]})
    other = write_results(tmp_path / "other", record={"notices": ["All is dark."]})
    assert compare_studies(one, other).cautions() == ("A and B: All is dark.", "A: Half is gone.")


def test_plot_and_tables(tmp_path: Path) -> None:
    """A plot gives its axes with the clones behind it; every table has its name."""
    one = write_results(tmp_path / "one")
    found = compare_studies(one, write_results(tmp_path / "other", scores={"cnn": WORSE}))
    drawn = found.plot()
    assert isinstance(drawn, Panels)
    assert drawn.numbers is found.table is found.clones
    assert list(found.tables["pairs"]["model"]) == ["cnn"]
    assert found.tables["pairs"].loc[0, "mcnemar_p"] == pytest.approx(0.25)
    assert np.isfinite(found.tables["numbers"].loc[0, "difference"])
