"""Profiles: what is known of wells apart from what was measured, and clones and donors of wells."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.measure.measured import Measurements
from hcs.measure.profiles import PREFIX, Profiles, profiles
from hcs_plates.errors import ArgumentError

RECORDED = json.loads((Path(__file__).parents[1] / "statistics" / "pycytominer.json").read_text())[
    "aggregate"
]


def of_wells(table: pd.DataFrame, level: str = "wells", known: int = 0) -> Profiles:
    """Profiles of wells whose first columns, as many as `known`, are the platemap's."""
    names = [f"A{number:02d}" for number in range(1, len(table) + 1)]
    place = pd.DataFrame({"well": names, "plate": "P1"})
    counts = pd.DataFrame({"n_fields": 2, "n_fields_included": 2}, index=table.index)
    counts = counts.assign(**{name: table[name] for name in counts if name in table})
    table = table.drop(columns=list(counts), errors="ignore")
    wells = pd.concat([place, table.iloc[:, :known], counts, table.iloc[:, known:]], axis=1)
    measured: Any = SimpleNamespace(wells=wells, record={"plate": "P1"}, path=Path("P1.measurements"))
    return profiles(measured, level)


def test_counts_of_fields_are_no_features(measured: Measurements) -> None:
    """Platemap and counts of images are metadata; all else that was measured are features, as they stand."""
    found, stored = profiles(measured), pd.read_parquet(measured.path / "wells.parquet")
    about = ["well", "plate", "clone", "role", "included", "n_fields", "n_fields_included"]
    assert list(found.metadata) == about
    assert list(found.features) == [name for name in stored if name not in about]
    np.testing.assert_array_equal(
        found.features.to_numpy(float), stored[list(found.features)].to_numpy(float)
    )
    assert found.notices == ()


def test_fields_have_their_wells_columns(measured: Measurements) -> None:
    """The platemap of its well beside each field; a field that does not count says why."""
    found, stored = profiles(measured, "fields"), pd.read_parquet(measured.path / "fields.parquet")
    assert found.metadata["clone"].tolist() == ["c1", "c1", "c1", "c1", "c2"]
    assert "empty" in found.metadata["reason"][3]
    np.testing.assert_array_equal(found.features["cell_count"], stored["cell_count"])


def test_units(measured: Measurements) -> None:
    """A unit stands at the end of a measurement's name, and nowhere else."""
    found = profiles(measured)
    units = dict(zip(found.features, found.units(), strict=True))
    assert units["neurite_length_um_sd"] == units["neurite_length_per_cell_um_mean"] == "µm"
    assert units["cell_soma_area_um2_median"] == "µm²"
    assert units["cells_per_mm2_mean"] == "1/mm²"
    assert units["cell_FITC_soma_mean_median"] == units["tortuosity_mean"] == ""
    # A channel of a unit's name, and a unit within a name.
    odd = of_wells(
        pd.DataFrame({"Cy5_um_focus_mean": [1.0], "cell_p_ms_x_mean": [1.0], "delay_ms_mean": [1.0]})
    )
    assert odd.units() == ["", "", "ms"]
    fields = profiles(measured, "fields")
    assert dict(zip(fields.features, fields.units(), strict=True))["FITC_mean"] == ""


def test_what_holds_no_numbers_is_told() -> None:
    """Columns of text or of true and false are none of the features, and are named."""
    found = of_wells(pd.DataFrame({"kind": ["a"], "seen": [True], "area_mean": [1.0]}))
    assert list(found.features) == ["area_mean"]
    assert found.notices == ("2 columns have no numbers and are left out: kind and seen",)


def test_names_of_pycytominer() -> None:
    """Each column `Metadata_…`, once; two that would be one are refused."""
    found = of_wells(pd.DataFrame({"Metadata_dose": [1.0], "clone": ["c"], "area_mean": [1.0]}), known=2)
    assert list(found.labelled())[:4] == [f"{PREFIX}{name}" for name in ("Well", "Plate", "dose", "clone")]
    twice = of_wells(pd.DataFrame({"Metadata_clone": ["x"], "clone": ["c"], "area_mean": [1.0]}), known=2)
    with pytest.raises(
        ArgumentError, match="'Metadata_clone' and 'clone' would both be called Metadata_clone"
    ):
        twice.labelled()


def test_medians_are_those_of_pycytominer() -> None:
    """Clones by treatment are the rows of pycytominer's `aggregate`, which takes the median if not told."""
    wells = pd.DataFrame(RECORDED["wells"]).rename(columns=lambda name: name.removeprefix(PREFIX))
    found = of_wells(wells, "clones", known=2)
    expected = pd.DataFrame(RECORDED["profiles"])
    ours = pd.concat([found.labelled()[list(expected.columns[:2])], found.features], axis=1)
    pd.testing.assert_frame_equal(ours, expected, check_dtype=False)
    assert found.metadata["n_wells"].tolist() == [2, 3, 4, 2]
    assert found.place == ("plate", "clone", "treatment")


def test_donors_of_several_clones() -> None:
    """Over wells of all clones of a donor; what is not one thing there is left out and told."""
    wells = pd.DataFrame(
        {
            "clone": ["c1", "c1", "c2", "c3", None],
            "donor": ["d1", "d1", "d1", "d2", None],
            "diagnosis": ["ALS", "ALS", "ALS", "control", None],
            "n_fields_included": [1, 1, 1, 0, 1],
            "area_mean": [1.0, 2.0, 9.0, 4.0, 5.0],
        }
    )
    found = of_wells(wells, "donors", known=3)
    assert found.metadata.to_dict("records") == [
        {
            "plate": "P1",
            "donor": "d1",
            "diagnosis": "ALS",
            "n_wells": 3,
            "n_fields": 6,
            "n_fields_included": 3,
        }
    ]
    assert found.features["area_mean"].tolist() == [2.0]
    assert found.notices == (
        "1 well without a donor is left out",
        "1 well without a field that counts is left out",
        "1 column of the platemap with several values in one donor is left out: clone",
    )


def test_refused(measured: Measurements) -> None:
    """Levels that there are not, wells without donors, and clones of which no well counts."""
    with pytest.raises(ArgumentError, match=r"wells, fields, clones and donors; got 'cells'"):
        profiles(measured, "cells")
    with pytest.raises(ArgumentError, match="no column 'donor'"):
        profiles(measured, "donors")
    with pytest.raises(ArgumentError, match="No well of plate P1 has a clone"):
        of_wells(pd.DataFrame({"clone": [None], "area_mean": [1.0]}), "clones", known=1)
