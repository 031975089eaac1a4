"""The wet-lab protocol of a plate, as `protocol.toml` says it: culture, fixation, antibodies, imaging.

What differs between the wells of a plate (passage, tissue, a titrated dilution) stands in its platemap; what
the whole plate shares stands here. Every key may be left out, and nothing is filled in for it.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    model_validator,
)

from hcs_plates.errors import ConfigError, NotThereError, nearest
from hcs_plates.quantities import UNITS, Quantity, dilution_text, read_dilution

CONCENTRATIONS = ("share", "amount concentration", "mass concentration")


def _concentration(text: object) -> Quantity:
    """Read an amount of something dissolved."""
    found = Quantity.read(text)
    if UNITS[found.unit][0] not in CONCENTRATIONS:
        raise ValueError(f"{text!r} is a {UNITS[found.unit][0]}; expected a concentration such as '4 %'")
    return found


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, strict=True)]
_AS_WRITTEN = PlainSerializer(str, return_type=str)
Time = Annotated[Quantity, BeforeValidator(partial(Quantity.read, kind="time")), _AS_WRITTEN]
Length = Annotated[Quantity, BeforeValidator(partial(Quantity.read, kind="length")), _AS_WRITTEN]
Temperature = Annotated[Quantity, BeforeValidator(partial(Quantity.read, kind="temperature")), _AS_WRITTEN]
Concentration = Annotated[Quantity, BeforeValidator(_concentration), _AS_WRITTEN]
Dilution = Annotated[float, BeforeValidator(read_dilution), PlainSerializer(dilution_text, return_type=str)]
Number = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
DensityUnit = Literal["cells/well", "cells/cm²"]
Role = Literal["primary", "secondary", "conjugated"]


class Part(BaseModel):
    """A table of a protocol."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Culture(Part):
    """How the cells grew."""

    vessel: Text | None = Field(None, description="what they grew in", examples=["24-well plate"])
    coating: Text | None = Field(None, description="what it was coated with", examples=["laminin-511 E8"])
    medium: Text | None = Field(None, description="medium", examples=["neurobasal with B27"])
    seeding_density: Number | None = Field(
        None, description="cells seeded, where it is the same in all wells", examples=[200_000]
    )
    seeding_density_unit: DensityUnit | None = Field(
        None, description="its unit: cells/well or cells/cm²", examples=["cells/well"]
    )
    differentiation_day: Number | None = Field(
        None, description="day of the differentiation when fixed", examples=[23]
    )

    @model_validator(mode="after")
    def _with_unit(self) -> Self:
        if (self.seeding_density is None) != (self.seeding_density_unit is None):
            raise ValueError(
                "seeding_density and seeding_density_unit ('cells/well' or 'cells/cm²') go together"
            )
        return self


class Fixation(Part):
    """How the cells were fixed and made ready for antibodies."""

    fixative: Text | None = Field(None, description="fixative", examples=["paraformaldehyde"])
    concentration: Concentration | None = Field(None, description="its concentration", examples=["4 %"])
    time: Time | None = Field(None, description="how long", examples=["15 min"])
    temperature: Temperature | None = Field(None, description="at which temperature", examples=["22 °C"])
    permeabilised_with: Text | None = Field(None, description="detergent", examples=["0.1 % Triton X-100"])
    blocked_with: Text | None = Field(None, description="blocking", examples=["5 % goat serum"])


class Antibody(Part):
    """One antibody; a second one has the first one's species as its target."""

    target: Text = Field(description="what it binds", examples=["neurofilament H"])
    role: Role | None = Field(None, description="primary, secondary or conjugated", examples=["primary"])
    host: Text | None = Field(None, description="species it was raised in", examples=["mouse"])
    clone: Text | None = Field(None, description="clone, or polyclonal", examples=["SMI-32"])
    supplier: Text | None = Field(None, description="supplier")
    catalogue: Text | None = Field(None, description="catalogue number, as text")
    rrid: Text | None = Field(None, pattern=r"^AB_\d+$", description="identifier in the Antibody Registry")
    dilution: Dilution | None = Field(None, description="dilution", examples=["1:1,000"])
    fluorophore: Text | None = Field(None, description="fluorophore it carries", examples=["Alexa Fluor 488"])
    channel: Text | None = Field(None, description="channel of the plate that shows it", examples=["FITC"])
    time: Time | None = Field(None, description="how long it was left on", examples=["16 h"])
    temperature: Temperature | None = Field(None, description="at which temperature", examples=["4 °C"])


