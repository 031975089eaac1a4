"""Planted diseases are looked at where they are: a texture of neurites, and a change of somas."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hcs.demo import EXPERIMENT
from hcs.explain.explanations import explain_study
from hcs.explain.plan import ExplainSpec
from hcs.explain.shares import CompartmentShares
from hcs.report.reported import Study
from hcs.study.settings import template
from hcs_plates.ingestion import ingest
from hcs_plates.simulate import DiseaseEffect, RandomEffects, simulate_export

SETTINGS: dict[str, dict[str, Any]] = {
    "data": {"plates": ["sick-1.ome.zarr"], "channels": ["FITC"]},
    "tiles": {"grid": 2},
    "model": {"features_at": ["block4"], "arithmetic": "winograd"},
    "splits": {"n_sets": 6, "train": 4, "validation": 1, "test": 1},
    "train": {"views": 1, "learning_rate": 0.003},
    "tuning": {"sampler": "none"},
    "forest": {"measured": "tiles", "neurites": "FITC"},
}


def study_of(disease: DiseaseEffect, folder: Path) -> Study:
    """Run a study of 12 clones on one plate, all alike but for the disease."""
    experiment = replace(
        EXPERIMENT,
        name="sick",
        plates=1,
        batches=1,
        fields_per_well=2,
        disease=disease,
        random=RandomEffects(),
    )
    simulate_export(folder / "export", experiment)
    ingest(folder / "export", folder / "sick-1.ome.zarr", folder / "export" / "platemap.csv")
    (folder / "sick.toml").write_text(template(SETTINGS), encoding="utf-8")
    return Study.from_toml(folder / "sick.toml").run()


TEXTURE = (DiseaseEffect(beading=0.5), "block2", "neurite")
SOMAS = (DiseaseEffect(soma=2.0), "block4", "soma")


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("disease", "block", "compartment"),
    [
        pytest.param(*TEXTURE, id="texture of neurites", marks=pytest.mark.slow),
        pytest.param(*SOMAS, id="somas", marks=pytest.mark.nightly),
    ],
)
def test_the_heads_look_at_the_disease(
    disease: DiseaseEffect, block: str, compartment: str, tmp_path: Path
) -> None:
    """Half as much again of the patients' saliency as of the area, and of the controls' saliency."""
    # Four tiles fill a batch, so fewer would not be quicker.
    found = explain_study(
        study_of(disease, tmp_path), ExplainSpec(sampled=4, controls=0, networks=0, judged=0)
    )
    shares = found.findings()["compartments"]
    assert isinstance(shares, CompartmentShares)
    clones = shares.clones
    here = clones[(clones["block"] == block) & (clones["compartment"] == compartment)]
    means = here.groupby("label")[["share", "area"]].mean()
    beyond = means["share"] / means["area"]
    assert beyond["ALS"] >= 1.5
    assert beyond["ALS"] >= 1.5 * beyond["control"]
    # Of most patients, not of one of them alone.
    patients = here[here["label"] == "ALS"]
    assert len(patients) == 6
    assert (patients["share"] > patients["area"]).sum() >= 5
