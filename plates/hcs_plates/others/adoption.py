"""What hcs keeps of a plate of another tool: its wells table, its protocol, and sums of its pixels.

One file: ``adopted.json`` in the plate's folder, or ``NAME.adopted.json`` beside one that may not be written.
Nothing else of the plate is touched. The one beside a plate that holds one and may not be written any more
says which it replaces.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from hcs_plates.description import PlateSpec
from hcs_plates.document import table_from_json, table_to_json
from hcs_plates.errors import ArgumentError, StaleError, StoreError, UnreachableError, reachable
from hcs_plates.others.describing import OtherFields, describe_other
from hcs_plates.protocol import Protocol
from hcs_plates.units import digest, file_digest

VERSION = 1
NAME = "adopted.json"
REMEDY = "adopt the plate again (hcs adopt --overwrite), or take the file from a copy"


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)
    version: int
    plate: str
    fingerprint: str
    wells: dict[str, Any]
    map_notices: list[str]
    protocol: dict[str, Any] | None
    sums: dict[str, list[str]]
    digests: dict[str, str]
    digest: str
    replaces: str | None = None


@dataclass(frozen=True)
class Adoption:
    """What was kept when a plate was adopted.

    Parameters
    ----------
    wells, map_notices
        Its wells table, and what was guessed or set aside in the map.
    protocol
        How the plate was made, None where nobody said.
    sums
        CRC32C of each full-resolution plane (time, channel, z) of each field, by ``B03/1``.
    digests
        Digest of each field's full-resolution pixels.
    """

    wells: pd.DataFrame
    map_notices: tuple[str, ...]
    protocol: Protocol | None
    sums: Mapping[str, tuple[str, ...]]
    digests: Mapping[str, str]


def places(plate: Path) -> tuple[Path, Path]:
    """Where the file may be: in the plate's folder, and beside it."""
    whole = plate.absolute()
    return whole / NAME, whole.with_name(f"{whole.name}.{NAME}")


def standing(plate: Path) -> Path | None:
    """Find the file that holds for a plate; None where it was not adopted.

    Of two it is the one beside the plate, if that says that it replaces the other as it is now.

    Raises
    ------
    StoreError
        Two, and neither replaces the other.
    UnreachableError
        A disk or a share that fails.
    """
    inside, beside = places(plate)
    with reachable("opening the plate", plate):
        found = [place for place in (inside, beside) if place.is_file()]
        if len(found) < 2:
            return found[0] if found else None
        try:
            replaced = json.loads(beside.read_bytes()).get("replaces")
        except (ValueError, AttributeError, RecursionError):
            replaced = None
        if replaced == file_digest(inside):
            return beside
    raise StoreError(
        plate, f"was adopted twice ({inside.name} in it and {beside.name} beside it); remove one"
    )


def fingerprint(spec: PlateSpec) -> str:
    """Digest of what a plate's own metadata say of its fields: what the kept sums belong to."""
    others = spec.other
    if not isinstance(others, OtherFields):
        raise TypeError("a plate of hcs needs no adoption")
    return digest(
        spec.name,
        [
            [*key, one.group, *one.layout.shape, one.kind.dtype, *one.kind.names]
            for key, one in others.places.items()
        ],
    )


def document(spec: PlateSpec, adoption: Adoption, replaced: Path | None = None) -> dict[str, Any]:
    """Write an adoption as a JSON-ready document, with its own digest and that of a file that it replaces."""
    content = {
        "version": VERSION,
        "plate": spec.name,
        "fingerprint": fingerprint(spec),
        "wells": table_to_json(adoption.wells),
        "map_notices": list(adoption.map_notices),
        "protocol": None if adoption.protocol is None else adoption.protocol.to_json(),
        "sums": {name: list(sums) for name, sums in adoption.sums.items()},
        "digests": dict(adoption.digests),
        "replaces": None if replaced is None else file_digest(replaced),
    }
    return content | {"digest": digest(content)}


def read_adoption(plate: Path, spec: PlateSpec) -> Adoption | None:
    """Read what was kept of a plate; None where it was not adopted.

    Raises
    ------
    StoreError
        The file is damaged, or the plate is another now; two files, as `standing` has it.
    UnreachableError
        A disk or a share that fails.
    """
    path = standing(plate)
    if path is None:
        return None
    try:
        content = json.loads(path.read_bytes())
        stored = _Document.model_validate_json(json.dumps(content))
        if stored.version != VERSION:
            raise StoreError(
                path, f"was written by another version of hcs (format {stored.version}, not {VERSION})"
            )
        if stored.digest != digest({key: value for key, value in content.items() if key != "digest"}):
            raise StoreError(path, f"is not as hcs wrote it; {REMEDY}")
        adoption = Adoption(
            table_from_json(stored.wells),
            tuple(stored.map_notices),
            None if stored.protocol is None else Protocol.model_validate(stored.protocol),
            {name: tuple(sums) for name, sums in stored.sums.items()},
            stored.digests,
        )
    except (ValidationError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise StoreError(path, f"is damaged ({str(error).splitlines()[0][:80]}); {REMEDY}") from error
    except OSError as error:
        raise UnreachableError.of(error, "opening the plate", path) from error
    if stored.fingerprint != fingerprint(spec):
        raise StaleError(path, f"belongs to other fields than those that the plate has now; {REMEDY}")
    return adoption


def open_adopted(plate: Path) -> PlateSpec:
    """Describe a plate of another tool, with what was kept when it was adopted, if it was.

    Raises
    ------
    NotThereError, StoreError, UnreachableError
        As `describe_other` and `read_adoption`.
    """
    spec = describe_other(plate)
    adoption = read_adoption(plate, spec)
    return spec if adoption is None else with_adoption(plate, spec, adoption)


def with_adoption(plate: Path, spec: PlateSpec, adoption: Adoption) -> PlateSpec:
    """Put an adoption on a description.

    Raises
    ------
    StoreError
        Its wells table is not this plate's.
    """
    others = spec.other
    if not isinstance(others, OtherFields):
        raise TypeError("a plate of hcs needs no adoption")
    summed = {
        key: replace(one, sums=adoption.sums.get(f"{key[0]}/{key[1]}", ()))
        for key, one in others.places.items()
    }
    try:
        return replace(
            spec,
            wells=adoption.wells,
            map_notices=adoption.map_notices,
            protocol=adoption.protocol,
            checksums=adoption.digests,
            other=replace(others, places=summed),
        )
    except ArgumentError as error:
        raise StoreError(
            plate, f"was adopted with a wells table that is not its own ({error.message}); {REMEDY}"
        ) from error
