import asyncio
import shutil
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
import zarr
from starlette.applications import Starlette
from tests.hcs.web.asked import HERE, ask
from tests.hcs.web.browser.wells import EVIL, write_plate

from hcs.web.browser.app import browser, look_ahead
from hcs.web.browser.pixels import TILE, Piece
from hcs.web.browser.site import AT_ONCE, Site
from hcs.web.browser.sources import find_plates
from hcs.web.guard import Entry
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import create_plate
from hcs_plates.readers.acquisition import Channel, PlaneKey
from hcs_plates.wells import FORMATS

FIELD = "0/A01/1"
HEIGHT, WIDTH = 700, 1100


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One field of three channels and two steps in z, of which one plane is missing."""
    wells = pd.DataFrame(
        {"clone": [EVIL], "included": True}, index=pd.Index(["A01"], name="well", dtype="str")
    )
    spec = PlateSpec(
        name=EVIL,
        format=FORMATS[6],
        channels=tuple(map(Channel, ("FITC", "DAPI", EVIL))),
        layout=FieldLayout(1, 3, 2, HEIGHT, WIDTH, "uint16"),
        fields={"A01": (1,)},
        wells=wells,
        missing={PlaneKey("A01", 1, 2, 0, 1): "file gone"},
        pixel_size_um=(0.65, 0.5),
        positions_um={("A01", 1): (10.0, -20.0)},
    )
    pixels = np.random.default_rng(0).integers(0, 4000, spec.layout.shape, dtype="uint16")
    pixels[2, 1] = 0
    return create_plate(
        tmp_path_factory.mktemp("app") / "P1.ome.zarr", spec, lambda well, number: pixels
    ).path


def app_of(*plates: Path) -> Starlette:
    """The browser on some plates."""
    return browser(Site(find_plates(plates)), Entry({"127.0.0.1"}))


@pytest.fixture(scope="module")
def app(plate: Path) -> Starlette:
    """The browser on that plate."""
    return app_of(plate)


def refused(app: Starlette, path: str) -> tuple[int, Any]:
    """Status and sentence of a refusal."""
    answer = ask(app, path)
    assert list(answer.json()) == ["error"]
    return answer.status_code, answer.json()["error"]


def test_plates(app: Starlette) -> None:
    """The page learns which wells and fields have images, of plates in the order given."""
    answer = ask(app, "/api/plates")
    told = answer.json()
    (one,) = told["plates"]
    assert (told["study"], told["notices"]) == (None, [])
    assert one["format"] == {"rows": 2, "columns": 3, "size": 6}
    assert (one["number"], one["version"], one["wells"]) == (0, "0.5", ["A01"])
    assert one["fields"] == {"A01": ["1"]}
    # Names are text, whatever they look like, and their answer is no page.
    assert (one["name"], one["channels"][2]) == (EVIL, EVIL)
    assert answer.headers["content-type"] == "application/json"


def test_one_of_two_plates_is_gone(tmp_path: Path) -> None:
    """The other one is shown as before and the page says which is gone; with both gone there is no page."""
    paths = [write_plate(tmp_path, name).path for name in ("P1", "P2")]
    app = app_of(*paths)
    paths[1].rename(tmp_path / "away")
    first, second = ask(app, "/api/plates").json()["plates"]
    assert first["notices"] == []
    assert "P2.ome.zarr is not there any more" in second["notices"][-1]
    assert ask(app, "/api/heatmap").status_code == ask(app, f"/api/field/{FIELD}").status_code == 200
    assert refused(app, "/api/field/1/A01/1")[0] == refused(app, "/api/well/1/A01")[0] == 404
    paths[0].rename(tmp_path / "away too")
    assert refused(app, "/api/plates")[0] == 404
    (tmp_path / "away").rename(paths[1])
    second = ask(app, "/api/plates").json()["plates"][1]
    assert second["notices"] == []


def test_field(app: Starlette) -> None:
    """A field tells its levels, channels and steps, where the stage stood, and what is missing."""
    told = ask(app, f"/api/field/{FIELD}").json()
    assert [(one["height"], one["width"]) for one in told["levels"]] == [
        (700, 1100),
        (350, 550),
        (175, 275),
        (88, 138),
    ]
    assert (told["plate"], told["well"], told["field"]) == ("0", "A01", "1")
    assert (told["dtype"], told["times"], told["steps"], told["tile"]) == ("uint16", 1, 2, TILE)
    assert (told["pixel_um"], told["missing"]) == ([0.65, 0.5], [[2, 0, 1]])
    assert told["place"] == {"x_um": 10.0, "y_um": -20.0, "y_axis": None}
    assert [one["name"] for one in told["channels"]] == ["FITC", "DAPI", EVIL]
    assert all(one["limits"][0] <= one["low"] < one["high"] <= one["limits"][1] for one in told["channels"])


@pytest.mark.parametrize(
    ("level", "row", "column", "size"),
    [(0, 0, 0, (512, 512)), (0, 1, 2, (188, 76)), (1, 0, 1, (350, 38)), (3, 0, 0, (88, 138))],
)
@pytest.mark.parametrize(("channels", "z"), [((0,), "0"), ((1, 0), "1"), ((2,), "0"), ((0, 1), "max")])
def test_pixels(
    app: Starlette,
    plate: Path,
    level: int,
    row: int,
    column: int,
    size: tuple[int, int],
    channels: tuple[int, ...],
    z: str,
) -> None:
    """A piece is what zarr reads there, channel by channel, little-endian."""
    query = f"c={','.join(map(str, channels))}&z={z}"
    answer = ask(app, f"/api/pixels/{FIELD}/{level}/{row}/{column}?{query}")
    array = np.asarray(zarr.open_array(str(plate / "A" / "01" / "1" / str(level)), mode="r")[...])
    steps = array.max(axis=1) if z == "max" else array[:, int(z)]
    here = steps[list(channels), row * 512 : row * 512 + 512, column * 512 : column * 512 + 512]
    assert here.shape == (len(channels), *size)
    assert answer.content == here.astype("<u2").tobytes()
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("field/1/A01/1", 404, "There is no plate 1 here; there are 1."),
        ("field/x/A01/1", 400, "plate 'x' is no number, counted from 0."),
        (f"field/{'9' * 5000}/A01/1", 400, f"plate '{'9' * 40}' is no number, counted from 0."),
        ("field/%D9%A3/A01/1", 400, "plate '٣' is no number, counted from 0."),
        ("field/0/B02/1", 404, f"Plate {EVIL} has no images of well B02; 1 wells have some."),
        ("field/0/..%00/1", 404, None),
        ("field/0/A01/../1", 404, None),
        ("field/0/A01/%2e%2e", 404, None),
        ("field/0/A01/%2Fetc%2Fpasswd", 404, None),
        ("field/0/A01/9", 404, f"Well A01 of plate {EVIL} has no field '9'; it has 1."),
        (f"pixels/{FIELD}/9/0/0?c=0", 404, "The field has no level 9; it has 4, counted from 0."),
        (f"pixels/{FIELD}/0/2/0?c=0", 404, "The field has no row of pieces 2; it has 2, counted from 0."),
        (
            f"pixels/{FIELD}/0/0/999999999?c=0",
            404,
            "The field has no column of pieces 999999999; it has 3, counted from 0.",
        ),
        (f"pixels/{FIELD}/0/0/-1?c=0", 400, "column '-1' is no number, counted from 0."),
        (f"pixels/{FIELD}/0/0/0", 400, "c '' is no number, counted from 0."),
        (f"pixels/{FIELD}/0/0/0?c=0,0", 400, "c names a channel twice."),
        (f"pixels/{FIELD}/0/0/0?c=0,3", 404, "The field has no channel 3; it has 3, counted from 0."),
        (f"pixels/{FIELD}/0/0/0?c=0&z=2", 404, "The field has no step in z 2; it has 2, counted from 0."),
        (f"pixels/{FIELD}/0/0/0?c=0&t=1", 404, "The field has no time point 1; it has 1, counted from 0."),
        (f"pixels/{FIELD}/0/0/0?c=0&z=min", 400, "z 'min' is no number, counted from 0."),
    ],
)
def test_refused(app: Starlette, path: str, status: int, said: str | None) -> None:
    """What is not there, or is no address, is refused in a sentence before anything is read."""
    answer = ask(app, httpx.URL("http://127.0.0.1:8000").copy_with(raw_path=f"/api/{path}".encode()))
    assert answer.status_code == status
    assert answer.json()["error"] == said or said is None


def test_missing_plane(app: Starlette) -> None:
    """A plane that is not there is no black picture."""
    status, said = refused(app, f"/api/pixels/{FIELD}/0/0/0?c=2&z=1")
    assert status == 400
    assert "is missing or was never acquired" in said


@pytest.mark.parametrize(
    "name",
    [
        "../guard.py",
        "%2e%2e/guard.py",
        "%2e%2e%2fguard.py",
        "..%5cguard.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "viewer.js%00",
        "viewer.js/",
        "",
        ".",
        "openseadragon",
        "%c0%ae%c0%ae/guard.py",
    ],
)
def test_only_listed_files(app: Starlette, name: str) -> None:
    """Files are looked up in a list, and no path is made of an address."""
    url = httpx.URL("http://127.0.0.1:8000").copy_with(raw_path=f"/static/{name}".encode())
    answer = ask(app, url)
    assert (answer.status_code, answer.json()) == (404, {"error": "There is no such page or file here."})


def test_files(app: Starlette) -> None:
    """Scripts come as what they are, and only once where they have not changed."""
    first = ask(app, "/static/openseadragon/openseadragon.min.js")
    assert (first.status_code, first.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    again = ask(
        app, "/static/openseadragon/openseadragon.min.js", headers={"if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    page = ask(app, "/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for address in page.text.split('"'):
        if address.startswith("/static/"):
            assert ask(app, address).status_code == 200, address


def test_kept_by_the_browser(app: Starlette) -> None:
    """Pixels whose address names the images are kept for a week, all else is asked for again."""
    version = ask(app, f"/api/field/{FIELD}").json()["version"]
    address = f"/api/pixels/{FIELD}/3/0/0?c=0"
    assert ask(app, f"{address}&v={version}").headers["cache-control"] == "private, max-age=604800, immutable"
    assert ask(app, address).headers["cache-control"] == "no-store"


def test_a_plate_that_changed(tmp_path: Path) -> None:
    """Pixels of a plate that was made anew are not shown as those of the one before."""
    first, second = write_plate(tmp_path, "P1"), write_plate(tmp_path / "new", "P2")
    app = app_of(first.path)
    version = ask(app, f"/api/field/{FIELD}").json()["version"]
    address = f"/api/pixels/{FIELD}/0/0/0?c=0&v={version}"
    before = ask(app, address).content
    shutil.rmtree(first.path)
    assert refused(app, address)[0] == 404
    assert refused(app, "/api/plates")[0] == 404
    second.path.rename(first.path)
    status, said = refused(app, address)
    assert status == 409
    assert said.endswith("has changed since this page was opened; load the page again")
    assert ask(app, "/api/plates").json()["plates"][0]["name"] == "P2"
    now = ask(app, f"/api/field/{FIELD}").json()["version"]
    assert ask(app, address.replace(version, now)).content != before


def test_damaged_pixels(tmp_path: Path) -> None:
    """Damaged pixels are told and not shown."""
    plate = write_plate(tmp_path, "P1")
    app = app_of(plate.path)
    for shard in (plate.path / "A" / "01" / "1" / "0" / "c").rglob("*"):
        if shard.is_file():
            shard.write_bytes(bytes(len(shard.read_bytes())))
    status, said = refused(app, f"/api/pixels/{FIELD}/0/0/0?c=0")
    assert status == 409
    assert "field A01/1 cannot be read" in said


def test_few_at_once(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask, few pieces are in memory at the same time."""
    reading, most = [0], [0]

    def read(piece: Piece, field: object) -> bytes:
        reading[0] += 1
        most[0] = max(most[0], reading[0])
        time.sleep(0.01)
        reading[0] -= 1
        return b""

    monkeypatch.setattr(Piece, "read", read)

    async def all_at_once() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
            path = f"/api/pixels/{FIELD}/0/0/0?c=0"
            await asyncio.gather(*(client.get(path) for _ in range(24)))

    asyncio.run(all_at_once())
    assert 1 < most[0] <= AT_ONCE


def test_the_first_look(tmp_path: Path) -> None:
    """The contrast is learned before a field is asked for; a damaged plate stops nothing."""
    plate = write_plate(tmp_path, "P1")
    site, damaged = (Site(find_plates([plate.path])) for _ in range(2))
    look_ahead(site)
    shutil.rmtree(plate.path / "A")
    look_ahead(damaged)
    app = browser(site, Entry({"127.0.0.1"}))
    assert ask(app, f"/api/field/{FIELD}").json()["channels"][0]["high"] > 1
