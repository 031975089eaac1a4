"""Columns of numbers that are no measurements: known by name and by what they do; real ones are kept."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.findings.from_table.features import table_features
from hcs.tables.columnnames import no_measurement
from hcs.tables.measuredcolumns import measured_columns

CLONES = [f"{kind}{number}" for kind in "pc" for number in range(1, 7)]
F = ["f1", "f2", "f3"]


def drawn(seed: int) -> np.random.Generator:
    """A generator of its own."""
    return np.random.default_rng(seed)


def fields(per_well: int = 2) -> pd.DataFrame:
    """Two fields of a well of each clone on three plates, three features; sorted by diagnosis."""
    rng = np.random.default_rng(2)
    rows = [
        (f"P{plate}", f"{'BCDEFG'[place // 4]}{place % 4 + 3:02d}", clone, number)
        for plate in range(1, 4)
        for place, clone in enumerate(rng.permutation(CLONES))
        for number in range(per_well)
    ]
    table = pd.DataFrame(rows, columns=["plate", "well", "clone", "field"])
    table["diagnosis"] = np.where(table["clone"].str[0] == "p", "ALS", "HC")
    table["operator"] = table["plate"].map({"P1": "AB", "P2": "CD", "P3": "AB"})
    table[F] = rng.normal(0, 1, (len(table), 3))
    return table.sort_values(["diagnosis", "clone", "plate"], kind="stable").reset_index(drop=True)


def by(column: str, values: dict[str, Any] | None = None) -> Callable[[pd.DataFrame], Any]:
    """A number for each value of a column."""

    def made(table: pd.DataFrame) -> Any:
        names = sorted(table[column].unique())
        return table[column].map(values or {name: 1.5 * place + 0.25 for place, name in enumerate(names)})

    return made


def wells_in_order(table: pd.DataFrame) -> Any:
    """Seconds since the first picture, plate by plate and row by row of wells, in rows shuffled since."""
    rank = table.sort_values(["plate", "well"], kind="stable").index
    times = pd.Series(np.cumsum(np.linspace(8, 11, len(table)) ** 2), index=rank)
    return times.reindex(table.index)


BEHAVIOUR = [
    ("counts the rows", lambda table: range(len(table))),
    ("counts down", lambda table: range(1000, 1000 - len(table), -1)),
    ("shuffled count", lambda table: drawn(0).permutation(len(table)) + 10_000),
    ("share of the rows", lambda table: np.linspace(0, 1, len(table))),
    ("shuffled share", lambda table: drawn(1).permutation(np.linspace(0, 1, len(table)))),
    ("count with gaps", lambda table: np.sort(drawn(0).choice(120, len(table), replace=False))),
    ("seconds of the run", lambda table: np.cumsum(1 + np.arange(len(table)) % 7 / 10)),
    ("clock by wells", wells_in_order),
    ("of the clone", by("clone")),
    ("of the label", by("diagnosis", {"ALS": 1, "HC": 0})),
    ("of the plate", by("plate")),
    ("of the operator", by("operator")),
    ("of the row", lambda table: table["well"].str[0].map(ord)),
    ("of the column", lambda table: 10 * table["well"].str[1:].astype(int)),
    ("of the place", by("well")),
    ("of the well", lambda table: (table["plate"] + table["well"]).map(lambda one: hash_of(one))),
    ("the same in all", lambda table: 7.0),
    ("blank", lambda table: np.nan),
]  # fmt: skip


def hash_of(name: str) -> float:
    """A number that differs from well to well, in no order."""
    return sum(ord(sign) * 7.3**place for place, sign in enumerate(reversed(name))) % 13.7


REAL = [
    ("Count_Cells", lambda table: drawn(3).poisson(400, len(table))),
    ("Count_Mitotic", lambda table: drawn(4).poisson(0.2, len(table))),
    ("few values", lambda table: drawn(5).integers(0, 2, len(table))),
    ("effect", lambda table: (table["diagnosis"] == "ALS") * 5 + drawn(6).normal(size=len(table))),
    ("plate effect", lambda table: by("plate")(table) * 9 + drawn(7).normal(size=len(table))),
    ("half missing", lambda table: np.where(table.index % 2, np.nan, np.sin(table.index * 7.7))),
    ("unique whole numbers", lambda table: drawn(8).permutation(90_000)[: len(table)]),
    ("rising with noise", lambda table: np.arange(len(table)) + 5 * drawn(9).normal(size=len(table))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "made"), BEHAVIOUR, ids=[one[0] for one in BEHAVIOUR])
def test_what_a_column_does_tells_that_it_is_no_measurement(name: str, made: Callable[..., Any]) -> None:
    """Under a name that says nothing: left out with a reason, and the measurements beside it are kept."""
    table = fields().assign(x=made(fields()))
    found = measured_columns(table, [*F, "x"], told=["diagnosis", "operator"], group="clone")
    assert found.used == tuple(F), name
    assert found.left_out["x"]


@pytest.mark.parametrize(("name", "made"), REAL, ids=[one[0] for one in REAL])
@pytest.mark.parametrize("per_well", [1, 2])
def test_measurements_are_kept(name: str, made: Callable[..., Any], per_well: int) -> None:
    """Counts, effects, plates that differ, few values, gaps: with one row per well, too."""
    table = fields(per_well)
    table = table.assign(**{name: made(table)})
    assert measured_columns(table, [*F, name], told=["diagnosis"], group="clone").used == (*F, name)


def test_means_of_wells_are_measurements() -> None:
    """One row per well has one value for each well, and that alone is no reason."""
    table = fields().groupby(["plate", "well", "clone", "diagnosis"], as_index=False)[F].mean()
    assert measured_columns(table, F, told=["diagnosis"], group="clone").left_out == {}
    once = table[table["plate"] == "P1"]
    assert measured_columns(once, F, told=["diagnosis"], group="clone").left_out == {}


NAMES = (
    "Unnamed: 0", "index", "ImageNumber", "ObjectNumber", "Nuclei_Number_Object_Number", "TableNumber",
    "OBJECT ID", "Group_Index", "Metadata_Site", "Metadata_Plate", "Image_Metadata_Well",
    "ModuleError_01Images", "ExecutionTime_04Groups", "PathName_OrigDNA", "FileName_OrigDNA",
    "MD5Digest_OrigDNA", "URL_OrigDNA", "Nuclei_Location_Center_X", "Cells_AreaShape_Center_Y",
    "AreaShape_BoundingBoxMaximum_X", "Nuclei_Parent_Cells", "Cells_Neighbors_FirstClosestObjectNumber_5",
    "Primary Target cg X wv1", "Cells Max left border wv3", "FOV", "Position X [µm]", "Abs Position Z [m]",
    "Object No", "Bounding Box [px]", "Timepoint", "Time [s]", "T", "Z", "Acquisition Time Stamp",
    "Passage", "PASSAGE", "passage number", "Seeding_Density", "seedDensity", "Age", "age_at_biopsy",
    "WellCol", "WellRow", "Row", "COLUMN", "well_number", "clone_id", "DonorID", "imaging_day", "Batch",
    "batch_no", "Plate ID", "Dose", "dose_um", "Concentration", "sex", "uuid", "tile_id",
)  # fmt: skip
MEASURES = (
    "AreaShape_EulerNumber", "Children_Nuclei_Count", "Count_Cells",
    "Cells_Neighbors_NumberOfNeighbors_Adjacent", "Nuclei_AreaShape_Area",
    "Nuclei_AreaShape_BoundingBoxArea", "Texture_Entropy_DNA_3_00_256", "mitotic_index",
    "Intensity_IntegratedIntensity_DNA", "cell_number", "number_of_cells", "Number of Objects",
    "neurite_density", "mean_soma_area_um2", "Cells_RadialDistribution_FracAtD_ER_1of4", "doubling_time",
    "time_to_peak", "coverage", "Nuclei_AreaShape_Zernike_0_0", "lifetime_ns", "z_score",
    "Mitochondria Run Length Non uniformity wv3", "F Actin Total Area wv2", "Primary Target Max width wv1",
    "edge_length", "set_size", "image_intensity", "viability", "damage", "cell_density", "Spot Background",
    "ImageQuality_Correlation_OrigDAPI_20",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_no_measurement(name: str) -> None:
    """Conventions of CellProfiler, pycytominer, IN Carta and Harmony; wells' properties in any spelling."""
    assert no_measurement(name)


