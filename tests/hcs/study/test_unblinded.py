"""What is said of the day of unblinding follows from the digests of then and now."""

from typing import Any

import pytest

from hcs.study.designrecord import DesignRecord
from hcs.study.settings import StudyConfig
from hcs.study.unblinded import AFTER, CHANGED, UNCHANGED, Unblinded, sealed_keys, unblinded

CONFIG = StudyConfig.model_validate({"data": {"plates": ["P1"]}}).model_dump(mode="json")


def log(*made: tuple[str, str], at: str = "2026-03-02T09:30:00+00:00") -> dict[str, Any]:
    """Give the log of a plate: what had been made, with digests."""
    rows = [{"what": what, "place": what, "digest": digest} for what, digest in made]
    return {"at": at, "hcs": "0.1.0", "key": "ab" * 32, "columns": ["donor"], "images": "i1", "made": rows}


def record(log: dict[str, Any] | None, **changes: Any) -> dict[str, Any]:
    """Give the record of a study of one plate whose tiles are t1, features f1 and measurements m1."""
    files = {"tiles.zarr": "t1", "features.zarr": "f1", "measurements/P1": "m1", "measurements.parquet": "x"}
    prepared = {"config": CONFIG, "digest": "s1"}
    plates = {"P1": {"digest": "i1", "unblinding": log}}
    return {"plates": plates, "files": files, "config": CONFIG, "prepared": prepared} | changes


UNWRITTEN = "The study's settings were not written down before unblinding."
ALL = (("settings", "s1"), ("tiles", "t1"), ("features", "f1"), ("measurements", "m1"))


def told(record: dict[str, Any]) -> Unblinded:
    """Compare, where there is something to be compared."""
    found = unblinded(record)
    assert found is not None
    return found


def test_all_unchanged() -> None:
    """Each thing that the study rests on is there with its digest of then."""
    found = told(record(log(*ALL)))
    assert found.table[["what", "before", "now", "state"]].to_numpy().tolist() == [
        [what, digest, digest, UNCHANGED] for what, digest in (("images", "i1"), *ALL)
    ]
    assert found.changed == ()
    assert found.sentences == (
        "Samples of 1 plate were unblinded on 2026-03-02 09:30 UTC (key abababababab).",
        "Made before and unchanged since: images, settings, tiles, features and measurements of 1 plate "
        "(images i1; settings s1; tiles t1; features f1; measurements m1).",
        "Every setting of the study is as it was written down under codes.",
    )


@pytest.mark.parametrize(
    ("made", "changes", "what", "state", "sentence"),
    [
        (
            ALL,
            {"files": {"tiles.zarr": "t2"}},
            "tiles",
            CHANGED,
            "Changed since unblinding: tiles",
        ),
        (ALL[:2], {}, "features", AFTER, "Made after unblinding: features of P1; measurements of P1."),
        (
            ALL,
            {"plates": {"P1": {"digest": "i2", "unblinding": log(*ALL)}}},
            "images",
            CHANGED,
            "Changed since unblinding: images of P1.",
        ),
        (
            (),
            {"prepared": None},
            "tiles",
            AFTER,
            UNWRITTEN,
        ),
        (
            ALL,
            {"prepared": {"config": CONFIG, "digest": "s2"}},
            "settings",
            CHANGED,
            UNWRITTEN,
        ),
    ],
)
def test_what_was_changed_is_named(
    made: tuple[tuple[str, str], ...], changes: dict[str, Any], what: str, state: str, sentence: str
) -> None:
    """Another digest is a change; what was not there was made after; and each is said."""
    found = told(record(log(*made), **changes))
    assert found.table.set_index("what").loc[what, "state"] == state
    assert any(one.startswith(sentence) for one in found.sentences)
    assert f"{what} of P1" in found.changed


def test_settings_are_named_with_both_values() -> None:
    """A setting that was changed at unblinding is told with its value before and after."""
    changed = {
        **CONFIG,
        "splits": {**CONFIG["splits"], "n_sets": 12},
        "data": {**CONFIG["data"], "plates": ["x"]},
    }
    found = told(record(log(*ALL), config=changed))
    assert found.changed == ("setting [splits] n_sets: 55 → 12",)
    assert found.sentences[-1] == (
        "Settings changed after they were written down under codes: [splits] n_sets: 55 → 12."
    )


def test_plates_that_never_were_under_codes() -> None:
    """A study of named plates has nothing to tell; of some, it names the others."""
    assert unblinded(record(None)) is None
    both = {"P1": {"digest": "i1", "unblinding": log(*ALL)}, "P2": {"digest": "i2"}}
    assert "Plate P2 was never under codes." in told(record(None, plates=both)).sentences


def test_the_keys_that_were_sealed_beforehand() -> None:
    """Records of codes and of coded layouts tell them; that of the unblinding tells which was used."""
    made = [
        DesignRecord(kind="blinding", headline="Coded.", files={"key": "k1", "coded.csv": "c"}),
        DesignRecord(kind="layout", headline="Laid out.", files={"key": "k2"}),
        DesignRecord(kind="layout", headline="Laid out.", files={"P1.csv": "c"}),
        DesignRecord(kind="blinding", headline="Back.", settings={"unblinded": "now"}, files={"key": "k3"}),
    ]
    assert sealed_keys(made) == {"k1", "k2"}
    assert told(record(log(*ALL))).keys == ("ab" * 32,)
