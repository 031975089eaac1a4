"""A study explained: tables and maps, the same again, by blind heads only, and runs that go on."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.models.kerasmaps import guided_copy, taped

from hcs.analysis.finding import Finding
from hcs.classifiers.cnn import Network
from hcs.classifiers.model import Model
from hcs.explain import clone, explanations
from hcs.explain.clone import (
    CEILING,
    GUIDED,
    PERMUTED,
    PICTURED,
    RANDOM,
    SHUFFLED,
    TRAINED,
    CloneWork,
    explain_clone,
)
from hcs.explain.explanations import Explanations, Findings, explain_study
from hcs.explain.maps import save_maps, to_pixels
from hcs.explain.permuted import permuted_head
from hcs.explain.plan import ExplainSpec, clones_to_explain
from hcs.explain.sheet import COLUMNS
from hcs.study.folder import StudyResults
from hcs.study.network import feature_spec
from hcs_models.preprocessing import preprocess
from hcs_models.saved import joined_model
from hcs_plates import staging
from hcs_plates.errors import ArgumentError, HcsError, NotThereError, StoreError
from hcs_plates.units import Output

# A study that is explained takes half a minute to make.
pytestmark = pytest.mark.slow

CopyStudy = Callable[[Path], StudyResults]
SPEC = ExplainSpec(sampled=2, controls=2, networks=1, judged=1)
LESS = ExplainSpec(sampled=2, controls=1, networks=1, judged=0)
"""The same with one control of each kind and nothing judged, which takes longest."""
QUICK = ExplainSpec(sampled=1, controls=0, networks=0, judged=0)
BLOCKS = ("block2", "block3")
SHARES = ["soma", "neurite", "background"]


def stopped(*_: Any) -> Output:
    """Fault of the program, or a kill, in place of a unit."""
    raise RuntimeError("killed")


@dataclass
class Watch:
    """Explains clones one by one and notes which, by which sets' heads; is killed after so many."""

    patch: pytest.MonkeyPatch
    killed_after: int = 99

    def __post_init__(self) -> None:
        self.made: list[str] = []
        self.used: dict[str, set[int]] = {}
        own = clone.explain_clone

        def explain(work: CloneWork) -> Output:
            if len(self.made) == self.killed_after:
                raise RuntimeError("killed")
            self.made.append(work.plan.group)
            return own(work)

        load = StudyResults.trained

        def trained(study: StudyResults, number: int, model: Model) -> Any:
            if self.made:
                self.used.setdefault(self.made[-1], set()).add(number)
            return load(study, number, model)

        def permuted(folder: Path, number: int, permutation: int) -> Path:
            self.used.setdefault(self.made[-1], set()).add(number)
            return permuted_head(folder, number, permutation)

        self.patch.setattr(explanations, "explain_clone", explain)
        self.patch.setattr(StudyResults, "trained", trained)
        self.patch.setattr(clone, "permuted_head", permuted)


@dataclass(frozen=True)
class Resumed:
    """A run that was killed after three clones and went on."""

    found: Explanations
    before: list[str]
    after: list[str]
    used: dict[str, set[int]]


@pytest.fixture(scope="module")
def resumed(copy_study: CopyStudy, tmp_path_factory: pytest.TempPathFactory) -> Resumed:
    """The same study explained on one thread, killed after three clones, and explained to its end."""
    study = copy_study(tmp_path_factory.mktemp("resumed"))
    with pytest.MonkeyPatch.context() as patch:
        first = Watch(patch, killed_after=3)
        with pytest.raises(RuntimeError, match="killed"):
            explain_study(study, LESS, workers=1)
    with pytest.raises(NotThereError):
        Explanations.open(study)
    with pytest.MonkeyPatch.context() as patch:
        second = Watch(patch)
        found = explain_study(study, LESS, workers=1)
    return Resumed(found, first.made, second.made, first.used | second.used)


