"""The demo: two simulated plates of 12 clones, from the microscope's files to a report, in a few minutes.

The simulated disease acts on the texture of neurites only: cell count, soma size and neurite length keep their
distributions, as in the reference study, where none of them differed. Clones, batches, plates and well
positions have random effects of their own.
"""

from pathlib import Path
from typing import Any

from hcs.config import template
from hcs.study import Steps, Study, silent
from hcs_plates.errors import HcsError
from hcs_plates.ingest import ingest
from hcs_plates.plate import Plate
from hcs_plates.simulate import DiseaseEffect, ExperimentSpec, FieldSpec, RandomEffects, simulate_export
from hcs_plates.staging import check_free

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

SETTINGS = {
    "splits": {"n_sets": 6, "train": 3, "validation": 1, "test": 2},
    # The packaged weights tell neurites' texture best at block 4; two views keep the demo short.
    "model": {"features_at": ["block4"]},
    "train": {"views": 2, "learning_rate": 0.003},
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
        Replace an earlier demo.
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
    check_free(folder, overwrite=overwrite, marker="demo.toml")
    folder.mkdir(parents=True, exist_ok=True)
    engine: dict[str, Any] = {"client": client, "overwrite": overwrite}
    with steps("simulated fields") as progress:
        exports = simulate_export(folder / "export", EXPERIMENT, progress=progress, **engine)
    plates = []
    for export in exports:
        place = folder / "plates" / f"{export.name}.ome.zarr"
        place.parent.mkdir(exist_ok=True)
        with steps(f"plate {export.name}") as progress:
            plate = ingest(export, place, export / "platemap.csv", progress=progress, **engine)
        plates.append(_whole(plate))
    file = folder / "demo.toml"
    data = {"plates": [plate.path.relative_to(folder).as_posix() for plate in plates]}
    file.write_text(template({"data": data, **SETTINGS}), encoding="utf-8")
    study = Study.from_toml(file).run(overwrite=overwrite, client=client, steps=steps)
    return study, study.report()


def _whole(plate: Plate) -> Plate:
    """Refuse a plate with gaps: the simulator leaves none."""
    if len(plate.missing):
        raise HcsError(
            f"Plate {plate.name} lost {len(plate.missing)} planes on the way in; run the demo again."
        )
    return plate
