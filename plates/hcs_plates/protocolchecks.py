"""A protocol on its plate: channels that exist, and where it says something else than export or platemap."""

from collections.abc import Iterator
from dataclasses import replace
from math import isclose
from pathlib import Path

from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError, ConfigError
from hcs_plates.protocol import Protocol
from hcs_plates.quantities import Quantity, dilution_text

EXPOSURE = " exposure_ms"
"""End of the name of an exposure time, behind its channel's."""
SAID = " (protocol)"
"""End of the name of what a protocol says, where the export says something of that too."""
SAME = 0.01
"""Numbers closer than this, relative to the larger, are the same: exports round, and people do."""


def with_protocol(spec: PlateSpec, protocol: Protocol, path: Path) -> PlateSpec:
    """Put a protocol on a plate's description, its channels under the plate's own names.

    Raises
    ------
    ConfigError
        Channels that the plate has not, or that it has several of, all at once; `path` is the protocol's.
    """
    faults: list[str] = []

    def named(channel: str, where: str) -> str:
        try:
            return spec.channel_names[spec.channel_index(channel)]
        except ArgumentError as error:
            faults.append(f"{where}: {error.message.rstrip('.')}")
            return channel

    antibodies = tuple(
        one
        if one.channel is None
        else one.model_copy(update={"channel": named(one.channel, f"[[antibodies]] {number}, channel")})
        for number, one in enumerate(protocol.antibodies, start=1)
    )
    exposure: dict[str, Quantity] = {}
    for channel, time in protocol.imaging.exposure.items():
        name = named(channel, "[imaging] exposure")
        if name in exposure:
            faults.append(f"[imaging] exposure: channel {name} is named twice; keep one")
        exposure[name] = time
    if faults:
        raise ConfigError(path, faults)
    imaging = protocol.imaging.model_copy(update={"exposure": exposure})
    return replace(spec, protocol=protocol.model_copy(update={"antibodies": antibodies, "imaging": imaging}))


def contradictions(spec: PlateSpec) -> tuple[str, ...]:
    """Say where a plate's protocol differs from its export or platemap; neither is believed more."""
    if spec.protocol is None:
        return ()
    return tuple(
        f"Plate {spec.name}: the protocol says {what} {said}, and {whose} {other}."
        for what, said, whose, other in (*_with_export(spec, spec.protocol), *_with_map(spec, spec.protocol))
    )


def imaged_with(spec: PlateSpec) -> dict[str, float | str]:
    """Give what the export says of microscope, objective and exposures (ms by channel), by name."""
    said: dict[str, float | str | None] = {
        f"{channel.name}{EXPOSURE}": channel.exposure_ms for channel in spec.channels
    }
    said["instrument"] = spec.instrument
    if spec.objective is not None:
        said |= {
            "objective": spec.objective.name,
            "magnification": spec.objective.magnification,
            "numerical_aperture": spec.objective.numerical_aperture,
        }
    return {name: value for name, value in said.items() if value is not None}


def protocol_values(protocol: Protocol) -> dict[str, float | str]:
    """Give what a protocol says by the names of `imaged_with` and of columns; its numbers as numbers."""
    said: dict[str, float | str] = {
        f"{channel}{EXPOSURE}": time.within("ms") for channel, time in protocol.imaging.exposure.items()
    }
    for antibody in protocol.antibodies:
        if antibody.dilution is not None:
            role = f"{antibody.role} " if antibody.role else ""
            said[f"{antibody.target} {role}antibody dilution"] = antibody.dilution
    imaging, culture, fixation = protocol.imaging, protocol.culture, protocol.fixation
    for part in (imaging, culture, fixation):
        for name, value in part:
            if isinstance(value, (int, float, str)):
                said[name] = value
            elif isinstance(value, Quantity):
                said[f"{'fixation' if part is fixation else 'imaging'} {name.replace('_', ' ')}"] = str(value)
    return said


def plate_values(spec: PlateSpec) -> dict[str, float | str]:
    """Give what is known of how a plate was made and imaged, as columns of its wells.

    What both export and protocol state stands there twice, the protocol's as ``NAME (protocol)``.
    """
    known = imaged_with(spec)
    said = {} if spec.protocol is None else protocol_values(spec.protocol)
    return known | {f"{name}{SAID}" if name in known else name: value for name, value in said.items()}


def _with_export(spec: PlateSpec, protocol: Protocol) -> Iterator[tuple[str, str, str, str]]:
    """Where the protocol and the export differ: what, the one, whose, the other."""
    stated, exported = protocol_values(protocol), imaged_with(spec)
    for name, value in stated.items():
        if name in exported and not same(value, exported[name]):
            what, unit = name.replace("_", " "), ""
            if name.endswith(EXPOSURE):
                what, unit = f"an exposure of {name.removesuffix(EXPOSURE)} of", " ms"
            yield what, f"{_text(value)}{unit}", "the export", f"{_text(exported[name])}{unit}"
    size = protocol.imaging.pixel_size
    sides = spec.pixel_size_um or ()
    if size is not None and not all(same(size.within("µm"), side) for side in sides):
        yield "a pixel size of", str(size), "the plate", f"{' × '.join(f'{side:.4g}' for side in sides)} µm"


def _with_map(spec: PlateSpec, protocol: Protocol) -> Iterator[tuple[str, str, str, str]]:
    """Where the protocol and the columns of the platemap differ."""
    wells, culture = spec.wells, protocol.culture
    for role in ("primary", "secondary"):
        stated = {
            one.dilution for one in protocol.antibodies if one.role == role and one.dilution is not None
        }
        column = f"{role}_dilution"
        other = set() if column not in wells else set(wells[column].dropna()) - stated
        if stated and other:
            said = ", ".join(map(dilution_text, sorted(stated)))
            told = ", ".join(map(dilution_text, sorted(other)))
            yield f"a {role} antibody at", said, "the platemap also", told
    for column in ("seeding_density", "seeding_density_unit", "differentiation_day"):
        value = getattr(culture, column)
        if value is None or column not in wells:
            continue
        others = [one for one in wells[column].dropna().unique() if not same(value, one)]
        if others:
            told = ", ".join(_text(one) for one in others[:4])
            yield column.replace("_", " "), _text(value), "the platemap", told


def same(one: object, other: object) -> bool:
    """Whether two values say the same: numbers nearly, texts by their letters, one within the other."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return isclose(one, other, rel_tol=SAME)
    first, second = ("".join(filter(str.isalnum, str(text).casefold())) for text in (one, other))
    return first in second or second in first


def _text(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, (int, float)) else str(value)
