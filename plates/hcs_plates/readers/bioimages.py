"""Files of microscopes that `bioio` reads through its plug-ins: ND2, CZI, LIF and others; a field is a scene.

hcs decodes none of these itself. The extra ``hcs[bioio]`` brings the plug-ins of the first three.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.metadata import entry_points
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.readers.acquisition import Acquisition, Channel, PlaneFile, PlaneKey
from hcs_plates.readers.dimensions import acquisition_notes, check_places, never_acquired
from hcs_plates.readers.lengths import PIXEL_SIZES_UM, believed_step
from hcs_plates.readers.namepattern import compile_pattern, named_file
from hcs_plates.readers.names import gaps, shown
from hcs_plates.readers.positionnames import numbered, well_in
from hcs_plates.wells import smallest_format

PLUGINS: Mapping[str, str] = {
    ".nd2": "bioio-nd2",
    ".czi": "bioio-czi",
    ".lif": "bioio-lif",
    ".dv": "bioio-dv",
    ".r3d": "bioio-dv",
    ".oib": "bioio-bioformats",
    ".oif": "bioio-bioformats",
    ".oir": "bioio-bioformats",
    ".vsi": "bioio-bioformats",
    ".flex": "bioio-bioformats",
}
"""Plug-in of bioio by a file's ending."""

_EXTRA = frozenset({"bioio-nd2", "bioio-czi", "bioio-lif"})
_LOCK = Lock()


@dataclass(frozen=True)
class Scene:
    """One scene of a file as bioio describes it: sizes of its axes, channels and pixels."""

    path: Path
    index: int
    name: str
    channels: tuple[str, ...]
    n_times: int
    n_z: int
    shape: tuple[int, int]
    dtype: str
    pixel_size_um: tuple[float, float] | None
    z_step_um: float | None


def is_bioio(source: Path) -> str:
    """Say which file it is, or holds, that bioio reads."""
    found = _files(source)
    return found[0].name if found else ""


def scan_bioio(source: Path, *, pattern: str | None = None) -> Acquisition:
    """Scan files that bioio reads, or one of them.

    Parameters
    ----------
    source
        The folder of the files, or one file.
    pattern
        Of the scenes' names, or of the files' names where no scene's fits, or with a ``/`` of both
        (``{well}.czi/{field}``). Without it the well is found in the scenes' names, else in the files'.

    Raises
    ------
    ReaderError
        bioio or its plug-in is not installed, a file it cannot open, colour images, scenes whose names tell
        no well, or pixels of several types.
    """
    paths = _files(source)
    if not paths:
        raise ReaderError(source, f"holds no file that bioio reads ({', '.join(PLUGINS)})")
    scenes = [scene for path in paths for scene in _scenes(path)]
    places, notes = _places(source, scenes, pattern)
    kinds = Counter(scene.dtype for scene in scenes)
    if len(kinds) > 1 or next(iter(kinds)) not in ("uint8", "uint16"):
        raise ReaderError(
            source, f"has pixels of {', '.join(sorted(kinds))}; expected one of uint8 and uint16"
        )
    channels = tuple(dict.fromkeys(name for scene in scenes for name in scene.channels))
    planes = _planes(source, scenes, places, channels)
    n_times, n_z = max(scene.n_times for scene in scenes), max(scene.n_z for scene in scenes)
    check_places(source, planes, len(channels), n_times, n_z)
    missing = gaps(planes, "its scene has no such plane, though others do")
    never = never_acquired([*planes, *missing], len(channels), n_times, n_z)
    usual = Counter(scene.shape for scene in scenes).most_common(1)[0][0]
    sizes = {scene.pixel_size_um for scene in scenes}
    steps = {scene.z_step_um for scene in scenes}
    if len(sizes) > 1:
        notes.append("The scenes state several pixel sizes; none is taken (--pixel-size says it).")
    return Acquisition(
        name=source.stem if source.is_file() else source.name,
        reader="bioio",
        source=source,
        format=smallest_format({well for well, _ in places}),
        format_stated=False,
        channels=tuple(map(Channel, channels)),
        planes=dict(sorted(planes.items())),
        missing=missing,
        shape=usual,
        dtype=scenes[0].dtype,
        n_times=n_times,
        n_z=n_z,
        never_acquired=never,
        pixel_size_um=sizes.pop() if len(sizes) == 1 else None,
        z_step_um=steps.pop() if len(steps) == 1 and n_z > 1 else None,
        shapes={place: one.shape for place, one in zip(places, scenes, strict=True) if one.shape != usual},
        notes=(*notes, *acquisition_notes(never, channels, n_times, n_z)),
    )