class Imaging(Part):
    """How the plate was imaged; held against what the instrument's export says."""

    instrument: Text | None = Field(None, description="microscope")
    mode: Text | None = Field(None, description="widefield, confocal, …", examples=["confocal"])
    objective: Text | None = Field(None, description="name of the objective", examples=["Plan Apo"])
    magnification: Number | None = Field(None, description="its magnification", examples=[20])
    numerical_aperture: Number | None = Field(
        None, le=1.7, description="its numerical aperture", examples=[0.75]
    )
    pixel_size: Length | None = Field(None, description="side of a pixel", examples=["0.325 µm"])
    exposure: Mapping[str, Time] = Field({}, description="exposure time of each channel", examples=["300 ms"])


class Protocol(Part):
    """The wet-lab protocol of one plate.

    Parameters
    ----------
    culture, fixation, imaging
        Its tables.
    antibodies
        In the order of the file.
    """

    culture: Culture = Culture()
    fixation: Fixation = Fixation()
    antibodies: tuple[Antibody, ...] = ()
    imaging: Imaging = Imaging()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        keys = [(one.target.casefold(), one.role) for one in self.antibodies]
        for one, key in zip(self.antibodies, keys, strict=True):
            if keys.count(key) > 1:
                role = f"{one.role} " if one.role else ""
                raise ValueError(f"the {role}antibody to {one.target!r} is there twice; keep one")
        return self

    def to_json(self) -> dict[str, Any]:
        """Give what is stated, JSON-ready; `Protocol.model_validate` reads it back."""
        document = self.model_dump(mode="json", exclude_none=True)
        if not self.imaging.exposure:
            del document["imaging"]["exposure"]
        return {name: part for name, part in document.items() if part}

    def stated(self) -> dict[str, str]:
        """Give what is stated as text by a flat name, in the order of the file.

        Examples
        --------
        >>> Protocol(fixation=Fixation(fixative="PFA", time="15 min")).stated()
        {'fixation fixative': 'PFA', 'fixation time': '15 min'}
        """
        return dict(_flat(self.to_json()))


