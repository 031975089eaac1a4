"""Whose results a folder holds: settings and plates compared by meaning, and the difference named."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hcs.study.claims import Claim
from hcs.study.places import CLAIM, FORMER
from hcs.study.settings import StudyConfig
from hcs_models.weights import Weights
from hcs_plates.description import PlateSpec
from hcs_plates.errors import StoreError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate
from hcs_plates.platemap import blank_wells
from hcs_plates.readers.acquisition import Channel
from hcs_plates.wells import FORMATS

WEIGHTS = Weights("packaged", Path("w.h5"), "a" * 64, "Packaged.")


def plate(name: str = "P1", pixels: str = "0", clone: str = "C1") -> Plate:
    """A plate of one field of these pixels, of this clone; nothing of it is on disk."""
    wells = blank_wells(name, FORMATS[24], ["A01"]).assign(clone=clone)
    spec = PlateSpec(
        name=name,
        format=FORMATS[24],
        channels=(Channel("FITC"), Channel("DAPI")),
        layout=FieldLayout(1, 2, 1, 64, 64, "uint16"),
        fields={"A01": (1,)},
        wells=wells,
        checksums={"A01/1": pixels},
    )
    return Plate(Path("/plates") / f"{name}.ome.zarr", spec)


def claim(*plates: Plate, weights: Weights = WEIGHTS, **sections: dict[str, Any]) -> Claim:
    """Claim of a study of these plates and settings."""
    held = plates or (plate(),)
    data = {"plates": [one.path for one in held]} | sections.pop("data", {})
    return Claim.of(StudyConfig.model_validate({"data": data, **sections}), weights, list(held))


@pytest.mark.parametrize(
    "now",
    [
        claim(),
        claim(Plate(Path("/elsewhere/P1.zarr"), plate().spec)),
        claim(model={"weights": "/opt/w.h5", "hidden": 128}),
        claim(train={"epochs": 64}, splits={"n_sets": 55}),
        claim(data={"channels": ["FITC", "DAPI"]}),
    ],
)
def test_the_same_study(now: Claim, tmp_path: Path) -> None:
    """Plates and weights lie elsewhere, defaults are written out, all channels are named one by one."""
    claim().write(tmp_path)
    kept = Claim.read(tmp_path)
    assert kept is not None
    assert kept.refusal(now, tmp_path) is None


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (claim(train={"epochs": 6}), "[train] epochs: 64 → 6"),
        (claim(data={"where": "passage < 40"}), '[data] where: none → "passage < 40"'),
        (claim(data={"channels": "FITC"}), '[data] channels: none → ["FITC"]'),
        (claim(model={"features_at": ["block4"]}), '[model] features_at: ["block5"] → ["block4"]'),
        (
            claim(weights=replace(WEIGHTS, sha256="b" * 64)),
            f'[model] weights: "auto" (SHA-256 {"a" * 12}…) → "auto" (SHA-256 {"b" * 12}…)',
        ),
        (claim(plate(), plate("P2")), "plates: P1 → P1 and P2"),
        (claim(plate("P9")), "plates: P1 → P9"),
        (claim(plate(pixels="1")), "plate P1: other images"),
        (claim(plate(clone="C2")), "plate P1: another platemap"),
    ],
)
def test_the_difference_is_named(now: Claim, said: str, tmp_path: Path) -> None:
    """What it was and what it is; another --out comes first, and what --overwrite would do is said."""
    claim().write(tmp_path)
    kept = Claim.read(tmp_path)
    assert kept is not None
    assert kept.differences(now) == [said]
    refusal = kept.refusal(now, tmp_path)
    assert refusal is not None
    assert refusal.startswith(f"{tmp_path} holds results of a study that differs in 1 thing ({said}).")
    assert refusal.index("another --out") < refusal.index("--overwrite") < refusal.index("are then gone")


def test_plates_in_another_order() -> None:
    """Tiles follow the order of the plates, so it is part of the study."""
    one, other = plate(), plate("P2")
    assert claim(one, other).differences(claim(other, one)) == [
        "order of the plates: P1 and P2 → P2 and P1",
    ]


def test_nothing_was_begun(tmp_path: Path) -> None:
    """A folder without settings is nobody's."""
    assert Claim.read(tmp_path) is None


def garbled(document: dict[str, Any]) -> list[bytes]:
    """Files that hold no settings."""
    return [
        b"\xff\xfe",
        b"{",
        b"[]",
        b"[" * 100_000,
        json.dumps(document | {"plates": [["P1"]]}).encode(),
        json.dumps(document | {"settings": {"train": 3}}).encode(),
        json.dumps({"settings": document["settings"]}).encode(),
    ]


@pytest.mark.parametrize("number", range(7))
def test_garbled_settings_are_a_sentence(number: int, tmp_path: Path) -> None:
    """Whatever is wrong with the file: where, and what to do; nothing is to be deleted."""
    claim().write(tmp_path)
    document = json.loads((tmp_path / CLAIM).read_text(encoding="utf-8"))
    (tmp_path / CLAIM).write_bytes(garbled(document)[number])
    with pytest.raises(StoreError, match=r"settings.json: cannot be read, .*; choose another --out"):
        Claim.read(tmp_path)


def test_a_study_of_an_earlier_version(tmp_path: Path) -> None:
    """Its record says what it was, if it came to its end; settings that no longer exist do not count."""
    (tmp_path / FORMER).write_text("0123456789abcdef" * 2, encoding="utf-8")
    with pytest.raises(StoreError, match=r"begun by an earlier version of hcs.*; choose another --out"):
        Claim.read(tmp_path)
    now = claim()
    config = {**now.settings, "model": {**now.settings["model"], "slide_rule": True}}
    del config["tiles"]
    held = {"path": "/gone", "digest": plate().digest, "rows": 4, "columns": 6}
    weights = {"source": "packaged", "sha256": WEIGHTS.sha256}
    record = {"config": config, "source": "s.toml", "plates": {"P1": held}, "weights": weights}
    (tmp_path / "record.json").write_text(json.dumps(record), encoding="utf-8")
    kept = Claim.read(tmp_path)
    assert kept is not None
    assert kept.differences(now) == []
    assert kept.differences(claim(plate(pixels="1"))) == ["plate P1: other images"]
