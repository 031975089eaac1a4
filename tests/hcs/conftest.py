"""What the tests of the top floor share: a small study of two plates, run once, and real screens."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from tests.conftest import MadeOnce
from tests.hcs.report.fabricated import browser, drugs, neurons, open_page  # noqa: F401
from tests.hcs.screens import read_counts, read_viability

from hcs.measure.measured import measuring_recipe
from hcs.report.reported import Study
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, create_plate
from hcs_plates.readers.acquisition import Channel, PlaneKey
from hcs_plates.wells import FORMATS

CLONES = {f"a{i}": "ALS" for i in range(4)} | {f"c{i}": "control" for i in range(4)}

STUDY = """
[data]
plates = ["P1.ome.zarr", "P2.ome.zarr"]
[tiles]
size = 64
[model]
weights = "packaged"
hidden = 16
features_at = ["block3"]
[splits]
n_sets = 4
train = 2
validation = 1
test = 1
[train]
epochs = 6
learning_rate = 0.01
views = 2
[tuning]
trials = 3
learning_rate = [0.005, 0.02]
"""


def striped(rng: np.random.Generator, label: str | None) -> npt.NDArray[Any]:
    """Noise; narrow stripes in ALS, wide ones in control, none in what is of neither class."""
    wave = {"ALS": 1.2, "control": 0.4}.get(label or "", 0.0)
    stripes = 40 * np.sin(np.arange(64) * wave)
    return np.asarray(np.clip(rng.normal(200, 12, (1, 64, 64)) + stripes, 0, 65535), dtype="uint16")


def write_small_plate(folder: Path, name: str, renamed: Mapping[str, str] | None = None) -> Plate:
    """One well a clone, one well of neither class, one not included, one field with a missing plane."""
    named = [(renamed or {}).get(clone, clone) for clone in CLONES]
    wells = FORMATS[24].wells()[: len(CLONES) + 2]
    labels = [*CLONES.values(), None, "ALS"]
    table = pd.DataFrame(
        {
            "plate": name,
            "clone": [*named, None, "a0"],
            "diagnosis": labels,
            "treatment": [None] * len(CLONES) + ["riluzole", None],
            "dose": [float("nan")] * len(CLONES) + [3.0, float("nan")],
            "included": [True] * (len(CLONES) + 1) + [False],
        },
        index=pd.Index(wells, name="well", dtype="str"),
    )
    spec = PlateSpec(
        name=name,
        format=FORMATS[24],
        channels=(Channel("FITC"),),
        layout=FieldLayout(1, 1, 1, 64, 64, "uint16"),
        fields=dict.fromkeys(wells, (1, 2)),
        wells=table,
        missing={PlaneKey(wells[0], 3, 0): "file gone"},
    )
    label_of = dict(zip(wells, labels, strict=True))

    def pixels(well: str, number: int) -> npt.NDArray[Any]:
        rng = np.random.default_rng([ord(name[-1]), wells.index(well), number])
        return striped(rng, label_of[well])

    return create_plate(folder / f"{name}.ome.zarr", spec, pixels)


@pytest.fixture(scope="session")
def write_plate() -> Callable[..., Plate]:
    """Give `write_small_plate`, for tests that need a plate more."""
    return write_small_plate


@pytest.fixture(scope="session")
def small_plates(made_once: MadeOnce) -> Path:
    """Folder with two plates, a study file, and the results of its run; not to be changed."""

    def make(folder: Path) -> None:
        for name in ("P1", "P2"):
            write_small_plate(folder, name)
        (folder / "small.toml").write_text(STUDY)
        Study.from_toml(folder / "small.toml").run()

    return made_once("study", make)


@pytest.fixture(scope="session")
def small_study(small_plates: Path) -> Study:
    """The small study, run to its end with the real network; not to be changed."""
    return Study.from_toml(small_plates / "small.toml").run()


def replace_table(results: Path, name: str, table: pd.DataFrame) -> None:
    """Put another table into a copied results folder, as if its run had written it."""
    table.to_parquet(results / name)
    record = json.loads((results / "record.json").read_text(encoding="utf-8"))
    del record["files"][name]
    (results / "record.json").write_text(json.dumps(record), encoding="utf-8")


@pytest.fixture(scope="session")
def measured_plate(tmp_path_factory: pytest.TempPathFactory) -> Plate:
    """A small plate with measurements beside it that nobody made; not to be changed.

    The cell count of a field is 10 × its well's place + its number; field 2 of B01 is flagged, and so are
    both of B02.
    """
    plate = write_small_plate(tmp_path_factory.mktemp("measured"), "P1")
    fields = plate.fields.drop(columns="missing_planes").assign(plate="P1")
    place = {well: number for number, well in enumerate(plate.wells.index, start=1)}
    flagged = ((fields["well"] == "B01") & (fields["field"] == 2)) | (fields["well"] == "B02")
    fields = fields.assign(
        cell_count=10.0 * fields["well"].map(place) + fields["field"],
        included=~flagged,
        reason=flagged.map({True: "focus: 0.1 below 0.4", False: ""}),
    )
    wells = plate.wells.reset_index().assign(soma_area_um2_mean=lambda own: 100.0 + own["well"].map(place))
    folder = plate.path.with_name("P1.measurements")
    folder.mkdir()
    record: dict[str, Any] = {"version": 1, "recipe": measuring_recipe(plate, {}, 1), "plate": "P1"}
    record |= {"spec": {}, "illumination": {}, "notices": [], "left_out": []}
    (folder / "measurements.json").write_text(json.dumps(record), encoding="utf-8")
    fields.to_parquet(folder / "fields.parquet", index=False)
    wells.to_parquet(folder / "wells.parquet", index=False)
    return plate


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave figures out of pages whose words are looked at: drawing takes longer than all the rest."""
    monkeypatch.setattr(
        "hcs.pages.page.to_svg", lambda figure, *, name, alt: f'<svg role="img" id="{name}"></svg>'
    )


@pytest.fixture(scope="session")
def viability(shared_data: Path) -> pd.DataFrame:
    """Wells of the viability screen: plate (physical), layout, replicate, well, role, included, gene, ATP."""
    return read_viability(shared_data / "kcviab")


@pytest.fixture(scope="session")
def counts(shared_data: Path) -> pd.DataFrame:
    """Wells of the compound screen: plate, layout, date, replicate, well, role, dose, cell_count."""
    return read_counts(shared_data / "lincs_cell_counts")
