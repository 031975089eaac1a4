"""Real and simulated neurons in one report: a real NF-H image is ingested as one well and scored beside them.

    python examples/real_neurons.py NFH_IMAGE OUT

NFH_IMAGE is a single-channel 16-bit image of neurofilament-H stained motor neurons, such as the
NFH_CONFOCAL plane of google/in-silico-labeling (Christiansen et al., Cell 2018; CC BY 4.0). It has no
diagnosis, so no model trains on it; it stands in the report's gallery, and its score says nothing about its
donor.
"""

import sys
from pathlib import Path

import cv2
import tifffile

import hcs
from hcs_plates import Export
from hcs_plates.simulate import DiseaseEffect, ExperimentSpec, FieldSpec, simulate_export

SETTINGS = """
[data]
plates = ["simulated.ome.zarr", "real.ome.zarr"]
[model]
features_at = ["block4"]
[splits]
n_sets = 3
train = 1
validation = 1
test = 1
[train]
epochs = 16
views = 1
[tuning]
sampler = "none"
"""


def main(image: Path, out: Path) -> hcs.Study:
    """Ingest both, run the study, write its report."""
    spec = ExperimentSpec(
        name="simulated",
        clones_per_class=3,
        wells_per_clone=1,
        fields_per_well=1,
        field=FieldSpec(height=1024, width=1024),
        disease=DiseaseEffect(beading=0.8),
    )
    (export,) = simulate_export(out / "export", spec)
    hcs.ingest(
        Export(export, channels={"Blue - FITC": "NFH"}), out / "simulated.ome.zarr", export / "platemap.csv"
    )

    folder = out / "real"
    folder.mkdir(parents=True)
    pixels = cv2.imread(str(image), cv2.IMREAD_UNCHANGED)
    tifffile.imwrite(folder / "A01_NFH.tif", pixels)
    hcs.ingest(Export(folder, pattern="{well}_{channel}.tif", name="real"), out / "real.ome.zarr")

    (out / "neurons.toml").write_text(SETTINGS, encoding="utf-8")
    study = hcs.Study.from_toml(out / "neurons.toml").run()
    print(study.report())
    return study


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
