"""Two studies part by part: what is not the same is found, and nothing else."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.hcs.report.difference.fabricated import LABELS, SCORES, fabricated_tables, write_results

from hcs.report.difference.comparison import StudyComparison, compare_studies


def compared(
    folder: Path, a: dict[str, Any] | None = None, b: dict[str, Any] | None = None
) -> StudyComparison:
    """Compare two fabricated studies that differ in what is given."""
    return compare_studies(
        write_results(folder / "one", **(a or {})), write_results(folder / "other", **(b or {}))
    )


def with_wells(change: Any) -> dict[str, Any]:
    """Replace the wells table by a changed one."""
    wells = fabricated_tables(LABELS, {"cnn": SCORES}, ["P1", "P2"], 0)["wells"]
    return {"tables": {"wells": change(wells)}}


def test_plates(tmp_path: Path) -> None:
    """Same pixels, other pixels under one name, and plates of one study alone."""
    found = compared(
        tmp_path,
        {"plates": {"P1": "x", "P2": "y", "P3": "z"}},
        {"plates": {"P1": "x", "P2": "other", "P5": "u"}},
    )
    assert found.parts["plates"].to_dict("records") == [
        {"plate": "P1", "a": "x", "b": "x", "same": True},
        {"plate": "P2", "a": "y", "b": "other", "same": False},
        {"plate": "P3", "a": "z", "b": "not there", "same": False},
        {"plate": "P5", "a": "not there", "b": "u", "same": False},
    ]
    assert any("Other pixels under the same name: plate P2." in text for text in found.caveats)


def test_protocols(tmp_path: Path) -> None:
    """What either plate's protocol or export states, and the other's does not or otherwise."""

    def plate(dilution: str, **more: object) -> dict[str, Any]:
        said = {"protocol": {"antibodies": [{"target": "NF-H", "dilution": dilution}]}}
        return {
            "record": {
                "plates": {"P1": {"path": "P1", "digest": "d", "rows": 4, "columns": 6, **said, **more}}
            }
        }

    one = plate("1:1,000", imaged_with={"FITC exposure_ms": 300.0})
    found = compared(tmp_path, one, plate("1:500"))
    assert found.parts["protocols"].to_dict("records") == [
        {"entry": "P1: FITC exposure (ms) (export)", "a": "300.0", "b": "not stated", "same": False},
        {
            "entry": "P1: antibody to NF-H",
            "a": "dilution 1:1,000",
            "b": "dilution 1:500",
            "same": False,
        },
    ]


def test_a_well_that_took_part_in_one(tmp_path: Path) -> None:
    """It is listed with the reason of the study that left it out."""
    gone = with_wells(lambda wells: wells.iloc[1:])
    reason = pd.DataFrame({"what": ["well"], "where": ["P1/A01"], "reason": ["not included (platemap)"]})
    gone["tables"]["left_out"] = reason
    found = compared(tmp_path, None, gone)
    assert found.wells.to_dict("records") == [
        {"plate": "P1", "well": "A01", "what": "took part", "a": "yes", "b": "no: not included (platemap)"}
    ]
    assert found.other("left_out").empty
    assert "1 well of the plates they share" in found.differing["wells"]


def test_a_platemap_that_changed(tmp_path: Path) -> None:
    """Every entry that is another is listed once; the same numbers as fractions are no change."""

    def change(wells: pd.DataFrame) -> pd.DataFrame:
        other = wells.astype({"passage": float})
        other.loc[0, ["clone", "group"]] = "a1"
        other.loc[9, "passage"] = 99
        return other

    found = compared(tmp_path, None, with_wells(change))
    rows = set(found.wells[["plate", "well", "what", "a", "b"]].itertuples(index=False, name=None))
    assert rows == {("P1", "A01", "clone", "a0", "a1"), ("P2", "A02", "passage", "21", "99")}


def test_clones(tmp_path: Path) -> None:
    """Clones of one study alone and clones under another label are named."""
    labels = {clone: label for clone, label in LABELS.items() if clone != "a3"} | {"a9": "ALS", "c0": "ALS"}
    found = compared(tmp_path, None, {"labels": labels, "scores": {"cnn": SCORES | {"a9": 0.9}}})
    assert found.other("groups").drop(columns="same").to_dict("records") == [
        {"group": "a3", "a": "ALS", "b": "took no part"},
        {"group": "c0", "a": "control", "b": "ALS"},
        {"group": "a9", "a": "took no part", "b": "ALS"},
    ]
    assert found.pairs[0].n == 6
    assert any("1 clone has another diagnosis in B than in A (c0)" in text for text in found.caveats)


def test_settings_and_seeds(tmp_path: Path) -> None:
    """Only what differs is marked; a plate at another place is the same plate."""
    found = compared(
        tmp_path,
        {"config": {"data": {"plates": ["/elsewhere/P1.ome.zarr", "/elsewhere/P2.ome.zarr"]}}},
        {
            "config": {"train": {"epochs": 7}, "data": {"where": "passage < 40"}},
            "record": {"seeds": {"splits": 5}},
        },
    )
    other = found.other("settings").set_index("setting")
    assert other[["a", "b"]].to_dict("index") == {
        "data.where": {"a": "–", "b": "passage < 40"},
        "train.epochs": {"a": other.loc["train.epochs", "a"], "b": "7"},
        "seeds.splits": {"a": "0", "b": "5"},
    }
    assert other.loc["train.epochs", "a"] != "7"
    assert "Several things changed at once" in " ".join(found.causes())


def test_what_the_numbers_were_made_with(tmp_path: Path) -> None:
    """Versions, weights, hardware and digests that differ or are not recorded; not how long it took."""
    record = {
        "versions": {"numpy": "2.4.6"},
        "weights": {"source": "packaged", "sha256": "00"},
        "hardware": {"cores": 8, "machine": "x86_64"},
        "features_digest": "features-1",
        "durations": {"features": 1.0},
        "source": "/studies/other.toml",
    }
    found = compared(tmp_path, None, {"record": record})
    other = found.other("provenance").set_index("entry")
    assert other["b"].to_dict() == {
        "versions.tensorflow": "not recorded",
        "hardware.cores": "8",
        "weights.sha256": "00",
        "features_digest": "features-1",
    }
    assert "features_digest" not in found.differing["provenance"]


def test_sets(tmp_path: Path) -> None:
    """Sets that deal alike are the same in whatever order the groups are listed."""
    turned = fabricated_tables(LABELS, {"cnn": SCORES}, ["P1", "P2"], 0)["splits"].iloc[::-1]
    assert compared(tmp_path / "x", None, {"tables": {"splits": turned}}).other("sets").empty
    found = compared(tmp_path / "y", None, {"turned": 2})
    sets = found.other("sets")
    assert sets["a"].tolist() == ["test: c2, c3; train: a0, a1, a2, a3; validation: c0, c1"] * 2
    assert sets["b"].tolist() == ["test: a0, a1; train: a2, a3, c0, c1; validation: c2, c3"] * 2
    assert found.differing["sets"] == "2 sets (1 and 2)"
    assert any("The sets are not the same" in text for text in found.caveats)


def test_left_out(tmp_path: Path) -> None:
    """Fields left out by one study, or for another reason; what both left out alike is not listed."""

    def fields(*reasons: str) -> dict[str, Any]:
        where = [f"P1/A01/{place}" for place in range(len(reasons))]
        table = pd.DataFrame({"what": "field", "where": where, "reason": reasons})
        return {"tables": {"left_out": table}}

    found = compared(tmp_path, fields("same", "dark"), fields("same", "blurred", "gone"))
    assert found.other("left_out").drop(columns="same").to_dict("records") == [
        {"entry": "field P1/A01/1", "a": "dark", "b": "blurred"},
        {"entry": "field P1/A01/2", "a": "not left out", "b": "gone"},
    ]


@pytest.mark.parametrize("analysed", ["both", "one", "none"])
def test_analyses(tmp_path: Path, analysed: str) -> None:
    """Analyses of one study alone, other words, and those not made; none where there is none."""
    one = {"findings": {name: {"summary": name} for name in ("calls", "power", "drift")}, "left_out": {}}
    other = {
        "findings": {
            "calls": {"summary": "calls"},
            "power": {"summary": "More."},
            "mixing": {"summary": "x"},
        },
        "left_out": {"drift": "No order."},
    }
    held = {"both": (one, other), "one": (one, None), "none": (None, None)}[analysed]
    found = compared(tmp_path, {"analyses": held[0]}, {"analyses": held[1]})
    assert found.other("analyses")["analysis"].tolist() == {
        "both": ["power", "drift", "mixing"], "one": ["calls", "power", "drift"], "none": [],
    }[analysed]  # fmt: skip
    if analysed == "both":
        told = found.parts["analyses"].set_index("analysis")["b"]
        assert (told["drift"], told["power"]) == ("not made: No order.", "More.")
