"""Plates under codes, and a key derivation that costs nothing: files sealed so are refused elsewhere."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
from tests.conftest import MadeOnce

from hcs.design.blinding import seal
from hcs.design.blinding.blinded import blind_lines
from hcs.design.blinding.key import Key
from hcs_plates import store
from hcs_plates.plate import open_plate

SEED = 3
PASSPHRASE = "correct horse battery"
CLONES = {f"a{i}": "ALS" for i in range(4)} | {f"c{i}": "control" for i in range(4)}


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal at no cost."""
    monkeypatch.setattr(seal, "COST", seal.Cost(64, 1, 1))


@dataclass(frozen=True)
class Coded:
    """Two coded plates and their key, sealed."""

    folder: Path
    key: Key
    plates: tuple[Path, Path]


def named_lines() -> pd.DataFrame:
    """The clones of the small plates, and one that is on none of them."""
    clones = [*CLONES, "x9"]
    return pd.DataFrame(
        {
            "clone": clones,
            "donor": [f"donor-{clone}" for clone in clones],
            "diagnosis": [*CLONES.values(), "control"],
            "passage": pd.array([20, 21, None, 23, 24, 25, 26, 27, 28], dtype="Int64"),
            "notes": [None] * 8 + ["lost"],
        }
    )


@pytest.fixture(scope="session")
def coded_plates(made_once: MadeOnce, write_plate: Callable[..., object]) -> Path:
    """Folder with two small plates whose clones are codes and whose diagnosis is not told; to be copied."""

    def make(folder: Path) -> None:
        key = blind_lines(named_lines(), seed=SEED).key
        of = dict(zip(key.lines["clone"], key.lines["code"], strict=True))
        for name in ("P1", "P2"):
            write_plate(folder, name)
            take_names_off(folder / f"{name}.ome.zarr", of)

    return made_once("coded", make)


@pytest.fixture
def coded(tmp_path: Path, coded_plates: Path, cheap: None) -> Coded:
    """Give coded plates to be changed, and their key."""
    key = blind_lines(named_lines(), seed=SEED).key
    key.seal(tmp_path / "study.key", PASSPHRASE)
    shutil.copytree(coded_plates, tmp_path, dirs_exist_ok=True)
    return Coded(tmp_path, key, (tmp_path / "P1.ome.zarr", tmp_path / "P2.ome.zarr"))


def take_names_off(path: Path, of: dict[str, str]) -> None:
    """Put codes on a plate in the place of names, as its coded map would have."""
    spec = open_plate(path).spec
    wells = spec.wells.drop(columns="diagnosis")
    store.rewrite_description(path, replace(spec, wells=wells.assign(clone=wells["clone"].map(of))))