@pytest.mark.parametrize("name", MEASURES)
def test_names_of_measurements(name: str) -> None:
    """What the same programs measure, though a word of it sounds like a number, a place or a time."""
    assert no_measurement(name) == ""


def test_a_column_that_is_asked_for_by_name_is_used() -> None:
    """By its own name it is used, and said to look like none; by a wildcard it is not."""
    table = fields().assign(passage=12.0, Passage=range(72), f9=range(72))
    found = table_features(table, ["f*", "Passage"], ["diagnosis"], "clone")
    assert found.names == (*F, "Passage")
    assert set(found.left_out) == {"field", "f9"}
    assert set(found.insisted) == {"Passage"}
    assert any("Passage" in one and "asked for" in one for one in found.sentences())


@pytest.mark.shared
def test_real_tables(shared_data: Any) -> None:
    """A real CellProfiler table keeps its 28 measures, or those of them that vary; IN Carta's its 137."""
    images = pd.read_csv(shared_data / "nf1_schwann" / "qc" / "Plate_3_Image.csv.gz")
    images = images.assign(plate="Plate_3", well=images["FileName_OrigDAPI"].str.extract(r"^([A-H]\d+)_")[0])
    numbers = images.select_dtypes("number").columns
    found = measured_columns(images, numbers)
    wanted = [name for name in numbers if name.startswith("ImageQuality_") and images[name].nunique() > 1]
    assert found.used == tuple(wanted)
    parts = [pd.read_csv(path) for path in sorted((shared_data / "in_carta_tables").glob("*.csv"))]
    cells = pd.concat(parts, ignore_index=True).copy()
    cells = cells.assign(plate=cells["Plate ID"], well=cells["WELL LABEL"].str.replace(" - ", ""))
    numbers = cells.select_dtypes("number").columns
    found = measured_columns(cells, numbers)
    objects = [name for name in numbers if name.startswith(("Primary", "Cells", "F Actin", "Mitochondria"))]
    lost = [name for name in objects if name in found.left_out and cells[name].nunique() > 1]
    assert sorted(lost) == [
        "Cells Max left border wv3",
        "Cells Max top border wv3",
        "Primary Target Max left border wv1",
        "Primary Target Max top border wv1",
        "Primary Target cg X wv1",
        "Primary Target cg Y wv1",
    ]
    assert not set(found.used) - set(objects)
