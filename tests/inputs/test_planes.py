"""Planes as exports give them: which are data, which are missing, which were never acquired; and the pixels.

Every image is flat, and its grey level tells which plane it is (`level`), so a plane in the place of another
cannot go unseen.
"""

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from hcs.cli import main
from hcs_plates.errors import ArgumentError, HcsError
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.plate import Plate
from hcs_plates.readers.acquisition import PlaneKey, Step
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec

SIDE = 16
WAVES = ("FITC", "DAPI")
Place = tuple[int, int, int, int, int]
"""Column (well A01, A02), field, channel, time, z; the last three counted from 0."""


def level(place: Place) -> int:
    """Grey level of a plane."""
    column, field, channel, time, z = place
    return 10_000 * column + 1000 * field + 100 * channel + 10 * time + z + 1


def flat(place: Place) -> np.ndarray:
    """Image of a plane."""
    return np.full((SIDE, SIDE), level(place), "uint16")


def places(
    channels: Iterable[int] = (0,), times: Iterable[int] = (0,), steps: Iterable[int] = (0,)
) -> list[Place]:
    """Planes of two wells of two fields."""
    return list(itertools.product((1, 2), (1, 2), channels, times, steps))


def incell(place: Place) -> str:
    """Name of a plane as an IN Cell spells it."""
    column, field, channel, time, z = place
    return f"A - {column:02d}(fld {field} wv {WAVES[channel]} z {z + 1} time {time + 1}).tif"


def write(folder: Path, planes: Iterable[Place], name: Callable[[Place], str] = incell) -> None:
    """Write a TIFF for each plane."""
    for place in planes:
        path = folder / name(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, flat(place))


def listed(
    folder: Path, planes: Sequence[Place], name: Callable[[Place], str] = incell, head: str = ""
) -> None:
    """Write the `.xdce` that lists planes."""
    images = "".join(
        f'<Image filename="{name((column, field, channel, time, z))}"><Well><Row number="1"/>'
        f'<Column number="{column}"/></Well><FocusPosition z="{100 + 1.5 * z}" unit="µm"/><Identifier '
        f'field_index="{field - 1}" wave_index="{channel}" time_index="{time}" z_index="{z}"/></Image>'
        for column, field, channel, time, z in planes
    )
    text = f'<ImageStack><Plate rows="8" columns="12"/>{head}<Images>{images}</Images></ImageStack>'
    (folder / "P.xdce").write_text(text, encoding="utf-8")


def stack(
    folder: Path,
    axes: str,
    sizes: dict[str, int],
    kind: str,
    *,
    name: str = "{well}_s{field}.tif",
    lengths: Mapping[str, object] | None = None,
) -> None:
    """Write one TIFF a field, its pages over the axes, the slowest first."""
    for column, field in itertools.product((1, 2), (1, 2)):
        order = list(itertools.product(*(range(sizes[axis]) for axis in axes)))
        at = [dict(zip(axes, one, strict=True)) for one in order]
        images = [flat((column, field, one.get("C", 0), one.get("T", 0), one.get("Z", 0))) for one in at]
        path = folder / name.format(well=f"A{column:02d}", field=field)
        shape = tuple(sizes[axis] for axis in axes)
        if kind == "plain":
            with tifffile.TiffWriter(path) as tiff:
                for image in images:
                    tiff.write(image, metadata=None, contiguous=False)
        else:
            array = np.stack(images).reshape(*shape, SIDE, SIDE)
            said = {"axes": f"{axes}YX"} | dict(lengths or {})
            form, imagej = kind == "ome", kind == "imagej"
            tifffile.imwrite(path, array, ome=form, imagej=imagej, metadata=said, photometric="minisblack")


def shorten(path: Path, pages: int) -> None:
    """Leave the first pages of a TIFF, and its header as it is."""
    with tifffile.TiffFile(path) as tiff:
        header, held = tiff.pages.first.description, [page.asarray() for page in tiff.pages]
    with tifffile.TiffWriter(path) as tiff:
        for number, image in enumerate(held[:pages]):
            tiff.write(image, description=header if number == 0 else None, metadata=None, contiguous=False)


