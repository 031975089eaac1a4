"""What a study had made while its samples were under codes, and with what settings: `prepared.json`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hcs.study.places import PREPARED
from hcs_plates.errors import StoreError
from hcs_plates.units import write_json

FORMAT = 1


class Preparation(BaseModel):
    """Tiles, measurements and features that stand in a results folder whose classes were not known.

    Parameters
    ----------
    config
        The settings.
    plates
        Digest of the images of each plate, by its name.
    files
        Digest of every file and folder that was made, by its place in the results folder.
    records
        SHA-256 of the records of the experiment's design, by the place that they are to have in the results.
    notices
        Sentences on how settings were understood.
    made
        When, UTC.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    config: dict[str, dict[str, Any]]
    plates: Mapping[str, str]
    files: Mapping[str, str]
    records: Mapping[str, str] = {}
    notices: tuple[str, ...] = ()
    made: datetime = Field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    hcs: str = Field(default_factory=lambda: version("hcs"))
    format: int = Field(FORMAT, ge=1, le=FORMAT)

    @classmethod
    def read(cls, results: Path) -> Self | None:
        """Read what a results folder had made under codes; None where nothing was.

        Raises
        ------
        StoreError
            It cannot be read.
        """
        try:
            return cls.model_validate_json((results / PREPARED).read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise StoreError(
                results / PREPARED, "cannot be read by this version of hcs; run hcs study prepare again"
            ) from error

    def write(self, results: Path) -> None:
        """Write it into a results folder."""
        write_json(results / PREPARED, self.model_dump(mode="json"))