def test_tables_are_whole(explained: Explanations) -> None:
    """The columns that are documented; a row for every tile, source, replicate and block."""
    tables = explained.tables
    assert {name: list(table) for name, table in tables.items()} == COLUMNS
    tiles = tables["areas"]["tile_id"]
    assert tables["areas"].groupby("group").size().to_dict() == dict.fromkeys(
        [*(f"a{n}" for n in range(4)), *(f"c{n}" for n in range(4))], 2
    )
    replicates = (
        tables["shares"].groupby(["tile_id", "source", "block"])["replicate"].agg(["size", "nunique"])
    )
    assert set(replicates.index.get_level_values("block")) == set(BLOCKS)
    assert (replicates["size"] == replicates["nunique"]).all()
    counts = replicates["size"].groupby("source").agg(["min", "max"])
    expected = {TRAINED: 1, RANDOM: 2, PERMUTED: 2, SHUFFLED: 1, CEILING: 3}
    assert counts.to_dict("index") == {name: {"min": n, "max": n} for name, n in expected.items()}
    assert len(tables["shares"]) == len(tiles) * len(BLOCKS) * sum(expected.values())
    compared = tables["likeness"].groupby(["control", "method"]).size().unstack()
    assert compared.loc[RANDOM].to_dict() == {"block2": 32, "block3": 32, GUIDED: 16}
    assert compared.loc[PERMUTED].to_dict() == {"block2": 32, "block3": 32, GUIDED: 16}
    assert compared.loc[SHUFFLED].to_dict() == {"block2": 16, "block3": 16, GUIDED: 16}
    curves = tables["curves"].groupby(["group", "order", "kind"])["fraction"].agg(["size", "min", "max"])
    assert len(curves) == 8 * 4 * 2
    assert (curves["min"] == 0).all()
    assert (curves["max"] == 1).all()
    assert set(tables["curves"]["order"]) == {*BLOCKS, "random", "brightness"}
    assert tables["curves"]["probability"].between(0, 1).all()
    assert tables["occlusion"].groupby(["group", "block"]).size().tolist() == [1] * 16


def test_shares_are_shares(explained: Explanations) -> None:
    """They sum to 1 over the compartments, or are missing altogether."""
    for name in ("shares", "areas"):
        shares = explained.tables[name][SHARES]
        assert (shares.isna().any(axis=1) == shares.isna().all(axis=1)).all()
        assert shares.dropna().sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    assert explained.tables["likeness"]["rho"].dropna().abs().max() <= 1


def test_both_ends_of_a_curve_are_shared(explained: Explanations) -> None:
    """Whatever the order: one begins with the whole tile, where the other ends, and the other way round."""
    wide = explained.tables["curves"].pivot_table(
        index="tile_id", columns=["kind", "fraction", "order"], values="probability"
    )
    for here, there in (("deletion", "insertion"), ("insertion", "deletion")):
        first, last = wide[here][0.0], wide[there][1.0]
        assert (first.nunique(axis=1) == 1).all()
        assert first.to_numpy() == pytest.approx(last.to_numpy())


def test_the_whole_tile_has_the_studys_score(explained: Explanations, explained_study: StudyResults) -> None:
    """Where nothing is deleted the probability is that of the study's own table, for the tile's own class."""
    scores = explained_study.table("scores").query("model == 'cnn'").merge(explained_study.tiles.index)
    own = scores.set_index("tile_id")["probability"]
    whole = (
        explained.tables["curves"].query("kind == 'deletion' and fraction == 0").drop_duplicates("tile_id")
    )
    expected = own.loc[whole["tile_id"]].to_numpy()
    expected = np.where(whole["label"] == "ALS", expected, 1 - expected)
    assert whole["probability"].to_numpy() == pytest.approx(expected, abs=2e-3)


def test_maps_belong_to_the_pictured_tiles(explained: Explanations) -> None:
    """One map a tile, in its block's resolution, of its own maximum; guided ones in pixels."""
    maps = explained.maps()
    n = len(explained.tiles)
    assert explained.blocks == BLOCKS
    assert {name: one.shape for name, one in maps.items()} == {
        "block2": (n, 32, 32),
        "block3": (n, 16, 16),
        "guided": (n, 64, 64),
    }
    for one in maps.values():
        assert one.dtype == np.float16
        assert one.min() >= 0
        assert set(one.max(axis=(1, 2)).tolist()) <= {0.0, 1.0}
        assert one.any(axis=(1, 2)).mean() > 0.8
    tiles = explained.tiles
    assert (tiles["called"] == (tiles["probability"] >= 0.5)).all()
    assert (tiles["n_sets"] == 1).all()
    assert tiles.groupby("group")["reason"].agg(", ".join).str.contains("highest").all()


def keras_maps(study: StudyResults, tile: "pd.Series[Any]", called: bool) -> dict[str, Any]:
    """Maps of a tile by Keras' own gradients, through the joined model of the set that tested its clone."""
    spec = feature_spec(study)
    tested = study.table("splits").query("part == 'test'")
    (number,) = tested.loc[tested["group"] == tile["group"], "set"]
    model = joined_model(study.trained(int(number), Network()), spec)
    image = preprocess(study.tiles.read(int(tile["row"]), int(tile["row"]) + 1), spec.preprocessing)
    *coarse, _ = taped(model, image, int(called), ["block2_conv2", "block3_conv3"])
    maps = dict(zip(("block2", "block3"), coarse, strict=True))
    (steep,) = taped(guided_copy(model), image, int(called))
    maps["guided"] = np.maximum(steep.sum(axis=-1), 0) * to_pixels(maps["block3"], "block3", 64)
    return {name: one[0] / one.max() for name, one in maps.items()}