def link(path: Path, target: str = "/no/such/share") -> None:
    """Put a link that leads nowhere in the place of a file."""
    path.unlink(missing_ok=True)
    path.symlink_to(target)


PATTERN = "{well}_s{field}.tif"


def starts_late(folder: Path) -> dict[str, Any]:
    """A film of which only the third moment was exported."""
    write(folder, places(times=(2,)))
    listed(folder, places(times=(2,)))
    return {"data": {(*at[:3], 0, 0): at for at in places(times=(2,))}, "notes": "numbered 3 in the export"}


def metaxpress(folder: Path) -> dict[str, Any]:
    """Files of MetaXpress, which number times from 1 where the `.xdce` numbers them from 0."""

    def name(place: Place) -> str:
        return f"t{place[3] + 1}_A{place[0]:02d}_s{place[1]}_w1_z1.tif"

    write(folder, places(times=(1, 3)), name)
    listed(folder, places(times=(1, 3)), name)
    data = {(*at[:3], at[3] // 2, 0): at for at in places(times=(1, 3))}
    return {"data": data, "notes": "numbered 2, 4 in the export and 0, 1 here"}


def endpoint(folder: Path, *, with_xdce: bool = True) -> dict[str, Any]:
    """A film with a stain at its last moment."""
    planes = places(times=(0, 1, 2)) + places((1,), times=(2,))
    write(folder, planes)
    if with_xdce:
        listed(folder, planes)
    said = "DAPI was taken at time 2 only"
    if with_xdce:
        return {"data": planes, "never": {(1, 0, 0), (1, 1, 0)}, "notes": said}
    # By names alone channels stand in the order of the alphabet: DAPI first.
    data = {(*at[:2], 1 - at[2], *at[3:]): at for at in planes}
    return {"data": data, "never": {(0, 0, 0), (0, 1, 0)}, "notes": said}


def mixed(folder: Path, **settings: Any) -> dict[str, Any]:
    """A stack beside a single plane."""
    planes = places(steps=(0, 1, 2)) + places((1,))
    write(folder, planes)
    listed(folder, planes, **settings)
    return {
        "data": planes,
        "never": {(1, 0, 1), (1, 0, 2)},
        "notes": "DAPI was taken at z 0 only",
        "z_step": 1.5,
    }


def uneven(folder: Path) -> dict[str, Any]:
    """A single plane at one moment, a stack at the next."""
    planes = places(times=(0, 1)) + places(times=(1,), steps=(1,))
    write(folder, planes)
    listed(folder, planes)
    return {"data": planes, "never": {(0, 0, 1)}, "notes": "in 3 of 4 combinations of time and z"}


def lacking(folder: Path) -> dict[str, Any]:
    """A listed file that is not there."""
    planes = places(times=(0, 1))
    gone = (2, 1, 0, 1, 0)
    write(folder, [at for at in planes if at != gone])
    listed(folder, planes)
    return {"data": [at for at in planes if at != gone], "missing": {gone: "and it is not there"}}


def aborted(folder: Path) -> dict[str, Any]:
    """A film of which one field ends early."""
    planes = [at for at in places(times=(0, 1, 2)) if at[:2] != (2, 2) or at[3] == 0]
    write(folder, planes)
    late = {(2, 2, 0, time, 0): "other fields have this plane" for time in (1, 2)}
    return {"data": planes, "missing": late}


def dead_links(folder: Path, *, with_xdce: bool) -> dict[str, Any]:
    """The second moment's files are links to nowhere."""
    planes = places(times=(0, 1))
    write(folder, planes)
    gone = [at for at in planes if at[3] == 1]
    for at in gone:
        link(folder / incell(at))
    if with_xdce:
        listed(folder, planes)
    said = "is a link to '/no/such/share', which is not there"
    return {"data": [at for at in planes if at[3] == 0], "missing": dict.fromkeys(gone, said)}


def linked_folders(folder: Path) -> dict[str, Any]:
    """A folder a channel, one of them elsewhere, and a link that leads back."""

    def name(place: Place) -> str:
        return f"{WAVES[place[2]]}/A{place[0]:02d}_s{place[1]}.tif"

    elsewhere = folder.parent / "elsewhere"
    write(elsewhere, places((1,)), name)
    write(folder, places((0,)), name)
    (folder / "DAPI").symlink_to(elsewhere / "DAPI")
    (folder / "loop").symlink_to(folder)
    return {"refused": "a link that leads out of it (DAPI → ", "pattern": "{channel}/{well}_s{field}.tif"}


def inner_links(folder: Path) -> dict[str, Any]:
    """A folder a channel, and links that lead to one of them, to a file of it and back: each image once."""
    planes = places((0, 1))
    write(folder, planes, lambda place: f"{WAVES[place[2]]}/A{place[0]:02d}_s{place[1]}.tif")
    (folder / "again").symlink_to("DAPI")
    (folder / "loop").symlink_to(folder)
    (folder / "one.tif").symlink_to("DAPI/A01_s1.tif")
    data = {(*at[:2], 1 - at[2], *at[3:]): at for at in planes}
    return {"data": data, "pattern": "{channel}/{well}_s{field}.tif", "notes": "one.tif"}


def dead_folder(folder: Path) -> dict[str, Any]:
    """A folder a channel, one of them gone."""
    linked_folders(folder)
    link(folder / "DAPI")
    return {"refused": "DAPI: is a link to '/no/such/share'", "pattern": "{channel}/{well}_s{field}.tif"}


def of_stack(axes: str, kind: str, **settings: Any) -> Callable[[Path], dict[str, Any]]:
    """Export of stacks over the axes, the slowest first."""
    sizes = {"C": 2, "T": 2, "Z": 3}

    def build(folder: Path) -> dict[str, Any]:
        stack(folder, axes, sizes, kind, lengths=settings.get("lengths"))
        here = [range(sizes[axis]) if axis in axes else range(1) for axis in "CTZ"]
        return {"data": places(*here), "pattern": PATTERN} | {
            key: value for key, value in settings.items() if key != "lengths"
        }

    return build


def states_more(folder: Path) -> dict[str, Any]:
    """A file with fewer pages than its header states."""
    found = of_stack("TZ", "ome")(folder)
    shorten(folder / "A02_s1.tif", 5)
    gone = (2, 1, 0, 1, 2)
    found["data"] = [at for at in found["data"] if at != gone]
    return found | {"missing": {gone: "the file states 6 images and ends before this one"}}


def damaged_stack(folder: Path) -> dict[str, Any]:
    """A stack whose end is gone."""
    found = of_stack("Z", "imagej")(folder)
    path = folder / "A01_s2.tif"
    path.write_bytes(path.read_bytes()[:-200])
    gone = [at for at in found["data"] if at[:2] == (1, 2)]
    found["data"] = [at for at in found["data"] if at not in gone]
    return found | {"missing": dict.fromkeys(gone, "A01_s2.tif: the file is cut short: its pages go on")}


def cut_chain(folder: Path) -> dict[str, Any]:
    """A film whose second page lies beyond the end of its file."""
    found = of_stack("T", "plain", pages="t")(folder)
    path = folder / "A01_s2.tif"
    with tifffile.TiffFile(path) as tiff:
        last = tiff.pages[1].offset
    path.write_bytes(path.read_bytes()[: last - 10])
    gone = [at for at in found["data"] if at[:2] == (1, 2)]
    found["data"] = [at for at in found["data"] if at not in gone]
    return found | {"missing": dict.fromkeys(gone, "cut short")}


def single_beside_stack(folder: Path) -> dict[str, Any]:
    """Files of three pages, and of one."""
    stack(folder, "Z", {"Z": 3}, "ome", name="{well}_s{field}_wB.tif")
    write(folder, places((1,)), lambda at: f"A{at[0]:02d}_s{at[1]}_wC.tif")
    return {
        "data": places(steps=range(3)) + places((1,)),
        "never": {(1, 0, 1), (1, 0, 2)},
        "pattern": "{well}_s{field}_w{channel}.tif",
    }


def twice_numbered(folder: Path) -> dict[str, Any]:
    """Steps in z by the names and by the pages."""
    for z in (1, 2):
        stack(folder, "Z", {"Z": 2}, "ome", name=f"{{well}}_s{{field}}_z{z}.tif")
    return {"refused": "file names number z steps and so do the pages", "pattern": "{well}_s{field}_z{z}.tif"}


def listed_stack(folder: Path) -> dict[str, Any]:
    """Two images in a file that the `.xdce` lists as one plane."""
    write(folder, places())
    listed(folder, places())
    tifffile.imwrite(folder / incell((1, 1, 0, 0, 0)), np.zeros((2, SIDE, SIDE), "uint16"))
    return {"refused": "holds 2 images (pages) where one is expected"}


def one_page(folder: Path, *, imagej: bool = False) -> dict[str, Any]:
    """Stacks of which only the first page is one for TIFF readers, as above 4 GB."""
    for column, field in itertools.product((1, 2), (1, 2)):
        array = np.stack([flat((column, field, 0, 0, z)) for z in range(3)])
        path = folder / f"A{column:02d}_s{field}.tif"
        tifffile.imwrite(path, array, truncate=True, photometric="minisblack", imagej=imagej)
    return {"refused": "states 3 images and has one page", "pattern": PATTERN}


def of_wells(axes: str, counts: Sequence[int], *, kind: str = "plain", **settings: Any) -> dict[str, Any]:
    """Say of an export of one file a well what becomes of its pages, the slowest axis first (F: fields)."""
    return {"axes": axes, "counts": counts, "kind": kind, "pattern": "{well}.tif"} | settings


def wells(said: dict[str, Any]) -> Callable[[Path], dict[str, Any]]:
    """Write such an export: a number of fields in each of two wells, two channels where there are any."""

    def build(folder: Path) -> dict[str, Any]:
        data = []
        for column, count in enumerate(said["counts"], start=1):
            sizes = {"F": range(1, count + 1), "C": range(2)}
            at = [
                dict(zip(said["axes"], one, strict=True))
                for one in itertools.product(*(sizes[axis] for axis in said["axes"]))
            ]
            of_well = [(column, one["F"], one.get("C", 0), 0, 0) for one in at]
            with tifffile.TiffWriter(folder / f"A{column:02d}.tif", ome=said["kind"] == "ome") as tiff:
                if said["kind"] == "ome":
                    for number in range(1, count + 1):
                        images = [flat(place) for place in of_well if place[1] == number]
                        tiff.write(np.stack(images), metadata={"axes": "CYX"}, photometric="minisblack")
                else:
                    for place in of_well:
                        tiff.write(flat(place), metadata=None, contiguous=False)
            data += of_well
        return {"data": data} | said

    return build


def with_thumbnails(folder: Path) -> dict[str, Any]:
    """A small copy behind each image."""
    write(folder, places(), lambda at: f"A{at[0]:02d}_s{at[1]}.tif")
    for path in folder.iterdir():
        tifffile.imwrite(path, np.zeros((4, 4), "uint16"), append=True)
    return {"data": places(), "pattern": PATTERN}


EXPORTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "a film whose first moments were not exported": starts_late,
    "MetaXpress, two late times": metaxpress,
    "a stain at the end, listed": endpoint,
    "a stain at the end, by names": lambda folder: endpoint(folder, with_xdce=False),
    "a stack beside a single plane": mixed,
    "the step in z is stated": lambda folder: (
        mixed(folder, head='<ZDimensionParameters enabled="true" step="0.75"/>') | {"z_step": 0.75}
    ),
    "more steps at one moment": uneven,
    "one file gone": lacking,
    "a film that broke off": aborted,
    "links to nowhere, listed": lambda folder: dead_links(folder, with_xdce=True),
    "links to nowhere, by names": lambda folder: dead_links(folder, with_xdce=False),
    "a folder behind a link": linked_folders,
    "links inside": inner_links,
    "a folder's link to nowhere": dead_folder,
    "OME, channels fastest": of_stack("TZC", "ome"),
    "OME, time fastest": of_stack("CZT", "ome"),
    "OME, z fastest, with lengths": of_stack(
        "CZ", "ome", lengths={"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0}, z_step=2.0
    ),
    "ImageJ hyperstack": of_stack("TZC", "imagej", lengths={"spacing": 3.0, "unit": "um"}, z_step=3.0),
    "ImageJ stack": of_stack("Z", "imagej", notes="3 z steps, as ImageJ says"),
    "tifffile with axes": of_stack("CZ", "shaped"),
    "plain pages, z": of_stack("Z", "plain", pages="z"),
    "plain pages, channels fastest": of_stack("TC", "plain", pages="c2t"),
    "plain pages, three axes": of_stack("TCZ", "plain", pages="z3c2t2"),
    "plain pages of which nobody says anything": of_stack("Z", "plain", refused="say it with --pages"),
    "plain pages that do not fit": of_stack(
        "Z", "plain", pages="c2t", refused="--pages c2t does not make up"
    ),
    "what the user says goes first": of_stack(
        "T", "imagej", lengths={"slices": 2}, pages="t", notes="2 time points, as --pages says"
    ),
    "fields in one file": wells(of_wells("F", (3, 3), pages="f", notes="3 fields, as --pages says")),
    "fields in one file, a well with fewer": wells(
        of_wells("F", (3, 1), pages="f", notes="1 of 2 wells have fewer than 3 fields: A02")
    ),
    "channels, then fields": wells(of_wells("FC", (3, 2), pages="c2f", notes="2 channels × 3 fields")),
    "fields, then channels": wells(of_wells("CF", (3, 3), pages="f3c")),
    "fields, then channels, of another number": wells(
        of_wells("CF", (3, 2), pages="f3c", refused="holds 4 images (pages), which --pages f3c does not make")
    ),
    "fields that nobody calls so": wells(
        of_wells("FC", (3, 3), kind="ome", refused="holds 3 OME images where one field is expected")
    ),
    "fields as OME has them": wells(
        of_wells("FC", (3, 3), kind="ome", pages="c2f", notes="2 channels × 3 fields, as --pages says.")
    ),
    "fields against OME": wells(
        of_wells(
            "FC",
            (1, 1),
            kind="ome",
            pages="f",
            data={
                (column, 1 + field, 0, 0, 0): (column, 1, field, 0, 0)
                for column in (1, 2)
                for field in (0, 1)
            },
            notes="2 fields, as --pages says; OME says 2 channels",
        )
    ),
    "fields in names and in pages": lambda folder: (
        of_stack("Z", "plain")(folder)
        | {"pages": "f", "refused": "file names number fields and so do the pages"}
    ),
    "pages said and not needed": lambda folder: (
        with_thumbnails(folder) | {"pages": "z", "notes": "is not used"}
    ),
    "a thumbnail behind each image": with_thumbnails,
    "a stack that ends early": states_more,
    "a damaged stack": damaged_stack,
    "ImageJ's stack of one page": lambda folder: one_page(folder, imagej=True),
    "tifffile's stack of one page": one_page,
    "a chain of pages that breaks off": cut_chain,
    "stacks of one channel, single images of another": single_beside_stack,
    "z in names and in pages": twice_numbered,
    "a listed file of several images": listed_stack,
}


@pytest.mark.parametrize("build", EXPORTS.values(), ids=EXPORTS)
def test_planes_of_exports(build: Callable[[Path], dict[str, Any]], tmp_path: Path) -> None:
    """Each plane of the box is data with its own pixels, missing with the reason, or never acquired."""
    (tmp_path / "P").mkdir()
    expected = build(tmp_path / "P")
    export = Export(tmp_path / "P", pattern=expected.get("pattern"), pages=expected.get("pages"))
    if "refused" in expected:
        with pytest.raises(HcsError) as refusal:
            ingest(export, tmp_path / "P.ome.zarr", workers=1)
        assert expected["refused"] in refusal.value.message
        assert not (tmp_path / "P.ome.zarr").exists()
        return
    plate = ingest(export, tmp_path / "P.ome.zarr", workers=1)
    data = expected["data"] if isinstance(expected["data"], dict) else {at: at for at in expected["data"]}
    missing = expected.get("missing", {})
    never = expected.get("never", set())
    assert plate.spec.never_acquired == {Step(*step) for step in never}
    assert plate.spec.missing.keys() == {PlaneKey(f"A{at[0]:02d}", *at[1:]) for at in missing}
    for at, reason in missing.items():
        assert reason in plate.spec.missing[PlaneKey(f"A{at[0]:02d}", *at[1:])]
    assert plate.spec.z_step_um == expected.get("z_step", plate.spec.z_step_um)
    assert expected.get("notes", "") in " ".join(plate.spec.notices)
    check_pixels(plate, data, never)


def check_pixels(plate: Plate, data: dict[Place, Place], never: set[tuple[int, int, int]]) -> None:
    """Hold every plane of every stored field against what was written, and `acquired` against both."""
    layout = plate.spec.layout
    box = (layout.n_times, layout.n_channels, layout.n_z)
    seen = set()
    for well, field in plate.fields[["well", "field"]].itertuples(index=False):
        pixels = plate[well][field].read().reshape(*box, SIDE, SIDE)
        (image,) = plate.images.sel(well=well, field=field)
        acquired = image.acquired.values.reshape(
            tuple(size for axis, size in zip("tcz", box, strict=True) if axis in layout.axes)
        ).reshape(box)
        for time, channel, z in np.ndindex(box):
            at = (int(well[1:]), field, channel, time, z)
            assert acquired[time, channel, z] == (at in data)
            assert (pixels[time, channel, z] == (level(data[at]) if at in data else 0)).all()
            seen.add(at)
    assert set(data) <= seen


@pytest.mark.parametrize(
    ("channels", "time", "expected"),
    [
        (("FITC",), 0, 0),
        (("FITC",), 1, 1),
        (("FITC", "DAPI"), 2, 2),
        (None, 2, 2),
        (("dapi",), 2, 2),
        (None, 0, "DAPI was never acquired at time 0, only at time 2"),
        (("DAPI",), 1, "DAPI was never acquired at time 1, only at time 2"),
        (("FITC",), 3, "has 3 time points; got time 3"),
        (("FITC",), -1, "has 3 time points; got time -1"),
    ],
)
def test_tiles_of_a_film(
    channels: tuple[str, ...] | None, time: int, expected: int | str, tmp_path: Path
) -> None:
    """A tile is of the moment asked for; what was never acquired then is no black tile but a sentence."""
    (tmp_path / "P").mkdir()
    endpoint(tmp_path / "P")
    plate = ingest(tmp_path / "P", tmp_path / "P.ome.zarr", workers=1)
    spec = TileSpec(SIDE, 1, channels, time)
    if isinstance(expected, str):
        for act in (
            lambda: create_tiles([plate], tmp_path / "t", spec),
            lambda: plate.tiles(SIDE, 1, channels, time),
        ):
            with pytest.raises(ArgumentError, match=expected):
                act()
        return
    tiles = create_tiles([plate], tmp_path / "t", spec, workers=1)
    wanted = [plate.channel_index(name) for name in channels or WAVES]
    assert tiles.channels == tuple(WAVES[channel] for channel in wanted)
    for row, tile in zip(tiles.index.itertuples(), tiles.read(0, len(tiles)), strict=True):
        levels = [level((int(row.well[1:]), row.field, channel, time, 0)) for channel in wanted]
        assert (tile == levels).all()
    assert (plate.tiles(SIDE, 1, channels, time).values == tiles.read(0, len(tiles))).all()


def test_one_channel_of_a_mixed_plate(tmp_path: Path) -> None:
    """A channel's image has the time points and steps that were taken of it, and no others."""
    (tmp_path / "P").mkdir()
    uneven(tmp_path / "P")
    field = ingest(tmp_path / "P", tmp_path / "P.ome.zarr", workers=1)["A01"][1]
    assert field.image("FITC", time=0).shape == (1, SIDE, SIDE)
    assert [int(plane.mean()) for plane in field.image("FITC", time=1)] == [
        level((1, 1, 0, 1, 0)),
        level((1, 1, 0, 1, 1)),
    ]
    with pytest.raises(ArgumentError, match="name one of its times 0, 1"):
        field.image("FITC")


@pytest.mark.parametrize(
    ("stated", "given", "size", "told"),
    [
        (None, 0.65, (0.65, 0.65), False),
        (None, (0.65, 0.325), (0.65, 0.325), False),
        (0.65, None, (0.65, 0.65), False),
        (0.65, 0.65, (0.65, 0.65), False),
        (0.65, 0.325, (0.325, 0.325), True),
        (None, None, None, False),
        (None, 0.0, "none of a microscope's", False),
        (None, 650.0, "none of a microscope's", False),
        (None, float("nan"), "none of a microscope's", False),
    ],
)
def test_pixel_sizes(stated: float | None, given: Any, size: Any, told: bool, tmp_path: Path) -> None:
    """A size that is given is used, and told where the export says another."""
    lengths = {} if stated is None else {"PhysicalSizeX": stated, "PhysicalSizeY": stated}
    (tmp_path / "P").mkdir()
    stack(tmp_path / "P", "C", {"C": 2}, "ome", lengths=lengths)
    export = Export(tmp_path / "P", pattern=PATTERN, pixel_size_um=given)
    if isinstance(size, str):
        with pytest.raises(ArgumentError, match=size):
            export.scan()
        return
    found = export.scan()
    assert found.pixel_size_um == size
    assert any("as given, is used" in note for note in found.notes) == told


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    """Run a command; its exit code, and what it says."""
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out + said.err


def test_a_film_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was never acquired is no fault and no data; the moment taken is told, by every command."""
    (tmp_path / "P").mkdir()
    endpoint(tmp_path / "P")
    plate = tmp_path / "P.ome.zarr"
    assert run(capsys, "ingest", tmp_path / "P", "--out", plate)[0] == 0
    _, said = run(capsys, "info", plate)
    assert "missing planes: 0\n" in said
    assert "never acquired: 8 planes, 2 of each field\n" in said
    assert json.loads(run(capsys, "info", plate, "--json")[1])["never_acquired"] == [
        {"channel": "DAPI", "time": 0, "z": 0},
        {"channel": "DAPI", "time": 1, "z": 0},
    ]
    for command in (
        ["tile", plate, "--size", "16"],
        ["measure", plate, "--neurites", "FITC"],
        ["measure", plate, "--neurites", "FITC", "--time", "1"],
        [
            "heatmap",
            plate,
            "--value",
            "row",
            "--channel",
            "DAPI",
            "--time",
            "1",
            "--out",
            tmp_path / "h.html",
        ],
    ):
        code, said = run(capsys, *command)
        assert code == 2
        assert "DAPI was never acquired at time" in said
    code, said = run(capsys, "tile", plate, "--size", "16", "--time", "2")
    assert code == 0
    assert "Of the 3 time points of plate P, time 2 (counted from 0) is taken" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["P", "P.ome.zarr"]


def test_pages_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pages, pixel size and format are asked for where the files do not say them, and can be given."""
    (tmp_path / "P").mkdir()
    stack(tmp_path / "P", "Z", {"Z": 3}, "plain")
    asked: list[object] = ["ingest", tmp_path / "P", "--pattern", PATTERN, "--out", tmp_path / "P.ome.zarr"]
    code, said = run(capsys, *asked)
    assert (code, "say it with --pages" in said) == (2, True)
    for wrong, words in (
        (("--pages", "x"), "names no axes"),
        (("--pages", "cz"), "needs its size"),
        (("--pages", "z", "--pixel-size", "0,65"), "none of a microscope's"),
        (("--pages", "z", "--pixel-size", "small"), "is no length"),
        (("--pages", "z", "--wells", "97"), "There is no plate of 97 wells"),
    ):
        code, said = run(capsys, *asked, *wrong)
        assert (code, words in said) == (2, True), said
    code, said = run(capsys, *asked, "--pages", "z", "--pixel-size", "0.65", "--wells", "384")
    assert code == 0
    assert "guess" not in said
    facts = json.loads(run(capsys, "info", tmp_path / "P.ome.zarr", "--json")[1])
    assert (facts["z"], facts["pixel_size_um"], facts["format"]) == (3, [0.65, 0.65], 384)
    assert facts["format_stated"]
    _, said = run(capsys, "info", tmp_path / "P", "--pattern", PATTERN, "--pages", "z")
    assert "format: 6 (guessed" in said
    assert "the fewest that hold all that were imaged (--wells corrects it)" in said