def _flat(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, part in document.items():
        if name == "antibodies":
            for one in part:
                told = {key: value for key, value in one.items() if key not in ("target", "role")}
                yield (
                    f"{one.get('role', '')} antibody to {one['target']}".strip(),
                    ", ".join(f"{key} {value}" for key, value in told.items()) or "nothing more",
                )
            continue
        for key, value in part.items():
            if isinstance(value, Mapping):
                yield from ((f"{name} {key} {of}", str(one)) for of, one in value.items())
            else:
                yield (
                    f"{name} {key.replace('_', ' ')}",
                    f"{value:,.15g}" if isinstance(value, float) else value,
                )


def read_protocol(path: Path | str) -> Protocol:
    """Read a protocol.

    Raises
    ------
    NotThereError, ConfigError
        No file; not TOML, unknown keys (each with the nearest known one), amounts without a unit or
        of another kind, nothing stated: all faults at once.
    """
    file = Path(path)
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise NotThereError(
            f"There is no protocol {file}; hcs platemap PLATE --write-protocol {file.name} writes one to be "
            "filled in."
        ) from error
    except RecursionError:
        raise ConfigError(file, "is not TOML of a protocol: it is nested too deep") from None
    except ValueError as error:
        raise ConfigError(file, f"is not TOML: {error}") from error
    try:
        protocol = Protocol.model_validate(values)
    except ValidationError as error:
        raise ConfigError(file, [_sentence(fault) for fault in error.errors()]) from error
    if not protocol.to_json():
        raise ConfigError(file, "states nothing; take away the # before what you know")
    return protocol


def _sentence(fault: Any) -> str:
    """Say one fault of pydantic's: where, and what was expected."""
    place = list(fault["loc"])
    where = _where(place)
    if fault["type"] == "extra_forbidden":
        return f"unknown key {where}; {nearest(str(place[-1]), _part(place[:-1]).model_fields)}"
    if fault["type"] == "missing":
        return f"{where} is missing"
    if fault["type"] in ("model_type", "dict_type", "mapping_type", "tuple_type"):
        return f"{where} is no table; hcs platemap PLATE --write-protocol FILE shows how they are written"
    reason = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "value_error" and not place:
        return reason
    given = f", got {fault['input']!r}" if isinstance(fault["input"], (str, int, float)) else ""
    if fault["type"] == "value_error":
        given = ""
    return f"{where}: {reason[0].lower()}{reason[1:]}{given}"


def _where(place: list[str | int]) -> str:
    """Name a place in the file: ``[imaging] exposure.FITC``, ``[[antibodies]] 2, dilution``."""
    if len(place) > 1 and place[0] == "antibodies" and isinstance(place[1], int):
        key = f", {place[2]}" if len(place) > 2 else ""
        return f"[[antibodies]] {place[1] + 1}{key}"
    key = ".".join(map(str, place[1:]))
    return f"[{place[0]}] {key}".strip() if place else "the protocol"


def _part(place: list[str | int]) -> type[BaseModel]:
    """Model whose keys are known at a place."""
    parts: Mapping[object, type[BaseModel]] = {
        "culture": Culture,
        "fixation": Fixation,
        "antibodies": Antibody,
        "imaging": Imaging,
    }
    return parts.get(place[0], Protocol) if place else Protocol


def protocol_template(protocol: Protocol | None = None, channels: tuple[str, ...] = ()) -> str:
    """Text of a protocol with every key, what it means and an example; what is known is filled in.

    Parameters
    ----------
    protocol
        What is known.
    channels
        The plate's channels, which the antibodies and exposures are of.
    """
    known = Protocol() if protocol is None else protocol
    lines = [
        "# The wet-lab protocol of a plate, for `hcs platemap PLATE --protocol FILE`. Take away the # before",
        "# what you know; what is left out is told as not stated. Amounts have units. What differs between",
        "# wells (passage, tissue, vector, a titrated dilution) belongs into the platemap.",
    ]
    if channels:
        lines.append(f"# Channels of the plate: {', '.join(channels)}.")
    for name, part in (("culture", known.culture), ("fixation", known.fixation)):
        lines += ["", f"[{name}]", *_keys(part)]
    for antibody in known.antibodies:
        lines += ["", "[[antibodies]]", *_keys(antibody)]
    if not known.antibodies:
        lines += [
            "",
            "# One such table for each antibody.",
            "# [[antibodies]]",
            *_keys(Antibody, left_out=True),
        ]
    exposures = {name: str(time) for name, time in known.imaging.exposure.items()}
    lines += [
        "",
        "[imaging]",
        *_keys(known.imaging),
        "",
        "[imaging.exposure]  # exposure time of each channel",
    ]
    for channel in dict.fromkeys((*exposures, *channels)):
        lines.append(
            f"{_toml(channel)} = {_toml(exposures[channel])}"
            if channel in exposures
            else f'# {_toml(channel)} = "300 ms"'
        )
    return "\n".join([*lines, ""])


def _keys(part: Part | type[Part], *, left_out: bool = False) -> Iterator[str]:
    """Write the keys of a table, those that are not known as comments."""
    kind = part if isinstance(part, type) else type(part)
    known = {} if isinstance(part, type) else part.model_dump(mode="json", exclude_none=True)
    for name, field in kind.model_fields.items():
        if name == "exposure":
            continue
        example = _toml(field.examples[0] if field.examples else "")
        line = f"{name} = {_toml(known[name])}" if name in known else f"# {name} = {example}"
        yield f"{line}  # {field.description}"


def _toml(value: Any) -> str:
    """Write a TOML value."""
    if isinstance(value, (int, float)):
        return f"{value:.15g}"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
