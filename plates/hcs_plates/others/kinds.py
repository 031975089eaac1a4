"""Kinds of fields: what fields whose documents say the same have in common."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hcs_plates.errors import StoreError
from hcs_plates.others.documents import ARRAY, Documents
from hcs_plates.others.fieldmetadata import FieldMetadata, field_metadata
from hcs_plates.others.levels import level_factors, open_levels
from hcs_plates.others.metadata import MetadataError


@dataclass(frozen=True)
class FieldKind:
    """What a field of a plate of another tool is, but for its place and its pixels.

    Parameters
    ----------
    axes
        What each axis of its arrays is.
    names, colours
        Of its channels.
    paths
        Of the levels' arrays below the field, from the largest to the smallest.
    arrays
        Shape of each level's array, along `axes`.
    factors
        Height and width of a pixel of each level, in pixels of the first.
    dtype
        NumPy name of the pixel type.
    pixel_size_um
        Height and width of a full-resolution pixel, None if unknown.
    notices
        What was left out or assumed.
    """

    axes: tuple[str, ...]
    names: tuple[str, ...]
    colours: tuple[str, ...]
    paths: tuple[str, ...]
    arrays: tuple[tuple[int, ...], ...]
    factors: tuple[tuple[float, float], ...]
    dtype: str
    pixel_size_um: tuple[float, float] | None
    notices: tuple[str, ...]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Times, channels and steps in z."""
        sizes = dict(zip(self.axes, self.arrays[0], strict=True))
        return sizes.get("t", 1), sizes.get("c", 1), sizes.get("z", 1)

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Height and width of each level."""
        y, x = self.axes.index("y"), self.axes.index("x")
        return tuple((shape[y], shape[x]) for shape in self.arrays)


class Kinds:
    """The kinds of fields of a plate; each is opened once.

    Parameters
    ----------
    documents
        The plate's metadata.
    """

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self._known: dict[tuple[int, bytes], FieldKind] = {}
        self._metadata: dict[str, FieldMetadata] = {}

    def of(self, group: str) -> FieldKind:
        """Find the kind of a field.

        Fields are of one kind if their documents say the same but for names, displays and translations, and
        their largest arrays have the same document. Whether the smaller levels have, too, is looked at when
        they are read.

        Raises
        ------
        StoreError, UnreachableError
            It cannot be opened; every fault found.
        """
        documents = self.documents
        metadata = documents.understood("field", group, self._understood)
        place = f"{group}/{metadata.paths[0]}/{ARRAY[documents.version]}"
        key = (id(metadata), documents.raw(place))
        if key not in self._known:
            self._known[key] = self._opened(group, metadata)
        return self._known[key]

    def _understood(self, ome: dict[str, Any]) -> FieldMetadata:
        """Understand a field's document; those that differ in what is no matter here share what it means."""
        plain = json.dumps(_plain(ome), sort_keys=True)
        if plain not in self._metadata:
            try:
                self._metadata[plain] = field_metadata(ome, self.documents.version)
            except MetadataError as error:
                raise StoreError(self.documents.root, list(error.faults)) from error
        return self._metadata[plain]

    def _opened(self, group: str, metadata: FieldMetadata) -> FieldKind:
        documents = self.documents
        levels, faults = open_levels(documents.root, group, metadata, documents.version)
        if not levels:
            raise StoreError(documents.root, [f"{group}: {fault}" for fault in faults])
        array, axes = levels[0].array, metadata.axes
        sizes = dict(zip(axes, array.shape, strict=True))
        names, colours = metadata.channels(sizes.get("c", 1))
        factors, told = level_factors(levels, axes)
        return FieldKind(
            axes,
            names,
            colours,
            tuple(level.path for level in levels),
            tuple(level.array.shape for level in levels),
            tuple(factors),
            str(np.dtype(array.dtype).newbyteorder("=")),
            levels[0].pixel_size_um,
            (*metadata.notices, *faults, *told),
        )


def _plain(ome: Mapping[str, Any]) -> dict[str, Any]:
    """Take out of a field's attributes what does not bear on how its pixels are read."""
    omero = ome.get("omero")
    listed = omero.get("channels") if isinstance(omero, dict) else None
    shown = [
        {key: one.get(key) for key in ("label", "color")} if isinstance(one, dict) else None
        for one in (listed if isinstance(listed, list) else ())
    ]
    multiscales = ome.get("multiscales")
    levels = []
    for image in multiscales if isinstance(multiscales, list) else ():
        if not isinstance(image, dict):
            levels.append(image)
            continue
        datasets = image.get("datasets")
        levels.append(
            {
                "axes": image.get("axes"),
                "whole": _scales(image.get("coordinateTransformations")),
                "datasets": [
                    {"path": one.get("path"), "scales": _scales(one.get("coordinateTransformations"))}
                    if isinstance(one, dict)
                    else one
                    for one in (datasets if isinstance(datasets, list) else ())
                ],
            }
        )
    return {"multiscales": levels, "omero": shown if isinstance(listed, list) else type(omero).__name__}


def _scales(transformations: object) -> object:
    """Keep the scales of a list of transformations, and their number and kinds."""
    if not isinstance(transformations, list):
        return transformations
    return [
        one if not isinstance(one, dict) or one.get("type") != "translation" else "translation"
        for one in transformations
    ]
