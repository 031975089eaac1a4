"""Answers scored with their key: what stands, what is lacking, what came late, and whose key it is."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.hcs.readerstudy.keyed import PLACE, KeyedPack, keyed_pack
from tests.hcs.report.difference.fabricated import LABELS, write_results

from hcs.findings.reader_calls import keep_calls
from hcs.readerstudy.clicks import Click
from hcs.readerstudy.packing import new_pack
from hcs.readerstudy.responses import Responses
from hcs.readerstudy.scoring import score_pack
from hcs.readerstudy.simulated import SimulatedReader, simulate_answers
from hcs.readerstudy.spec import PackSpec
from hcs.study.folder import StudyResults
from hcs_plates.errors import ExistsError, NotThereError, StoreError


def answered(folder: Path, wrong: int = 3, **asked: Any) -> KeyedPack:
    """A pack that every reader has answered, wrong in every so many images of the test round."""
    made = keyed_pack(folder, **asked)
    other = {"ALS": "control", "control": "ALS"}
    for reader in made.pack.readers:
        calls = [other[one] if place % wrong == 2 else one for place, one in enumerate(made.truth(reader))]
        made.answer(reader, calls)
    return made


def test_calls_join_answers_with_the_key(tmp_path: Path) -> None:
    """What each call is of, which showing it is, its place among what was judged; no training round."""
    made = answered(tmp_path / "pack", repeats=3)
    found = score_pack(made.pack.folder)
    calls = found.calls
    assert not found.interim
    by_hand = made.calls()
    columns = ["reader", *PLACE, "call", "sure", "repeat"]
    assert calls[columns].to_numpy().tolist() == by_hand[columns].to_numpy().tolist()
    assert len(calls) == 2 * (48 + 3)
    assert calls["group"].nunique() == 12
    assert calls.groupby("reader")["repeat"].sum().tolist() == [3] * 2
    of_one = calls[calls["reader"] == "reader 2"]
    assert of_one["position"].tolist() == list(range(1, 52))
    what = made.key.images.set_index("image")
    items = [item for item in made.pack.items("reader 2") if not item.training]
    places = ["plate", "well", "field", "tile", "group", "label"]
    assert of_one[places].to_numpy().tolist() == [what.loc[item.image, places].tolist() for item in items]
    wrong = [place % 3 == 2 for place in range(2, 53)]
    assert (~of_one["right"]).tolist() == wrong


@pytest.mark.slow
def test_the_study_s_report_takes_the_calls(tmp_path: Path) -> None:
    """As they are written: the same number of calls, no repeat a fault, and the same finding."""
    study = write_results(tmp_path / "results")
    made = answered(tmp_path / "pack", clones=8, repeats=2)
    found = score_pack(made.pack.folder, out=tmp_path / "scores")
    kept = keep_calls(study, tmp_path / "scores" / "calls.csv")
    table = pd.read_parquet(kept)
    assert len(table) == len(found.calls)
    assert set(table["group"]) <= set(LABELS)
    finding = study.kept_readers().findings["readers"]
    assert finding.headline == found.findings["readers"].headline()
    assert list(study.kept_readers().findings) == [
        "readers", "reader_model", "reader_agreement", "reader_responses", "reader_pace",
    ]  # fmt: skip


def test_a_pack_of_a_study_is_scored(coded_study: StudyResults, tmp_path: Path) -> None:
    """Through pack, answers and key every call is of the clone and label that the study's well holds."""
    made = new_pack(coded_study, tmp_path / "pack", PackSpec(readers=2, per_reader=12, training=4, repeats=2))
    simulate_answers(made.pack.folder, None, [SimulatedReader(right=0.9, ends=0.9)], seed=1)
    found = score_pack(made.pack.folder)
    wells = coded_study.table("wells").set_index(["plate", "well"])
    held = wells.loc[pd.MultiIndex.from_frame(found.calls[["plate", "well"]]), ["group", "label"]]
    assert found.calls[["group", "label"]].to_numpy().tolist() == held.to_numpy().tolist()
    assert found.calls.groupby("reader")["repeat"].agg(["size", "sum"]).to_numpy().tolist() == [[14, 2]] * 2
    asked = {name: len(made.pack.items(name)) for name in made.pack.readers}
    assert found.responses.groupby("reader").size().tolist() == list(asked.values())


