"""Plates and a study that nobody ran, every number of which is written here."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hcs.measure.measured import default_place, measuring_recipe
from hcs.tables.compared import Classes
from hcs.web.browser.scoredwells import StudyScores
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, create_plate
from hcs_plates.readers.acquisition import Channel
from hcs_plates.wells import FORMATS

CLONES = {"A01": "c1", "A02": "c2", "A03": "c3", "B01": "c1", "B02": "c2", "B03": None}
DIAGNOSES = {"c1": "ALS", "c2": "control", "c3": "ALS"}
SCORES = {"c1": 0.9, "c2": 0.7, "c3": 0.2}
"""Of the first model: c2 and c3 are called wrong, by 0.5."""
EVIL = "<img src=x onerror=alert(1)>"


def write_plate(
    folder: Path, name: str = "P1", *, unmapped: str = "", bare: str = "", **columns: Any
) -> Plate:
    """Six wells of two fields of 32 × 32 pixels: B03 has no clone, B02 takes no part.

    Columns are added, or replaced; those that are None are left out. One well may have no row in the table,
    and one no images.
    """
    wells = list(CLONES)
    table = pd.DataFrame(
        {
            "plate": name,
            "clone": [CLONES[well] for well in wells],
            "diagnosis": [DIAGNOSES.get(str(CLONES[well])) for well in wells],
            "included": [well != "B02" for well in wells],
            **columns,
        },
        index=pd.Index(wells, name="well", dtype="str"),
    )
    table = table.drop(columns=[column for column, cells in columns.items() if cells is None])
    table = table.drop(index=[unmapped] if unmapped else [])
    spec = PlateSpec(
        name=name,
        format=FORMATS[6],
        channels=(Channel("FITC"),),
        layout=FieldLayout(1, 1, 1, 32, 32, "uint16"),
        fields={well: (1, 2) for well in wells if well not in (unmapped, bare)},
        wells=table,
    )

    def pixels(well: str, number: int) -> Any:
        return np.full(
            (1, 32, 32), 100 * number + len(name) + int(name[-1]) + wells.index(well), dtype="uint16"
        )

    return create_plate(folder / f"{name}.ome.zarr", spec, pixels)


def measure(plate: Plate, counts: Mapping[str, tuple[float, float]], *, folder: Path | None = None) -> Path:
    """Leave measurements of a plate that nobody made: cells in fields 1 and 2 of each well."""
    place = default_place(plate) if folder is None else folder
    place.mkdir(parents=True)
    rows = [
        {
            "plate": plate.name,
            "well": well,
            "field": number,
            "cell_count": value,
            "included": True,
            "reason": "",
        }
        for well, values in counts.items()
        for number, value in enumerate(values, start=1)
    ]
    means = {well: sum(values) / len(values) for well, values in counts.items()}
    wells = plate.wells.reset_index(drop=True).assign(plate=plate.name)
    wells = wells.rename(columns={"cell_count_mean": "platemap_cell_count_mean"}).assign(n_fields=2)
    wells["cell_count_mean"] = wells["well"].map(means)
    wells["cell_soma_area_um2_median"] = wells["well"].map({well: 10 * mean for well, mean in means.items()})
    record: dict[str, Any] = {"version": 1, "recipe": measuring_recipe(plate, {}, 1), "plate": plate.name}
    record |= {"spec": {}, "illumination": {}, "notices": [], "left_out": [], "images": plate.digest}
    (place / "measurements.json").write_text(json.dumps(record), encoding="utf-8")
    pd.DataFrame(rows).to_parquet(place / "fields.parquet", index=False)
    wells.to_parquet(place / "wells.parquet", index=False)
    return place


def study_scores(*plates: Plate, left_out: Mapping[str, str] | None = None) -> StudyScores:
    """Scores of the wells that have a clone and take part, by a network and a forest that is right."""
    named = [
        (plate.name, well, clone)
        for plate in plates
        for well, clone in CLONES.items()
        if clone and well != "B02"
    ]
    wells = pd.DataFrame(
        [
            (model, plate, well, clone, DIAGNOSES[clone], 2, 3, score, 0.1)
            for model, scores in (("cnn", SCORES), ("forest", {"c1": 0.8, "c2": 0.1, "c3": 0.8}))
            for plate, well, clone in named
            for score in [scores[clone]]
        ],
        columns=["model", "plate", "well", "group", "label", "n_tiles", "n_sets", "probability", "sd"],
    )
    # One well of a clone that is called wrong is called right.
    wells.loc[(wells["model"] == "cnn") & (wells["well"] == "A02"), "probability"] = 0.4
    groups = wells.groupby(["model", "group", "label"], as_index=False)["probability"].first()
    groups["probability"] = [
        SCORES[group] if model == "cnn" else score
        for model, group, score in zip(groups["model"], groups["group"], groups["probability"], strict=True)
    ]
    tiles = pd.concat(
        [
            wells.assign(field=field, tile=tile, probability=wells["probability"] + tile / 100)
            for field in (1, 2)
            for tile in (0, 1)
        ],
        ignore_index=True,
    )
    gone = pd.DataFrame(
        [("well", where, reason) for where, reason in (left_out or {}).items()],
        columns=["what", "where", "reason"],
    )
    return StudyScores(
        "small",
        Classes("ALS", "control"),
        ("cnn", "forest"),
        wells,
        groups,
        tiles,
        gone,
        {one.name: one.digest for one in plates},
    )