def bioio_plane(path: Path, page: int, *, place: tuple[int, int, int]) -> npt.NDArray[Any]:
    """Read one plane of a scene, ``place`` being its (time, channel, z); the file stays open for the next."""
    stat = path.stat()
    # One reader has one current scene.
    with _LOCK:
        image = _opened(path, stat.st_mtime_ns, stat.st_size)
        image.set_scene(page)
        time, channel, z = place
        lazy = image.get_image_dask_data("YX", T=time, C=channel, Z=z)
        return np.asarray(lazy.compute(scheduler="synchronous"))


def _files(source: Path) -> list[Path]:
    """List the files of a folder that a plug-in of bioio reads, or the file itself where it is one."""
    paths = [source] if source.is_file() else source.iterdir()
    return sorted(
        path for path in paths if path.suffix.lower() in PLUGINS and path.name[0] != "." and path.is_file()
    )


_ELSE = {
    ".flex": " (it is a .flex file of an Opera; as TIFFs, exported by Harmony or Columbus with their index, "
    "hcs reads the measurement without it)"
}
"""What else can be done about files of an ending."""


@lru_cache(maxsize=2)
def _opened(path: Path, _mtime_ns: int, _size: int) -> Any:
    """Open a file, or say what is not installed; a file that has changed is opened again."""
    plugin = PLUGINS[path.suffix.lower()]
    wanted = "'hcs[bioio]'" if plugin in _EXTRA else f"bioio {plugin}"
    if plugin not in {point.name for point in entry_points(group="bioio.readers")}:
        said = f"is read through {plugin}, which is not installed; run pip install {wanted}"
        raise ReaderError(path, f"{said}{_ELSE.get(path.suffix.lower(), '')}")
    from bioio import BioImage

    try:
        return BioImage(path)
    # The plug-ins raise many kinds for a damaged file.
    except Exception as error:
        raise ReaderError(
            path, f"cannot be opened by {plugin} ({type(error).__name__}: {error}); copy it again"
        ) from error


def _scenes(path: Path) -> list[Scene]:
    """Describe the scenes of a file; no pixel is read."""
    stat = path.stat()
    with _LOCK:
        image = _opened(path, stat.st_mtime_ns, stat.st_size)
        try:
            names = [str(name) for name in image.scenes]
            stated = _stated_scenes(image.metadata)
            found = [_scene(path, image, index, name) for index, name in enumerate(names)]
        except ReaderError:
            raise
        except Exception as error:
            raise ReaderError(
                path, f"cannot be described by bioio ({type(error).__name__}: {error}); copy it again"
            ) from error
    if stated is not None and stated != len(names):
        raise ReaderError(
            path, f"states {stated} scenes, of which bioio finds {len(names)}; save it again by its program"
        )
    return found


def _stated_scenes(metadata: Any) -> int | None:
    """How many scenes a CZI states; bioio gives one where their names are not written."""
    size = metadata.find(".//Image/SizeS") if hasattr(metadata, "find") else None
    text = getattr(size, "text", None) or ""
    return int(text) if text.isdecimal() else None


def _scene(path: Path, image: Any, index: int, name: str) -> Scene:
    image.set_scene(index)
    dims = image.dims
    if others := [axis for axis in dims.order if axis not in "TCZYX" and getattr(dims, axis) > 1]:
        raise ReaderError(
            path,
            f"scene {name!r} has axes {', '.join(others)} (S: colour, M: tiles of a mosaic) that a plate has "
            "not; export its channels as images of one intensity",
        )
    named = [str(one) for one in image.channel_names or range(1, dims.C + 1)]
    channels = [f"{one} ({place + 1})" if named.count(one) > 1 else one for place, one in enumerate(named)]
    sizes = image.physical_pixel_sizes
    low, high = PIXEL_SIZES_UM
    believed = all(side is not None and low <= side <= high for side in (sizes.Y, sizes.X))
    return Scene(
        path=path,
        index=index,
        name=name,
        channels=tuple(channels),
        n_times=dims.T,
        n_z=dims.Z,
        shape=(dims.Y, dims.X),
        dtype=np.dtype(image.dtype).name,
        pixel_size_um=(float(sizes.Y), float(sizes.X)) if believed else None,
        z_step_um=believed_step(None if sizes.Z is None else abs(float(sizes.Z))),
    )