def test_every_click_is_written(tmp_path: Path) -> None:
    """The training round, and an answer that was withdrawn and given again."""
    made = keyed_pack(tmp_path / "pack", readers=1)
    truth = made.truth("reader 1")
    made.answer("reader 1", truth[:4])
    image = made.pack.items("reader 1")[3].image
    with Responses(made.pack.folder) as responses:
        responses.record([Click("reader 1", 3, image, None, None, 4, "undo")])
    other = {"ALS": "control", "control": "ALS"}[truth[3]]
    made.answer("reader 1", [other], start=3)
    found = score_pack(made.pack.folder)
    assert found.responses["stands"].tolist() == [True, True, True, False, False, True]
    assert found.responses["training"].tolist() == [True, True, False, False, False, False]
    assert found.calls["right"].tolist() == [True, False]
    assert found.interim
    assert found.headline().startswith("Interim: ")


def test_who_has_not_finished_is_said(tmp_path: Path) -> None:
    """A reader without an answer is left out by name; another is taken as far as he came, with n."""
    one = keyed_pack(tmp_path / "other", readers=3)
    one.answer("reader 1", one.truth("reader 1"))
    one.answer("reader 2", one.truth("reader 2")[:22])
    found = score_pack(one.pack.folder)
    assert found.interim
    assert "Left out without an answer: reader 3." in found.notices
    assert "Not finished, taken as they are: reader 2 20 of 48." in found.notices
    shares = found.findings["readers"].table
    images = shares[(shares["kind"] == "reader") & (shares["level"] == "image")]
    assert dict(zip(images["reader"], images["n"], strict=True)) == {"reader 1": 48, "reader 2": 20}


def test_another_pack_s_key_is_refused(tmp_path: Path) -> None:
    """And one that is gone; nothing is written then, not even that a key was opened."""
    made, other = answered(tmp_path / "a", readers=2), keyed_pack(tmp_path / "b", seed=1)
    with pytest.raises(StoreError, match="is the key of another pack"):
        score_pack(made.pack.folder, other.path, out=tmp_path / "scores")
    with pytest.raises(NotThereError):
        score_pack(made.pack.folder, tmp_path / "nowhere.json")
    assert not (tmp_path / "scores").exists()
    assert not list(tmp_path.glob("*.opened.json"))


def test_no_answers_are_said(tmp_path: Path) -> None:
    """Nobody yet, or only the training round."""
    made = keyed_pack(tmp_path / "pack")
    with pytest.raises(NotThereError, match="no reader of this pack has answered yet"):
        score_pack(made.pack.folder)
    made.answer("reader 1", made.truth("reader 1")[:2])
    with pytest.raises(NotThereError, match="beyond the training round"):
        score_pack(made.pack.folder)


def test_answers_after_the_key_was_opened_are_told(tmp_path: Path) -> None:
    """By the order of the log; the first time stays written down, whatever is scored after it."""
    made = keyed_pack(tmp_path / "pack", readers=2)
    made.answer("reader 1", made.truth("reader 1"))
    first = score_pack(made.pack.folder)
    assert not any("opened" in said for said in first.notices)
    noted = (tmp_path / "pack.opened.json").read_bytes()
    made.answer("reader 2", made.truth("reader 2"))
    again = score_pack(made.pack.folder)
    time = json.loads(noted)["time"]
    assert f"50 clicks of 1 reader came after the key was first opened ({time})." in again.notices
    assert (tmp_path / "pack.opened.json").read_bytes() == noted


def test_a_study_that_is_gone_or_another_one(tmp_path: Path) -> None:
    """Gone where the key says: no model, and that is told. Another one, named: refused."""
    made = answered(tmp_path / "pack", clones=8)
    found = score_pack(made.pack.folder)
    assert "reader_model" not in found.findings
    assert any("name the study (--study)" in said for said in found.notices)
    write_results(tmp_path / "results", record={"inputs": "inputs-1"})
    with pytest.raises(StoreError, match="is not the study that the pack was made from"):
        score_pack(made.pack.folder, study=tmp_path / "results")


@pytest.mark.slow
def test_scores_are_replaced_only_when_asked(tmp_path: Path) -> None:
    """A folder of earlier scores stays, and nothing of another kind is ever replaced."""
    made = answered(tmp_path / "pack", readers=2)
    score_pack(made.pack.folder, out=tmp_path / "scores")
    assert {file.name for file in (tmp_path / "scores").iterdir()} == {
        "calls.csv", "responses.csv", "scores.json", "findings",
    }  # fmt: skip
    with pytest.raises(ExistsError):
        score_pack(made.pack.folder, out=tmp_path / "scores")
    score_pack(made.pack.folder, out=tmp_path / "scores", overwrite=True)
