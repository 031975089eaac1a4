"""Which columns of a wells table name plates, wells and roles, and which roles are controls and samples."""

from collections.abc import Collection
from dataclasses import dataclass

from hcs_plates.errors import ArgumentError
from hcs_plates.wells import Formats


@dataclass(frozen=True)
class WellColumns:
    """How a wells table is to be read.

    Parameters
    ----------
    plate, well, role
        Columns that name plate, well and role. Without a column of roles all wells are samples.
    positive, negative
        Roles of the controls; those known as such (`hcs.tables.rolenames`) if None.
    samples
        Roles of the samples; without any, those known as such and wells without a role.
    included
        Column that flags wells with a word for false; blank ones, and all where there is none of this name,
        take part.
    formats
        Of the plates; without it, the smallest standard format that has all wells named on the plate, flagged
        ones too.

    Raises
    ------
    ArgumentError
        Text in place of a list of roles, or one role for both controls.
    """

    plate: str = "plate"
    well: str = "well"
    role: str = "role"
    positive: str | None = None
    negative: str | None = None
    samples: Collection[str] = ()
    included: str = "included"
    formats: Formats = None

    def __post_init__(self) -> None:
        if isinstance(self.samples, str):
            raise ArgumentError(
                f"samples is the text {self.samples!r}; give a list of roles, [{self.samples!r}]."
            )
        if self.positive is not None and self.positive == self.negative:
            raise ArgumentError(
                f"Positive and negative controls have the same role {self.positive!r}; give two."
            )