def _places(
    source: Path, scenes: Sequence[Scene], pattern: str | None
) -> tuple[list[tuple[str, int]], list[str]]:
    """Give every scene its well and field, and say how they were found."""
    names = [scene.name for scene in scenes]
    files = [scene.path.stem for scene in scenes]
    by_scene = [well_in(name) for name in names]
    if pattern is not None:
        found, how = _by_pattern(source, scenes, pattern), f"the pattern {pattern!r}"
        example = names[0]
    elif all(by_scene):
        found, how, example = [one for one in by_scene if one], "the scenes' names", names[0]
    elif all(by_file := [well_in(name) for name in files]):
        found, how, example = [(one[0], None) for one in by_file if one], "the files' names", files[0]
        if len(set(files)) == len(files):
            found = [one for one in by_file if one]
    else:
        nameless = [name for name, one in zip(names, by_scene, strict=True) if not one]
        raise ReaderError(
            source,
            f"has {len(nameless)} scenes whose names tell no well ({shown(nameless)}); give --pattern of "
            "the scenes' names, such as '{well}_{field}', or of file and scene, such as '{well}.czi/{field}'",
        )
    places, own = numbered(found)
    _check_apart(source, scenes, places, own=own and (pattern is not None or not all(by_scene)))
    counted = "as the names show" if own else "by their order in the well"
    return places, [
        f"Wells are known by {how} ({example!r} is {places[0][0]}, field {places[0][1]}); "
        f"fields are numbered {counted}."
    ]


def _by_pattern(source: Path, scenes: Sequence[Scene], pattern: str) -> list[tuple[str, int | None]]:
    """Read wells and fields by a pattern of the scenes' names, of the files', or of both."""
    compiled = compile_pattern(pattern)
    if "/" in pattern:
        texts = [f"{scene.path.name}/{scene.name}" for scene in scenes]
    else:
        texts = [scene.name for scene in scenes]
        if not any(map(compiled.match, texts)):
            texts = [scene.path.name for scene in scenes]
    values = [compiled.match(text) for text in texts]
    unmatched = [text for text, value in zip(texts, values, strict=True) if value is None]
    if unmatched:
        raise ReaderError(
            source,
            f"has {len(unmatched)} scenes that the pattern {pattern!r} does not fit ({shown(unmatched)})",
        )
    found: list[tuple[str, int | None]] = []
    for scene, value in zip(scenes, values, strict=True):
        try:
            named = named_file(scene.path, value or {})
        except ArgumentError as error:
            raise ReaderError(scene.path, f"scene {scene.name!r}: {error.message}") from error
        found.append((named.well, named.field if "field" in (value or {}) else None))
    return found


def _check_apart(source: Path, scenes: Sequence[Scene], places: Sequence[tuple[str, int]], own: bool) -> None:
    """Refuse a well that several files have where nothing but their order would tell its fields apart."""
    files: dict[str, set[str]] = defaultdict(set)
    for scene, (well, _) in zip(scenes, places, strict=True):
        files[well].add(scene.path.name)
    shared = {well: sorted(names) for well, names in files.items() if len(names) > 1}
    if shared and not own:
        well, names = next(iter(shared.items()))
        raise ReaderError(
            source,
            f"has well {well} in several files ({shown(names)}), whose names do not number its fields; "
            "scan the plates apart, or give --pattern of file and scene with {field}",
        )


def _planes(
    source: Path, scenes: Sequence[Scene], places: Sequence[tuple[str, int]], channels: Sequence[str]
) -> dict[PlaneKey, PlaneFile]:
    """List the planes of all scenes by their keys."""
    planes: dict[PlaneKey, PlaneFile] = {}
    order = {name: index for index, name in enumerate(channels)}
    for scene, (well, field) in zip(scenes, places, strict=True):
        for key, place in _keys(scene, well, field, order):
            if key in planes:
                raise ReaderError(source, f"has several scenes of well {well}, field {field}")
            planes[key] = PlaneFile(scene.path, scene.index, partial(bioio_plane, place=place))
    return planes


def _keys(
    scene: Scene, well: str, field: int, order: Mapping[str, int]
) -> Iterable[tuple[PlaneKey, tuple[int, int, int]]]:
    for channel, name in enumerate(scene.channels):
        for time in range(scene.n_times):
            for z in range(scene.n_z):
                yield PlaneKey(well, field, order[name], time, z), (time, channel, z)
