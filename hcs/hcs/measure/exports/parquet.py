"""Profiles as one Parquet table, for pycytominer and whatever reads Parquet."""

from pathlib import Path
from typing import TYPE_CHECKING

from hcs.measure.exports.format import Asked
from hcs.measure.exports.profiled import free_place, write_profiles

if TYPE_CHECKING:
    from hcs.measure.profiles import Profiles


class ParquetProfiles:
    """Parquet, with columns ``Metadata_…`` and features."""

    name = "parquet"
    what = "profiles"
    on_workers = False

    def write(self, asked: Asked) -> list[str]:
        """Write the plate's measurements."""
        return write_profiles(asked, write_parquet)


def write_parquet(found: "Profiles", out: Path | str, *, overwrite: bool = False) -> Path:
    """Write profiles as one Parquet table, with columns ``Metadata_Plate``, ``Metadata_Well`` and so on.

    Raises
    ------
    ArgumentError, ExistsError
        Another ending than ``.parquet``; two columns of one name; the file is there.
    """
    import pandas as pd

    from hcs_plates.files import write_table

    path = free_place(out, "Parquet", (".parquet",), overwrite=overwrite)
    return write_table(path, pd.concat([found.labelled(), found.features], axis=1))
