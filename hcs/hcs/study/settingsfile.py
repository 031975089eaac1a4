"""Settings as people write them: a TOML file, checked whole, and one with every setting and what it means."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from hcs.classifiers.model import Section
from hcs_plates.errors import ConfigError, NotThereError, nearest

Settings = TypeVar("Settings", bound=BaseModel)


def sections(kind: type[BaseModel]) -> dict[str, type[Section]]:
    """Sections of a file of settings by their names."""
    return {name: cast("type[Section]", field.annotation) for name, field in kind.model_fields.items()}


def read_toml(file: Path, what: str, make: str) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    file
        The file.
    what
        What it is to be, as the refusal calls it: ``a study``.
    make
        How one is made, as the refusal says it.

    Raises
    ------
    NotThereError, ConfigError
        No file, or not TOML.
    """
    if not file.is_file():
        raise NotThereError(f"{file} does not exist; {make}.")
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    # Of the kind are TOML's own errors, wrong characters, and numbers of thousands of digits.
    except ValueError as error:
        raise ConfigError(file, f"is not TOML: {error}") from error
    except RecursionError:
        raise ConfigError(file, f"is not TOML of {what}: lists or tables are nested too deep") from None


def checked(kind: type[Settings], values: Mapping[str, Any], file: Path) -> Settings:
    """Check settings read from `file`.

    Raises
    ------
    ConfigError
        Unknown keys (each with the nearest known one), values out of range: all at once.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        known = sections(kind)
        raise ConfigError(file, [_sentence(fault, known) for fault in error.errors()]) from error


def _sentence(fault: Any, known: Mapping[str, type[Section]]) -> str:
    """One fault of pydantic's as a sentence of ours."""
    place = [str(part) for part in fault["loc"]]
    where = f"[{place[0]}]" + (f" {'.'.join(place[1:])}" if len(place) > 1 else "") if place else "the file"
    if fault["type"] == "extra_forbidden":
        names = known if len(place) == 1 else known[place[0]].model_fields
        return f"unknown key {where}; {nearest(place[-1], names)}"
    if fault["type"] == "missing":
        return f"{where} is missing"
    if fault["type"] == "model_type":
        return f"{where} is a section: write it on a line of its own, and its settings below it"
    reason = str(fault["msg"]).removeprefix("Value error, ")
    given = f", got {fault['input']!r}" if isinstance(fault["input"], (str, int, float)) else ""
    return f"{where}: {reason[0].lower()}{reason[1:]}{given}"


def settings_text(
    kind: type[BaseModel], head: str, values: Mapping[str, Mapping[str, Any]] | None = None
) -> str:
    """Text of a file with every setting, its default and what it means.

    Parameters
    ----------
    kind
        Its sections are fields, their descriptions the comments.
    head
        First line, without its sign of a comment.
    values
        Values by section that differ from the defaults.
    """
    lines = [f"# {head}", ""]
    for section, part in sections(kind).items():
        lines.append(f"[{section}]")
        for name, field in part.model_fields.items():
            value = (values or {}).get(section, {}).get(name, field.default)
            setting = f"# {name} =" if value is None else f"{name} = {_toml(value)}"
            lines.append(f"{setting}  # {field.description}")
        lines.append("")
    return "\n".join(lines)


def _toml(value: Any) -> str:
    """Write a TOML value."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
