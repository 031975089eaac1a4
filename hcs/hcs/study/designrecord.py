"""What was settled before an experiment, as one JSON file a step: eligibility, layout, blinding, power.

The commands of `hcs.design` write these records; a study names them ([design] records), keeps them with its
own record, and its report tells them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.files import write_file
from hcs_plates.units import file_digest

FORMAT = 1
"""Of the records that are written."""

Kind = Literal["eligibility", "layout", "blinding", "power"]
Row = dict[str, str | int | float | bool | None]


class DesignRecord(BaseModel):
    """One step of an experiment's design.

    Parameters
    ----------
    kind
        Which step.
    made
        When, UTC.
    files
        SHA-256 by name of every file that the step read or wrote.
    headline
        The answer, at most 30 words.
    sentences
        What was assumed, what is left out.
    settings
        What was asked: every number of the rule or the layout, the seed.
    tables
        Rows by the table's name, as the report shows them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Kind
    headline: str = Field(min_length=1)
    sentences: tuple[str, ...] = ()
    settings: dict[str, Any] = {}
    tables: dict[str, list[Row]] = {}
    files: dict[str, str] = {}
    made: datetime = Field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    hcs: str = Field(default_factory=lambda: version("hcs"))
    format: int = Field(FORMAT, ge=1, le=FORMAT)

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read a record.

        Raises
        ------
        NotThereError, StoreError
            No file, or no record of an experiment's design.
        """
        file = Path(path)
        try:
            return cls.model_validate_json(file.read_bytes())
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotThereError(
                f"There is no design record {file}; hcs variants, layout, unblind and power write them."
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the file"
            raise StoreError(
                file, f"is no design record of hcs that this version can read ({where}: {first['msg']})"
            ) from error

    def write(self, path: Path | str) -> Path:
        """Write the record; readers see the old one or the new one whole."""
        return write_file(path, self.content())

    def content(self) -> bytes:
        """Give what is written: JSON, UTF-8."""
        return self.model_dump_json(indent=1).encode()


def digests(files: Mapping[str, Path]) -> dict[str, str]:
    """SHA-256 of files by the name they are told under."""
    return {name: file_digest(path) for name, path in files.items()}