def assert_alike(found: Any, expected: Any) -> None:
    """Equal to half precision; where pooling finds two values alike a few pixels may differ."""
    assert np.quantile(np.abs(found.astype(np.float64) - expected), 0.99) < 5e-3


def test_maps_are_grad_cams_of_the_exported_model(
    explained: Explanations, explained_study: StudyResults
) -> None:
    """What Keras gives for the class the tile is called, in both classes."""
    maps = explained.maps()
    for called in (True, False):
        place = int(np.flatnonzero(explained.tiles["called"] == called)[0])
        for name, one in keras_maps(explained_study, explained.tiles.iloc[place], called).items():
            assert_alike(maps[name][place], one)


def test_a_wrong_tile_is_pictured_for_what_it_is_called(
    explained_study: StudyResults, tmp_path: Path
) -> None:
    """Not for its own class: the map shows what misled the heads."""
    plan = clones_to_explain(explained_study, 1)[0]
    wrong = replace(plan, pictured=plan.pictured.assign(probability=0.1))
    assert wrong.pictured["positive"].all()
    results, network = explained_study.results.resolve(), feature_spec(explained_study)
    explain_clone(CloneWork(results, wrong, network, QUICK, BLOCKS, tmp_path / "g", None, False))
    with np.load(tmp_path / "g" / PICTURED) as maps:
        for name, one in keras_maps(explained_study, wrong.pictured.iloc[0], False).items():
            assert_alike(maps[name][0], one)


def test_every_judged_tile_has_a_random_order_of_its_own(
    explained_study: StudyResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One order for all tiles would be one draw, and no p over clones would know how lucky it was."""
    seeds: list[int] = []

    def judge(*given: Any) -> tuple[list[Any], list[Any]]:
        seeds.append(given[-1])
        return [], []

    monkeypatch.setattr(clone, "judge_tile", judge)
    spec = ExplainSpec(sampled=2, controls=0, networks=0, judged=2)
    results, network = explained_study.results.resolve(), feature_spec(explained_study)
    for number, plan in enumerate(clones_to_explain(explained_study, 2)[:2] * 2):
        explain_clone(CloneWork(results, plan, network, spec, BLOCKS, tmp_path / str(number), None, False))
    assert len(set(seeds[:4])) == 4
    assert seeds[:4] == seeds[4:]


def test_a_run_that_was_killed_goes_on(resumed: Resumed) -> None:
    """Clones that were finished are not explained again; the others are, each once."""
    every = [*(f"a{n}" for n in range(4)), *(f"c{n}" for n in range(4))]
    assert resumed.before == every[:3]
    assert resumed.after == every[3:]


def test_the_same_again(resumed: Resumed, explained: Explanations) -> None:
    """Killed or not, on one thread or many, beside more controls or fewer: the same to the last digit."""
    pd.testing.assert_frame_equal(resumed.found.tiles, explained.tiles, check_exact=True)
    for name, maps in explained.maps().items():
        assert np.array_equal(resumed.found.maps()[name], maps)
    pd.testing.assert_frame_equal(resumed.found.tables["areas"], explained.tables["areas"], check_exact=True)
    whole = explained.tables["shares"]
    fewer = whole[~whole["source"].isin([RANDOM, PERMUTED]) | (whole["replicate"] == 0)].reset_index(
        drop=True
    )
    pd.testing.assert_frame_equal(resumed.found.tables["shares"], fewer, check_exact=True)
    first, other = (
        found.tables["likeness"].groupby(["control", "method", "tile_id"])["rho"].first()
        for found in (resumed.found, explained)
    )
    pd.testing.assert_series_equal(first, other, check_exact=True)
    assert resumed.found.record["control_sets"] == explained.record["control_sets"]


def test_heads_are_blind_to_the_clone(resumed: Resumed, explained_study: StudyResults) -> None:
    """Own and permuted heads alike are of sets that tested the clone: none trained or validated on it."""
    splits = explained_study.table("splits")
    learnt = splits[splits["part"] != "test"]
    tested = splits[splits["part"] == "test"]
    assert len(resumed.used) == 8
    for group, numbers in resumed.used.items():
        assert numbers == set(tested.loc[tested["group"] == group, "set"])
        assert not numbers & set(learnt.loc[learnt["group"] == group, "set"])


def test_nothing_is_left_behind(resumed: Resumed) -> None:
    """Only the tables, the maps and the record; no half-made folder beside them."""
    folder = resumed.found.folder
    names = {*(f"{name}.parquet" for name in COLUMNS), "tiles.parquet", "maps.npz", "explanations.json"}
    assert {path.name for path in folder.iterdir()} == names
    assert not list(folder.parent.glob(".explanations*"))


def test_a_second_call_is_an_answer_at_once(
    explained: Explanations, explained_study: StudyResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is trained or explained again for the same settings; other ones are explained anew."""
    monkeypatch.setattr(explanations, "explain_clone", stopped)
    monkeypatch.setattr(explanations, "train_permuted", stopped)
    again = explain_study(explained_study, SPEC)
    assert again.record == explained.record
    copied = shutil.copytree(explained_study.results, explained_study.results.parent / "asked-otherwise")
    study = StudyResults.open(copied)
    for other in (
        ExplainSpec(sampled=2, controls=2, networks=1, judged=1, seed=1),
        ExplainSpec(sampled=3, controls=2, networks=1, judged=1),
        ExplainSpec("block3", sampled=2, controls=2, networks=1, judged=1),
    ):
        with pytest.raises(RuntimeError, match="killed"):
            explain_study(study, other)
    # What stood there stands until the new is whole.
    assert Explanations.open(study).record == explained.record


def test_another_seed_is_another_control(
    explained: Explanations, copy_study: CopyStudy, tmp_path: Path
) -> None:
    """Controls are drawn and trained anew; the trained heads' own maps stay."""
    other = explain_study(
        copy_study(tmp_path), ExplainSpec(sampled=2, controls=1, networks=0, judged=0, seed=1)
    )
    assert other.record["spec"]["seed"] == 1
    for name, maps in explained.maps().items():
        assert np.array_equal(other.maps()[name], maps)
    for control in (RANDOM, PERMUTED):
        first, second = (first_likeness(one, control) for one in (explained, other))
        assert first.index.equals(second.index)
        assert not np.allclose(first, second, equal_nan=True)


def first_likeness(found: Explanations, control: str) -> "pd.Series[float]":
    """Likeness of block 3's maps to those of a control's first replicate, by tile."""
    table = found.tables["likeness"]
    here = (table["control"] == control) & (table["method"] == "block3")
    return table[here].groupby("tile_id")["rho"].first()


def change_record(study: StudyResults, change: Callable[[dict[str, Any]], None]) -> StudyResults:
    """Change what the record of a copied study says, and open it anew."""
    path = study.results / "record.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")
    return StudyResults.open(study.results)


