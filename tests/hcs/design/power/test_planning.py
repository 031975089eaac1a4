"""A plan: numbers, words, picture and record; what cannot be planned is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.hcs.design.power.pilots import Make, pilot

from hcs.analysis.finding import Finding
from hcs.cli import main
from hcs.design.power import planning
from hcs.design.power.pilot import expected_of
from hcs.design.power.plan import SampleSize
from hcs.design.power.planning import plan_clones
from hcs.report.reported import Study
from hcs.study.designrecord import DesignRecord
from hcs.study.folder import StudyResults
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.units import file_digest

ASSUMED = {"accuracy": 0.85, "icc": 0.3}


@pytest.fixture(scope="module")
def assumed_plan() -> SampleSize:
    """A plan from assumptions."""
    return plan_clones(ASSUMED, images=20, draws=200)


@pytest.fixture
def piloted(monkeypatch: pytest.MonkeyPatch, small_study: Study) -> Study:
    """A finished study whose scores are those of 8 clones of each class that nobody imaged."""

    def made(study: StudyResults, model: str, **asked: object) -> object:
        return expected_of(pilot(np.random.default_rng(4), Make(), 8), model, **asked)  # type: ignore[arg-type]

    monkeypatch.setattr(planning, "pilot_expected", made)
    return small_study


def test_a_plan_is_a_finding(assumed_plan: SampleSize) -> None:
    """The headline has the number, in 30 words; the summary begins with it, in 120, and holds the caveats."""
    assert isinstance(assumed_plan, Finding)
    said = assumed_plan.headline()
    assert said.startswith("A 95 % interval of the accuracy no wider than 0.2 takes 2")
    assert f"takes {assumed_plan.needed} clones per class; more than 21 images a clone hardly help." in said
    assert len(said.split()) <= 30
    assert assumed_plan.summary().startswith(said)
    assert len(assumed_plan.summary().split()) <= 120
    assert all(caveat in assumed_plan.summary() for caveat in assumed_plan.caveats)
    assert assumed_plan.statistics["value"].tolist() == assumed_plan.table["n_per_class"].tolist()


def test_every_quantity_has_its_number(assumed_plan: SampleSize) -> None:
    """Five quantities; what so many give is what is wanted; simulated and by formula within their errors."""
    table = assumed_plan.table.set_index("quantity")
    assert list(table.index) == ["accuracy", "auc", "yes", "separation", "difference"]
    widths = table.index.isin(["accuracy", "auc"])
    assert (table["value"][widths] <= 0.2).all()
    assert (table["value"][~widths] >= 0.8).all()
    assert table["least"].isna().all()
    curve = assumed_plan.curve
    near = abs(curve["value"] - curve["formula"]) < 4 * curve["value_se"] + 0.06
    assert near[curve["n_per_class"] >= 8].all()


def test_the_same_seed_is_the_same_plan() -> None:
    """Seeds are stated and repeat; another one may differ by Monte Carlo error alone."""
    first, again, other = (plan_clones(ASSUMED, images=20, draws=20, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first.curve, again.curve)
    assert not first.curve.equals(other.curve)
    assert first.settings["seed"] == 1


@pytest.mark.slow
def test_a_pilot_gives_a_range(piloted: Study) -> None:
    """At the pilot's limits fewer or more clones; curves of both; what is taken for granted is said."""
    plan = plan_clones(piloted, draws=200)
    (row,) = plan.table[plan.table["quantity"] == "accuracy"].itertuples()
    assert row.least <= row.n_per_class <= row.most
    assert row.least < row.most
    assert f"(pilot's limits: {row.least} to {row.most})" in plan.headline()
    assert len(plan.headline().split()) <= 30
    assert len(plan.summary().split()) <= 120
    assert set(plan.curve["at"]) == {"estimate", "worst", "best"}
    assert "models no better for more clones" in plan.summary()
    assert plan.settings["images"] == 8
    assert list(plan.files) == ["small-results/record.json"]


