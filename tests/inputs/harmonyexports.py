"""Exports as Harmony writes them, small: the same plate in the layouts of its versions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tifffile

OLD = "http://www.perkinelmer.com/PEHH/HarmonyV{}"
NEW = "43B2A954-E3C3-47E1-B392-6635266B0DD3/HarmonyV{}"
OPTICS = (
    '<ImageResolutionX Unit="m">6E-07</ImageResolutionX><ImageResolutionY Unit="m">5E-07</ImageResolutionY>'
    "<ImageSizeX>12</ImageSizeX><ImageSizeY>8</ImageSizeY>"
    '<MainExcitationWavelength Unit="nm">{0}00</MainExcitationWavelength>'
    '<MainEmissionWavelength Unit="nm">0</MainEmissionWavelength>'
    "<ObjectiveMagnification>20</ObjectiveMagnification><ObjectiveNA>0.8</ObjectiveNA>"
    '<ExposureTime Unit="s">0.0{0}</ExposureTime>'
    "<OrientationMatrix>[[0.96,0,0,-14.6],[0,{1}0.96,0,4.4],[0,0,1,0]]</OrientationMatrix>"
)
LIGHT = (
    "{Background: {Character: Null, Profile: {Type: Identity}}, Foreground: {Character: NonFlat, Profile: "
    "{Coefficients: [[1.0], [0.1, -0.2]], Dims: [12, 8], Origin: [5.5, 3.5], Scale: [0.0833, 0.125], "
    "Type: Polynomial}, Quality: 1.0}, Version: Acapella:2013}"
)


@dataclass(frozen=True)
class Shot:
    """One image of an export; `channel`, `field` and `plane` count from 1, `time` from 0."""

    row: int = 2
    column: int = 3
    field: int = 1
    plane: int = 1
    time: int = 0
    channel: int = 1
    state: str = "Ok"
    url: str = ""
    extra: str = ""

    @property
    def file(self) -> str:
        """Name of its file."""
        return self.url or (
            f"r{self.row:02}c{self.column:02}f{self.field:02}p{self.plane:02}-"
            f"ch{self.channel}sk{self.time + 1}fk1fl1.tiff"
        )

    def value(self) -> int:
        """Value of all its pixels, which no other image has."""
        return self.channel + 10 * self.plane + 100 * self.time + 1000 * self.field + 10_000 * (self.row % 5)


PLATE = tuple(
    Shot(row, 3, number, plane, time, channel)
    for row in (2, 4)
    for number in (1, 2)
    for plane in (1, 2)
    for time in (0, 1)
    for channel in (1, 2)
)


@dataclass(frozen=True)
class Harmony:
    """How an index is written."""

    version: int = 5
    shots: Sequence[Shot] = PLATE
    plate: str = (
        "<PlateID>P7</PlateID><Name>Plate 7</Name><PlateRows>8</PlateRows><PlateColumns>12</PlateColumns>"
    )
    wells: Sequence[str] = ("0203", "0403")
    light: str = LIGHT
    y_sign: str = "-"
    more: str = ""
    name: str = "Index.idx.xml"
    names: Sequence[str] = field(default=("DAPI", "Alexa µ488"))

    def text(self) -> str:
        """Write the index; from version 7 on, what a channel's images share stands among the maps."""
        space = (NEW if self.version >= 7 else OLD).format(self.version)
        optics = [
            f"<ChannelName>{name}</ChannelName>{OPTICS.format(place, self.y_sign)}"
            for place, name in enumerate(self.names, 1)
        ]
        maps = "".join(
            f'<Entry ChannelID="{place}">{one if self.version >= 7 else ""}'
            f"{f'<FlatfieldProfile>{self.light}</FlatfieldProfile>' if self.light else ''}</Entry>"
            for place, one in enumerate(optics, 1)
        )
        images = "".join(self._image(one, optics) for one in self.shots)
        wells = "".join(f'<Well id="{one}" />' for one in self.wells)
        return (
            f'<?xml version="1.0" encoding="utf-8"?>\n<EvaluationInputData Version="1" xmlns="{space}">'
            f"<InstrumentType>Phenix</InstrumentType><Plates><Plate>{self.plate}{wells}</Plate>{self.more}"
            f'</Plates><Wells><Well><id>0203</id><Image id="a" /></Well></Wells>'
            f"<Maps><Map>{maps}</Map></Maps><Images>{images}</Images></EvaluationInputData>\n"
        )

    def _image(self, one: Shot, optics: Sequence[str]) -> str:
        place = {
            "id": f"{one.row:02}{one.column:02}K{one.time + 1}F{one.field}P{one.plane}R{one.channel}",
            "State": one.state,
            "URL": one.file,
            "Row": one.row,
            "Col": one.column,
            "FieldID": one.field,
            "PlaneID": one.plane,
            "TimepointID": one.time,
            "ChannelID": one.channel,
        }
        return (
            "<Image>"
            + "".join(f"<{key}>{value}</{key}>" for key, value in place.items())
            + (optics[one.channel - 1] if self.version < 7 else "")
            + f'<PositionX Unit="m">{one.field * 1e-4}</PositionX><PositionY Unit="m">-2E-04</PositionY>'
            f'<PositionZ Unit="m">{one.plane * 2e-6}</PositionZ>'
            f"<AbsTime>2022-12-19T10:{one.field:02}:{one.time:02}.5+01:00</AbsTime>{one.extra}</Image>"
        )

    def write(self, folder: Path, encoding: str = "utf-8-sig", index: str = "Images") -> Path:
        """Write the index and an image for each of the shots, below a folder."""
        images = folder / "Images"
        images.mkdir(parents=True, exist_ok=True)
        (folder / index).mkdir(exist_ok=True)
        written = self.text() if "16" not in encoding else self.text().replace("utf-8", "utf-16")
        (folder / index / self.name).write_bytes(written.encode(encoding))
        for one in self.shots:
            tifffile.imwrite(images / Path(one.file).name, np.full((8, 12), one.value(), np.uint16))
        return folder
