"""Profiles for other tools: what is known of wells apart from what was measured, in their own formats."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.measure.profiles import Profiles, profiles, write_anndata, write_parquet
from hcs_plates.errors import ArgumentError, ExistsError

anndata = pytest.importorskip("anndata")


@pytest.fixture
def found(request: pytest.FixtureRequest) -> Profiles:
    """Profiles of two wells, one of which has no clone; by level."""
    wells = pd.DataFrame(
        {
            "well": ["A01", "A02"],
            "plate": "P1",
            "clone": pd.array(["c1", None], dtype="str"),
            "passage": pd.array([21, None], dtype="Int64"),
            "included": [True, True],
            "n_fields": [2, 1],
            "n_fields_included": [2, 0],
            "cell_count_mean": [12.5, np.nan],
            "mean_soma_area_um2_mean": [80.0, 90.0],
        }
    )
    fields = pd.DataFrame(
        {
            "plate": "P1",
            "well": ["A01", "A01", "A02"],
            "field": [1, 2, 1],
            "cell_count": [12.0, 13.0, 0.0],
            "included": [True, True, False],
            "reason": ["", "", "empty"],
        }
    )
    measured: Any = SimpleNamespace(
        wells=wells, fields=fields, record={"plate": "P1", "images": "d"}, path=Path("P1.measurements")
    )
    return profiles(measured, getattr(request, "param", "wells"))


def test_counts_of_fields_are_no_features(found: Profiles) -> None:
    """Platemap and counts of images are metadata; numbers that were measured are features."""
    assert list(found.features) == ["cell_count_mean", "mean_soma_area_um2_mean"]
    assert list(found.metadata) == [
        *("well", "plate", "clone", "passage", "included", "n_fields", "n_fields_included")
    ]


@pytest.mark.parametrize("found", ["fields"], indirect=True)
def test_fields_have_their_wells_columns(found: Profiles) -> None:
    """The platemap of its well beside each field; a field that does not count says why."""
    assert found.metadata["clone"].isna().tolist() == [False, False, True]
    assert found.metadata["reason"].tolist()[-1] == "empty"
    assert list(found.features) == ["cell_count"]


def test_parquet(found: Profiles, tmp_path: Path) -> None:
    """Places under the names of pycytominer, whose rule finds the features: what is not `Metadata_…`."""
    table = pd.read_parquet(write_parquet(found, tmp_path / "p.parquet"))
    features = [name for name in table.columns if not name.startswith("Metadata_")]
    assert features == list(found.features)
    assert table["Metadata_Well"].tolist() == ["A01", "A02"]
    assert table["Metadata_passage"].dtype == "Int64"
    with pytest.raises(ExistsError):
        write_parquet(found, tmp_path / "p.parquet")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["p.h5ad", "p.zarr"])
def test_anndata(found: Profiles, tmp_path: Path, name: str) -> None:
    """Read back: the same numbers, metadata and units; a name that is not known stays unknown."""
    path = write_anndata(found, tmp_path / name)
    back = anndata.read_h5ad(path) if path.suffix == ".h5ad" else anndata.read_zarr(path)
    np.testing.assert_array_equal(back.X, found.features.to_numpy())
    assert list(back.obs_names) == ["P1/A01", "P1/A02"]
    assert back.obs["clone"].isna().tolist() == [False, True]
    assert back.var["unit"].tolist() == ["", "µm²"]
    assert back.uns["hcs"]["plate"] == "P1"
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_other_endings_are_refused(found: Profiles, tmp_path: Path) -> None:
    """With the two there are."""
    with pytest.raises(ArgumentError, match=r"\.h5ad or \.zarr"):
        write_anndata(found, tmp_path / "p.csv")
    with pytest.raises(ArgumentError, match="wells or fields"):
        profiles(SimpleNamespace(), "cells")  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["p.h5ad", "p.zarr"])
def test_only_profiles_are_replaced(found: Profiles, tmp_path: Path, name: str) -> None:
    """A plate, or any other file or folder of that name, stays whatever is asked; profiles of hcs go."""
    path = write_anndata(found, tmp_path / name)
    write_anndata(found, path, overwrite=True)
    assert [one.name for one in tmp_path.iterdir()] == [name]
    plate = tmp_path / f"plate{path.suffix}"
    plate.mkdir()
    (plate / "zarr.json").write_text("{}")
    with pytest.raises(ExistsError, match="holds no profiles"):
        write_anndata(found, plate, overwrite=True)
    assert (plate / "zarr.json").read_text() == "{}"
