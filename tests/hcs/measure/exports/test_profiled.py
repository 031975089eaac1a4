"""Profiles in files, opened by those who read them: pandas and anndata; what may stand there before."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.measure.exports.h5ad import write_anndata
from hcs.measure.exports.parquet import write_parquet
from hcs.measure.measured import Measurements
from hcs.measure.profiles import profiles
from hcs_plates.errors import ArgumentError, ExistsError

anndata = pytest.importorskip("anndata")
LEVELS = ("wells", "fields", "clones")


def expected(measured: Measurements, level: str) -> pd.DataFrame:
    """Features by row, straight from the stored tables; of clones by pandas' own medians."""
    table = pd.read_parquet(measured.path / f"{'fields' if level == 'fields' else 'wells'}.parquet")
    if level == "clones":
        # A04 is not included. The wells of c1 have two roles, so each is a profile of its own.
        table = (
            table[table["included"]]
            .set_index(["clone", "role"])
            .select_dtypes("number")
            .drop(columns=["n_fields", "n_fields_included"])
        )
        return table.groupby(level=[0, 1]).median()
    place = (
        ["plate", "well", "field"]
        if level == "fields"
        else ["plate", "well", "n_fields", "n_fields_included"]
    )
    return table.drop(columns=place).select_dtypes("number")


@pytest.mark.parametrize("level", LEVELS)
def test_parquet(level: str, measured: Measurements, tmp_path: Path) -> None:
    """What pandas reads are the measurements; pycytominer's rule finds them: what is not `Metadata_…`."""
    table = pd.read_parquet(write_parquet(profiles(measured, level), tmp_path / "p.parquet"))
    wanted = expected(measured, level)
    assert [name for name in table.columns if not name.startswith("Metadata_")] == list(wanted.columns)
    np.testing.assert_array_equal(table[list(wanted.columns)].to_numpy(float), wanted.to_numpy(float))
    assert set(table["Metadata_Plate"]) == {"P1"}
    if level == "clones":
        assert table["Metadata_clone"].tolist() == ["c1", "c1", "c2"]
        assert table["Metadata_n_wells"].tolist() == [1, 1, 1]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "level"), [("p.zarr", "wells"), *(("p.h5ad", level) for level in LEVELS)])
def test_anndata(name: str, level: str, measured: Measurements, tmp_path: Path) -> None:
    """What anndata reads are the measurements, with metadata and units; each row has a name of its own."""
    path = write_anndata(profiles(measured, level), tmp_path / name)
    back = anndata.read_h5ad(path) if path.suffix == ".h5ad" else anndata.read_zarr(path)
    wanted = expected(measured, level)
    assert list(back.var_names) == list(wanted.columns)
    np.testing.assert_array_equal(back.X, wanted.to_numpy(float))
    first = {"wells": "P1/A01", "fields": "P1/A01/1", "clones": "P1/c1/negative_control"}
    assert (back.obs_names[0], back.obs_names.is_unique) == (first[level], True)
    assert back.obs["Metadata_clone"].tolist()[0] == "c1"
    ending = "" if level == "fields" else "_mean"
    assert back.var["unit"][f"mean_soma_area_um2{ending}"] == "µm²"
    assert (back.uns["hcs"]["plate"], back.uns["hcs"]["level"]) == ("P1", level)
    assert [one.name for one in tmp_path.iterdir()] == [name]


@pytest.mark.filterwarnings("ignore")
def test_what_is_not_known_stays_unknown(measured: Measurements, tmp_path: Path) -> None:
    """A clone that no well names, and a number of a well where nothing counts, are missing in both."""
    found = profiles(measured)
    found.metadata.loc[1, "clone"] = None
    back = anndata.read_h5ad(write_anndata(found, tmp_path / "p.h5ad"))
    assert back.obs["Metadata_clone"].isna().tolist() == [False, True, False, False]
    assert np.isnan(back.X[3, 1])
    table = pd.read_parquet(write_parquet(found, tmp_path / "p.parquet"))
    assert table["Metadata_clone"].isna().tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("write", "name", "sentence"),
    [
        (write_parquet, "p.csv", r"ending in \.parquet; got 'p.csv'"),
        (write_parquet, "parquet", r"ending in \.parquet"),
        (write_anndata, "p.parquet", r"ending in \.h5ad or \.zarr"),
    ],
)
def test_other_endings_are_refused(
    write: Callable[..., Path], name: str, sentence: str, measured: Measurements, tmp_path: Path
) -> None:
    """With those there are; nothing is written."""
    with pytest.raises(ArgumentError, match=sentence):
        write(profiles(measured), tmp_path / name)
    assert not any(tmp_path.iterdir())


def test_a_slash_in_a_heading(measured: Measurements, tmp_path: Path) -> None:
    """AnnData has no such columns and Parquet does; refused before anything is written."""
    found = profiles(measured)
    found = replace(found, metadata=found.metadata.rename(columns={"role": "mg/ml"}))
    with pytest.raises(ArgumentError, match="which Metadata_mg/ml has"):
        write_anndata(found, tmp_path / "p.zarr")
    table = pd.read_parquet(write_parquet(found, tmp_path / "p.parquet"))
    assert "Metadata_mg/ml" in table
    assert [one.name for one in tmp_path.iterdir()] == ["p.parquet"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["p.h5ad", "p.zarr", "p.parquet"])
def test_only_profiles_are_replaced(name: str, measured: Measurements, tmp_path: Path) -> None:
    """Profiles go where that is asked; of AnnData a plate, or any other thing of that name, never does."""
    found, write = profiles(measured), write_parquet if name == "p.parquet" else write_anndata
    path = write(found, tmp_path / name)
    with pytest.raises(ExistsError, match="exists already"):
        write(found, path)
    write(found, path, overwrite=True)
    assert [one.name for one in tmp_path.iterdir()] == [name]
    if name == "p.parquet":
        return
    plate: Any = tmp_path / f"plate{path.suffix}"
    plate.mkdir()
    (plate / "zarr.json").write_text("{}")
    with pytest.raises(ExistsError, match="holds no profiles"):
        write_anndata(found, plate, overwrite=True)
    assert (plate / "zarr.json").read_text() == "{}"
