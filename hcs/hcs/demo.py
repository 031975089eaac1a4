"""The demo: two simulated plates of 12 clones, from the microscope's files to a report, in a few minutes.

The simulated disease acts on the texture of neurites only: cell count, soma size and neurite length keep
their distributions, as in the reference study, where none of them differed. Clones, batches, plates and well
positions have random effects of their own.
"""

import shutil
from pathlib import Path
from typing import Any

from hcs.analyses import analyse_study
from hcs.config import template
from hcs.steps import Steps, silent
from hcs.study import Study
from hcs_plates.errors import ArgumentError, ExistsError, HcsError
from hcs_plates.ingestion import ingest
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
    field=FieldSpec(height=1024, width=1024),
    disease=DiseaseEffect(beading=0.5),
    random=RandomEffects(clone=0.1, batch=0.1, plate=0.05, position=0.05),
    seed=2021,
)

SETTINGS: dict[str, dict[str, Any]] = {
    "splits": {"n_sets": 6, "train": 3, "validation": 1, "test": 2},
    # The packaged weights tell neurites' texture best at block 4; two views keep the demo short.
    "model": {"features_at": ["block4"]},
    "train": {"views": 2, "learning_rate": 0.003},
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
    folder = Path(out)
    names = EXPERIMENT.plate_names()
    _claim(
        folder,
        template({"data": {"plates": [f"plates/{name}.ome.zarr" for name in names]}, **SETTINGS}),
        overwrite,
    )
    if not (folder / "export").is_dir():
        with steps("simulated fields") as progress:
            simulate_export(folder / "export", EXPERIMENT, client=client, progress=progress)
    for name in names:
        export, place = folder / "export" / name, folder / "plates" / f"{name}.ome.zarr"
        if not place.is_dir():
            with steps(f"plate {name}") as progress:
                _whole(ingest(export, place, export / "platemap.csv", client=client, progress=progress))
    study = Study.from_toml(folder / STUDY).run(client=client, steps=steps)
    analyse_study(study, steps=steps)
    return study, study.report()


def _claim(folder: Path, study_file: str, overwrite: bool) -> None:
    """Take the demo's folder: a new one, or the one of a demo that was interrupted."""
    if (folder / STUDY).is_file():
        if not (folder / "demo-results" / "report.html").is_file():
            return
        if not overwrite:
            raise ExistsError(
                f"{folder} holds a finished demo; see its report, or run it anew with --overwrite."
            )
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise ArgumentError(f"{folder} holds something else than a demo; choose another --out.")
    (folder / "plates").mkdir(parents=True, exist_ok=True)
    (folder / STUDY).write_text(study_file, encoding="utf-8")


def _whole(plate: Plate) -> Plate:
    """Refuse a plate with gaps: the simulator leaves none."""
    if len(plate.missing):
        raise HcsError(
            f"Plate {plate.name} lost {len(plate.missing)} planes on the way in; run the demo again."
        )
    return plate
