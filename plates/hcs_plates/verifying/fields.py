"""Verifying one field: every plane of every level against its sum, and every file by its name."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.others.documents import ARRAY
from hcs_plates.others.field import OtherField
from hcs_plates.proof import reading
from hcs_plates.storedfield import METADATA, REMEDY, Pixels, StoredField, field_path, halved
from hcs_plates.units import pixel_digest
from hcs_plates.verifying.fault import Fault, damaged, fault_of, missing, strangers

LABELS = "labels"
"""Folder of a field's label images (`hcs labels`)."""


@dataclass(frozen=True)
class FieldPart:
    """A field of a plate of hcs.

    Parameters
    ----------
    field
        Its pixels on disk.
    again
        The command that makes the plate anew.
    """

    noun: ClassVar[str] = "field"
    field: StoredField
    again: str

    @property
    def folder(self) -> Path:
        """The field's group."""
        return self.field.plate / field_path(self.field.well, self.field.number)

    def faults(self) -> list[Fault]:
        """Read every level and label image, and list what is wrong."""
        document = self.folder / METADATA
        if not document.is_file():
            whole = f"document of {self.field.name}" if self.folder.is_dir() else self.field.name
            return [missing(whole, document if self.folder.is_dir() else self.folder, self.again)]
        try:
            with reading(self.field.plate, self.field.name, REMEDY):
                sums = self.field.sums()
        except NotThereError:
            raise
        except StoreError as error:
            said = error.faults[0].partition("cannot be read (")[2].partition(");")[0]
            what = f"document of {self.field.name}"
            return [damaged(what, document, said or "no document of a field", self.again)]
        found = [fault for level in self._levels() for fault in self._level(level, sums is not None)]
        return [*dict.fromkeys(found), *self._strange(), *self._labels()]

    def _levels(self) -> range:
        return range(len(self.field.layout.plane_shapes))

    def _shard(self, level: int) -> Path:
        axes = len(self.field.layout.axes)
        return self.folder.joinpath(str(level), "c", *"0" * axes)

    def _level(self, level: int, summed: bool) -> Iterator[Fault]:
        """Read a level; of plates of format 1, which kept nothing of them, smaller ones only decode."""
        try:
            if summed or level == 0:
                self.field.read(level)
            else:
                self._decoded(level)
        except NotThereError:
            raise
        except StoreError:
            yield self._diagnosed(level)

    def _diagnosed(self, level: int) -> Fault:
        """Say which of a level's files it is that does not belong to the others."""
        what, document = f"{self.field.name}, level {level}", self.folder / str(level) / METADATA
        if not document.is_file():
            return missing(f"document of {what}", document, self.again)
        try:
            with reading(self.field.plate, what, REMEDY):
                self.field.array(level)
        except StoreError:
            return damaged(f"document of {what}", document, "the document of another array", self.again)
        shard = self._shard(level)
        if not shard.exists():
            return missing(what, shard, self.again)
        if not shard.stat().st_size:
            return damaged(what, shard, "0 bytes", self.again)
        try:
            found = self._decoded(level)
        except StoreError:
            return damaged(what, shard, "bytes that do not decode", self.again)
        if self._is_right(level, found):
            whole = f"document of {self.field.name}"
            return damaged(whole, self.folder / METADATA, "sums of other pixels", self.again)
        return damaged(what, shard, "other pixels", self.again)

    def _decoded(self, level: int) -> Pixels:
        """Read a level, whatever its pixels are."""
        with reading(self.field.plate, self.field.name, REMEDY):
            return np.asarray(self.field.array(level)[...])

    def _is_right(self, level: int, found: Pixels) -> bool:
        """Whether a level has the plate's own pixels, so that the sums in the field's document are wrong."""
        try:
            pixels = found if level == 0 else self._decoded(0)
        except StoreError:
            return False
        if pixel_digest(pixels) != self.field.digest:
            return False
        for smaller in range(1, level + 1):
            pixels = halved(pixels, self.field.layout, smaller)
        return np.array_equal(pixels, found)

    def _strange(self) -> list[Fault]:
        files = [METADATA]
        for level in self._levels():
            files += [f"{level}/{METADATA}", self._shard(level).relative_to(self.folder).as_posix()]
        return strangers(self.folder, files, (LABELS,))

    def _labels(self) -> Iterator[Fault]:
        """Decode the label images: no sum was kept of them, but each chunk has one."""
        import zarr
        from zarr.storage import LocalStore

        layout = self.field.layout
        for document in sorted((self.folder / LABELS).glob(f"*/*/{METADATA}")):
            what = f"labels {document.parent.parent.name} of {self.field.name}"
            try:
                with reading(self.field.plate, what, REMEDY):
                    array = zarr.open_array(LocalStore(document.parent, read_only=True), mode="r")
                    if np.prod(array.shape, dtype=object) > layout.n_times * layout.height * layout.width:
                        raise ValueError("its array is larger than the field")
                    np.asarray(array[...])
            except StoreError:
                again = f"hcs labels {self.field.plate}"
                yield damaged(what, document.parent, "what does not decode", again)


@dataclass(frozen=True)
class OtherFieldPart:
    """A field of a plate of another tool, against its sums where it was adopted; every level must decode."""

    noun: ClassVar[str] = "field"
    field: OtherField
    again: str

    def faults(self) -> list[Fault]:
        """Read every level and list what is wrong."""
        found = []
        for level in range(len(self.field.layout.plane_shapes)):
            try:
                self.field.read(level)
            except NotThereError:
                raise
            except StoreError as error:
                found.append(self._diagnosed(level, error))
        return found

    def _diagnosed(self, level: int, error: StoreError) -> Fault:
        what = f"{self.field.name}, level {level}"
        where = self.field.plate / self.field.group / self.field.kind.paths[level]
        document = where / ARRAY[self.field.version]
        if not document.is_file():
            return missing(f"document of {what}", document, self.again)
        return fault_of(error, what, where, self.again)
