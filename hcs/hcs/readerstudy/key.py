"""The key of a pack: which image is of which well and clone. Whoever judges, or serves images, has none."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hcs.readerstudy.pack import Pack
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.files import write_file

FORMAT = 1
COLUMNS = ("image", "plate", "well", "field", "tile", "group", "label", "training")


class _Content(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(extra="forbid")
    format: int = Field(ge=1, le=FORMAT)
    pack: str
    made: str
    hcs: str
    seed: int = Field(ge=0)
    study: dict[str, Any]
    chosen: dict[str, Any]
    scale: dict[str, Any]
    repeats: dict[str, list[int]]
    images: list[dict[str, str | int | bool | None]]


@dataclass(frozen=True, eq=False)
class Key:
    """What the images of a pack are. Nothing of it is shown when it is printed.

    Parameters
    ----------
    pack
        The pack's own id.
    images
        One row a file of the pack: image (its id), plate, well, field, tile (missing of whole fields), group,
        label, training. An image that some reader judges twice has two files, so two rows.
    repeats
        By reader, positions (places in `Pack.items`, counted from 0) of second showings.
    study
        title, place, inputs, record (SHA-256) of the study, group (the column, such as clone), positive and
        negative label.
    chosen, scale
        How images were chosen, and which grey levels are black and white.
    seed
        What the draw is made again with, from the same study. The names of images are no part of it.
    made
        When, UTC.
    hcs
        Version that made it.
    """

    pack: str
    images: pd.DataFrame = field(repr=False)
    repeats: dict[str, tuple[int, ...]] = field(repr=False)
    study: dict[str, Any] = field(repr=False)
    chosen: dict[str, Any] = field(repr=False)
    scale: dict[str, Any] = field(repr=False)
    seed: int = field(repr=False)
    made: str
    hcs: str

    def content(self) -> bytes:
        """Give what is written: JSON, UTF-8."""
        rows = self.images.astype(object).where(self.images.notna(), None)
        content = _Content(
            format=FORMAT,
            pack=self.pack,
            made=self.made,
            hcs=self.hcs,
            seed=self.seed,
            study=self.study,
            chosen=self.chosen,
            scale=self.scale,
            repeats={reader: list(positions) for reader, positions in self.repeats.items()},
            images=rows.to_dict(orient="records"),
        )
        return content.model_dump_json(indent=1).encode()

    def write(self, path: Path) -> Path:
        """Write the key, for nobody's eyes but the owner's (mode 0600)."""
        return write_file(path, self.content(), private=True)

    @classmethod
    def open(cls, path: Path | str, pack: Pack | None = None) -> Self:
        """Open a key.

        Parameters
        ----------
        path
            The file.
        pack
            The pack that it must be of.

        Raises
        ------
        NotThereError, StoreError
            No file; no key, or one of another pack, or changed since the pack was made.
        """
        file = Path(path)
        try:
            content = file.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotThereError(
                f"There is no key {file}; hcs readers new writes it beside the pack, as PACK.key.json."
            ) from error
        try:
            read = _Content.model_validate_json(content)
            table = pd.DataFrame(read.images, columns=list(COLUMNS))
        except ValidationError as error:
            raise StoreError(file, "is no key of a reader study that this version of hcs can read") from error
        if pack is not None and read.pack != pack.info.pack:
            raise StoreError(
                file, f"is the key of another pack than {pack.folder}; take the one made with it"
            )
        if pack is not None and sha256(content).hexdigest() != pack.info.key:
            raise StoreError(file, f"was changed since {pack.folder} was made; take it from a copy")
        for name in ("field", "tile"):
            table[name] = table[name].astype("Int64") if _whole(table[name]) else table[name]
        repeats = {reader: tuple(positions) for reader, positions in read.repeats.items()}
        more = json.loads(content)
        return cls(
            read.pack,
            table,
            repeats,
            more["study"],
            more["chosen"],
            more["scale"],
            read.seed,
            read.made,
            read.hcs,
        )


def _whole(values: pd.Series) -> bool:
    """Whether all values that are there are whole numbers."""
    return all(isinstance(value, int) for value in values.dropna())
