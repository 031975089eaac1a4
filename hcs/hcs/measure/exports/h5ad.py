"""Profiles as AnnData, for scverse."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hcs.measure.exports.format import Asked
from hcs.measure.exports.profiled import free_place, write_profiles
from hcs.wording import have, listed
from hcs_plates.errors import ArgumentError, ExistsError, HcsError

if TYPE_CHECKING:
    import pandas as pd

    from hcs.measure.profiles import Profiles


class AnnDataProfiles:
    """AnnData: ``.h5ad``, or a ``.zarr`` folder."""

    name = "anndata"
    what = "profiles"
    on_workers = False

    def write(self, asked: Asked) -> list[str]:
        """Write the plate's measurements."""
        return write_profiles(asked, write_anndata)


def write_anndata(found: "Profiles", out: Path | str, *, overwrite: bool = False) -> Path:
    """Write profiles as AnnData: ``.h5ad``, or a ``.zarr`` folder.

    Observations are the wells, fields, clones or donors; ``obs`` has the columns ``Metadata_…`` (text as
    categories), ``var`` the unit of each feature, ``uns["hcs"]`` what made them. What is not known is NaN.

    Raises
    ------
    ArgumentError, ExistsError
        Another ending; two columns of one name, or a name with a slash; the file is there.
    HcsError
        anndata is not installed.
    """
    import pandas as pd

    from hcs_plates.files import remove

    try:
        import anndata
    except ImportError as error:
        raise HcsError(
            "AnnData needs the package anndata; install it with pip install 'hcs[anndata]'."
        ) from error
    path = free_place(out, "AnnData", (".h5ad", ".zarr"), overwrite=overwrite)
    if path.exists() and not _is_profiles(path):
        raise ExistsError(
            f"{path} is there and holds no profiles of hcs, so it is not replaced; choose another name."
        )
    obs = found.labelled()
    if slashed := [name for name in obs.columns if "/" in name]:
        raise ArgumentError(
            f"AnnData takes no '/' in the name of a column, which {listed(slashed)} {have(len(slashed))}; "
            "change its heading in the platemap (hcs platemap PLATE MAP) and measure again, or use Parquet."
        )
    place = found.metadata[list(found.place)].astype(object)
    obs.index = pd.Index(place.where(place.notna(), "").astype(str).agg("/".join, axis=1), dtype=object)
    for name in obs.columns:
        if isinstance(obs[name].dtype, pd.StringDtype) or obs[name].dtype == object:
            obs[name] = _categories(obs[name].tolist())
    var = pd.DataFrame(
        {"unit": _categories(found.units())}, index=pd.Index(found.features.columns, dtype=object)
    )
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


def _categories(values: list[Any]) -> "pd.Categorical":
    """Make categories of text, as objects: anndata writes none of pandas' own type of text."""
    import pandas as pd

    told = sorted({str(value) for value in values if not pd.isna(value)})
    codes = [-1 if pd.isna(value) else told.index(str(value)) for value in values]
    return pd.Categorical.from_codes(codes, categories=pd.Index(told, dtype=object))
