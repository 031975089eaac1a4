"""Plates for the field viewer, a page that holds it alone, and what a browser shows of it."""

import base64
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import numpy.typing as npt
import pandas as pd
import zarr
from PIL import Image

from hcs.web.guard import POLICY
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import create_plate
from hcs_plates.readers.acquisition import Channel, PlaneKey
from hcs_plates.wells import FORMATS

Pixels = npt.NDArray[Any]

WIDE = FieldLayout(1, 2, 1, 520, 600, "uint16")
TAU = "Tau <b>β</b>: 50%;"
"""A name with all that addresses and markup read otherwise."""
STACK = FieldLayout(2, 1, 3, 96, 128, "uint8")
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Viewer</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/field.css"></head>
<body><main><h1>Viewer</h1><label>Text <input id="text"></label><div id="viewer"></div></main>
<script type="module" src="/opening.js"></script></body></html>"""
SCRIPT = """import { openViewer } from "/static/viewer.js";
window.drawn = 0;
addEventListener("shown", () => { window.drawn += 1; });
window.viewer = openViewer(document.getElementById("viewer"));
"""
CANVAS = """async (at) => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const canvas = document.querySelectorAll(".stage canvas")[at];
  return canvas.toDataURL("image/png").split(",")[1];
}"""


def wide_field(well: str, number: int) -> Pixels:
    """Squares on a slope, other ones in each field: a pixel that is out of place is another grey."""
    rng = np.random.default_rng([ord(well[0]), int(well[1:]), number])
    coarse = rng.integers(200, 3000, (2, 26, 30), dtype="uint16")
    return np.kron(coarse, np.ones((20, 20), "uint16")) + np.arange(600, dtype="uint16")[None, None, :]


def stack_field(well: str, number: int) -> Pixels:
    """Another grey for each time and depth, brightest in the middle."""
    field = np.zeros((2, 1, 3, 96, 128), "uint8")
    for time in range(2):
        for z in range(3):
            field[time, 0, z] = 40 + 100 * time + 20 * (z == 1) + np.arange(128) // 4 * (z != 1)
    return field


def write_plates(folder: Path) -> None:
    """Write a plate of two channels, one of stacks, both with planes missing, and one of another tool."""
    gone = {PlaneKey("A02", 2, 1): "gone", PlaneKey("B03", 3, 0): "gone", PlaneKey("B03", 3, 1): "gone"}
    _write(folder / "P1.ome.zarr", ("DAPI", TAU), WIDE, ("A01", "A02", "B03"), wide_field, gone, (0.5, 0.5))
    _write(
        folder / "P2.ome.zarr", ("GFP",), STACK, ("A01",), stack_field, {PlaneKey("A01", 1, 0, 1, 2): "gone"}
    )
    write_thirds(folder / "P3.ome.zarr")


def _write(
    path: Path,
    channels: tuple[str, ...],
    layout: FieldLayout,
    wells: tuple[str, ...],
    pixels: Callable[[str, int], Pixels],
    missing: dict[PlaneKey, str],
    pixel_um: tuple[float, float] | None = None,
) -> None:
    name = path.name.partition(".")[0]
    table = pd.DataFrame({"plate": name, "included": True}, index=pd.Index(wells, name="well", dtype="str"))
    spec = PlateSpec(
        name=name,
        format=FORMATS[6],
        channels=tuple(Channel(channel) for channel in channels),
        layout=layout,
        fields=dict.fromkeys(wells, (1, 2, 3) if len(wells) > 1 else (1,)),
        wells=table,
        missing=missing,
        pixel_size_um=pixel_um,
    )
    create_plate(path, spec, pixels)


def thirds_field() -> Pixels:
    """A field of one channel whose sides no level divides."""
    return np.add.outer(np.arange(310) * 3, np.arange(430) * 2).astype("uint16")


def write_thirds(path: Path) -> None:
    """Write a plate as another tool does: OME-Zarr 0.4, each level a third of the one above, rounded up."""
    root = zarr.open_group(path, mode="w", zarr_format=2)
    root.attrs["plate"] = {
        "columns": [{"name": "1"}],
        "rows": [{"name": "A"}],
        "wells": [{"path": "A/1", "rowIndex": 0, "columnIndex": 0}],
        "name": "thirds",
        "version": "0.4",
    }
    well = root.create_group("A/1")
    well.attrs["well"] = {"images": [{"path": "0"}], "version": "0.4"}
    image = well.create_group("0")
    full = thirds_field()
    levels = [full, full[1::3, 1::3], full[4::9, 4::9]]
    scales = [(1, 1), (3, 3), (9, 9)]
    for number, level in enumerate(levels):
        array = image.create_array(
            str(number), shape=(1, *level.shape), dtype="uint16", chunks=(1, 64, 64),
            chunk_key_encoding={"name": "v2", "separator": "/"},
        )  # fmt: skip
        array[0] = level
    image.attrs["multiscales"] = [
        {
            "version": "0.4",
            "axes": [{"name": "c", "type": "channel"}, *({"name": name, "type": "space"} for name in "yx")],
            "datasets": [
                {"path": str(number), "coordinateTransformations": [{"type": "scale", "scale": [1, *scale]}]}
                for number, scale in enumerate(scales)
            ],
        }
    ]


class Looked:
    """One page with the viewer, its complaints and its requests.

    Parameters
    ----------
    browser
        A started Chromium.
    address
        Of the server.
    words
        Of the browser's context.
    """

    def __init__(self, browser: Any, address: str, **words: Any) -> None:
        self.address = address
        options = {"viewport": {"width": 1000, "height": 800}, "reduced_motion": "reduce", **words}
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.running = 0
        for event, change in (("request", 1), ("requestfinished", -1), ("requestfailed", -1)):
            self.page.on(event, self._counter(change))
        for name, body, kind in (("viewer.html", PAGE, "html"), ("opening.js", SCRIPT, "javascript")):
            headers = {"content-type": f"text/{kind}; charset=utf-8", "content-security-policy": POLICY}
            self.page.route(f"**/{name}", _sender(body, headers))

    def open(self, drawn: int = 1, **state: str) -> Any:
        """Open the viewer at a state, and wait until so many views are drawn; gives the page."""
        self.page.goto(f"{self.address}viewer.html#{_hash(state)}")
        self.wait(drawn)
        return self.page

    def go(self, drawn: int = 1, **state: str) -> Any:
        """Show a state on the page that is open, by way of the small field of P3."""
        for hash_, pictures in (("plate=2&well=A01&field=0", 1), (_hash(state), drawn)):
            before = self.page.evaluate("window.drawn")
            self.page.evaluate("(hash) => { location.hash = hash; document.activeElement.blur(); }", hash_)
            self.wait(before + pictures)
        return self.page

    def wait(self, drawn: int) -> None:
        """Wait until so many pictures have been drawn whole since the page was opened."""
        # The page's policy forbids what `wait_for_function` does.
        for _ in range(600):
            if self.page.evaluate("window.drawn") >= drawn:
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"Fewer than {drawn} pictures were drawn: {self.errors}")

    def press(self, key: str, drawn: int = 1) -> None:
        """Press a key, and wait until so many more pictures are drawn."""
        before = self.page.evaluate("window.drawn")
        self.page.keyboard.press(key)
        self.wait(before + drawn)

    def picture(self, view: int = 0) -> Pixels:
        """Array of shape (y, x, 4): what is drawn in a view."""
        return decoded(base64.b64decode(self.page.evaluate(CANVAS, view)))

    def state(self) -> Mapping[str, str]:
        """Keys and values of the address."""
        link = self.page.evaluate("import('/static/state.js').then(({ state }) => state.link())")
        parts = link.partition("#")[2].split("&")
        return {key: unquote(value) for key, _, value in (part.partition("=") for part in parts)}

    def pixel_requests(self) -> list[str]:
        """Addresses of pixels that were asked for."""
        return [url for url in self.requests if "/api/pixels/" in url]

    def settle(self) -> None:
        """Wait until nothing more is fetched ahead: no request runs for a while."""
        quiet = 0
        while quiet < 10:
            before = len(self.requests)
            self.page.wait_for_timeout(50)
            quiet = quiet + 1 if self.running == 0 and len(self.requests) == before else 0

    def _counter(self, change: int) -> Callable[[Any], None]:
        def count(request: Any) -> None:
            self.running += change

        return count

    def complaints(self) -> list[str]:
        """What the browser complained of, and what was asked of other machines."""
        own = (self.address, "blob:", "data:")
        return self.errors + [url for url in self.requests if not url.startswith(own)]


def _hash(state: Mapping[str, str]) -> str:
    return "&".join(f"{key}={quote(value)}" for key, value in state.items())


def _sender(body: str, headers: Mapping[str, str]) -> Callable[[Any], None]:
    return lambda route: route.fulfill(body=body, headers=dict(headers))


def decoded(png: bytes) -> Pixels:
    """Array of shape (y, x, 4)."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def composed(planes: Pixels, looks: list[tuple[str, float, float]]) -> Pixels:
    """Compose channels as the reports do, in floating point: array of shape (y, x, 3), 0 to 255, not rounded.

    Parameters
    ----------
    planes
        Array of shape (channel, y, x).
    looks
        Colour (RRGGBB) and window of each channel.
    """
    total = np.zeros((*planes.shape[1:], 3))
    for plane, (colour, low, high) in zip(planes, looks, strict=True):
        light = np.clip((plane.astype(float) - low) / (high - low), 0, 1)
        total += light[..., None] * np.array([int(colour[at : at + 2], 16) for at in (0, 2, 4)])
    return np.clip(total, 0, 255)


def channels_text(**looks: tuple[bool, str, float, float]) -> str:
    """Give the state ``ch`` for looks by channel name."""
    parts = [
        f"{quote(name, safe='')}:{int(on)}:{colour}:{low}:{high}"
        for name, (on, colour, low, high) in looks.items()
    ]
    return ";".join(parts)
