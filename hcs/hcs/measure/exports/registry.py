"""All formats, a line each, in the order in which they are listed; the first is written if none is named."""

from hcs.measure.exports.format import ExportFormat
from hcs.measure.exports.h5ad import AnnDataProfiles
from hcs.measure.exports.omezarr import OmeZarr04
from hcs.measure.exports.parquet import ParquetProfiles
from hcs_plates.errors import ArgumentError, nearest

FORMATS: dict[str, ExportFormat] = {
    one.name: one
    for one in (
        OmeZarr04(),
        ParquetProfiles(),
        AnnDataProfiles(),
    )
}
FIRST = next(iter(FORMATS))


def find_format(name: str) -> ExportFormat:
    """Find a format by its name.

    Examples
    --------
    >>> find_format("parket")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: There is no format 'parket'; did you mean 'parquet'?
    """
    if name not in FORMATS:
        raise ArgumentError(f"There is no format {name!r}; {nearest(name, list(FORMATS))}")
    return FORMATS[name]
