"""Opening a stored box: one Zarr array with a table of its rows beside it (tiles, features).

What a folder says of itself is not believed: a damaged document or table is one sentence, and nothing is
allocated by its word.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import zarr

from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.objects import file_at, zarr_store
from hcs_plates.proof import reading
from hcs_plates.staging import Kind
from hcs_plates.storedfield import METADATA
from hcs_plates.units import digest

INDEX = "index.parquet"


@dataclass(frozen=True)
class BoxKind:
    """What a kind of box holds.

    Parameters
    ----------
    noun
        ``tile set``, for messages.
    made_by
        The command that makes one.
    attribute
        Key of its facts in the group's attributes.
    array
        Name of the array.
    columns
        Columns of its table.
    facts
        The kind of each fact that its readers count on.
    seal
        The fact that is a digest of all the others.
    """

    noun: str
    made_by: str
    attribute: str
    array: str
    columns: tuple[str, ...]
    facts: Mapping[str, type]
    seal: str

    @property
    def folder(self) -> Kind:
        """How a folder of this kind is told from any other, where one is made."""
        owned = rf"{self.array}|.*\.(json|parquet)|\..*"
        return Kind(f"a {self.noun}", METADATA, ("attributes", self.attribute), owned)

    @property
    def remedy(self) -> str:
        """What to do with a damaged one."""
        return f"remove this folder and run again what made it, such as `{self.made_by}`"

    def open(self, path: Path) -> tuple[pd.DataFrame, dict[str, Any], Any]:
        """Open a box.

        Returns
        -------
        index, attributes, array
            A row of the index for every row of the array.

        Raises
        ------
        NotThereError, StoreError
            Nothing there, something else, or damaged.
        """
        if not path.exists():
            raise NotThereError(f"{path} does not exist; make one with `{self.made_by}`.")
        if not (path / METADATA).is_file() or not (path / INDEX).is_file():
            raise StoreError(path, f"is not a {self.noun}; make one with `{self.made_by}`")
        with reading(path, f"this {self.noun}", self.remedy):
            attributes = self.attributes(path)
            if attributes is None:
                raise StoreError(path, f"is not a {self.noun}; make one with `{self.made_by}`")
            wrong = [name for name, kind in self.facts.items() if not isinstance(attributes.get(name), kind)]
            if wrong:
                raise ValueError(f"its document does not say its {wrong[0]}")
            facts = {name: value for name, value in attributes.items() if name != self.seal}
            if attributes.get(self.seal, digest(facts)) != digest(facts):
                raise ValueError("its document is not the one that was written")
            index = pd.read_parquet(file_at(path / INDEX), page_checksum_verification=True)
            if not set(self.columns) <= set(index.columns):
                raise ValueError(f"{INDEX} lacks columns")
            array = zarr.open_array(zarr_store(path), path=self.array, mode="r", zarr_format=3)
            shards = array.shards or array.chunks
            whole = array.shape[0] == len(index) and shards[0] > 0 and shards[1:] == array.shape[1:]
            if not whole or array.dtype.kind not in "uf":
                raise ValueError("the document of its array does not go with its index")
        return index, attributes, array

    def standing(self, path: Path, fact: str, *, overwrite: bool) -> str | None:
        """Say what a fact of the finished box that stands somewhere is, or None.

        Raises
        ------
        StoreError
            What is there cannot be read, and may not be replaced.
        """
        try:
            attributes = self.attributes(path)
        except StoreError:
            if overwrite:
                return None
            raise
        return None if attributes is None else str(attributes.get(fact))

    def attributes(self, path: Path) -> dict[str, Any] | None:
        """Facts of the box that stands somewhere; None where none does.

        Raises
        ------
        StoreError
            What is there cannot be read.
        """
        document = path / METADATA
        if not document.is_file():
            return None
        with reading(path, f"this {self.noun}", self.remedy):
            found = json.loads(document.read_bytes())["attributes"].get(self.attribute)
        return found if isinstance(found, dict) else None
