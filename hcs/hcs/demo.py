"""The demo: two simulated plates of 12 clones, from the microscope's files to a report, in a few minutes.

The simulated disease acts on the texture of neurites only: cell count, soma size and neurite length keep
their distributions, as in the reference study, where none of them differed. Clones, batches, plates and well
positions have random effects of their own.
"""

from pathlib import Path
from typing import Any

from hcs.findings.run import analyse_study
from hcs.report.reported import Study
from hcs.study.places import REPORT, beside
from hcs.study.settings import template
from hcs.study.steps import Steps, silent
from hcs_plates.errors import ArgumentError, ExistsError, HcsError
from hcs_plates.files import write_file
from hcs_plates.ingestion import ingest
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate
from hcs_plates.simulate import DiseaseEffect, ExperimentSpec, FieldSpec, RandomEffects, simulate_export

STUDY = "demo.toml"

EXPERIMENT = ExperimentSpec(
    name="demo",
    plates=2,
    batches=2,
    clones_per_class=6,
    wells_per_clone=1,
    fields_per_well=4,
    wells=24,
    field=FieldSpec(height=1024, width=1024, channels=("FITC", "DAPI")),
    disease=DiseaseEffect(beading=0.5),
    random=RandomEffects(clone=0.1, batch=0.1, plate=0.05, position=0.05),
    seed=2021,
)

DATA: dict[str, Any] = {"channels": ["FITC"]}
SETTINGS: dict[str, dict[str, Any]] = {
    "splits": {"n_sets": 6, "train": 3, "validation": 1, "test": 2},
    # The packaged weights tell neurites' texture best at block 4; two views keep the demo short.
    "model": {"features_at": ["block4"]},
    "train": {"views": 2, "learning_rate": 0.003},
    # Cells are counted by their nuclei: bodies in the stain of the neurites would be counted by its texture.
    "forest": {"neurites": "FITC"},
    # Nothing searched: the demo is to be short.
    "tuning": {"sampler": "none"},
}


def run_demo(
    out: Path | str, *, overwrite: bool = False, client: Any = None, steps: Steps = silent
) -> tuple[Study, Path]:
    """Simulate, ingest, run a study and write its report.

    Parameters
    ----------
    out
        Folder that gets ``export/``, ``plates/``, ``demo.toml`` and ``demo-results/``.
    overwrite
        Replace a finished demo; one that was interrupted goes on by itself.
    client
        As in `hcs_plates.units.run_units`.
    steps
        Shows progress.

    Returns
    -------
    Study, Path
        The study and its report.
    """
    folder = local_path(out)
    names = EXPERIMENT.plate_names()
    anew = _claim(
        folder,
        template({**SETTINGS, "data": {"plates": [f"plates/{name}.ome.zarr" for name in names], **DATA}}),
        overwrite,
    )
    engine: dict[str, Any] = {"client": client, "overwrite": anew}
    with steps("simulated fields") as progress:
        simulate_export(folder / "export", EXPERIMENT, progress=progress, **engine)
    for name in names:
        export, place = folder / "export" / name, folder / "plates" / f"{name}.ome.zarr"
        with steps(f"plate {name}") as progress:
            _whole(ingest(export, place, export / "platemap.csv", progress=progress, **engine))
    study = Study.from_toml(folder / STUDY).run(steps=steps, **engine)
    analyse_study(study, steps=steps)
    return study, study.report()


def _claim(folder: Path, study_file: str, overwrite: bool) -> bool:
    """Take the demo's folder: a new one, or that of an earlier demo; whether a finished one is made anew."""
    known = (folder / STUDY).is_file()
    finished = known and (beside(folder / STUDY) / REPORT).is_file()
    if finished and not overwrite:
        raise ExistsError(f"{folder} holds a finished demo; see its report, or run it anew with --overwrite.")
    if not known and folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir()):
        raise ArgumentError(f"{folder} holds something else than a demo; choose another --out.")
    if finished or not known:
        write_file(folder / STUDY, study_file.encode("utf-8"))
    return finished


def _whole(plate: Plate) -> Plate:
    """Refuse a plate with gaps: the simulator leaves none."""
    if len(plate.missing):
        raise HcsError(
            f"Plate {plate.name} lost {len(plate.missing)} planes on the way in; run the demo again."
        )
    return plate