@pytest.mark.slow
def test_unequal_groups_and_pairs_are_worded(piloted: Study) -> None:
    """Two controls for each patient, and isogenic pairs: the number says of what."""
    plan = plan_clones(piloted, ratio=2.0, goal="difference", draws=100)
    assert plan.size is not None
    assert plan.size.m == 2 * plan.size.n
    assert f"takes {plan.size.n} ALS and {plan.size.m} control clones" in plan.headline()
    paired = plan_clones(ASSUMED, pairs=True, correlation=0.5, goal="difference", images=20, draws=100)
    assert paired.headline().startswith("80 % power of the paired t-test takes")
    assert f"{paired.needed} isogenic pairs" in paired.headline()
    alone = plan_clones(ASSUMED, goal="difference", images=20, draws=100)
    assert paired.needed is not None
    assert alone.needed is not None
    assert paired.needed <= alone.needed


def test_no_number_is_said_in_words() -> None:
    """A width that 10,000 clones do not reach."""
    plan = plan_clones(ASSUMED, width=0.002, images=20, draws=50)
    assert plan.needed is None
    assert "no wider than 0.002 is not reached with 10,000 clones per class" in plan.headline()
    assert "nan" not in plan.summary()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"goal": "acuracy"}, "no goal 'acuracy': did you mean 'accuracy'?"),
        ({"test": "paired"}, "no test 'paired': give welch and mann-whitney"),
        ({"width": 0.0}, "a width of 0 must lie between 0 and 1"),
        ({"power": 1.0}, "a power of 1 must lie between 0 and 1"),
        ({"gain": 0.5}, "a gain of 0.5"),
        ({"ratio": 0.0}, "a ratio of 0 must lie between 0.1 and 10"),
        ({"images": 2, "wells": 3}, "2 images cannot be in 3 wells"),
        ({"images": 0}, "0 images cannot be in 1 well"),
        ({"wells": 0}, "225 images cannot be in 0 wells"),
        ({"pairs": True, "ratio": 2.0, "correlation": 0.1}, "leave out the ratio"),
        ({"correlation": 0.1}, "ask for pairs too"),
        ({"pairs": True, "correlation": 1.0}, "must lie between -1 and 1"),
        ({"pairs": True}, "as correlation; 0 is as strangers"),
        ({"model": "forest"}, "A model is one of a pilot"),
        ({"draws": 1}, "2 or more studies must be simulated"),
    ],
)
def test_what_cannot_be_planned_is_refused(options: dict[str, object], said: str) -> None:
    """Numbers out of range and options that contradict each other, before anything is simulated."""
    with pytest.raises(ArgumentError) as refused:
        plan_clones(ASSUMED, **options)  # type: ignore[arg-type]
    assert said in str(refused.value)


def test_a_plan_is_kept_whole(assumed_plan: SampleSize, tmp_path: Path) -> None:
    """Tables, pictures and a record with their digests; nothing is replaced unasked, nothing half written."""
    files = assumed_plan.save(tmp_path / "power")
    assert sorted(files) == [
        "curve.csv", "images.csv", "needed.csv", "power.json", "power.png", "power.svg",
    ]  # fmt: skip
    record = DesignRecord.read(files["power.json"])
    assert record.kind == "power"
    assert record.headline == assumed_plan.headline()
    assert {name: file_digest(path) for name, path in files.items() if name != "power.json"} == record.files
    assert [row["quantity"] for row in record.tables["needed"]] == assumed_plan.table["quantity"].tolist()
    assert record.settings["seed"] == 0
    with pytest.raises(ExistsError):
        assumed_plan.save(tmp_path / "power")
    (tmp_path / "busy" / "power.svg").mkdir(parents=True)
    with pytest.raises(OSError, match="cannot be written"):
        assumed_plan.save(tmp_path / "busy", overwrite=True)
    assert [path.name for path in (tmp_path / "busy").iterdir()] == ["power.svg"]


def run(*words: str | Path) -> int:
    """Run the command as a process would; its exit code."""
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    return int(left.value.code or 0)


def test_the_command_plans(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON on the terminal, a record in its file, and refusals of one sentence."""
    record = tmp_path / "power.json"
    words = ("power", "--assume", "auc=0.9,icc=0.3", "--images", "20", "--goal", "auc", "--json")
    assert run(*words, "--record", record) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["headline"] == DesignRecord.read(record).headline
    assert told["needed"][1]["quantity"] == "auc"
    assert told["files"] == {"record": str(record)}
    assert run(*words, "--record", record) == 2
    assert "power.json" in capsys.readouterr().err
    assert run("power") == 2
    assert "--pilot" in capsys.readouterr().err
    assert run("power", "--pilot", tmp_path, "--assume", "auc=0.9") == 2
    assert "not both" in capsys.readouterr().err
