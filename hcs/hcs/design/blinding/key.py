"""The key of a blinded experiment: which code is which line, sealed in a file of its own."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from hcs.design.blinding.seal import seal, unseal
from hcs_plates.document import table_from_json, table_to_json
from hcs_plates.errors import StoreError

CODE, CLONE = "code", "clone"


class _Content(BaseModel):
    """What is sealed."""

    model_config = ConfigDict(extra="forbid", strict=True)
    made: str
    seed: str
    lines: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Key:
    """Codes and the lines that they stand for. Nothing of it is shown when it is printed.

    Parameters
    ----------
    lines
        One row a line: `code`, then the columns of the table of lines, `clone` among them.
    seed
        What chance in the blinded design is drawn with, such as its layout. It is secret too: whoever knows
        it and the table of lines makes the layout again, names and all.
    made
        When the codes were drawn, UTC.
    fingerprint
        SHA-256 of the sealed file, None before it is sealed. It tells nothing of the key.
    """

    lines: pd.DataFrame = field(repr=False)
    seed: int = field(repr=False)
    made: datetime
    fingerprint: str | None = None

    def seal(self, path: Path | str, passphrase: str, *, overwrite: bool = False) -> str:
        """Seal the key (`hcs.design.blinding.seal`), and give the file's fingerprint.

        Raises
        ------
        ArgumentError, ExistsError, PlaceError
            A passphrase that is quickly guessed, a key that stands there, a place that cannot be written to.
        """
        lines = table_to_json(self.lines.set_index(CODE))
        content = _Content(made=self.made.isoformat(), seed=f"{self.seed:x}", lines=lines)
        sealed = seal(path, content.model_dump_json().encode(), passphrase, overwrite=overwrite)
        object.__setattr__(self, "fingerprint", sealed)
        return sealed

    @classmethod
    def open(cls, path: Path | str, passphrase: str) -> Self:
        """Open a sealed key.

        Raises
        ------
        NotThereError, InputFileError, StoreError
            As `hcs.design.blinding.seal.unseal`; none of them tells anything of the key.
        """
        content, fingerprint = unseal(path, passphrase)
        try:
            read = _Content.model_validate_json(content)
            lines = table_from_json(read.lines).rename_axis(index=CODE).reset_index()
            return cls(lines, int(read.seed, 16), datetime.fromisoformat(read.made), fingerprint)
        except (ValidationError, ValueError, TypeError, json.JSONDecodeError):
            # Their messages show what they could not read.
            raise StoreError(Path(path), "holds a key that this version of hcs cannot read") from None


def now() -> datetime:
    """Give the time, UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
