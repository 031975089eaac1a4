"""A study's record as text, entry by entry."""

from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any


def flat(record: Mapping[str, Any], part: str = "") -> dict[str, str]:
    """List a nested record as text by dotted name.

    Of a path only its last name stands: reports are sent to others, and a study that was moved is the same.

    Examples
    --------
    >>> flat({"data": {"plates": ["/x/P1.ome.zarr"], "where": None}, "engines": [{"device": "CPU"}]})
    {'data.plates': 'P1.ome.zarr', 'data.where': '–', 'engines.1.device': 'CPU'}
    """
    found: dict[str, str] = {}
    for key, value in record.items():
        name = f"{part}.{key}" if part else str(key)
        if isinstance(value, Mapping):
            found |= flat(value, name)
        elif isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
            found |= flat({str(place): one for place, one in enumerate(value, 1)}, name)
        elif isinstance(value, list | tuple):
            found[name] = ", ".join(map(_text, value)) or "none"
        else:
            found[name] = _text(value)
    return found


def _text(value: Any) -> str:
    text = "–" if value is None else str(value)
    if PureWindowsPath(text).drive and PureWindowsPath(text).is_absolute():
        return PureWindowsPath(text).name
    return PurePosixPath(text).name if PurePosixPath(text).is_absolute() and len(text) > 1 else text
