"""A real drug plate: tell positive from negative controls of BBBC013, and see the score rise with dose.

    python examples/translocation_assay.py BBBC013_FOLDER OUT

BBBC013_FOLDER holds `platemap.csv` and `ExampleSBSImages.tar.xz` (image set BBBC013v1 of the Broad Bioimage
Benchmark Collection; Ljosa et al., Nat Methods 2012). A plate row is the group: it holds both controls, and
never stands in two parts of a set.
"""

import sys
import tarfile
from pathlib import Path

import pandas as pd

import hcs
from hcs.analysis.wells.assay import AssayQuality, assay_quality
from hcs.analysis.wells.dose_response import DoseResponse, dose_response
from hcs_plates import Export

SETTINGS = """
[data]
plates = ["BBBC013.ome.zarr"]
label = "role"
positive = "positive_control"
negative = "negative_control"
group = "row"
channels = ["GFP"]
[model]
hidden = []       # 20 labelled wells: no hidden layer, a linear head
dropout = 0.0
[splits]
n_sets = 28
train = 5
validation = 1
test = 2
[train]
views = 1
[tuning]
sampler = "none"  # one row of two wells is too few to choose by
[forest]
measured = "tiles"  # these cells have no neurites
"""


def control_separation(wells: pd.DataFrame, column: str) -> dict[str, AssayQuality]:
    """How far a column tells the controls of each drug apart: Z′, SSMD; n is wells."""
    return {str(drug): assay_quality(own, column) for drug, own in wells.groupby("drug")}


def potency(wells: pd.DataFrame) -> DoseResponse:
    """Dose at which half of the translocation is reached, by drug, with its interval."""
    return dose_response(wells, "cell_GFP_log2_ratio_mean", treatment="drug")


def measure(plate: hcs.Plate) -> hcs.Measurements:
    """Measure every cell: nuclei in the DNA channel, FKHR-GFP in the nucleus and in a ring around it."""
    measured = hcs.measure_plate(plate, hcs.MeasureSpec(None, "DNA", markers=("GFP",)))
    for drug, found in control_separation(measured.wells, "cell_GFP_log2_ratio_mean").items():
        print(f"{drug}: {found.summary()}")
    print(potency(measured.wells).summary())
    return measured


def main(source: Path, out: Path) -> hcs.Study:
    """Ingest the plate, measure its cells, run the study, write its report."""
    with tarfile.open(source / "ExampleSBSImages.tar.xz") as archive:
        archive.extractall(out / "images", filter="data")
    export = Export(
        out / "images" / "ExampleSBSImages",
        pattern="Channel{channel}-{n}-{row}-{column}.tif",
        channels={"1": "GFP", "2": "DNA"},
        name="BBBC013",
    )
    plate = hcs.ingest(export, out / "BBBC013.ome.zarr", source / "platemap.csv")
    print(plate, plate.wells["role"].value_counts().to_dict())
    measure(plate)
    (out / "translocation.toml").write_text(SETTINGS, encoding="utf-8")
    study = hcs.Study.from_toml(out / "translocation.toml").run()
    print(study.table("trends").to_string(index=False))
    print(study.report())
    return study


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
