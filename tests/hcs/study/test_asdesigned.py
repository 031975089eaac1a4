"""A study held against the records of its design: what agrees, what contradicts, what cannot be known."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from hcs.answer.check import Check, Outcome
from hcs.study.asdesigned import blinding_check, design_checks, late_check
from hcs.study.designrecord import DesignRecord

LAID = [
    {"plate": "P1", "well": "A1", "clone": "K7QX", "included": True},
    {"plate": "P1", "well": "A2", "clone": "M4CD", "included": True},
    {"plate": "P1", "well": "B1", "clone": None, "role": "negative_control", "included": True},
    {"plate": "P1", "well": "B2", "clone": "M4CD", "included": False},
]
LAYOUT = DesignRecord(kind="layout", headline="Balanced.", tables={"wells": LAID})
NOTHING = pd.DataFrame(columns=["what", "where", "reason"])


def _wells(**clones: str | None) -> pd.DataFrame:
    rows = [{"plate": "P1", "well": well, "clone": clone} for well, clone in clones.items()]
    return pd.DataFrame(rows)


def _only(wells: pd.DataFrame, left_out: pd.DataFrame = NOTHING, record: DesignRecord = LAYOUT) -> Check:
    (check,) = design_checks([record], {}, wells, left_out)
    return check


@pytest.mark.parametrize(
    "wells",
    [
        _wells(A01="K7QX", A02="M4CD", B01=None),
        _wells(A01="ALS1", A02="CTL1").assign(code=["K7QX", "M4CD"]),
    ],
)
def test_plates_that_follow_their_layout(wells: pd.DataFrame) -> None:
    """Under codes, and after names were put on them; controls and wells left empty by the layout are none."""
    check = _only(wells)
    assert check.outcome is Outcome.HOLDS
    assert check.sentence == "2 of the layout's 2 wells took part, each with its clone."


@pytest.mark.parametrize(
    ("wells", "outcome", "said", "numbers"),
    [
        (
            _wells(A01="M4CD", A02="M4CD"),
            Outcome.FAILS,
            "1 well has another clone than the layout says (P1/A01).",
            {"exchanged": ["P1/A01"]},
        ),
        (
            _wells(A01="K7QX", A02="M4CD", C06="K7QX"),
            Outcome.FAILS,
            "1 well is not in the layout (P1/C06).",
            {"unplanned": ["P1/C06"]},
        ),
        (
            _wells(A02="M4CD"),
            Outcome.HOLDS,
            "1 well of the layout has no images (P1/A01).",
            {"missing": ["P1/A01"]},
        ),
    ],
)
def test_what_differs_from_the_layout_is_named(
    wells: pd.DataFrame, outcome: Outcome, said: str, numbers: dict[str, Any]
) -> None:
    """Another clone and a well that was not planned contradict it; a well without images is told."""
    check = _only(wells)
    assert check.outcome is outcome
    assert said in check.sentence
    assert numbers.items() <= dict(check.numbers).items()


def test_wells_that_were_left_out_are_not_missing() -> None:
    """They are counted, since the list of what was left out has the reason."""
    left_out = pd.DataFrame([("well", "P1/A01", "not included (platemap)")], columns=NOTHING.columns)
    check = _only(_wells(A02="M4CD"), left_out)
    assert check.sentence.endswith("1 well of it is left out.")
    assert (check.numbers["n_left_out"], check.numbers["missing"]) == (1, [])


def test_plates_of_other_names_cannot_be_compared() -> None:
    """Neither agreement nor contradiction is said."""
    check = _only(_wells(A01="K7QX").assign(plate="sim-1"))
    assert check.outcome is Outcome.NOT_KNOWN
    assert "it names the plates P1, and the study has sim-1" in check.sentence


@pytest.mark.parametrize(
    ("verdicts", "outcome", "said"),
    [
        (("eligible", "eligible"), Outcome.HOLDS, "All 2 clones that took part are eligible."),
        (("eligible", "undetermined"), Outcome.FAILS, "1 clone took part without being eligible (C2: und"),
        (("eligible", "not eligible"), Outcome.FAILS, "(C2: not eligible)"),
        (("eligible",), Outcome.NOT_KNOWN, "Of C2, who took part, the record of eligibility says nothing."),
    ],
)
def test_clones_that_took_part_against_their_verdicts(
    verdicts: tuple[str, ...], outcome: Outcome, said: str
) -> None:
    """Only a clone that is eligible may take part; one that was left out may be anything."""
    rows = [
        {"clone": clone, "eligibility": verdict}
        for clone, verdict in zip(("C1", "C2"), verdicts, strict=False)
    ]
    lines = [*rows, {"clone": "C3", "eligibility": "not eligible"}]
    record = DesignRecord(kind="eligibility", headline="2 of 3.", tables={"lines": lines})
    check = _only(_wells(A01="C1", A02="C2", A03=None), record=record)
    assert check.outcome is outcome
    assert said in check.sentence


def test_nothing_is_said_where_nothing_can_be_held_against_the_wells() -> None:
    """No records; records without lines; wells without clones."""
    power = DesignRecord(kind="power", headline="Six of each.")
    assert design_checks([power], {}, _wells(A01="C1"), NOTHING) == ()
    assert design_checks([LAYOUT], {}, pd.DataFrame({"plate": ["P1"], "well": ["A01"]}), NOTHING) == ()


def _run(**made: str) -> dict[str, Any]:
    """Record of a run on one plate whose names came back after what is given had been made."""
    log = {
        "at": "2026-03-02T09:30:00+00:00",
        "key": "ab" * 32,
        "images": "pixels",
        "made": [{"what": what, "place": what, "digest": digest} for what, digest in made.items()],
    }
    config = {"train": {"epochs": 64}}
    return {
        "plates": {"P1": {"digest": "pixels", "unblinding": log}},
        "files": {"tiles.zarr": "t", "features.zarr": "f", "measurements/P1": "m"},
        "prepared": {"digest": "s", "config": config},
        "config": config,
    }


BEFORE = {"settings": "s", "tiles": "t", "features": "f", "measurements": "m"}


@pytest.mark.parametrize(
    ("record", "outcome", "said"),
    [
        (
            _run(**BEFORE),
            Outcome.HOLDS,
            "on 2026-03-02, after images, tiles, features and measurements were made.",
        ),
        (
            _run(),
            Outcome.TOLD,
            "after imaging and before tiles, features and measurements",
        ),
        (_run(**BEFORE | {"features": "x"}), Outcome.FAILS, "Features changed after unblinding."),
        (
            _run(**BEFORE) | {"config": {"train": {"epochs": 8}}},
            Outcome.FAILS,
            "Settings changed after unblinding ([train] epochs: 64 → 8).",
        ),
    ],
)
def test_what_had_been_made_when_names_came_back(record: dict[str, Any], outcome: Outcome, said: str) -> None:
    """Blind to the end, blind at the microscope alone, and not blind: made anew or set anew afterwards."""
    check = blinding_check(record, recorded=True)
    assert check is not None
    assert check.outcome is outcome
    assert said in check.sentence


def test_blinding_without_a_log() -> None:
    """Codes that no plate says to be unblinded are not known; without a record nothing is said."""
    check = blinding_check({"plates": {"P1": {"digest": "pixels"}}}, recorded=True)
    assert check is not None
    assert check.outcome is Outcome.NOT_KNOWN
    assert blinding_check({"plates": {"P1": {"digest": "pixels"}}}, recorded=False) is None


def test_plates_that_were_never_under_codes_are_named() -> None:
    """A study of which one plate was blinded is not blind."""
    record = _run(**BEFORE)
    record["plates"]["P2"] = {"digest": "others"}
    check = blinding_check(record, recorded=False)
    assert check is not None
    assert check.outcome is Outcome.TOLD
    assert check.sentence.endswith("Never under codes: P2.")


def test_names_come_back_by_the_key_that_was_sealed() -> None:
    """Another key is a failure; where no record tells of the sealing, nothing is said of it."""
    record = _run(**BEFORE)
    own = record["plates"]["P1"]["unblinding"]["key"]
    held = blinding_check(record, recorded=True, sealed={own})
    assert held is not None
    assert held.outcome is Outcome.HOLDS
    check = blinding_check(record, recorded=True, sealed={"ff" * 32})
    assert check is not None
    assert check.outcome is Outcome.FAILS
    said = f"with another key than the one that was sealed ({own[:12]}, not ffffffffffff)."
    assert check.sentence == f"Samples were unblinded {said}"


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (("layout",), "Layout was recorded after unblinding."),
        (("eligibility", "layout"), "Eligibility and layout were recorded after unblinding."),
        (("blinding",), None),
    ],
)
def test_steps_that_were_settled_after_names_were_known(kinds: tuple[str, ...], said: str | None) -> None:
    """They are told; what was recorded before, and the day of unblinding, are not."""
    late = datetime(2026, 3, 2, 9, 31, tzinfo=UTC)
    before = DesignRecord(kind="power", headline="Six.", made=datetime(2026, 3, 2, 9, 29, tzinfo=UTC))
    records = [DesignRecord(kind=kind, headline="x", made=late) for kind in kinds]
    check = late_check([before, *records], _run(**BEFORE))
    assert (None if check is None else check.sentence) == said
    assert late_check(records, {"plates": {"P1": {"digest": "pixels"}}}) is None


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"design/layout.json": "a", "design/power.json": "b", "design/blinding.json": "c"}, None),
        ({"design/layout.json": "b", "design/layout-2.json": "a"}, None),
        ({"design/layout.json": "a", "design/power.json": "x"}, "The record of power has changed since"),
        ({}, "The records of layout and power have changed since the study was prepared under codes."),
    ],
)
def test_records_that_are_others_than_when_the_study_was_prepared(
    now: dict[str, str], said: str | None
) -> None:
    """By their bytes, since who edits a record can edit its date; one that was added is no other."""
    run = _run(**BEFORE)
    run["prepared"]["records"] = {"design/layout.json": "a", "design/power.json": "b"}
    run["files"] |= now
    check = late_check([], run)
    assert (check is None) if said is None else (check is not None and check.sentence.startswith(said))
    if check is not None:
        assert check.outcome is Outcome.FAILS