@pytest.fixture
def explained_copy(explained: Explanations, explained_study: StudyResults, tmp_path: Path) -> StudyResults:
    """Copy of the explained study, to be changed."""
    return StudyResults.open(shutil.copytree(explained_study.results, tmp_path / "results"))


def test_an_earlier_run_is_not_explained(
    explained_copy: StudyResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a run on other features or tiles the explanations are refused, and made again when asked for."""
    study = change_record(explained_copy, lambda record: record.update(inputs="others"))
    with pytest.raises(
        StoreError, match="explains an earlier run of this study; make it again with `hcs explain`"
    ):
        Explanations.open(study)
    monkeypatch.setattr(explanations, "train_permuted", stopped)
    with pytest.raises(RuntimeError, match="killed"):
        explain_study(study, SPEC)


def test_a_study_that_was_not_explained(copy_study: CopyStudy, tmp_path: Path) -> None:
    """Is told from one that was, with the command that does it."""
    with pytest.raises(NotThereError, match="holds no explanations; make them with `hcs explain`"):
        Explanations.open(copy_study(tmp_path))


def test_a_damaged_record_is_no_traceback(explained_copy: StudyResults) -> None:
    """Half a file, as a full disk leaves it, is refused in a sentence."""
    path = explained_copy.results / "explanations" / "explanations.json"
    path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
    with pytest.raises(StoreError):
        Explanations.open(explained_copy)


def test_a_table_that_is_gone_is_no_traceback(explained_copy: StudyResults) -> None:
    """Nor is a table that is not there."""
    (explained_copy.results / "explanations" / "curves.parquet").unlink()
    with pytest.raises((StoreError, NotThereError)):
        Explanations.open(explained_copy)


@pytest.mark.usefixtures("summed_up")
def test_findings(explained: Explanations, findings: Findings) -> None:
    """Each says what its tables hold; the summary says them all."""
    assert list(findings) == ["compartments", "likeness", "faithfulness"]
    said = explained.summary()
    for finding in findings.values():
        assert isinstance(finding, Finding)
        assert finding.summary() in said
    assert sorted(findings["compartments"].table["label"].unique()) == ["ALS", "all", "control"]
    assert findings["faithfulness"].table["n"].max() == 8


def test_what_could_not_be_done_is_left_out(
    copy_study: CopyStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plate that has gone, permuted heads that cannot be trained: with the reason; the rest is there."""

    def move(record: dict[str, Any]) -> None:
        record["plates"]["P2"] |= {"path": "/gone/P2.ome.zarr", "beside": "../gone"}

    def refused(_: Any) -> Output:
        raise ArgumentError("Group 'a0' holds both labels.")

    study = change_record(copy_study(tmp_path), move)
    monkeypatch.setattr(explanations, "train_permuted", refused)
    found = explain_study(study, ExplainSpec(sampled=1, controls=1, networks=0, judged=0))
    assert list(found.left_out) == ["compartments", "heads on permuted labels"]
    assert "Plate P2 is not at /gone/P2.ome.zarr" in found.left_out["compartments"]
    assert found.left_out["heads on permuted labels"] == "Group 'a0' holds both labels."
    for name in ("shares", "areas"):
        assert found.tables[name].empty
        assert list(found.tables[name]) == COLUMNS[name]
    assert found.tables["likeness"].groupby(["control", "method"]).size().to_dict() == {
        (RANDOM, method): 8 for method in (*BLOCKS, GUIDED)
    }
    assert len(found.maps()["block2"]) == len(found.tiles)
    assert list(found.findings()) == ["likeness"]
    for sentence in found.left_out.values():
        assert sentence in found.summary()


def test_without_controls_only_the_heads_own_maps(copy_study: CopyStudy, tmp_path: Path) -> None:
    """The least that can be asked for."""
    found = explain_study(copy_study(tmp_path), QUICK)
    assert set(found.tables["shares"]["source"]) == {TRAINED, CEILING}
    assert not found.left_out
    for name in ("likeness", "curves", "occlusion"):
        assert found.tables[name].empty
        assert list(found.tables[name]) == COLUMNS[name]
    assert list(found.findings()) == ["compartments"]
    assert len(found.maps()["guided"]) == len(found.tiles)


def test_a_clone_that_is_refused_ends_the_run(
    copy_study: CopyStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its sentence, and nothing half made is published."""

    def refused(_: CloneWork) -> Output:
        raise StoreError("tiles.zarr", "the pixels of tile P1/A01/1/0 are not those its index describes")

    monkeypatch.setattr(explanations, "explain_clone", refused)
    study = copy_study(tmp_path)
    with pytest.raises(HcsError, match="pixels of tile P1/A01/1/0"):
        explain_study(study, QUICK)
    with pytest.raises(NotThereError):
        Explanations.open(study)


def made_up(work: CloneWork) -> Output:
    """Leave what a unit leaves, without a network."""
    work.folder.mkdir(parents=True)
    n = len(work.plan.pictured)
    for name, columns in COLUMNS.items():
        pd.DataFrame(columns=columns).to_parquet(work.folder / f"{name}.parquet", index=False)
    save_maps(work.folder / PICTURED, {"block2": np.zeros((n, 32, 32)), "guided": np.zeros((n, 64, 64))})
    return {"checksum": work.plan.group}


def refuses(work: CloneWork) -> Output:
    """Explain nothing."""
    raise AssertionError(f"{work.plan.group} was explained already")


def test_a_kill_while_tidying_up(
    copy_study: CopyStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When all is explained and not yet in its place, another run only puts it there."""
    study, real = copy_study(tmp_path), staging.Place.publish

    def killed(_: staging.Place) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(explanations, "explain_clone", made_up)
    monkeypatch.setattr(staging.Place, "publish", killed)
    with pytest.raises(RuntimeError, match="killed"):
        explain_study(study, QUICK)
    monkeypatch.setattr(staging.Place, "publish", real)
    monkeypatch.setattr(explanations, "explain_clone", refuses)
    found = explain_study(study, QUICK)
    assert len(found.maps()["guided"]) == len(found.tiles) >= 16
    assert not list(study.results.glob(".explanations*"))


def test_a_block_that_is_not_there(copy_study: CopyStudy, tmp_path: Path) -> None:
    """It is refused before anything is made."""
    study = copy_study(tmp_path)
    with pytest.raises(ArgumentError, match="block3 do not depend on block5"):
        explain_study(study, ExplainSpec("block5"))
    assert not list(study.results.glob(".explanations*"))
