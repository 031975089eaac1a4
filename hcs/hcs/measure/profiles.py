"""What was measured as profiles for other tools: pycytominer's Parquet, and scverse's AnnData."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.measure.measured import Measurements
from hcs.wording import UNITS
from hcs_plates.errors import ArgumentError, ExistsError, HcsError
from hcs_plates.files import remove, write_table
from hcs_plates.paths import local_path

LEVELS = ("wells", "fields")
NAMES = {"plate": "Plate", "well": "Well", "field": "Site"}
"""Names of places in profiles of CellProfiler and pycytominer; other columns keep theirs."""


@dataclass(frozen=True)
class Profiles:
    """Measurements of a plate, apart from what is known of the wells.

    Parameters
    ----------
    metadata
        One row per well or field: its place, the platemap's columns, how many fields count.
    features
        The measurements, of the same rows; numbers, none of which is a count of images.
    record
        What made them, JSON-ready.
    """

    metadata: pd.DataFrame
    features: pd.DataFrame
    record: Mapping[str, Any]


def profiles(measured: Measurements, level: str = "wells") -> Profiles:
    """Take a plate's measurements as profiles.

    Parameters
    ----------
    measured
        What `hcs measure` stored.
    level
        ``wells`` (means, spreads and medians over the fields and cells that count) or ``fields``.

    Raises
    ------
    ArgumentError
        No such level.
    """
    if level not in LEVELS:
        raise ArgumentError(f"Profiles are of {' or '.join(LEVELS)}; got {level!r}.")
    wells = measured.wells
    known = list(wells.columns[: list(wells.columns).index("n_fields")])
    if level == "wells":
        table, about = wells, [*known, "n_fields", "n_fields_included"]
    else:
        fields = measured.fields
        told = wells[[name for name in known if name not in ("plate", "included")]]
        table = fields.merge(told, on="well", how="left", suffixes=("", "_platemap"), validate="many_to_one")
        about = [name for name in table.columns if name in ("plate", "well", "field", "included", "reason")]
        about += [name for name in table.columns if name not in fields.columns]
    features = table[[name for name in table.columns if name not in about]].select_dtypes("number")
    record = {
        "plate": measured.record["plate"],
        "images": str(measured.record.get("images", "")),
        "level": level,
        "measurements": str(measured.path),
        "version": version("hcs"),
    }
    return Profiles(table[about].reset_index(drop=True), features.reset_index(drop=True), record)


def write_parquet(found: Profiles, out: Path | str, *, overwrite: bool = False) -> Path:
    """Write profiles as one Parquet table, with columns ``Metadata_Plate``, ``Metadata_Well`` and so on.

    Raises
    ------
    ExistsError
        The file is there.
    """
    path = _free(out, overwrite=overwrite)
    named = {name: f"Metadata_{NAMES.get(name, name)}" for name in found.metadata.columns}
    return write_table(path, pd.concat([found.metadata.rename(columns=named), found.features], axis=1))


def write_anndata(found: Profiles, out: Path | str, *, overwrite: bool = False) -> Path:
    """Write profiles as AnnData: ``.h5ad``, or a ``.zarr`` folder.

    Observations are the wells or fields, with their metadata in ``obs`` (text as categories); ``var`` has the
    unit of each feature, ``uns["hcs"]`` what made them. Values that are not known are NaN.

    Raises
    ------
    ArgumentError, ExistsError
        Another ending; the file is there.
    HcsError
        anndata is not installed.
    """
    try:
        import anndata
    except ImportError as error:
        raise HcsError(
            "AnnData needs the package anndata; install it with pip install 'hcs[anndata]'."
        ) from error
    path = _free(out, overwrite=overwrite)
    if path.suffix not in (".h5ad", ".zarr"):
        raise ArgumentError(f"AnnData is written to a name ending in .h5ad or .zarr; got {path.name!r}.")
    if path.exists() and not _is_profiles(path):
        raise ExistsError(
            f"{path} is there and holds no profiles of hcs, so it is not replaced; choose another name."
        )
    place = [name for name in ("plate", "well", "field") if name in found.metadata]
    obs = found.metadata.copy()
    obs.index = pd.Index(obs[place].astype(str).agg("/".join, axis=1), dtype=object)
    for name in obs.columns:
        if isinstance(obs[name].dtype, pd.StringDtype) or obs[name].dtype == object:
            obs[name] = _categories(obs[name].tolist())
    units = [
        next((unit for end, unit in UNITS.items() if end in name), "") for name in found.features.columns
    ]
    var = pd.DataFrame({"unit": _categories(units)}, index=pd.Index(found.features.columns, dtype=object))
    numbers = found.features.to_numpy(dtype=float)
    made = anndata.AnnData(X=numbers, obs=obs, var=var, uns={"hcs": dict(found.record)})
    scratch = path.with_name(f".{path.name}.{os.getpid()}.partial{path.suffix}")
    try:
        write = made.write_h5ad if path.suffix == ".h5ad" else made.write_zarr
        write(scratch)
        if path.is_dir():
            before = path.with_name(f".{path.name}.{os.getpid()}.before")
            path.rename(before)
            scratch.rename(path)
            remove(before)
        else:
            scratch.replace(path)
    finally:
        if scratch.exists():
            remove(scratch)
    return path


def _is_profiles(path: Path) -> bool:
    """Whether what stands there is AnnData that hcs wrote: nothing else is ever replaced."""
    import h5py

    try:
        if path.is_dir():
            found = [path / "uns" / "hcs" / name for name in (".zattrs", "zarr.json")]
            return any(one.is_file() for one in found)
        with h5py.File(path, "r") as stored:
            return "uns/hcs" in stored
    except OSError:
        return False


def _categories(values: list[Any]) -> pd.Categorical:
    """Make categories of text, as objects: anndata writes none of pandas' own type of text."""
    told = sorted({str(value) for value in values if not pd.isna(value)})
    codes = [-1 if pd.isna(value) else told.index(str(value)) for value in values]
    return pd.Categorical.from_codes(codes, categories=pd.Index(told, dtype=object))


def _free(out: Path | str, *, overwrite: bool) -> Path:
    """Take a place where nothing is, or what is may be replaced."""
    path = local_path(out)
    if path.exists() and not overwrite:
        raise ExistsError(f"{path} exists already; choose another name, or --overwrite.")
    return path
